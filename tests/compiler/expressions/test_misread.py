"""Text that is no expression, beside what Spec Kit 1.2.3 made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.expressions.calls import nodes_of
from treadle.compiler.expressions.lexer import MAX_DEPTH, Declared, Fault
from treadle.compiler.expressions.misread import misread
from treadle.compiler.expressions.parser import parse
from treadle.plan.evaluate import EvaluationError, evaluate
from treadle.plan.expression import Expression, Json, Node

NAMES: dict[str, Json] = {
    "inputs": {"stage": "prod", "force": True, "dry": False, "n": 3, "tags": ["a", "b"]},
    "steps": {"x": {"output": {"data": {"k": [1, 2]}, "stdout": "out"}}},
}
DECLARED = Declared(
    steps=frozenset({"x"}), inputs=frozenset({"stage", "force", "dry", "n", "tags"})
)
PIECES = (" or ", " and ", "not ", " in ", "==", "<", "|", "upper", "(", ")", "[", "]", ",", "'")


def result(text: str) -> Json:
    """Return what a text comes to, ... for a failure."""
    try:
        return evaluate(Expression(text, misread(text, DECLARED), ()), NAMES)
    except EvaluationError:
        return ...


# Recorded from specify-cli 1.2.3, ... where it fails.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.stage !== 'dev'", True),
        ("inputs.stage === 'prod'", False),
        ("inputs.stage != “dev”", True),
        ("inputs.stage <> 'dev'", False),
        ("inputs.stage = 'prod'", None),
        ("inputs.stage => 'a'", False),
        ("inputs->stage", False),
        ("inputs.force or !inputs.dry", True),
        ("inputs.force && inputs.dry", None),
        ("inputs.force || inputs.dry", ...),
        ("inputs.stage == 'prod' or inputs.dry = true", True),
        ("not inputs.dry?", True),
        ("not $dry", True),
        ("not !inputs.dry and inputs.force", True),
        ("not not inputs.force?", False),
        ("inputs.dry or not", False),
        ("inputs.force or inputs.stage eq 'x'", True),
        ("inputs.stage and $x", False),
        ("$x and inputs.nope.deeper or inputs.stage", True),
        ("inputs.stage in ['prod', 'dev',, 'x']", True),
        ("[inputs.n, , [1,, 2], 'a,b', $x,]", [3, [1, 2], "a,b", None]),
        ("[1 2]", [None]),
        ("[inputs.n,, 1][0]", None),
        ("[,]", []),
        ("inputs.n not   in [1,,3]", False),
        ("in [1,,3]", None),
        ("inputs.force == not inputs.dry", True),
        ("1 < inputs.n = 3", False),
        ("inputs.n >= 3 <= ;", True),
        ("(inputs.dry or $x) or inputs.force", True),
        ("(inputs.dry or inputs.force?)", False),
        ("((inputs.n)) == (3;)", False),
        ("(inputs.dry) (inputs.force)", None),
        ("(inputs.n] or [inputs.force) or $", False),
        ("('a' or 'b'; ')')", True),
        ("inputs.tags[1] == 'b' and not inputs.tags[5]?", True),
        ("inputs.tags[-1] == 'b' or ?", True),
        ("inputs.n + 1 == 4 or ?", False),
        ("steps['x'] and inputs.force &", False),
        ("steps.x.output.data.k[1] == 2 or ;", True),
        ("007 == 7 or ?", True),
        ("+3 == inputs.n or ?", True),
        ("1_0 == 10 or ?", True),
        ("2.50 == 2.5 or ?", True),
        ("1e3 == 1000 or ?", False),
        ("TRUE and NoNe == null and inputs.force or ?", True),
        ("inputs.stage == 'a|b';", False),
        ("inputs.stage == \"it's; or\" or 'x", False),
        ("'a or b' == ;", False),
        ("'a' 'b';", None),
        ("inputs.stage | upper;", ...),
        ("inputs.stage | upper | lower | contains('ro') | default(?)", True),
        ("inputs.nope? | default('y')", "y"),
        ("inputs.nope? | default", ""),
        ("inputs.nope | default(inputs.stage;)", None),
        ("inputs.nope? | default('a' or $x)", True),
        ("inputs.stage? | length", ...),
        ("inputs.tags | join(,)", ...),
        ('inputs.tags | join("|") | upper?', ...),
        ("inputs.tags | map('x')) ", ...),
        ("inputs.stage | contains( ['p',, ] )", ...),
        ("| upper", ...),
        ("inputs.stage |", ...),
        ("inputs.stage == 'x' | default('y';)", ...),
        ("not inputs.stage | default('y';)", ...),
        ("$x or | default('y')", "y"),
        ("inputs.stage | trim;", ...),
        ("inputs.force or (inputs.stage | upper;)", True),
        ("inputs.dry or (inputs.stage | upper;)", ...),
        ("(inputs.stage | upper) == 'PROD' and ;", False),
        ("inputs.stage ==", False),
        ("== 'prod'", False),
        ("inputs.force ? 'a' : 'b'", None),
        ("inputs.stage.upper()", None),
        ("if inputs.force", None),
        ("{'a': 1} or {;}", False),
        ("inputs.dry or\n  inputs.force?", False),
        ("inputs.n not\n\tin [1,,2]", True),
        ("inputs.tags | join('\n';)", ...),
        ("inputs.tags | default( \n 'a' ) == ;", ...),
    ],
)
def test_what_is_no_expression_comes_to_what_spec_kit_makes_of_it(
    text: str, expected: object
) -> None:
    with pytest.raises(Fault):
        parse(text, DECLARED)
    found = result(text)
    assert (expected, type(expected)) == (found, type(found))


def test_a_path_and_a_filter_stand_where_they_are_written() -> None:
    nodes = nodes_of(misread("  ?? or (inputs.stage | upper) != inputs.n;", DECLARED))
    assert {"inputs": 9, "stage": 16, "upper": 24} == {
        name: node.at
        for node in nodes
        for name in node.args
        if isinstance(name, str) and name.isalpha()
    }


@given(st.lists(st.sampled_from((*PIECES, " ", "inputs.n", "?"))).map("".join))
def test_any_text_is_misread_and_every_place_lies_within_it(text: str) -> None:
    assert all(node.at <= len(text) for node in nodes_of(misread(text, DECLARED)))


@pytest.mark.parametrize(
    "text",
    [
        "not " * 100 + "inputs.n",
        "(" * 100 + "inputs.n" + ")" * 100,
        "inputs.stage" + " | upper" * 100,
        "?" + " or inputs.n" * 600,
        "== " * 100,
        "[" * 100 + "]" * 100,
        "a or " * 100_000,
    ],
)
def test_a_tree_is_of_bounded_depth(text: str) -> None:
    assert depth(misread(text, DECLARED)) <= 2 * MAX_DEPTH


def depth(node: Node) -> int:
    return 1 + max((depth(part) for part in node.args if isinstance(part, Node)), default=0)
