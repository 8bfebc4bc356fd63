"""The values of inputs as they are given: flags, then files, then a file of inputs.

Everything that is wrong with them is told at once. What the values mean is not decided here.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from treadle.cli.rejection import Rejected
from treadle.cli.runs.bounded_text import bounded_text, bounded_text_of
from treadle.cli.text.yaml_text import parse_data
from treadle.plan.assignments import as_given, read_assignments, read_environment
from treadle.plan.inputs import Given, InputSet
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem, problem

STDIN = "-"


class InputOptions(Struct, frozen=True, kw_only=True):
    """The options -i, -I and --input-file as they were written.

    Shapes: `is_stdin_taken` tells that standard input holds something else; `file_option` is the
    option of `input_file`.
    """

    values: Sequence[str] = ()
    files: Sequence[str] = ()
    input_file: Path | None = None
    is_stdin_taken: bool = False
    file_option: str = "--input-file"


def read_given(options: InputOptions) -> Mapping[str, Given]:
    """Return the values that the options give, by name.

    Errors: Rejected with TR707 (not NAME=VALUE) and TR708 (unreadable).
    """
    texts, problems = read_assignments(options.values)
    paths, more = read_assignments(options.files)
    found: list[Problem] = [*problems, *more]
    from_file = _input_file(options, options.input_file, found) if options.input_file else {}
    contents: dict[str, str] = {}
    stdin = "the workflow already" if options.is_stdin_taken else None
    for name, path in paths.items():
        text = _contents(name, path, found, stdin=stdin)
        if path == STDIN:
            stdin = stdin or f"that of '{name}' already"
        if text is not None:
            contents[name] = text
    if found:
        raise Rejected(*found)
    return {**from_file, **as_given(contents), **as_given(texts)}


def from_environment(plan: Plan) -> Mapping[str, Given]:
    """Return what the environment gives to the inputs of a plan.

    Errors: Rejected with TR709 when a variable belongs to several inputs.
    """
    given, problems = read_environment(InputSet(plan.inputs).names, os.environ)
    if problems:
        raise Rejected(*problems)
    return given


def _contents(name: str, path: str, found: list[Problem], *, stdin: str | None) -> str | None:
    """Return the text of a file; `stdin` says what standard input was read for, if it was."""
    if path == STDIN and stdin is not None:
        found.append(problem("TR708", name, reason=f"stdin is {stdin}"))
        return None
    try:
        return bounded_text_of(sys.stdin.buffer) if path == STDIN else bounded_text(Path(path))
    except UnicodeDecodeError:
        found.append(problem("TR708", name, reason=f"'{path}' is not UTF-8"))
    except (OSError, ValueError) as error:
        found.append(problem("TR708", name, reason=_reason(path, error)))
    return None


def _input_file(options: InputOptions, path: Path, found: list[Problem]) -> Mapping[str, Given]:
    option = options.file_option
    try:
        text = bounded_text(path).removeprefix("\ufeff")
        data = parse_data(text)
    except OSError as error:
        found.append(problem("TR708", option, reason=_reason(str(path), error)))
        return {}
    except ValueError as error:
        reason = f"'{path}' is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        found.append(problem("TR708", option, reason=reason))
        return {}
    if not isinstance(data, Mapping):
        found.append(problem("TR708", option, reason=f"'{path}' is not a mapping"))
        return {}
    return {name: Given(value=value, is_text=False) for name, value in data.items()}


def _reason(path: str, error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
    return f"'{path}': {told[:1].lower()}{told[1:]}"
