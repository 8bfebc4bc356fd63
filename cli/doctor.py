"""``treadle doctor``: tells what a workflow, or any workflow, would miss on this machine."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from treadle.cli.checking.plan_source import STDIN, load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import (
    JsonOption,
    LenientOption,
)
from treadle.cli.packages.doctor_report import Check, Report, report_object, report_outline, verdict
from treadle.cli.run_options import GivenOptions
from treadle.cli.runs.given import InputOptions
from treadle.cli.runs.known_inputs import known_inputs, project_of
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import print_outline
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.executor.local.departure import Departure
from treadle.executor.local.machine import LocalMachine
from treadle.executor.local.preflight import Finding, Status, findings_before
from treadle.executor.local.program_version import versions
from treadle.executor.local.project import default_integration
from treadle.executor.local.step_types import installed_step_type
from treadle.executor.step_needs import needed_types
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem
from treadle.plan.requirements import Doubt, Need

STEP_TYPE = "step-type"
_SECTIONS = (
    (Need.AGENT.value, "agents"),
    (Need.COMMAND.value, "commands of agents"),
    (Need.PROGRAM.value, "programs"),
    (Need.FOLDER.value, "folders"),
    (Need.FILE.value, "files"),
    (Need.SPEC_KIT.value, "versions"),
    (STEP_TYPE, "step types"),
)


def doctor(
    settings: Settings,
    given: GivenOptions,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A workflow file, a plan file, '-' for stdin, or the id of an installed workflow.",
            show_default=False,
        ),
    ] = None,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
) -> int:
    """Look for everything that a workflow needs; without SOURCE, at the machine as a whole.

    Nothing is run but programs that are asked for their version. Exits with 1 when something is
    missing.
    """
    if source is None:
        from treadle.cli.packages.doctor_machine import machine_report  # has to do with no workflow

        report = machine_report(project_of(settings), os.environ)
        sections: tuple[tuple[str, str], ...] = (("machine", "machine"), ("project", "project"))
        sections = (*sections, (Need.AGENT.value, "agents"))
    else:
        options = given.read(is_stdin_taken=source == STDIN)
        report = _report(settings, source, options, lenient=lenient)
        sections = _SECTIONS
    if as_json:
        print_json(report_object(report))
    else:
        paint = painter(sys.stdout, os.environ)
        print_outline(report_outline(report, paint, sections), sys.stdout)
        role = Role.ERROR if report.missing else Role.GOOD
        settings.talk.say(settings.talk.paint(verdict(report), role))
    return ExitCode.FAILED if report.missing else ExitCode.OK


def _report(settings: Settings, source: str, options: InputOptions, *, lenient: bool) -> Report:
    """Return the report on a workflow. Errors: Rejected for one that does not compile."""
    loaded = load_plan(source, settings, project=settings.find_project, lenient=lenient)
    plan, project = loaded.plan, project_of(settings)
    known = known_inputs(plan, settings, options, lenient=lenient)
    departure = Departure(
        plan=plan,
        resolved=known.resolved,
        lenient=lenient,
        workflow_dir=str(loaded.folder),
    )
    machine = LocalMachine(project=project, environment=os.environ)
    checks = tuple(map(_check, findings_before(departure, machine)))
    notes = []
    if known.is_auto:
        own = known.own or "not known: the project names no integration"
        notes.append(f"'auto' is {one_line(own)}")
    if known.resolved.missing:
        notes.append(f"not given: {', '.join(map(one_line, known.resolved.missing))}")
    return Report(
        title=plan.id,
        about=f"{plan.version}  {one_line(plan.name)}",
        project=project,
        own=default_integration(project),
        checks=(*_with_versions(checks, os.environ, project), *_step_types(plan)),
        notes=tuple(notes),
        workflow=(plan.id, plan.version),
    )


def _check(finding: Finding) -> Check:
    one = finding.requirement
    is_open = one.doubt is Doubt.OPEN
    notes = [f"open, reads {', '.join(one.reads)}"] if is_open else []
    notes += [f"of {one.integration}"] if one.integration is not None else []
    name = one.name or ("?" if is_open else "none")
    if one.need is Need.SPEC_KIT:
        name = f"Spec Kit {name}"
    doubt = one.doubt.value if one.doubt is not None else None
    return Check(
        need=one.need.value,
        name=name,
        status=finding.status.value,
        found=finding.found,
        steps=one.steps,
        integration=one.integration,
        problem=finding.problem,
        doubt=doubt if finding.problem is not None or is_open else None,
        note=", ".join(notes) or None,
    )


def _step_types(plan: Plan) -> Iterator[Check]:
    """Yield the step types of packages that a plan has."""
    for needed in needed_types(plan, installed_step_type):
        first = next(iter(needed.problems), None)
        problem = None
        if first is not None:
            text, hint = first.message, first.hint
            problem = Problem(code=first.code, field="", message=text, hint=hint)
        yield Check(
            need=STEP_TYPE,
            name=needed.name,
            status=Status.FOUND.value if problem is None else Status.MISSING.value,
            found=needed.package if problem is None else None,
            steps=needed.steps,
            problem=problem,
        )


def _with_versions(
    checks: tuple[Check, ...], environment: Mapping[str, str], project: Path
) -> tuple[Check, ...]:
    told = versions(_programs(checks), environment=environment, cwd=project)
    return tuple(replace(check, version=told.get(check.found or "")) for check in checks)


def _programs(checks: tuple[Check, ...]) -> Iterator[str]:
    for check in checks:
        if check.need in (Need.AGENT, Need.PROGRAM) and check.found is not None:
            yield check.found
