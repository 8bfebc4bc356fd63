"""Files of answers: the inputs and the gates of a run, written down before it begins.

    inputs: {target: staging}
    gates:
      review: approve              # each time it asks
      retry: [reject, approve]     # one after the other, the last one from then on

A gate is named by its id, or by its path where several have that id.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from treadle.cli.plans.questions import GateQuestion, answer_name, gate_questions, gates_of
from treadle.cli.rejection import Rejected
from treadle.cli.runs.answers import Answers
from treadle.cli.runs.bounded_text import bounded_text
from treadle.cli.text.yaml_text import parse_data
from treadle.executor.state import Phase, Run
from treadle.plan.expression import Json
from treadle.plan.inputs import Given
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem, problem
from treadle.plan.steps import GateStep, match_option

_PARTS = ("inputs", "gates")


def read_answers_file(path: Path, plan: Plan) -> Answers:
    """Return what a file answers to the questions of a plan.

    Errors: Rejected with TR710 (no such option), TR713 (no such gate), TR715 (not a file of
    answers) or TR716 (which gate?).
    """
    data = _data(path)
    parts: dict[str, Mapping[str, Json]] = {}
    for name in _PARTS:
        part = data.get(name)
        if part is not None and not isinstance(part, Mapping):
            raise _malformed(path, f"'{name}' is not a mapping")
        parts[name] = part or {}
    unknown = next((name for name in data if name not in _PARTS), None)
    if unknown is not None:
        raise _malformed(path, f"'{unknown}' is neither 'inputs' nor 'gates'")
    problems: list[Problem] = []
    gates = dict(_gates(parts["gates"], path, gates_of(plan), problems))
    if problems:
        raise Rejected(*problems)
    inputs = {n: Given(value=value, is_text=False) for n, value in parts["inputs"].items()}
    return Answers(inputs=inputs, gates=gates)


def unanswered(plan: Plan, known: Known, answers: Answers, run: Run | None) -> tuple[Problem, ...]:
    """Return a TR714 for each gate that may ask and is not answered.

    Shapes: `run` is the run that is resumed, None for a new one.
    """
    return tuple(
        problem("TR714", gate=answer_name(plan, question.step))
        for question in gate_questions(plan, known)
        if question.answered_by is None
        and question.step.path not in answers.gates
        and (run is None or not _is_settled(question, run))
    )


def _is_settled(question: GateQuestion, run: Run) -> bool:
    """Whether a run is past a gate: past what is around it, or in another branch."""
    for around in question.around:
        # Outside of rounds and items the address of an occurrence is the path of its step.
        found = run.occurrences.get(around.path)
        if found is None:
            return False
        if found.phase is Phase.DONE or around.segment not in (None, found.segment):
            return True
        if around.repeats:
            return False
    gate = run.occurrences.get(question.step.path)
    return gate is not None and gate.phase is Phase.DONE


def _data(path: Path) -> Mapping[str, Json]:
    try:
        text = bounded_text(path).removeprefix("\ufeff")
    except OSError as error:
        raise _malformed(path, (error.strerror or "it cannot be read").lower()) from error
    except UnicodeError as error:
        raise _malformed(path, "it is not UTF-8") from error
    try:
        data = parse_data(text)
    except ValueError as error:
        raise _malformed(path, str(error)) from error
    if not isinstance(data, Mapping):
        raise _malformed(path, "it is not a mapping")
    return data


def _gates(
    given: Mapping[str, Json], path: Path, gates: Sequence[GateStep], problems: list[Problem]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path of each gate that is answered, with the options as the workflow has them."""
    for name, value in given.items():
        choices = value if isinstance(value, list) else [value]
        if not choices or not all(isinstance(choice, str) for choice in choices):
            raise _malformed(path, f"the answer of '{name}' must be text or a list of texts")
        gate = _gate(name, gates, problems)
        if gate is not None:
            yield gate.path, tuple(_options(gate, map(str, choices), problems))


def _gate(name: str, gates: Sequence[GateStep], problems: list[Problem]) -> GateStep | None:
    """Return the gate that a file means by a name."""
    found = [gate for gate in gates if name in (gate.id, gate.path)]
    if len(found) == 1:
        return found[0]
    if found:
        paths = ", ".join(f"'{gate.path}'" for gate in found)
        problems.append(problem("TR716", gate=name, paths=paths))
        return None
    known = [gate.id for gate in gates] + [gate.path for gate in gates]
    near = difflib.get_close_matches(name, known, 1)
    listed = ", ".join(f"'{gate.id}'" for gate in gates)
    every = f"the gates are {listed}" if listed else "this workflow has no gates"
    hint = f"did you mean '{near[0]}'?" if near else every
    problems.append(problem("TR713", gate=name, hint=hint))
    return None


def _options(gate: GateStep, choices: Iterator[str], problems: list[Problem]) -> Iterator[str]:
    for choice in choices:
        option = match_option(gate.options, choice)
        if option is None:
            hint = "the options are " + ", ".join(f"'{known}'" for known in gate.options)
            problems.append(problem("TR710", choice=choice, gate=gate.id, hint=hint))
        else:
            yield option


def _malformed(path: Path, reason: str) -> Rejected:
    return Rejected.because("TR715", path=path, reason=reason)
