"""TR224, TR323, TR324, TR326: the border between `finally` and the rest."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

CODES = ("TR224", "TR323", "TR324", "TR326", "TR304", "TR309", "TR301", "TR312")
BAD = {
    "a gate": (
        ("TR224", "gate"),
        """
        steps: [{id: a, type: shell, run: make}]
        finally: [{id: ask, type: gate, message: Go}]
        """,
    ),
    "a gate in a branch in a fan-out": (
        ("TR224", "gate"),
        """
        inputs: {x: {type: boolean, default: true}}
        steps: [{id: a, type: shell, run: make}]
        finally:
          - {id: each, type: fan-out, items: [1], step: {id: t, type: if,
              condition: "{{ inputs.x }}", then: [{id: ask, type: gate, message: Go}]}}
        """,
    ),
    "a step that runs at the end": (
        ("TR323", "end"),
        """
        steps: [{id: a, type: shell, run: "echo {{ steps.end.output.exit_code }}"}]
        finally: [{id: end, type: shell, run: make}]
        """,
    ),
    "an output of the workflow": (
        ("TR323", "end"),
        """
        outputs: {o: {value: "{{ steps.end.output.exit_code }}"}}
        steps: [{id: a, type: shell, run: make}]
        finally: [{id: end, type: shell, run: make}]
        """,
    ),
    "the status in a step": (
        ("TR324", "status"),
        """
        steps: [{id: a, type: shell, run: "echo {{ context.status }}"}]
        """,
    ),
    "the status in an output": (
        ("TR324", "status"),
        """
        outputs: {o: {value: "{{ context.status }}"}}
        steps: [{id: a, type: shell, run: make}]
        """,
    ),
    "the id": (
        ("TR326", "finally"),
        """
        steps: [{id: finally, type: shell, run: make}]
        finally: [{id: end, type: shell, run: make}]
        """,
    ),
    "an id of both": (
        ("TR301", "a"),
        """
        steps: [{id: a, type: shell, run: make}]
        finally: [{id: a, type: shell, run: make}]
        """,
    ),
    "a later step at the end": (
        ("TR304", "last"),
        """
        steps: [{id: a, type: shell, run: make}]
        finally:
          - {id: end, type: shell, run: "echo {{ steps.last.output.exit_code }}"}
          - {id: last, type: shell, run: make}
        """,
    ),
    "a fan-in that awaits the end": (
        ("TR312", "end"),
        """
        steps: [{id: a, type: fan-in, wait_for: [end]}]
        finally: [{id: end, type: shell, run: make}]
        """,
    ),
}
GOOD = {
    "the status and earlier steps": """
        steps: [{id: a, type: shell, run: make}]
        finally:
          - {id: end, type: shell, run: "echo {{ context.status }} {{ steps.a.status }}"}
          - {id: last, type: shell, run: "echo {{ steps.end.output.exit_code }}"}
        """,
    "a fan-in of steps of the run": """
        steps: [{id: a, type: shell, run: make}, {id: b, type: shell, run: make}]
        finally: [{id: end, type: fan-in, wait_for: [a, b]}]
        """,
    "the id without a finally": """
        steps: [{id: finally, type: shell, run: make}]
        """,
    "the id inside of another step": """
        steps: [{id: a, type: if, condition: true, then: [{id: finally, type: shell, run: make}]}]
        finally: [{id: end, type: shell, run: make}]
        """,
}


@pytest.mark.parametrize(("expected", "body"), BAD.values(), ids=BAD)
def test_what_crosses_the_border_is_reported(
    expected: tuple[str, str], body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body)]
    assert [expected] == found


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_stays_on_its_side_is_fine(body: str, findings: Findings) -> None:
    assert [] == [found for found in findings(body, but="") if found[0] in CODES]


def test_a_misspelt_end_of_a_run_is_reported(findings: Findings) -> None:
    found = findings("""
        steps: [{id: a, type: shell, run: make}]
        finally: [{id: b, type: shell, run: make, if: "{{ context.status == 'faild' }}"}]
        """)
    assert [("TR423", "'faild'", "did you mean 'failed'?")] == found


PREPARED = {
    "unprepared": ("echo {{ steps.a.output.stdout }}", "true", ["TR505"]),
    "a default": ("echo {{ steps.a.output.stdout | default('') }}", "true", []),
    "the end is asked for": (
        "echo {{ steps.a.output.stdout }}",
        "\"{{ context.status == 'completed' }}\"",
        [],
    ),
    "the step is asked for": (
        "echo {{ steps.a.output.stdout }}",
        "\"{{ steps.a.status == 'completed' }}\"",
        [],
    ),
    "the status itself": ("echo {{ steps.a.status }}", "true", []),
}


@pytest.mark.parametrize(("run", "condition", "codes"), PREPARED.values(), ids=PREPARED)
def test_a_step_of_the_run_may_be_missing_at_its_end(
    run: str, condition: str, codes: list[str], findings: Findings
) -> None:
    found = findings(
        f"""
        steps: [{{id: a, type: shell, run: make}}]
        finally: [{{id: b, type: shell, if: {condition}, run: "{run}"}}]
        """,
        but="",
    )
    assert codes == [code for code, _, _ in found if code == "TR505"]


def test_a_rejection_at_the_last_gate_before_the_end_changes_nothing_and_that_is_fine(
    findings: Findings,
) -> None:
    body = """
        steps: [{id: ask, type: gate, message: Fine, on_reject: skip}]
        finally: [{id: b, type: shell, run: make}]
        """
    assert [] == findings(body, but="")


def test_a_gate_in_a_type_that_is_made_of_steps_is_found_as_well(findings: Findings) -> None:
    found = findings(
        """
        step_types:
          ask: {steps: [{id: sure, type: gate, message: Sure}]}
          outer: {steps: [{id: inner, type: ask}]}
        steps: [{id: build, type: outer}]
        finally: [{id: clean, type: outer}]
        """
    )
    assert [("TR224", "outer", "'ask' has the gate 'sure'")] == found
