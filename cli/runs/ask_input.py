"""Asking the person at a terminal for inputs that are missing."""

from collections.abc import Mapping, Sequence

from treadle.cli.text.paint import Role
from treadle.cli.text.prompt import chosen, read_line, read_secret
from treadle.cli.text.talk import Talk
from treadle.cli.text.visible import one_line
from treadle.plan.inputs import Given, InputSet, Question
from treadle.plan.problems import Problem
from treadle.plan.text import as_text

_FORMS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list, as JSON",
    "object": "a mapping, as JSON",
}


def ask_inputs(
    inputs: InputSet, names: Sequence[str], *, talk: Talk, integration: str | None
) -> Mapping[str, Given] | None:
    """Return a value for each of the inputs, None when the input ends before.

    Errors: KeyboardInterrupt.
    """
    found: dict[str, Given] = {}
    for name in names:
        given = _ask(inputs, name, talk=talk, integration=integration)
        if given is None:
            return None
        found[name] = given
    return found


def _ask(inputs: InputSet, name: str, *, talk: Talk, integration: str | None) -> Given | None:
    """Ask for one input until its value is accepted."""
    question = inputs.describe(name)
    prompt = _prompt(question, talk)
    choices = tuple(as_text(choice) for choice in question.choices)
    while True:
        text = read_secret(prompt) if question.is_secret else read_line(prompt)
        if text is None:
            return None
        if not text.strip() and "" not in choices:
            continue
        given = Given(value=chosen(text, choices) or text, is_text=True)
        wrong = _problems(inputs, name, given, integration=integration)
        if not wrong:
            return given
        for problem in wrong:
            talk.insist(f"{talk.paint('refused:', Role.ERROR)} {problem.message}")


def _prompt(question: Question, talk: Talk) -> str:
    """Tell what is asked for; return the words that stand before the answer."""
    head = talk.paint(one_line(question.text, 200), Role.NAME)
    name = one_line(question.name)
    name = talk.paint(f"({name})", Role.QUIET) if question.text != question.name else ""
    talk.insist(f"{head} {name}".rstrip())
    for number, choice in enumerate(question.choices, 1):
        talk.insist(f"  {talk.paint(str(number), Role.WAITING)} {one_line(as_text(choice))}")
    if question.choices:
        return "choose a number or a value: "
    form = _FORMS.get(question.type_word or "")
    return f"{form}: " if form is not None else "> "


def _problems(
    inputs: InputSet, name: str, given: Given, *, integration: str | None
) -> tuple[Problem, ...]:
    """Return what is wrong with a value; other inputs are not looked at."""
    resolved = inputs.resolve({name: given}, lenient=True, integration=integration)
    return tuple(
        problem
        for problem in resolved.problems
        if problem.field == name or problem.field.startswith((f"{name}.", f"{name}["))
    )
