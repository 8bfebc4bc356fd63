"""TR219: cases that are one case."""

from treadle.compiler import compile_text
from treadle.plan.steps import SwitchStep


def test_a_number_and_its_text_are_one_case(findings) -> None:
    assert [("TR219", '"1"', None)] == findings("""
        steps:
          - {id: pick, type: switch, expression: 1, cases: {1: [], "1": []}}
        """)


def test_the_first_of_two_equal_cases_wins_in_lenient_mode() -> None:
    plan = compile_text(
        "workflow: {id: probe, name: Probe}\n"
        "steps:\n"
        "  - id: pick\n"
        "    type: switch\n"
        "    expression: true\n"
        "    cases:\n"
        "      true: [{id: first, type: shell, run: a}]\n"
        "      'True': [{id: second, type: shell, run: b}]\n",
        lenient=True,
    ).plan
    assert plan is not None
    (switch,) = plan.steps
    assert isinstance(switch, SwitchStep)
    assert [("True", ["first"])] == [(c.key, [s.id for s in c.steps]) for c in switch.cases]
