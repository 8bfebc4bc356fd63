"""Plans of workflows whose heading does not matter."""

from treadle.compiler import compile_text
from treadle.plan.plan import Plan

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'


def plan_of(text: str) -> Plan:
    """Return the plan of a workflow that has this behind its heading."""
    compiled = compile_text(HEADER + text, path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan
