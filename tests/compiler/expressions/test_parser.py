"""Trees of expressions: Jinja2's grammar, exact places, bounded depth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.expressions.grammar import grown
from treadle.compiler.expressions.lexer import Declared, Fault
from treadle.compiler.expressions.parser import parse
from treadle.plan.expression import Node, Op

NOTHING = Declared(steps=frozenset(), inputs=frozenset())


def shape(node: object) -> object:
    """Return a tree without its places, as nested tuples."""
    if not isinstance(node, Node):
        return node
    return (node.op.value, *(shape(argument) for argument in node.args))


def tree(text: str) -> object:
    return shape(parse(text, NOTHING).tree)


def fault(text: str) -> Fault:
    with pytest.raises(Fault) as caught:
        parse(text, NOTHING)
    return caught.value


A, B, C = ("name", "a"), ("name", "b"), ("name", "c")
ONE, TWO = ("literal", 1), ("literal", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("literal", "")),
        ("a or b and not c", ("or", A, ("and", B, ("not", C)))),
        ("a == b | f", ("compare", A, "==", ("filter", "f", B))),
        ("1 < a <= 2", ("compare", ONE, "<", A, "<=", TWO)),
        ("a not in b", ("compare", A, "not in", B)),
        ("a + 1 * 2", ("add", A, ("multiply", ONE, TWO))),
        ("-1", ("literal", -1)),
        ("-a", ("negate", A)),
        ("a ~ b ~ 1", ("concat", A, B, ONE)),
        ("a if b else c", ("if", B, A, C)),
        ("a if b", ("if", B, A, None)),
        ("a['b c'].d", ("get", ("get", A, "b c"), "d")),
        ("a[1:]", ("slice", A, ONE, None, None)),
        ("a.0", ("index", A, ("literal", 0))),
        ("(1, 2)", ("list", ONE, TWO)),
        ("{'k': 1}", ("object", ("literal", "k"), ONE)),
        ("a is not odd", ("not", ("test", "odd", A))),
        ("a | f(1) | g", ("filter", "g", ("filter", "f", A, ONE))),
        ("a or b or c", ("or", A, ("or", B, C))),
    ],
)
def test_the_grammar_is_that_of_jinja(text: str, expected: object) -> None:
    assert expected == tree(text)


@pytest.mark.parametrize(
    ("text", "op", "at"),
    [
        ("steps.scan.output", Op.GET, 11),
        ("steps['scan']", Op.GET, 7),
        ("inputs.a | join(',')", Op.FILTER, 11),
        ("inputs.a is not odd", Op.TEST, 16),
        ("a[0]", Op.INDEX, 1),
        (" (a) < (b)", Op.COMPARE, 1),
    ],
)
def test_a_node_stands_at_its_name_or_sign(text: str, op: Op, at: int) -> None:
    pending = [parse(text, NOTHING).tree]
    found = []
    while pending:
        node = pending.pop()
        found += [node.at] if node.op is op else []
        pending += [argument for argument in node.args if isinstance(argument, Node)]
    assert at == found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1 2]", ("TR401", 3, "unexpected '2', expected ','")),
        ("a = 1", ("TR401", 2, "unexpected '='")),
        ("a === 1", ("TR401", 4, "unexpected '='")),
        ("item->b", ("TR401", 5, "unexpected '>'")),
        ("a | f(,)", ("TR401", 6, "unexpected ','")),
        ("| f", ("TR401", 0, "unexpected '|'")),
        ("a |", ("TR401", 3, "the expression ends early, expected a name")),
        ("a b", ("TR401", 2, "unexpected 'b'")),
        ("range(3)", ("TR406", 5, "a call")),
        ("a.upper()", ("TR406", 7, "a call")),
        ("a | f(*b)", ("TR406", 4, "'*'")),
        ("a[1, 2]", ("TR401", 1, "the brackets need one index")),
    ],
)
def test_a_mistake_is_put_at_its_place(text: str, expected: tuple[str, int, object]) -> None:
    found = fault(text)
    assert expected == (found.code, found.start, found.detail)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a = 1", "write '=='"),
        ("a === 1", "write '=='"),
        ("a !== 1", "write '!='"),
        ("a <> 1", "write '!='"),
        ("a => 1", "write '>='"),
        ("a && b", "write 'and'"),
        ("a || b", "write 'or'"),
        ("!a", "write 'not'"),
        ("item->b", None),
        ("| f", None),
    ],
)
def test_a_sign_of_another_language_is_told_by_ours(text: str, hint: str | None) -> None:
    assert hint == fault(text).hint


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40 + "1" + ")" * 40,
        "not " * 500 + "1",
        "-" * 500 + "1",
        "1 if 1 else " * 400 + "1",
        "1" + " + 1" * 900,
        "1" + "**1" * 900,
        "a" + ".a" * 900,
        "a" + "|f" * 900,
        "[" * 1000,
        "{'a':" * 300 + "1",
    ],
)
def test_depth_is_bounded_before_it_hurts(text: str) -> None:
    assert "TR403" == fault(text).code


def test_a_long_chain_of_or_is_not_deep() -> None:
    assert Op.OR is parse("a" + " or a" * 900, NOTHING).tree.op


@given(st.text(st.sampled_from("ab1._-+*/%~|()[]{}<>=!'\"\\:,; \n") | st.characters()))
def test_any_text_is_a_tree_or_a_fault(text: str) -> None:
    try:
        assert isinstance(parse(text, NOTHING).tree, Node)
    except Fault as found:
        assert found.code in ("TR111", "TR401", "TR403", "TR404", "TR406")


@given(st.lists(st.sampled_from(("a", ".", ".", "b-c", "0", "true", "not", "None", "if", " "))))
def test_a_path_has_the_tree_that_the_grammar_gives_it(parts: list[str]) -> None:
    try:
        parsed = parse("".join(parts), NOTHING)
    except Fault:
        return
    if parsed.words:
        assert grown("".join(parts), parsed.words) == (parsed.tree, parsed.grouped)
