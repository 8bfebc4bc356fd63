"""``treadle plan --diff OLD NEW``: how two workflows differ, and whom it breaks.

Source: schemas/diff.schema.json for the JSON form.
"""

import os
import sys
from collections.abc import Iterable, Iterator

from treadle.cli.checking.plan_source import load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.settings import Settings
from treadle.cli.text.counted import counted
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.plan.contract import Change, ValueChange
from treadle.plan.diff import PlanDiff, StepChange, StepWord, compare
from treadle.plan.expression import Json
from treadle.plan.plan import Plan
from treadle.plan.problems import shown
from treadle.plan.written import FieldChange

DIFF_VERSION = 1
BREAKS_CALLERS = ExitCode.FAILED
DIFFERS = ExitCode.PAUSED

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~"}
_ROLES = {"+": Role.GOOD, "-": Role.ERROR, "~": Role.WARNING}


def show_diff(
    settings: Settings, old: str, new: str, *, lenient: bool, as_json: bool, is_detailed: bool
) -> int:
    """Compare two sources; with `is_detailed` the exit status says what came out.

    Errors: Rejected for a source that does not compile.
    """
    before = load_plan(old, settings, project=settings.find_project, lenient=lenient).plan
    after = load_plan(new, settings, project=settings.find_project, lenient=lenient).plan
    found = compare(before, after)
    if as_json:
        print_json(diff_object(before, after, found))
    else:
        paint = painter(sys.stdout, os.environ)
        print_outline(diff_outline(before, after, found, paint), sys.stdout)
        settings.talk.say(_summary(found))
    if not is_detailed or found.is_empty:
        return ExitCode.OK
    return BREAKS_CALLERS if found.breaks_callers else DIFFERS


def diff_object(old: Plan, new: Plan, found: PlanDiff) -> dict[str, Json]:
    """Return the differences as JSON data."""
    return {
        "version": DIFF_VERSION,
        "old": _side(old),
        "new": _side(new),
        "is_same": found.is_empty,
        "breaks_callers": found.breaks_callers,
        "workflow": _fields(found.workflow),
        "inputs": [_value(change) for change in found.inputs],
        "outputs": [_value(change) for change in found.outputs],
        "steps": [_step(change) for change in found.steps],
    }


def _side(plan: Plan) -> dict[str, Json]:
    return {"id": plan.id, "version": plan.version, "digest": plan.digest}


def _fields(changes: Iterable[FieldChange]) -> list[Json]:
    return [{"name": c.name, "old": c.old, "new": c.new} for c in changes]


def _value(change: ValueChange) -> dict[str, Json]:
    return {
        "name": change.name,
        "change": change.change.value,
        "fields": _fields(change.fields),
        "breaks": list(change.breaks),
    }


def _step(change: StepChange) -> dict[str, Json]:
    return {
        "id": change.id,
        "kind": change.kind,
        "change": change.change.value,
        "path": change.path,
        "old_path": change.old_path,
        "fields": _fields(change.fields),
    }


def diff_outline(old: Plan, new: Plan, found: PlanDiff, paint: Paint) -> Outline:
    """Return the differences as a tree: what is not there has no differences."""
    version = new.version if old.version == new.version else f"{old.version} → {new.version}"
    parts = (
        ("workflow", tuple(_field_outline(change, paint) for change in found.workflow)),
        ("inputs", tuple(_value_outline(change, paint) for change in found.inputs)),
        ("outputs", tuple(_value_outline(change, paint) for change in found.outputs)),
        ("steps", tuple(_step_outline(change, paint) for change in found.steps)),
    )
    return Outline(
        title=f"{paint(new.id, Role.NAME)} {paint(version, Role.QUIET)}",
        children=tuple(
            Outline(title=paint(name, Role.QUIET), children=children)
            for name, children in parts
            if children
        ),
    )


def _field_outline(change: FieldChange, paint: Paint) -> Outline:
    return Outline(title=f"{paint('~', Role.WARNING)} {_field_line(change)}")


def _value_outline(change: ValueChange, paint: Paint) -> Outline:
    notes = [_declared(change)] if change.change is Change.ADDED else []
    if change.change is Change.CHANGED:
        notes += [_field_line(field) for field in change.fields]
    broken = [paint(f"breaks callers: {one_line(why, 200)}", Role.ERROR) for why in change.breaks]
    return Outline(
        title=_signed(change.change.value, change.name, paint),
        notes=(*filter(None, notes), *broken),
    )


def _declared(change: ValueChange) -> str:
    """Return what an added input or output is, in one line."""
    known = {field.name: field.new for field in change.fields}
    told = [f"{name} {shown(value)}" for name, value in known.items() if value is not False]
    return one_line(", ".join(told), 160)


def _step_outline(change: StepChange, paint: Paint) -> Outline:
    notes: list[str] = []
    if change.change is StepWord.MOVED:
        is_near = change.old_path == change.path
        notes.append(
            "moved within its list" if is_near else f"moved from {one_line(str(change.old_path))}"
        )
    notes += [_field_line(field) for field in change.fields]
    where = paint(one_line(change.path), Role.QUIET) if change.path != f"/{change.id}" else ""
    title = _signed(change.change.value, change.id, paint)
    return Outline(title=f"{title}  {change.kind}  {where}".rstrip(), notes=tuple(notes))


def _signed(change: str, name: str, paint: Paint) -> str:
    sign = _SIGNS[change]
    return f"{paint(sign, _ROLES[sign])} {paint(one_line(name), Role.NAME)}"


def _field_line(change: FieldChange) -> str:
    """Return a changed value: ``run: 'make' → 'make all'``."""
    old, new = (_shown(value) for value in (change.old, change.new))
    return one_line(f"{change.name}: {old} → {new}", 200)


def _shown(value: Json) -> str:
    return "none" if value is None else shown(value)


def _summary(found: PlanDiff) -> str:
    if found.is_empty:
        return "no differences"
    told = ", ".join(_counts(found)) or "other details differ"
    broken = sum(bool(change.breaks) for change in (*found.inputs, *found.outputs))
    if not broken:
        return told
    return f"{told}; {broken} {'change breaks' if broken == 1 else 'changes break'} callers"


def _counts(found: PlanDiff) -> Iterator[str]:
    for noun, changes in (
        ("input", [change.change.value for change in found.inputs]),
        ("output", [change.change.value for change in found.outputs]),
        ("step", [change.change.value for change in found.steps]),
    ):
        for word in _SIGNS:
            number = changes.count(word)
            if number:
                yield f"{counted(number, noun)} {word}"
