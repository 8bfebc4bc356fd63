"""TR512: an input that answers a gate with what the gate does not take.

Such an answer fails the gate: it takes the text of one of its options, or nothing.
"""

from collections.abc import Mapping

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.flows.flow import Flow
from treadle.compiler.hints import listed
from treadle.compiler.reading import keys
from treadle.plan.expression import Json
from treadle.plan.steps import GateStep, Kind


def check_unusable_verdicts(flow: Flow, report: Report) -> None:
    """Report every `verdict_input` of which no value answers its gate, or whose default fails it.

    Before and after::

        inputs:
          verdict: {type: string, enum: ["", "yes", "no"], default: ""}
        steps:
          - id: ask
            type: gate
            message: Ship?
            options: [approve, reject]
            verdict_input: verdict    # TR512: none of its values is an option of 'ask'
    """
    for declared, step in flow.declared(Kind.GATE):
        scalar = keys.text_scalar(declared.node, "verdict_input")
        name = step.verdict_input if isinstance(step, GateStep) else None
        schema = flow.workflow.input_schema(name) if name is not None else None
        if not isinstance(step, GateStep) or schema is None or scalar is None or name is None:
            continue
        problem = _problem(schema, step)
        if problem is not None:
            place = _input_span(name, flow)
            related = (Related(span=place, message="the input"),) if place is not None else ()
            hint = listed(step.options, what="its options")
            report.add("TR512", scalar.span, hint=hint, related=related, name=name, problem=problem)


def _problem(schema: Mapping[str, Json], step: GateStep) -> str | None:
    options = [option.lower() for option in step.options]
    kind = schema.get("type", "string")
    if isinstance(kind, str) and kind not in ("string", "null"):
        return f"it is of the type '{kind}', and gate '{step.id}' takes text"
    allowed = schema.get("enum")
    values = [v for v in allowed if v not in ("", None)] if isinstance(allowed, list) else []
    if values and not any(isinstance(v, str) and v.lower() in options for v in values):
        return f"none of its values is an option of gate '{step.id}'"
    default = schema.get("default")
    if isinstance(default, str) and default and default.lower() not in options:
        return f"its default '{default}' is not an option of gate '{step.id}'"
    return None


def _input_span(name: str, flow: Flow) -> Span | None:
    declared = keys.mapping(flow.workflow.root, "inputs")
    entry = declared.entry(name) if declared is not None else None
    return entry.key.span if entry is not None else None
