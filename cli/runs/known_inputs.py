"""The inputs that are known before a run, and what the word 'auto' among them stands for."""

import os
from pathlib import Path

from msgspec import Struct

from treadle.cli.rejection import Rejected
from treadle.cli.runs.given import InputOptions, from_environment, read_given
from treadle.cli.settings import Settings
from treadle.cli.text.yaml_text import parse_yaml
from treadle.executor.local.project import default_integration, find_root
from treadle.plan.inputs import AUTO, INTEGRATION, InputSet, Resolved
from treadle.plan.plan import Plan

_MISSING = "TR701"


class KnownInputs(Struct, frozen=True, kw_only=True):
    """The inputs of a plan as far as they are given.

    Shapes: `is_auto` tells that the input 'integration' is 'auto'; `own` is the integration that
    the project was set up with, which it then stands for, None when the project names none.
    """

    resolved: Resolved
    is_auto: bool
    own: str | None


def known_inputs(
    plan: Plan, settings: Settings, options: InputOptions, *, lenient: bool
) -> KnownInputs:
    """Return the inputs; those that are only missing are no reason to refuse.

    Errors: Rejected for an input that is wrong.
    """
    given, environment = read_given(options), from_environment(plan)
    inputs = InputSet(plan.inputs, parse_yaml=parse_yaml)
    own = default_integration(project_of(settings)) if INTEGRATION in inputs.names else None
    resolved = inputs.resolve(given, lenient=lenient, integration=own, environment=environment)
    for warning in resolved.warnings:
        settings.talk.warning(warning)
    wrong = [problem for problem in resolved.problems if problem.code != _MISSING]
    if wrong:
        raise Rejected(*wrong)
    as_written = inputs.resolve(given, lenient=lenient, integration=None, environment=environment)
    is_auto = as_written.values.get(INTEGRATION) == AUTO
    return KnownInputs(resolved=resolved, is_auto=is_auto, own=own)


def project_of(settings: Settings) -> Path:
    """Return the root of the project, without a word about it."""
    return settings.project or find_root(Path.cwd(), os.environ)
