"""What one acting step or gate would do, in a few lines."""

from collections.abc import Iterator

from treadle.cli.known_names import Known
from treadle.cli.visible import one_line, visible
from treadle.plan.expression import Value
from treadle.plan.steps import (
    ActionStep,
    CommandStep,
    GateStep,
    GithubStep,
    InitStep,
    OnReject,
    PromptStep,
    ShellStep,
)
from treadle.plan.text import as_text

_MAX_LINES = 6
_REJECTIONS = frozenset({"reject", "abort"})


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


def gate_notes(step: GateStep, known: Known) -> list[str]:
    """Return the question of a gate, and who answers it.

    Errors: EvaluationError.
    """
    notes = list(_block("", known.text(step.message)))
    return [*notes, f"{', '.join(map(one_line, step.options))}: {_answer(step, known)}"]


def _answer(step: GateStep, known: Known) -> str:
    name = step.verdict_input
    verdict = known.inputs.get(name) if name is not None and name not in known.missing else None
    if verdict is None or verdict == "":
        return "will be asked for"
    word = as_text(verdict)
    option = next((o for o in step.options if o.lower() == word.lower()), None)
    if option is None or not isinstance(verdict, str):
        return f"would fail, inputs.{name} is '{one_line(word, 40)}'"
    is_end = option.lower() in _REJECTIONS and step.on_reject is OnReject.ABORT
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
