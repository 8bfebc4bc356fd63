"""Judges an edited plan by what a run has done: what can stay, what would have to run again.

| a step of the run | in the new plan | verdict |
|---|---|---|
| done | the same, in the same place | kept |
| done | changed, moved or gone | in conflict |
| a control step at work | the same kind | kept; which branch, items and rounds it has stays |
| a control step at work | another kind, or gone | in conflict |
| open, or not begun | anything | runs as the new plan says |
| inside a call | anything | kept, or goes on: the workflow stays what it was at first |
| of the new plan, before where the run stands | – | passed over: it will not run |

Whoever goes back behind the earliest conflict has none.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.program import Program
from treadle.executor.rebase import position
from treadle.executor.rewind import cut
from treadle.executor.state import Occurrence, Phase, Run
from treadle.executor.walk import sequences_begun, walk
from treadle.plan.steps import Step
from treadle.plan.written import FieldChange, changed, fields_of


class Word(StrEnum):
    """What has become of a step that the run has done."""

    CHANGED = "changed"
    MOVED = "moved"
    GONE = "gone"
    FROZEN = "frozen"  # a control step at work: what it has decided stays


class Conflict(Struct, frozen=True, kw_only=True):
    """A step of the run that is not what it was; `fields` are the values that differ."""

    address: str
    word: Word
    fields: tuple[FieldChange, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """What an edited plan means to a run.

    Shapes: `kept` are the addresses of the steps that are done and stay. `frozen` are control
    steps at work that changed: what they decided stays. `passed_over` are the paths of steps of
    the new plan that will not run; they are not looked for as long as there are conflicts.
    """

    kept: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    frozen: tuple[Conflict, ...]
    passed_over: tuple[str, ...]


def judge(run: Run, program: Program) -> Verdict:
    """Return the verdict on a run's going on under another program."""
    kept: list[str] = []
    conflicts: list[Conflict] = []
    frozen: list[Conflict] = []
    numbers: dict[str, int] = {}
    for occurrence in walk(run):
        is_open = occurrence.phase is not Phase.DONE
        if is_open and not sequences_begun(run, occurrence):
            continue
        if conflicts and _is_inside(occurrence.address, conflicts[-1].address):
            continue
        found = _difference(run, program, occurrence, numbers)
        if found is None:
            kept += () if is_open else (occurrence.address,)
        elif found.word is Word.FROZEN:
            frozen.append(found)
        else:
            conflicts.append(found)
    passed = () if conflicts else tuple(dict.fromkeys(_passed_over(run, program)))
    return Verdict(
        kept=tuple(kept),
        conflicts=tuple(conflicts),
        frozen=tuple(frozen),
        passed_over=passed,
    )


def targets(run: Run, program: Program, first: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the steps to go back to so that nothing that is left is in conflict.

    Shapes: `first` are steps to go back to in any case. Items of a fan-out that has changed
    inside are taken back one by one.
    """
    found = list(first)
    left = cut(run, found).run
    while conflicts := judge(left, program).conflicts:
        for conflict in conflicts:
            # What stands behind an earlier one went with it, but for other items.
            if conflict.address in left.occurrences:
                found.append(conflict.address)
                left = cut(left, (conflict.address,)).run
    return tuple(found)


def _is_inside(address: str, owner: str) -> bool:
    return address.startswith(f"{owner}/")


def _difference(
    run: Run, program: Program, occurrence: Occurrence, numbers: dict[str, int]
) -> Conflict | None:
    """Return what has become of a step, None when it is what and where it was.

    Shapes: `numbers` holds the number of the latest step of each sequence in the new plan.
    """
    old, taken = occurrence.step, occurrence.segment
    if run.sequences[occurrence.sequence].plan:
        return None
    new = program.steps.get(old.path)
    if new is None:
        return Conflict(address=occurrence.address, word=Word.GONE)
    has_branch = taken is None or (old.path, taken) in program.bodies
    is_same = run.program.plan.step_digests[old.path] == program.plan.step_digests[old.path]
    if not has_branch or not is_same:
        is_frozen = has_branch and old.kind is new.kind and occurrence.phase is not Phase.DONE
        word = Word.FROZEN if is_frozen else Word.CHANGED
        return Conflict(address=occurrence.address, word=word, fields=_fields(old, new))
    body = program.bodies[run.sequences[occurrence.sequence].body].steps
    number = next(n for n, step in enumerate(body) if step.id == old.id)
    if number < numbers.get(occurrence.sequence, 0):
        return Conflict(address=occurrence.address, word=Word.MOVED)
    numbers[occurrence.sequence] = number
    return None


def _fields(old: Step, new: Step) -> tuple[FieldChange, ...]:
    kinds = changed({"type": old.kind.value}, {"type": new.kind.value})
    return (*kinds, *changed(fields_of(old), fields_of(new)))


def _passed_over(run: Run, program: Program) -> Iterator[str]:
    """Yield the steps of the new plan that stand before where the run goes on."""
    inner = (inside for o in walk(run) for inside in sequences_begun(run, o))
    for address in (ROOT, *inner):
        sequence = run.sequences[address]
        if sequence.plan:
            continue
        steps = program.bodies[sequence.body].steps
        for step in steps[: position(run, program, sequence)]:
            if addresses.step(address, step.id) not in run.occurrences:
                yield step.path
