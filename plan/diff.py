"""What differs between two plans: their steps, their inputs and outputs, and whom it breaks.

Steps are matched by their path, those that are left by id and kind: the same step elsewhere has
moved. A step inside one that moved has not moved itself.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from treadle.plan.contract import ValueChange, input_changes, output_changes
from treadle.plan.expression import Json
from treadle.plan.plan import Plan
from treadle.plan.steps import Step, WorkflowStep, branches, type_name
from treadle.plan.written import FieldChange, changed, fields_of, limits_of


class StepWord(StrEnum):
    """What has become of a step."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


class StepChange(Struct, frozen=True, kw_only=True):
    """One step that differs.

    Shapes: `path` is its address in the new plan (a removed one's in the old); `old_path` is None
    for an added one. A moved step may have changed `fields`, too.
    """

    change: StepWord
    id: str
    kind: str
    path: str
    old_path: str | None
    fields: tuple[FieldChange, ...] = ()


class PlanDiff(Struct, frozen=True, kw_only=True):
    """Everything that differs between two plans."""

    workflow: tuple[FieldChange, ...]
    inputs: tuple[ValueChange, ...]
    outputs: tuple[ValueChange, ...]
    steps: tuple[StepChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the plans say the same."""
        return not (self.workflow or self.inputs or self.outputs or self.steps)

    @property
    def breaks_callers(self) -> bool:
        """Whether somebody who starts the workflow or reads its outputs has to change."""
        return any(change.breaks for change in (*self.inputs, *self.outputs))


def compare(old: Plan, new: Plan) -> PlanDiff:
    """Return what differs between two plans, in the order of the new one, removed parts last."""
    return PlanDiff(
        workflow=changed(_head(old), _head(new)),
        inputs=input_changes(old.inputs, new.inputs),
        outputs=output_changes(old.outputs, new.outputs),
        steps=tuple(_step_changes(old, new)),
    )


def _head(plan: Plan) -> Mapping[str, Json]:
    return {
        "id": plan.id,
        "name": plan.name,
        "version": plan.version,
        "description": plan.description,
        "integration": plan.defaults.integration,
        "model": plan.defaults.model,
        **limits_of(plan),
    }


class _Standing(Struct, frozen=True, kw_only=True):
    """A step where it stands: the path of the step around it, its branch and its number there.

    Shapes: `prefix` stands before the paths of steps of a workflow that is called.
    """

    step: Step
    parent: str
    segment: str
    number: int
    prefix: str = ""


def _standings(plan: Plan) -> Mapping[str, _Standing]:
    """Return every step by its path, parents first, in source order."""
    found: dict[str, _Standing] = {}
    pending = [
        _Standing(step=step, parent="", segment=segment, number=number)
        for segment, steps in (("finally", plan.closing), ("", plan.steps))
        for number, step in reversed(tuple(enumerate(steps)))
    ]
    while pending:
        here = pending.pop()
        path = f"{here.prefix}{here.step.path}"
        found[path] = replace(here, step=replace(here.step, path=path))
        inside = [
            _Standing(
                step=step,
                parent=path,
                segment=segment,
                number=number,
                prefix=f"{here.prefix}{more}",
            )
            for segment, more, steps in _lists(plan, here.step)
            for number, step in enumerate(steps)
        ]
        pending.extend(reversed(inside))
    return found


def _lists(plan: Plan, step: Step) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """Yield the lists of steps inside a step: the segment, what comes before paths, the steps."""
    yield from ((branch.segment, "", branch.steps) for branch in branches(step))
    if isinstance(step, WorkflowStep) and (callee := plan.callees.get(step.callee or "")):
        yield "w", f"{step.path}/w", callee.steps


def _step_changes(old: Plan, new: Plan) -> Iterator[StepChange]:
    before, after = _standings(old), _standings(new)
    origins = _origins(before, after)
    displaced = _displaced(before, after, origins)
    for path, standing in after.items():
        step, origin = standing.step, origins.get(path)
        if origin is None:
            yield _change(StepWord.ADDED, step, old_path=None)
            continue
        fields = changed(fields_of(before[origin].step), fields_of(step))
        is_moved = path in displaced or _is_elsewhere(before[origin], standing, origins)
        if is_moved or fields:
            word = StepWord.MOVED if is_moved else StepWord.CHANGED
            yield _change(word, step, old_path=origin, fields=fields)
    kept = frozenset(origins.values())
    for path, standing in before.items():
        if path not in kept:
            yield _change(StepWord.REMOVED, standing.step, old_path=path)


def _change(
    word: StepWord, step: Step, *, old_path: str | None, fields: tuple[FieldChange, ...] = ()
) -> StepChange:
    return StepChange(
        change=word,
        id=step.id,
        kind=type_name(step),
        path=step.path,
        old_path=old_path,
        fields=fields,
    )


def _origins(before: Mapping[str, _Standing], after: Mapping[str, _Standing]) -> Mapping[str, str]:
    """Return the old path of each step of the new plan that was there before."""
    found = {
        path: path
        for path, standing in after.items()
        if path in before and type_name(before[path].step) == type_name(standing.step)
    }
    left = _by_name(path_step for path_step in before.items() if path_step[0] not in found)
    for name, paths in _by_name(p for p in after.items() if p[0] not in found).items():
        # Templates may repeat an id: then nobody can tell which one has moved.
        if len(paths) == 1 and len(left.get(name, ())) == 1:
            found[paths[0]] = left[name][0]
    return found


def _by_name(
    standings: Iterator[tuple[str, _Standing]],
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for path, standing in standings:
        name = (standing.step.id, type_name(standing.step))
        found[name] = (*found.get(name, ()), path)
    return found


def _is_elsewhere(old: _Standing, new: _Standing, origins: Mapping[str, str]) -> bool:
    """Whether a step stands in another list of steps than before."""
    parent = origins.get(new.parent) if new.parent else ""
    return old.segment != new.segment or old.parent != parent


def _displaced(
    before: Mapping[str, _Standing], after: Mapping[str, _Standing], origins: Mapping[str, str]
) -> frozenset[str]:
    """Return the steps that changed places with others of their list: as few as explain it."""
    lists: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for path, standing in after.items():
        origin = origins.get(path)
        if origin is not None and not _is_elsewhere(before[origin], standing, origins):
            here = lists.setdefault((standing.parent, standing.segment), [])
            here.append((before[origin].number, path))
    return frozenset(path for here in lists.values() for path in _out_of_order(here))


def _out_of_order(numbered: list[tuple[int, str]]) -> Iterator[str]:
    """Yield what does not belong to a longest ascending run of the numbers.

    Source: patience sorting: `ends` holds the lowest number that a run of each length ends with.
    """
    ends: list[int] = []
    lengths: list[int] = []
    for number, _ in numbered:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
        lengths.append(at + 1)
    wanted = len(ends)
    for length, (_, path) in zip(reversed(lengths), reversed(numbered), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            yield path
