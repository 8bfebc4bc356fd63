"""Which steps a step reads."""

import pytest

from treadle.compiler import compile_text
from treadle.plan.reads import steps_read

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
BEFORE = """
steps:
  - {id: a, type: shell, run: x}
  - {id: b-c, type: shell, run: x}
"""


@pytest.mark.parametrize(
    ("step", "names"),
    [
        ("{id: s, type: shell, run: x}", ()),
        ('{id: s, type: shell, run: "x", env: {A: "{{ steps.b-c.status }}"}}', ("b-c",)),
        (
            '{id: s, type: gate, message: "{{ steps.a.status }} {{ steps.a.output.stdout }}"}',
            ("a",),
        ),
        ('{id: s, type: shell, if: "{{ steps.a.status }}", run: x}', ("a",)),
        ("{id: s, type: fan-in, wait_for: [b-c, a]}", ("b-c", "a")),
        (
            "{id: s, type: if, condition: \"{{ steps.a.status == 'failed' }}\","
            ' then: [{id: t, type: gate, message: "{{ steps.b-c.status }}"}]}',
            ("a",),
        ),
    ],
)
def test_a_step_reads_what_its_own_expressions_name(step: str, names: tuple[str, ...]) -> None:
    compiled = compile_text(f"{HEADER}{BEFORE}  - {step}\n", path="flow.yml", lenient=True)
    assert compiled.plan is not None, compiled.diagnostics
    assert names == steps_read(compiled.plan.steps[2])
