import pytest

from treadle.compiler import compile_text
from treadle.plan.plan import Requires
from treadle.plan.plan_file import parse_plan, plan_bytes

HEAD = "workflow: {id: flow, name: Flow}\nsteps: [{id: a, type: shell, run: ls}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("requires: {}", None),
        ('requires: {speckit_version: ">=0.8"}', Requires(speckit_version=">=0.8")),
        ("requires: {speckit_version: 1.5}", Requires(speckit_version="1.5")),
        ("requires: {speckit_version: true, integrations: claude}", None),
        ("requires: {integrations: {any: [a, b, 1]}}", Requires(integrations=("a", "b"))),
        ("requires: {integrations: {all: [a], any: [b]}}", Requires(integrations=("b", "a"))),
        ("requires: {integrations: [a, a]}", Requires(integrations=("a",))),
    ],
)
def test_what_stands_under_requires_is_in_the_plan(text: str, expected: Requires | None) -> None:
    plan = compile_text(HEAD + text).plan

    assert plan is not None
    assert expected == plan.requires
    assert plan == parse_plan(plan_bytes(plan))
