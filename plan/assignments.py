"""Inputs as they are given in text: options of a command line and variables of an environment.

Nothing is coerced here: what a text means is decided by the declaration (treadle.plan.inputs).
"""

import re
from collections.abc import Mapping, Sequence

from treadle.plan.inputs import Given
from treadle.plan.problems import Problem, problem


def read_assignments(texts: Sequence[str]) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
    """Read the options ``-i NAME=VALUE``: split at the first ``=``, both sides stripped.

    The last one of a name wins. Errors: a TR707 for each text without ``=`` or without a name.

    >>> read_assignments([" a = b=c "])
    ({'a': 'b=c'}, ())
    """
    found: dict[str, str] = {}
    problems = []
    for text in texts:
        name, separator, value = (part.strip() for part in text.partition("="))
        if separator and name:
            found[name] = value
        else:
            # Behind a lost name may stand a secret.
            told = "=…" if separator else name
            problems.append(problem("TR707", told, text=told))
    return found, tuple(problems)


def as_given(texts: Mapping[str, str]) -> Mapping[str, Given]:
    """Return texts as values for an InputSet."""
    return {name: Given(value=text, is_text=True) for name, text in texts.items()}


def environment_name(name: str) -> str:
    """Return the variable that gives an input.

    >>> environment_name("dry-run")
    'TREADLE_INPUT_DRY_RUN'
    """
    return "TREADLE_INPUT_" + re.sub(r"[^A-Z0-9_]", "_", name.upper())


def read_environment(
    names: Sequence[str], environment: Mapping[str, str]
) -> tuple[Mapping[str, Given], tuple[Problem, ...]]:
    """Return what the environment gives to inputs of these names.

    Errors: a TR709 for each variable that is set and belongs to several inputs.
    """
    sharers: dict[str, list[str]] = {}
    for name in names:
        sharers.setdefault(environment_name(name), []).append(name)
    found: dict[str, str] = {}
    problems = []
    for variable, sharing in sharers.items():
        if variable not in environment:
            continue
        if len(sharing) > 1:
            listed = " and ".join(f"'{name}'" for name in sharing)
            problems.append(problem("TR709", sharing[0], names=listed, variable=variable))
        else:
            found[sharing[0]] = environment[variable]
    return as_given(found), tuple(problems)
