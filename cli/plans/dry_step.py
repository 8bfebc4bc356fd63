"""What one acting step or gate would do, in a few lines."""

import math
from collections.abc import Iterator

from treadle.cli.text.visible import one_line, visible
from treadle.plan.expression import Value
from treadle.plan.known import Known
from treadle.plan.steps import (
    REJECTIONS,
    ActionStep,
    CommandStep,
    CustomStep,
    GateStep,
    GithubStep,
    InitStep,
    OnReject,
    PromptStep,
    Retry,
    ShellStep,
    match_verdict,
)
from treadle.plan.text import as_text

_MAX_LINES = 6
_MAX_WAITS = 4
_LONGEST_SPAN_S = 1e6
# What a step may take that does not say so is not worth a line.
_USUAL_LIMITS_S = frozenset({None, 300.0, 600.0})


def call_notes(step: ActionStep, known: Known) -> list[str]:
    """Return the command or prompt of an acting step, with what is open as it was written.

    Errors: EvaluationError.
    """
    match step:
        case ShellStep():
            return list(_block("$ ", known.text(step.run)))
        case PromptStep():
            about = _agent(step.integration, step.model, known)
            return [*_block("> ", known.text(step.prompt)), *about]
        case CommandStep():
            words = [known.text(step.command)]
            if "args" in step.input:
                words.append(known.text(step.input["args"]))
            about = _agent(step.integration, step.model, known)
            return [*_block("> ", " ".join(words)), *about]
        case InitStep():
            fields = (f"{name}={known.text(value)}" for name, value in step.fields.items())
            return [one_line(" ".join(("specify init", *fields)), 160)]
        case GithubStep():
            place = f"{known.text(step.repository)}#{known.text(step.number)}"
            return [one_line(f"{step.operation} '{known.text(step.label)}' to {place}", 160)]
        case CustomStep():
            by = f"performed by the package '{step.package}'" if step.package else ""
            given = (f"{name}: {known.text(value)}" for name, value in step.input.items())
            return [one_line(text, 160) for text in (by, ", ".join(given)) if text]


def gate_notes(step: GateStep, known: Known) -> list[str]:
    """Return the question of a gate, and who answers it.

    Errors: EvaluationError.
    """
    notes = list(_block("", known.text(step.message)))
    notes.append(f"{', '.join(map(one_line, step.options))}: {_answer(step, known)}")
    if step.timeout_s is not None:
        chosen = f"'{one_line(step.on_timeout)}' is chosen" if step.on_timeout else "it aborts"
        notes.append(f"{chosen} when nobody answers within {span(step.timeout_s)}")
    return notes


def limit_notes(step: ActionStep) -> list[str]:
    """Return how long an acting step may take and how often it is tried, unless that is usual."""
    notes = []
    if step.timeout_s not in _USUAL_LIMITS_S and step.timeout_s is not None:
        each = "each attempt " if step.retry is not None else ""
        notes.append(f"{each}may take {span(step.timeout_s)}")
    if step.retry is not None and step.retry.max_attempts > 1:
        notes.append(_tries(step.retry))
    return notes


def span(seconds: float) -> str:
    """Return a time span of a plan exactly: an hour and a half is ``1 h 30 min``.

    >>> span(90.0), span(0.5), span(3600.0)
    ('1 min 30 s', '0.5 s', '1 h')
    """
    if seconds < 60 or seconds > _LONGEST_SPAN_S:
        return f"{seconds:g} s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number:g} {unit}" for number, unit in parts if number)


def _tries(retry: Retry) -> str:
    """Return how often a step is tried, and how long it waits: ``3 attempts, after 1 s, 2 s``."""
    count = f"up to {retry.max_attempts} attempts"
    if retry.on_exit_codes is not None:
        count += f" on exit code {', '.join(map(str, retry.on_exit_codes))}"
    if retry.delay_s == 0:
        return count
    longest = retry.max_delay_s if retry.max_delay_s is not None else math.inf
    delays, delay = [], retry.delay_s
    for _ in range(min(retry.max_attempts - 1, _MAX_WAITS)):
        delays.append(min(delay, longest))
        delay *= retry.backoff
    more = ", …" if retry.max_attempts - 1 > len(delays) else ""
    if len(set(delays)) == 1:
        return f"{count}, {span(delays[0])} apart"
    return f"{count}, after {', '.join(map(span, delays))}{more}"


def _answer(step: GateStep, known: Known) -> str:
    name = step.verdict_input
    verdict = known.inputs.get(name) if name is not None and name not in known.missing else None
    if verdict is None or verdict == "":
        return "will be asked for"
    word = as_text(verdict)
    option = match_verdict(step.options, word)
    if option is None or not isinstance(verdict, str):
        return f"would fail, inputs.{name} is '{one_line(word, 40)}'"
    is_end = option.lower() in REJECTIONS and step.on_reject is OnReject.ABORT
    end = ", which aborts the run" if is_end else ""
    return f"answered '{one_line(option)}' by inputs.{name}{end}"


def _agent(integration: Value, model: Value, known: Known) -> Iterator[str]:
    told = [
        f"{word} {text}"
        for word, value in (("integration", integration), ("model", model))
        if (text := known.text(value))
    ]
    if told:
        yield one_line(", ".join(told), 160)


def _block(prefix: str, text: str) -> Iterator[str]:
    """Yield the first lines of a text; later lines are set below the first."""
    lines = visible(text).strip("\n").split("\n")
    for number, line in enumerate(lines[:_MAX_LINES]):
        yield f"{prefix if number == 0 else ' ' * len(prefix)}{line}"
    if len(lines) > _MAX_LINES:
        yield f"{' ' * len(prefix)}… and {len(lines) - _MAX_LINES} more lines"
