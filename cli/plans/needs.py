"""``treadle plan SOURCE --needs``: every question that a run may ask, with the form of its answer.

Source: schemas/needs.schema.json for the JSON form, whose `answers` is the JSON Schema of the
file that ``run --answers`` takes.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from treadle.cli.plans.questions import Around, GateQuestion, gate_questions, gates_of
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.plan.expression import Json
from treadle.plan.inputs import InputSet, Resolved
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.problems import alternatives, shown
from treadle.plan.steps import Kind

NEEDS_VERSION = 1


def show_needs(plan: Plan, resolved: Resolved, known: Known, *, as_json: bool) -> None:
    """Print the questions of a plan, as far as the inputs that are known leave them open."""
    gates = gate_questions(plan, known)
    if as_json:
        print_json(needs_object(plan, resolved, gates))
        return
    paint = painter(sys.stdout, os.environ)
    parts = (
        ("inputs", tuple(_input_outlines(plan, resolved, paint))),
        ("gates", tuple(_gate_outline(gate, paint) for gate in gates)),
    )
    about = paint(f"{plan.version}  {one_line(plan.name)}", Role.QUIET)
    children = tuple(
        Outline(title=paint(name, Role.QUIET), children=inside) for name, inside in parts if inside
    )
    nothing = () if children else ("asks nothing",)
    title = f"{paint(plan.id, Role.NAME)} {about}"
    print_outline(Outline(title=title, notes=nothing, children=children), sys.stdout)


def needs_object(plan: Plan, resolved: Resolved, gates: Sequence[GateQuestion]) -> dict[str, Json]:
    """Return the questions as JSON data."""
    inputs = InputSet(plan.inputs)
    return {
        "version": NEEDS_VERSION,
        "workflow": {"id": plan.id, "version": plan.version, "digest": plan.digest},
        "inputs": [_input(inputs, name, resolved) for name in inputs.names],
        "gates": [_gate(gate) for gate in gates],
        "answers": _answers(plan, resolved),
    }


def _input(inputs: InputSet, name: str, resolved: Resolved) -> dict[str, Json]:
    question = inputs.describe(name)
    schema = inputs.json_schema()["properties"]
    assert isinstance(schema, dict)
    return {
        "name": name,
        "question": question.text,
        "required": question.is_required,
        "secret": question.is_secret,
        "has_default": question.default is not None,
        "default": question.default.value if question.default is not None else None,
        "is_given": name in resolved.values or name in resolved.secrets,
        "is_asked": name in resolved.missing,
        "schema": schema[name],
    }


def _gate(gate: GateQuestion) -> dict[str, Json]:
    step = gate.step
    return {
        "id": step.id,
        "path": step.path,
        "message": gate.message,
        "options": list(step.options),
        "on_reject": step.on_reject.value,
        "verdict_input": step.verdict_input,
        "answered_by": gate.answered_by,
        "when": [
            {"step": one.path, "branch": one.segment, "condition": one.condition}
            for one in gate.around
            if one.condition is not None
        ],
        "repeats": [
            {"step": one.path, "kind": one.kind, "most": one.most}
            for one in gate.around
            if one.repeats
        ],
    }


def _answers(plan: Plan, resolved: Resolved) -> dict[str, Json]:
    """Return the JSON Schema of a file of answers.

    Shapes: a gate goes by its path, and by its id where no other gate has that. None is required,
    as a run pauses at what has no answer; an input that it cannot begin without is.
    """
    whole = InputSet(plan.inputs).json_schema()
    inputs = {key: value for key, value in whole.items() if key != "$schema"}
    gates = gates_of(plan)
    ids = Counter(gate.id for gate in gates)
    choices: dict[str, Json] = {}
    for gate in gates:
        option: dict[str, Json] = {"enum": list(gate.options)}
        each: dict[str, Json] = {"type": "array", "items": option, "minItems": 1}
        for name in (gate.id, gate.path) if ids[gate.id] == 1 else (gate.path,):
            choices[name] = {"anyOf": [option, each]}
    return {
        "$schema": whole["$schema"],
        "type": "object",
        "properties": {
            "inputs": {**inputs, "required": list(resolved.missing)},
            "gates": {"type": "object", "properties": choices, "additionalProperties": False},
        },
        "required": ["inputs"] if resolved.missing else [],
        "additionalProperties": False,
    }


def _input_outlines(plan: Plan, resolved: Resolved, paint: Paint) -> Iterator[Outline]:
    inputs = InputSet(plan.inputs)
    for name in inputs.names:
        question = inputs.describe(name)
        words = [question.type_word or "any value"]
        words += ["secret"] if question.is_secret else []
        if name in resolved.missing:
            words.append(paint("will be asked for", Role.WAITING))
        elif name in resolved.values or name in resolved.secrets:
            value = resolved.values.get(name)
            words.append("given" if name in resolved.secrets else one_line(shown(value)))
        else:
            words.append("may be left out")
        notes = [one_line(question.text)] if question.text != name else []
        if question.choices:
            notes.append(f"one of {one_line(alternatives(question.choices), 160)}")
        title = f"{paint(one_line(name), Role.NAME)}  {', '.join(words)}"
        yield Outline(title=title, notes=tuple(notes))


def _gate_outline(gate: GateQuestion, paint: Paint) -> Outline:
    step = gate.step
    where = paint(one_line(step.path), Role.QUIET) if step.path != f"/{step.id}" else ""
    notes = [one_line(gate.message, 160), ", ".join(map(one_line, step.options))]
    notes += [told for one in gate.around if (told := _told(one))]
    if gate.answered_by is not None:
        notes.append(f"answered by inputs.{gate.answered_by}")
    else:
        notes[1] += f": {paint('may be asked', Role.WAITING)}"
    title = f"{paint(one_line(step.id), Role.NAME)}  {where}".rstrip()
    return Outline(title=title, notes=tuple(notes))


def _told(one: Around) -> str:
    """Return what a step around a gate means for its question."""
    name = one_line(one.id)
    parts: list[str] = []
    if one.condition is not None:
        branch = f", {one_line(one.segment)}" if one.segment else ""
        parts.append(f"when {name}: {one_line(one.condition)}{branch}")
    if one.repeats:
        what = "item" if one.kind == Kind.FAN_OUT else "round"
        most = "" if one.most is None else f", {one.most} at most"
        parts.append(f"for each {what} of {name}{most}")
    return "; ".join(parts)
