"""The evaluator: what expressions come to, what they refuse, and that they always end."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.compiler.expressions.lexer import Declared, Fault
from treadle.compiler.expressions.parser import parse
from treadle.plan.evaluate import EvaluationError, evaluate, holds, render
from treadle.plan.expression import Expression, Json, ListOf, Literal, ObjectOf, Single, Text
from treadle.plan.functions import FILTERS, TESTS

DECLARED = Declared(steps=frozenset(), inputs=frozenset())
NAMES: dict[str, Json] = {
    "n": 4,
    "ten": "10",
    "name": "ann",
    "empty": "",
    "tags": ["ui", "db"],
    "rows": [[1, 2], [3]],
    "data": {"key": {"inner": 7}, "0": "zero", "007": "bond"},
}


def expression(text: str) -> Expression:
    return Expression(text, parse(text, DECLARED).tree, ())


def value(text: str) -> Json:
    return evaluate(expression(text), NAMES)


def refusal(text: str) -> str:
    with pytest.raises(EvaluationError) as caught:
        value(text)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data.key.inner", 7),
        ("data.none.such.path", None),
        ("name.x", None),
        ("tags.x", None),
        ("unknown", None),
        ("tags[-1]", "db"),
        ("tags[7]", None),
        ("tags[true]", None),
        ("rows[0][1]", 2),
        ("tags.0", "ui"),
        ("data.0", "zero"),
        ("data.007", "bond"),
        ("tags.00", None),
        ("name[0]", "a"),
        ("name[1:]", "nn"),
        ("tags[::-1]", ["db", "ui"]),
        ("n[1:]", None),
        ("data['key'].inner", 7),
        ("{'a': tags}", {"a": ["ui", "db"]}),
    ],
)
def test_a_path_that_leads_nowhere_is_null(text: str, expected: Json) -> None:
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("empty or name", "ann"),
        ("name and 'set'", "set"),
        ("empty and name", ""),
        ("not empty", True),
        ("ten == 10", False),
        ("n == 4.0", True),
        ("true == 1", True),
        ("unknown == none", True),
        ("unknown == ''", False),
        ("ten > 9", True),
        ("'10' > '9'", True),
        ("'v1.10' > 'v1.9'", False),
        ("'10' < 'nine'", True),
        ("true > '0'", True),
        ("unknown > 1", False),
        ("unknown < 1", False),
        ("tags < tags", False),
        ("[1] < [2]", True),
        ("[1] < ['a']", False),
        ("10 > 'word'", False),
        ("1 < n < 5", True),
        ("5 > n > 4", False),
        ("'ui' in tags", True),
        ("'nn' in name", True),
        ("1 in 'a1'", False),
        ("'key' in data", True),
        ("[] in data", False),
        ("1 in n", False),
        ("1 not in n", True),
    ],
)
def test_comparing_is_as_it_was_recorded(text: str, expected: Json) -> None:
    found = value(text)
    assert (expected, type(expected)) == (found, type(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n + 1", 5),
        ("n / 2", 2.0),
        ("n // 3", 1),
        ("n % 3", 1),
        ("2 ** 3 ** 2", 64),
        ("'a' + 'b'", "ab"),
        ("tags + [1]", ["ui", "db", 1]),
        ("'ab' * 2", "abab"),
        ("2 * [1]", [1, 1]),
        ("'a' * -1", ""),
        ("'v' ~ n ~ unknown ~ true", "v4True"),
        ("-n", -4),
        ("1 if n > 3 else 2", 1),
        ("1 if n > 5", None),
    ],
)
def test_calculating_is_as_in_jinja(text: str, expected: Json) -> None:
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 'a'", "cannot add a number and text"),
        ("tags - 1", "cannot subtract a list and a number"),
        ("-name", "a sign needs a number, not text"),
        ("1 / 0", "division by zero"),
        ("9 ** (9 ** 9)", "the result would have more than 1000 digits"),
        ("10 ** 999 * 10", "the result would have more than 1000 digits"),
        ("1e308 * 10", "the result is too large for a number"),
        ("(-8) ** 0.5", "a negative number has no such power"),
        ("'a' * 10 ** 9", "the result would be longer than 16777216 characters"),
        ("[1] * 10 ** 9", "the result would have more than 1000000 items"),
        ("['a' * 10 ** 6] * 10 ** 5", "the result would be longer than 16777216 characters"),
        ("'a' * 10 ** 7 ~ 'a' * 10 ** 7", "the result would be longer than 16777216 characters"),
        ("tags[::0]", "the step of a slice must not be 0"),
        ("tags['a':]", "a slice needs whole numbers, not text"),
        ("{1: 2}", "a key must be text, not a number"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(text: str, expected: str) -> None:
    assert expected == refusal(text)


def test_a_refusal_knows_its_place_and_its_expression() -> None:
    one = expression("name | upper | length | upper")
    with pytest.raises(EvaluationError) as caught:
        evaluate(one, NAMES)
    assert (24, one) == (caught.value.at, caught.value.expression)


def test_values_are_rendered_at_any_depth() -> None:
    lone = Single(expression("n"))
    text = Text(("n=", expression("n"), ", ", expression("unknown"), expression("tags")))
    nested = ObjectOf({"a": ListOf((lone, Literal(None))), "b": text})
    assert {"a": [4, None], "b": "n=4, ['ui', 'db']"} == render(nested, NAMES)


@pytest.mark.parametrize(
    ("result", "expected"),
    [(" FALSE\n", False), ("true", True), ("no", True), ("", False), (0, False), ([0], True)],
)
def test_a_condition_reads_the_words_true_and_false(result: Json, expected: bool) -> None:
    assert expected is holds(Single(expression("x")), {"x": result})


class View(Mapping[str, Json]):
    """A view that has one value, and one that is not at hand."""

    def __getitem__(self, key: str) -> Json:
        if key == "near":
            return 1
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("near",))

    def __len__(self) -> int:
        return 1


def test_a_view_counts_as_an_object_and_may_be_unavailable() -> None:
    names = {"x": View()}
    assert "1 None {'near': 1} {\"near\": 1} True" == evaluate(
        expression("x.near ~ ' ' ~ [x.no][0] | string | default('None') ~ ' ' ~ x"
                   " ~ ' ' ~ x | to_json ~ ' ' ~ (x == {'near': 1})"), names
    )  # fmt: skip


def test_deeply_nested_values_are_refused() -> None:
    deep: list[Json] = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(EvaluationError, match="nested too deeply"):
        evaluate(expression("x ~ ''"), {"x": deep})
    with pytest.raises(EvaluationError, match="nested too deeply"):
        render(Text((expression("x"), "")), {"x": deep})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
atoms = st.sampled_from(
    ("x", "y", "x.a", "y[0]", "x[1:]", "'a'", "''", "2", "-1", "0.5", "none", "true", "[x, 1]")
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = "+ - * / // % ** ~ == != < >= in and or".split()
    arguments = st.lists(inner, max_size=2).map(", ".join)
    return (
        st.builds("({} {} {})".format, inner, st.sampled_from([*signs, "not in"]), inner)
        | st.builds("(not {})".format, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
        | st.builds("({} | {}({}))".format, inner, st.sampled_from(sorted(FILTERS)), arguments)
        | st.builds(
            "({} is {}({}))".format,
            inner,
            st.sampled_from(sorted(name for name in TESTS if name.isidentifier())),
            arguments,
        )
    )


@settings(max_examples=400, deadline=2000)
@given(st.recursive(atoms, combined, max_leaves=8), json_values, json_values)
def test_nothing_but_an_evaluation_error_comes_out(text: str, x: Json, y: Json) -> None:
    try:
        tree = parse(text, DECLARED).tree
    except Fault:
        return
    try:
        render(Text((Expression(text, tree, ()), "")), {"x": x, "y": y})
    except EvaluationError as error:
        assert 0 <= error.at < len(text)
