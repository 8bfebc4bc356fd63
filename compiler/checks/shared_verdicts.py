"""TR513: one answer that decides two gates.

An input keeps its value: the second gate finds the answer to the first one and does not ask. A
gate in a loop takes each answer once, and an input that can only approve is meant for all gates.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import LOOPS, Declaration, other_branch
from treadle.plan.steps import REJECTIONS, GateStep, Kind

# Of more gates on one input only the first ones are compared with each.
_MOST = 50


def check_shared_verdicts(flow: Flow, report: Report) -> None:
    """Report every gate that the answer to an earlier gate decides.

    Before and after::

        - {id: spec, type: gate, message: The specification?, verdict_input: verdict}
        - {id: ship, type: gate, message: Ship it?, verdict_input: verdict}   # TR513: with 'spec'
    """
    earlier: dict[str, list[Declaration]] = {}
    for declared, step in flow.declared(Kind.GATE):
        scalar = keys.text_scalar(declared.node, "verdict_input")
        if not isinstance(step, GateStep) or scalar is None or _asks_again(declared):
            continue
        name = str(scalar.value)
        known = earlier.setdefault(name, [])
        first = next((each for each in known[:_MOST] if other_branch(each, declared) is None), None)
        known.append(declared)
        if first is not None and _can_reject(name, flow):
            related = Related(span=first.span, message="the answer to this gate is taken")
            report.add(
                "TR513", scalar.span, related=(related,), name=name, gate=step.id, first=first.id
            )


def _asks_again(gate: Declaration) -> bool:
    return gate.space is not None or any(above.kind in LOOPS for above in gate.ancestors())


def _can_reject(name: str, flow: Flow) -> bool:
    schema = flow.workflow.input_schema(name)
    allowed = schema.get("enum") if schema is not None else None
    if not isinstance(allowed, list):
        # Of a broken declaration nothing is known.
        return bool(schema)
    return any(isinstance(value, str) and value.lower() in REJECTIONS for value in allowed)
