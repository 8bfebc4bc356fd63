"""What has certainly run where a step's record is read, and what certainly ends a run.

On doubt a step counts as run: a finding needs a branch that the author can be shown.
"""

from collections.abc import Iterator

from msgspec import Struct

from treadle.compiler.expressions.constants import constant_text, constant_truth
from treadle.compiler.flows.flow import Flow, Path, decision, paths
from treadle.compiler.steps.scope import CLOSING, Declaration
from treadle.plan.expression import Literal, Text
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import (
    REJECTIONS,
    Branch,
    GateStep,
    IfStep,
    OnReject,
    ShellStep,
    Step,
    SwitchStep,
    branches,
)

THEN, ELSE, DEFAULT = "then", "else", "default"
CASE = "case:"
VALUE = "value"  # stands for what an expression puts into a script
MAX_SCRIPT = 1000
_ENDS: frozenset[Path] = frozenset({("context", "status")})  # what tells how far a run came

# A script that can only fail: it says something, perhaps, and then exits with another code than 0.
_FAILS = lazy_pattern(
    r"""\s*(?:(?:echo|printf)\b"""
    r"""(?:[^'"`$;&|\n<>]|\$(?!\()|'[^']*'|"(?:[^"`$\\]|\$(?!\()|\\.)*"|>\s?&2)*"""
    r"""(?:;|&&|\n)\s*)*"""
    r"(?:exit\s+0*[1-9][0-9]{0,2}|false)\s*;?\s*"
)


class Doubt(Struct, frozen=True, kw_only=True):
    """The step that decides whether another one runs.

    Shapes: `fork` is an `if` or `switch` around it with the branch that it stands in, or the
    first step on the way with a condition of its own, whose `segment` is None. With the segment
    "finally" the reader stands there, and the run may have ended before the step `fork`.
    """

    fork: Declaration
    segment: str | None


def doubts(step: Declaration, *, reader: Declaration | None, flow: Flow) -> tuple[Doubt, ...]:
    """Return why a step that stands before its reader may not have run, from the inside out.

    Shapes: empty for a step that has run whenever its reader does.
    """
    if step.parent is None and not is_after_end(step, reader):
        declared = flow.step(step)
        if declared is None or declared.condition is None:
            return ()
    return tuple(_doubts(step, reader, flow))


def fork_paths(found: Doubt, flow: Flow) -> frozenset[Path]:
    """Return what is read to decide a doubt."""
    step = flow.step(found.fork)
    if found.segment == CLOSING:
        return _ENDS
    if step is None:
        return frozenset()
    return paths(step.condition if found.segment is None else decision(step))


def guard_paths(reader: Declaration | None, flow: Flow) -> frozenset[Path]:
    """Return everything that is read to decide whether a step runs."""
    found: frozenset[Path] = frozenset()
    for above in (reader, *reader.ancestors()) if reader is not None else ():
        step = flow.step(above)
        if step is not None:
            around = decision(step) if above is not reader else None
            found |= paths(step.condition) | paths(around)
    return found


def is_after_end(step: Declaration, reader: Declaration | None) -> bool:
    """Say whether a step's record is read when the run has ended, however it has."""
    return reader is not None and reader.is_closing and not step.is_closing


def dead_segments(step: Step) -> tuple[str, ...]:
    """Return the branches of a step that its constant decision never takes."""
    match step:
        case IfStep():
            truth = constant_truth(step.test)
            return () if truth is None else ((ELSE,) if truth else (THEN,))
        case SwitchStep():
            text = constant_text(step.expression)
            if text is None:
                return ()
            keys = [case.key for case in step.cases]
            taken = f"{CASE}{text}" if text in keys else DEFAULT
            return tuple(b.segment for b in branches(step) if b.segment != taken)
        case _:
            return ()


def halts(step: Step) -> bool:
    """Say whether a step ends the run whenever it is reached: it aborts, fails or waits."""
    if step.condition is not None or step.continue_on_error:
        return False
    match step:
        case ShellStep():
            return is_failure(step)
        case GateStep():
            is_passed = step.on_reject is OnReject.SKIP
            return not is_passed and all(option.lower() in REJECTIONS for option in step.options)
        case _:
            return False


def is_failure(step: ShellStep) -> bool:
    """Say whether the script of a step can only fail."""
    match step.run:
        case Literal(str(script)):
            pass
        case Text(parts):
            script = "".join(part if isinstance(part, str) else VALUE for part in parts)
        case _:
            return False
    if "exit" not in script and "false" not in script:
        return False
    return len(script) < MAX_SCRIPT and _FAILS.fullmatch(script) is not None


def _doubts(step: Declaration, reader: Declaration | None, flow: Flow) -> Iterator[Doubt]:
    if is_after_end(step, reader):
        yield Doubt(fork=step, segment=CLOSING)
    around = {each.order for each in (reader, *reader.ancestors())} if reader is not None else set()
    shared = dict(_segments(reader)) if reader is not None else {}
    child = step
    for above in (step, *step.ancestors()):
        declared = flow.step(above)
        if above is not step and above.order not in shared and child.segment:
            if not _is_certain(declared, child.segment):
                yield Doubt(fork=above, segment=child.segment)
        has_condition = declared is not None and declared.condition is not None
        if has_condition and above.order not in around and not _always(declared):
            yield Doubt(fork=above, segment=None)
        child = above


def _always(step: Step | None) -> bool:
    return step is not None and constant_truth(step.condition) is True


def _is_certain(step: Step | None, segment: str) -> bool:
    """Say whether a run that goes on behind a fork has taken this branch of it."""
    if step is None or segment not in [branch.segment for branch in branches(step)]:
        return True
    dead = dead_segments(step)
    others = [b for b in branches(step) if b.segment != segment and b.segment not in dead]
    return segment not in dead and all(_ends_run(branch) for branch in others)


def _ends_run(branch: Branch) -> bool:
    return any(halts(step) for step in branch.steps)


def _segments(step: Declaration) -> Iterator[tuple[int, str]]:
    child = step
    for above in step.ancestors():
        if child.segment:
            yield above.order, child.segment
        child = above
