"""``treadle plan``: compiles a workflow and shows what it would do; nothing is run or created."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.checking.plan_source import STDIN, Loaded, load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import (
    DetailedDiffOption,
    DiffOption,
    JsonOption,
    LenientOption,
    NeedsOption,
    SourceArgument,
)
from treadle.cli.plans.dry_run import dry_run
from treadle.cli.plans.dry_step import span
from treadle.cli.rejection import Rejected
from treadle.cli.run_options import GivenOptions
from treadle.cli.runs.given import InputOptions
from treadle.cli.runs.known_inputs import KnownInputs, known_inputs
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.plan.codec import to_json
from treadle.plan.inputs import INTEGRATION, InputSet
from treadle.plan.known import Known
from treadle.plan.plan import OnConflict, Plan
from treadle.plan.plan_file import plan_bytes
from treadle.plan.problems import shown

STDOUT = Path("-")
_CONFLICTS = {
    OnConflict.WAIT: "another one waits",
    OnConflict.REFUSE: "another one is refused",
    OnConflict.REPLACE: "another one cancels the oldest",
}


def plan(
    settings: Settings,
    source: SourceArgument,
    given: GivenOptions,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the plan to a file."),
    ] = None,
    as_json: JsonOption = False,
    lenient: LenientOption = False,
    diff: DiffOption = None,
    needs: NeedsOption = False,
    is_detailed: DetailedDiffOption = False,
) -> int:
    """Show what a run would do with these inputs; nothing is executed or created."""
    _check_purpose(given, output, diff=diff, needs=needs, is_detailed=is_detailed)
    if diff is not None:
        from treadle.cli.plans.plan_diff import show_diff  # not every plan is compared

        return show_diff(
            settings, diff, source, lenient=lenient, as_json=as_json, is_detailed=is_detailed
        )
    options = given.read(is_stdin_taken=source == STDIN)
    if needs:
        return _show_needs(settings, source, options, lenient=lenient, as_json=as_json)
    return show_plan(settings, source, options, lenient=lenient, as_json=as_json, output=output)


def _check_purpose(
    given: GivenOptions, output: Path | None, *, diff: str | None, needs: bool, is_detailed: bool
) -> None:
    """Refuse options of one purpose beside another, where they would do nothing."""
    if diff is None and is_detailed:
        raise typer.BadParameter("it goes with --diff", param_hint="--detailed-exitcode")
    if output is not None and (needs or diff is not None):
        hint = "--needs" if diff is None else "--diff"
        raise typer.BadParameter("no plan is written then", param_hint=f"-o with {hint}")
    if diff is not None and needs:
        raise typer.BadParameter("it is about one workflow", param_hint="--needs with --diff")
    if diff is not None and not given.is_empty:
        raise typer.BadParameter("no input changes what differs", param_hint="inputs with --diff")


def show_plan(
    settings: Settings,
    source: str,
    options: InputOptions,
    *,
    lenient: bool,
    as_json: bool,
    output: Path | None = None,
) -> int:
    """Do what the verb does, for it and for ``run --dry-run``.

    Errors: Rejected for a workflow that does not compile or an input that is wrong.
    """
    loaded = load_plan(source, settings, project=settings.find_project, lenient=lenient)
    inputs = known_inputs(loaded.plan, settings, options, lenient=lenient)
    if output == STDOUT:
        sys.stdout.buffer.write(plan_bytes(loaded.plan))
        return ExitCode.OK
    if output is not None:
        _write(output, loaded)
        settings.talk.say(f"wrote {output}")
    if as_json:
        print_json(to_json(loaded.plan))
    else:
        paint = painter(sys.stdout, os.environ)
        print_outline(_outline(loaded, inputs, paint), sys.stdout)
    return ExitCode.OK


def _show_needs(
    settings: Settings, source: str, options: InputOptions, *, lenient: bool, as_json: bool
) -> int:
    from treadle.cli.plans.needs import show_needs  # most plans are shown otherwise

    loaded = load_plan(source, settings, project=settings.find_project, lenient=lenient)
    resolved = known_inputs(loaded.plan, settings, options, lenient=lenient).resolved
    known = Known.of(loaded.plan, resolved, workflow_dir=str(loaded.folder))
    show_needs(loaded.plan, resolved, known, as_json=as_json)
    return ExitCode.OK


def _outline(loaded: Loaded, inputs: KnownInputs, paint: Paint) -> Outline:
    plan = loaded.plan
    known = Known.of(plan, inputs.resolved, workflow_dir=str(loaded.folder))
    about = paint(f"{plan.version}  {one_line(plan.name)}", Role.QUIET)
    return Outline(
        title=f"{paint(plan.id, Role.NAME)} {about}",
        notes=tuple(paint(note, Role.QUIET) for note in _limits(plan, known)),
        children=(*_inputs(plan, inputs, paint), *dry_run(plan, known, paint)),
    )


def _limits(plan: Plan, known: Known) -> Iterator[str]:
    """Yield what bounds a run as a whole."""
    if plan.timeout_s is not None:
        yield f"may work for {span(plan.timeout_s)}"
    group = plan.concurrency
    if group is not None:
        runs = "one run" if group.limit == 1 else f"{group.limit} runs"
        otherwise = _CONFLICTS[group.on_conflict]
        yield f"at most {runs} of '{one_line(known.text(group.group), 80)}' at work: {otherwise}"


def _inputs(plan: Plan, known: KnownInputs, paint: Paint) -> Iterator[Outline]:
    inputs, resolved = InputSet(plan.inputs), known.resolved
    if not inputs.names:
        return
    children = []
    for name in inputs.names:
        if name in resolved.missing:
            text = paint(f"will be asked for: {one_line(inputs.describe(name).text)}", Role.WAITING)
        elif name in resolved.secrets:
            text = paint("given, secret", Role.QUIET)
        elif name in resolved.values:
            text = one_line(shown(resolved.values[name]))
            if name == INTEGRATION and known.is_auto:
                text += paint(f"  {_auto(known)}", Role.QUIET)
        else:
            text = paint("not given", Role.QUIET)
        children.append(Outline(title=f"{one_line(name)} = {text}"))
    yield Outline(title=paint("inputs", Role.QUIET), children=tuple(children))


def _auto(known: KnownInputs) -> str:
    """Return what there is to say about the word 'auto'."""
    if known.own is None:
        return "the project names no integration that it could stand for"
    return "which 'auto' stands for in this project"


def _write(path: Path, loaded: Loaded) -> None:
    try:
        if loaded.path is not None and path.exists() and path.samefile(loaded.path):
            raise Rejected.because("TR908", path=path, reason="it is what the plan is made of")
        path.write_bytes(plan_bytes(loaded.plan))
    except OSError as error:
        raise Rejected.because("TR908", path=path, reason=error.strerror) from error
