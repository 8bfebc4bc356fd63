"""Gates: who decides, and what the answer does.

| answer | with `on_reject` | record | run |
|---|---|---|---|
| none | | paused, `choice` null | pauses |
| an option | | completed | goes on |
| reject, abort | abort | failed, `aborted` | is aborted for good |
| reject, abort | skip | completed | goes on |
| reject, abort | retry | paused with the choice | pauses; a verdict input becomes "" |
| a verdict that is no option, or not text | | failed, `choice` null | fails, unless tolerated |
| none until the deadline, `on_timeout: abort` | | failed, `aborted` | is aborted for good |
| none until the deadline, `on_timeout` an option | as if it was given | by "timeout" | likewise |

An answer given to the gate itself wins over its verdict input and never writes inputs. In a loop
a gate takes only a verdict that was given after its previous answer, so each round asks anew.
The deadline counts from when the gate asks, and anew when a rejection makes it ask again. It
stands in the state and is applied by the first resume behind it, before any answer.
"""

from treadle.executor.address import sequence_of
from treadle.executor.events import Halt, InputReset, StepFinished, StepStatus
from treadle.executor.state import Occurrence, Run, Sequence
from treadle.executor.timers import is_due, later
from treadle.executor.turn import Turn
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json
from treadle.plan.steps import REJECTIONS, GateStep, OnReject, match_option, match_verdict
from treadle.plan.text import as_text, kind_of


def is_overdue(gate: Occurrence, moment: str) -> bool:
    """Whether an open gate had to be answered before a moment."""
    return gate.due is not None and is_due(gate.due, moment)


def enter_gate(turn: Turn, step: GateStep, *, address: str, roots: dict[str, Json]) -> StepFinished:
    """Return the record of a gate: answered, rejected or open.

    Errors: EvaluationError when the message or `show_file` cannot be evaluated.
    """
    show_file = render(step.show_file, roots) if step.show_file is not None else None
    output: dict[str, Json] = {
        "message": render(step.message, roots),
        "options": list(step.options),
        "on_reject": step.on_reject.value,
        "show_file": as_text(show_file) if show_file is not None else None,
        "choice": None,
    }
    open_until = _deadline(turn.run, address)
    if open_until is not None and is_due(open_until, turn.run.updated_at):
        return _timed_out(turn.run, step, address, output=output)
    answer = turn.run.answers.get(address)
    if answer is not None:
        choice = match_option(step.options, answer.choice)
        if choice is None:
            raise ValueError(f"{answer.choice!r} is not an option of {address}")
        by: dict[str, Json] = {"by": answer.by, "at": answer.at, "comment": answer.comment}
        return _answered(turn.run, step, address, choice=choice, output=output | by)
    return _by_verdict(turn, step, address, output=output, due=open_until)


def _by_verdict(
    turn: Turn, step: GateStep, address: str, *, output: dict[str, Json], due: str | None
) -> StepFinished:
    """Return the record of a gate that nobody has answered but perhaps its verdict input."""
    sequence = turn.run.sequences[sequence_of(address)]
    verdict = _verdict(turn.run, step, sequence)
    if verdict is None or verdict == "":
        return _open(address, output=output, due=due or _new_deadline(turn.run, step))
    name = step.verdict_input or ""
    if not isinstance(verdict, str):
        error = error_text("TR809", name=name, found=kind_of(verdict))
        return _failed(step, address, output=output, error=error)
    choice = match_verdict(step.options, verdict)
    if choice is None:
        error = error_text("TR810", value=verdict)
        return _failed(step, address, output=output, error=error)
    finished = _answered(
        turn.run,
        step,
        address,
        choice=choice,
        output=output | {"by": turn.run.actor, "at": turn.run.updated_at, "comment": None},
    )
    if finished.status is StepStatus.PAUSED:
        turn.happens(InputReset(name=name, call=turn.run.scopes[sequence.scope].call))
    return finished


def _verdict(run: Run, step: GateStep, sequence: Sequence) -> Json:
    """Return the value of the verdict input, None when there is none for this round."""
    name = step.verdict_input
    if name is None:
        return None
    if run.body(sequence).in_loop:
        seen = run.answered.get(run.gate_key(sequence.address, step), -1)
        if seen >= run.versions_at(sequence.scope).get(name, 0):
            return None
    return run.inputs_at(sequence.scope).get(name)


def _deadline(run: Run, address: str) -> str | None:
    """Return until when a gate waits that has asked already."""
    known = run.occurrences.get(address)
    return known.due if known is not None else None


def _new_deadline(run: Run, step: GateStep) -> str | None:
    return later(run.updated_at, step.timeout_s) if step.timeout_s is not None else None


def _timed_out(run: Run, step: GateStep, address: str, *, output: dict[str, Json]) -> StepFinished:
    by: dict[str, Json] = {"by": "timeout", "at": run.updated_at, "comment": None}
    if step.on_timeout is not None:
        return _answered(run, step, address, choice=step.on_timeout, output=output | by)
    return StepFinished(
        address=address,
        status=StepStatus.FAILED,
        output=output | by | {"aborted": True},
        error=error_text("TR818", gate=step.id, timeout_s=f"{step.timeout_s:g}"),
        halt=Halt.ABORTED,
    )


def _open(address: str, *, output: dict[str, Json], due: str | None) -> StepFinished:
    return StepFinished(
        address=address, status=StepStatus.PAUSED, output=output, halt=Halt.PAUSED, due=due
    )


def _answered(
    run: Run, step: GateStep, address: str, *, choice: str, output: dict[str, Json]
) -> StepFinished:
    output["choice"] = choice
    if choice.lower() not in REJECTIONS or step.on_reject is OnReject.SKIP:
        return StepFinished(address=address, status=StepStatus.COMPLETED, output=output)
    if step.on_reject is OnReject.RETRY:
        return _open(address, output=output, due=_new_deadline(run, step))
    return StepFinished(
        address=address,
        status=StepStatus.FAILED,
        output=output | {"aborted": True},
        error=error_text("TR811", gate=step.id),
        halt=Halt.ABORTED,
    )


def _failed(step: GateStep, address: str, *, output: dict[str, Json], error: str) -> StepFinished:
    return StepFinished(
        address=address,
        status=StepStatus.FAILED,
        output=output,
        error=error,
        halt=None if step.continue_on_error else Halt.FAILED,
    )
