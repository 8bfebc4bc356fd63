"""How a run shows itself on Temporal's own page, and in the lists that are made there.

| where | what it says | costs |
|---|---|---|
| search attributes | the workflow, the status, the step at which it rests | an event a change |
| memo | the status, when it changed, the gates that wait | an event a change |
| current details | all that, to read, and how to answer | nothing: it is asked for |
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from treadle.executor.open_steps import open_gates
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.executor.temporal.messages import OF_STATUS, OF_STEP
from treadle.plan.plan import Plan
from treadle.plan.steps import GateStep
from treadle.plan.text import as_text

STATUS = SearchAttributeKey.for_keyword(OF_STATUS)
STEP = SearchAttributeKey.for_keyword(OF_STEP)

_LONGEST = 2_000
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|"})


def attributes(run: Run) -> list[SearchAttributeUpdate[Any]]:
    """Return the search attributes of a run that has changed."""
    return [STATUS.value_set(run.status.value), STEP.value_set(run.current or "")]


def gates_in_memo(run: Run) -> list[dict[str, Any]]:
    """Return the gates that wait for an answer, as a list shows them."""
    if run.status is not RunStatus.PAUSED:
        return []
    return [
        {
            "step_id": gate.qualified,
            "address": gate.address,
            "message": _message(gate),
            "options": list(_options(gate)),
            "since": gate.finished_at or run.updated_at,
            "due": gate.due,
        }
        for gate in open_gates(run)
    ]


def details(run: Run) -> str:
    """Return how a run stands, as Markdown."""
    return "\n\n".join(_paragraphs(run))


def about(plan: Plan, inputs: Mapping[str, Any], *, run_id: str, by: str | None) -> str:
    """Return what a run is, as Markdown: it never changes."""
    given = [f"- {_plain(name)}: {_plain(_short(value))}" for name, value in inputs.items()]
    lines = [f"{_plain(plan.name)}, version {_plain(plan.version)}"]
    lines += [_plain(plan.description)] if plan.description else []
    lines += [f"started by {_plain(by)}"] if by else []
    lines += ["\n".join(["inputs:", "", *given])] if given else []
    lines.append(f"`treadle status {run_id} --on temporal`")
    return "\n\n".join(lines)


def _paragraphs(run: Run) -> Iterator[str]:
    at = f" at {_plain(run.current)}" if run.current and _names_step(run.status) else ""
    yield f"**{run.status.value}**{at}"
    if run.error is not None:
        yield _plain(run.error)
    if run.status is not RunStatus.PAUSED:
        return
    for gate in open_gates(run):
        message = _message(gate)
        yield f"{_plain(gate.address)} asks: {_plain(message or 'go on?')}"
        answers = (_command(run.id, gate.address, option) for option in _options(gate))
        yield "\n".join(f"    {line}" for line in answers)
        if gate.due is not None:
            yield f"it waits until {gate.due}"


def _names_step(status: RunStatus) -> bool:
    return status not in (RunStatus.COMPLETED, RunStatus.CANCELLED)


def _command(run_id: str, address: str, option: str) -> str:
    answer = f"{address}={option}".replace("'", "'\\''")
    return f"treadle resume {run_id} --choice '{answer}' --on temporal"


def _message(gate: Occurrence) -> str | None:
    message = (gate.output or {}).get("message")
    return None if message is None else _short(message)


def _options(gate: Occurrence) -> Sequence[str]:
    return gate.step.options if isinstance(gate.step, GateStep) else ()


def _short(value: Any) -> str:
    text = as_text(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return text.translate(_MARKDOWN)
