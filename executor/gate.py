"""Gates: who decides, and what the answer does.

| answer | with `on_reject` | record | run |
|---|---|---|---|
| none | | paused, `choice` null | pauses |
| an option | | completed | goes on |
| reject, abort | abort | failed, `aborted` | is aborted for good |
| reject, abort | skip | completed | goes on |
| reject, abort | retry | paused with the choice | pauses; a verdict input becomes "" |
| a verdict that is no option, or not text | | failed, `choice` null | fails, unless tolerated |

An answer given to the gate itself wins over its verdict input and never writes inputs. In a loop
a gate takes only a verdict that was given after its previous answer, so each round asks anew.
"""

from treadle.executor.events import Halt, InputReset, StepFinished, StepStatus
from treadle.executor.state import Run
from treadle.executor.turn import Turn
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json
from treadle.plan.steps import GateStep, OnReject
from treadle.plan.text import as_text, kind_of

_REJECTIONS = frozenset({"reject", "abort"})


def match_option(options: tuple[str, ...], choice: str) -> str | None:
    """Return the first option that a choice names, whatever its case; None when none does."""
    return next((option for option in options if option.lower() == choice.lower()), None)


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
    answer = turn.run.answers.get(address)
    if answer is not None:
        choice = match_option(step.options, answer.choice)
        if choice is None:
            raise ValueError(f"{answer.choice!r} is not an option of {address}")
        by: dict[str, Json] = {"by": answer.by, "at": answer.at, "comment": answer.comment}
        return _answered(step, address, choice=choice, output=output | by)
    verdict = _verdict(turn.run, step, address)
    if verdict is None or verdict == "":
        return StepFinished(
            address=address, status=StepStatus.PAUSED, output=output, halt=Halt.PAUSED
        )
    name = step.verdict_input or ""
    if not isinstance(verdict, str):
        error = error_text("TR809", name=name, found=kind_of(verdict))
        return _failed(step, address, output=output, error=error)
    choice = match_option(step.options, verdict)
    if choice is None:
        error = error_text("TR810", value=verdict)
        return _failed(step, address, output=output, error=error)
    finished = _answered(
        step,
        address,
        choice=choice,
        output=output | {"by": turn.run.actor, "at": turn.run.updated_at, "comment": None},
    )
    if finished.status is StepStatus.PAUSED:
        turn.happens(InputReset(name=name))
    return finished


def _verdict(run: Run, step: GateStep, address: str) -> Json:
    """Return the value of the verdict input, None when there is none for this round."""
    name = step.verdict_input
    if name is None:
        return None
    if _is_in_loop(run, address) and run.answered.get(step.path, -1) >= run.versions.get(name, 0):
        return None
    return run.inputs.get(name)


def _is_in_loop(run: Run, address: str) -> bool:
    sequence = run.sequences[address.rpartition("/")[0]]
    return run.program.bodies[sequence.body].in_loop


def _answered(
    step: GateStep, address: str, *, choice: str, output: dict[str, Json]
) -> StepFinished:
    output["choice"] = choice
    if choice.lower() not in _REJECTIONS or step.on_reject is OnReject.SKIP:
        return StepFinished(address=address, status=StepStatus.COMPLETED, output=output)
    if step.on_reject is OnReject.RETRY:
        return StepFinished(
            address=address, status=StepStatus.PAUSED, output=output, halt=Halt.PAUSED
        )
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
