"""Tests of the plain paths: what is one, and that it is what the grammar makes of the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.expressions.chains import chains
from treadle.compiler.expressions.lexer import Declared, Fault
from treadle.compiler.expressions.parser import parse
from treadle.compiler.expressions.plain_path import plain_path

DECLARED = Declared(
    steps=frozenset({"scan", "run-tests", "loop:child:1"}), inputs=frozenset({"word", "dry-run"})
)
UNUSUAL = Declared(steps=frozenset({"a+b"}), inputs=frozenset({"c/d"}))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("item", ("item",)),
        (" inputs.word ", ("inputs", "word")),
        ("inputs.dry-run", ("inputs", "dry-run")),
        ("steps.run-tests.output.exit_code", ("steps", "run-tests", "output", "exit_code")),
        ("\n steps.nobody.x-y\t", ("steps", "nobody", "x-y")),
        ("fan_in.results", ("fan_in", "results")),
    ],
)
def test_a_root_and_names_with_dots_between_are_a_plain_path(
    text: str, reads: tuple[str, ...]
) -> None:
    found = plain_path(text, DECLARED)
    assert found is not None
    assert found.expression.reads == (reads,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "word",
        "inputs.dry-run-1",
        "inputs.word-1",
        "inputs . word",
        "inputs.word | upper",
        "steps.scan.output.data.0",
        "steps.loop:child:1.output",
        "item.__class__",
        "item['name']",
        "item" + ".a" * 13,
        "steps-1",
    ],
)
def test_the_grammar_decides_on_what_is_no_plain_path(text: str) -> None:
    assert plain_path(text, DECLARED) is None


@pytest.mark.parametrize("text", ["steps.a", "inputs.c"])
def test_where_names_hold_other_signs_the_lexer_decides(text: str) -> None:
    assert plain_path(text, UNUSUAL) is None


_PARTS = ("inputs", "steps", "item", "context", "word", "dry-run", "scan", "a-1", "é", "_x", "0")
_SIGNS = (".", ".", ".", " ", "-", ":", "'", "|", "\u2028")


@given(
    st.lists(st.sampled_from((*_PARTS, *_SIGNS)), max_size=9).map("".join),
    st.sampled_from((DECLARED, UNUSUAL)),
)
def test_a_plain_path_is_what_the_grammar_makes_of_its_text(text: str, declared: Declared) -> None:
    found = plain_path(text, declared)
    if found is None:
        return
    try:
        tree = parse(text, declared).tree
    except Fault as fault:
        pytest.fail(f"{text!r} is {fault.code}")
    assert found.expression.tree == tree
    assert (found.chain,) == tuple(chains(tree))
    names = (member.name for member in (found.chain.root, *found.chain.members))
    assert found.expression.reads == (tuple(names),)
