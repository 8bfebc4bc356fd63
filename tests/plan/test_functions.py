"""Filters and tests: what they give, what they refuse, and the table that describes them."""

import inspect

import pytest

from treadle.plan.expression import Json
from treadle.plan.functions import FILTERS, TESTS, Function
from treadle.plan.limits import Refusal
from treadle.plan.signature import invoke

USERS: list[Json] = [
    {"name": "bo", "age": 3, "at": {"city": "X"}},
    {"name": "Al", "age": 1, "at": {"city": "Y"}},
    {"name": "cy", "at": {"city": "X"}},
]


def apply(name: str, value: Json, *arguments: Json, **keywords: Json) -> Json:
    return invoke(FILTERS[name], value, arguments=arguments, keywords=keywords)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "x"), ("", "x"), (False, False), (0, 0), ("a", "a"), ([], [])],
)
def test_default_takes_the_place_of_null_and_empty_text(value: Json, expected: Json) -> None:
    assert expected == apply("default", value, "x")


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("default", None, (), ""),
        ("join", ["a", None, True, 1.0, ["x"]], ("+",), "a+None+True+1.0+['x']"),
        ("join", None, (",",), ""),
        ("join", 5, (",",), "5"),
        ("map", [{"a": {"b": 1}}, {"a": 2}, 7], ("a.b",), [1, None, 7]),
        ("map", {"a": 1}, ("a",), []),
        ("contains", "login", ("og",), True),
        ("contains", [1, 2], (2,), True),
        ("contains", {"a": 1}, ("a",), False),
        ("contains", None, ("a",), False),
        ("from_json", " [1, 2.5, null] ", (), [1, 2.5, None]),
        ("upper", "ab", (), "AB"),
        ("lower", "AB", (), "ab"),
        ("split", "a,b,", (",",), ["a", "b", ""]),
        ("length", ["a"], (), 1),
        ("length", "héé", (), 3),
        ("to_json", {"b": 1, "a": ["é", 1.0]}, (), '{"a": ["é", 1.0], "b": 1}'),
    ],
)
def test_the_filters_of_spec_kit_mean_what_they_mean_there(
    name: str, value: Json, arguments: tuple[Json, ...], expected: Json
) -> None:
    assert expected == apply(name, value, *arguments)


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("capitalize", "hELLO", (), "Hello"),
        ("title", "hello-big (world)", (), "Hello-Big (World)"),
        ("center", "a", (3,), " a "),
        ("trim", " a ", (), "a"),
        ("trim", "xax", ("x",), "a"),
        ("replace", "aaaargh", ("a", "d'oh, ", 2), "d'oh, d'oh, aargh"),
        ("truncate", "foo bar baz qux", (9, False, "...", 0), "foo..."),
        ("truncate", "foo bar baz qux", (9, True), "foo ba..."),
        ("truncate", "foo bar baz qux", (11,), "foo bar baz qux"),
        ("indent", "a\nb\n\nc", (2,), "a\n  b\n\n  c"),
        ("indent", "a\nb", ("> ", True), "> a\n> b"),
        ("wordwrap", "aa bb cc", (5,), "aa bb\ncc"),
        ("wordcount", "a b, c", (), 3),
        ("format", "%s=%05.1f", ("x", 2), "x=002.0"),
        ("format", "100%% %r", (None,), "100% ''"),
        ("string", [None], (), "[None]"),
        ("urlencode", "a b/ü&", (), "a%20b/%C3%BC%26"),
        ("urlencode", {"q": "a b", "n": 1}, (), "q=a+b&n=1"),
        ("shquote", "it's", (), "'it'\"'\"'s'"),
        ("shquote", ["a", "b c", None], (), "a 'b c' ''"),
    ],
)
def test_text_filters(name: str, value: Json, arguments: tuple[Json, ...], expected: Json) -> None:
    assert expected == apply(name, value, *arguments)


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("abs", -3, (), 3),
        ("int", "42.9", (), 42),
        ("int", "0x1f", (0, 16), 31),
        ("int", "word", (7,), 7),
        ("float", "1.5", (), 1.5),
        ("float", "nan", (), 0.0),
        ("round", 42.55, (1, "floor"), 42.5),
        ("round", 42.55, (), 43.0),
        ("d", None, (1,), 1),
        ("count", [1], (), 1),
    ],
)
def test_number_filters(
    name: str, value: Json, arguments: tuple[Json, ...], expected: Json
) -> None:
    assert expected == apply(name, value, *arguments)


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("first", [], (), None),
        ("last", [1, 2], (), 2),
        ("list", "ab", (), ["a", "b"]),
        ("reverse", "ab", (), "ba"),
        ("reverse", [1, 2], (), [2, 1]),
        ("items", {"a": 1}, (), [["a", 1]]),
        ("dictsort", {"b": 1, "A": 2}, (), [["A", 2], ["b", 1]]),
        ("sort", ["b", "A", "c"], (), ["A", "b", "c"]),
        ("sort", ["b", "A"], (False, True), ["A", "b"]),
        ("min", [3, 1, 2], (), 1),
        ("max", [3, 1, 2], (), 3),
        ("max", [], (), None),
        ("unique", ["a", "A", 1, 1.0, [1], [1]], (), ["a", 1, [1]]),
        ("sum", [1, 2.5], (), 3.5),
        ("sum", None, (), 0),
        ("batch", [1, 2, 3], (2, 0), [[1, 2], [3, 0]]),
        ("slice", [1, 2, 3], (2, 0), [[1, 2], [3, 0]]),
        ("select", [1, 2, 3], ("odd",), [1, 3]),
        ("select", [0, 1, ""], (), [1]),
        ("reject", [1, 2, 3], ("gt", 1), [1]),
    ],
)
def test_list_filters(name: str, value: Json, arguments: tuple[Json, ...], expected: Json) -> None:
    assert expected == apply(name, value, *arguments)


def test_filters_reach_into_attributes() -> None:
    bo, al, cy = USERS
    assert [al, bo, cy] == apply("sort", USERS, attribute="name")
    assert [bo, al] == apply("selectattr", USERS, "age")
    assert [cy] == apply("rejectattr", USERS, "age", "defined")
    assert 4 == apply("sum", [bo, al], attribute="age")
    assert [bo, al] == apply("unique", USERS, attribute="at.city")
    assert [
        {"grouper": "X", "list": [bo, cy]},
        {"grouper": "Y", "list": [al]},
    ] == apply("groupby", USERS, "at.city")


def test_yaml_is_sorted_and_quotes_what_could_be_read_otherwise() -> None:
    value: Json = {"b": ["yes", "1", "a: b", {"x": None, "y": []}, [1, 2]], "a": True, "no": "é\n"}
    expected = (
        'a: true\nb:\n  - "yes"\n  - "1"\n  - "a: b"\n  - x: null\n    "y": []\n'
        '  - - 1\n    - 2\n"no": "é\\n"'
    )
    assert expected == apply("to_yaml", value)


@pytest.mark.parametrize(
    ("name", "value", "arguments", "expected"),
    [
        ("upper", None, (), "'upper' takes text, not null"),
        ("length", {}, (), "'length' takes a list or text, not an object"),
        ("join", ["a"], (), "'join' needs its argument 'separator'"),
        ("join", ["a"], (5,), "'separator' of 'join' must be text, not a number"),
        ("default", None, (1, True), "'default' takes one argument, not 2"),
        ("contains", "PR 12", (12,), "'contains' on text needs text"),
        ("split", "a", ("",), "the separator of 'split' must not be empty"),
        ("from_json", "[NaN]", (), "not JSON: NaN is not a JSON value"),
        ("from_json", "{", (), "not JSON: expecting property name enclosed in double quotes "
         "at line 1, column 2"),
        ("from_json", "9" * 1001, (), "not JSON: an integer has more than 1000 digits"),
        ("from_json", "1e999", (), "not JSON: 1e999 is too large a number"),
        (
            "from_json",
            r'"\ud800"',
            (),
            "not JSON: it holds half a surrogate pair, which is no character",
        ),
        ("center", "a", (10**12,), "the result would be longer than 16777216 characters"),
        ("indent", "a\nb", (10**9,), "the result would be longer than 16777216 characters"),
        ("format", "%9999999999d", (1,), "the result would be longer than 16777216 characters"),
        ("format", "%q", (1,), "'format' does not know '%q'"),
        ("format", "%d", ("x",), "'%d' does not fit 'x'"),
        ("format", "%s", (1, 2), "'format' has too many arguments"),
        ("batch", [1], (10**9, 0), "the result would have more than 1000000 items"),
        ("slice", [1], (10**9,), "the result would have more than 1000000 items"),
        ("replace", "a" * 10**7, ("a", "bb"),
         "the result would be longer than 16777216 characters"),
        ("wordwrap", "a" * 70_000, (), "'wordwrap' takes at most 65536 characters"),
        ("sort", [1, "a"], (), "these values have no order among each other"),
        ("select", [1], ("od",), "no test is called 'od'"),
        ("sum", ["a"], (), "'sum' takes a list of numbers"),
        ("shquote", "a\0", (), "a shell cannot be given a NUL character"),
    ],
)  # fmt: skip
def test_what_a_filter_does_not_take_is_refused_in_words(
    name: str, value: Json, arguments: tuple[Json, ...], expected: str
) -> None:
    with pytest.raises(Refusal) as caught:
        apply(name, value, *arguments)
    assert expected == str(caught.value)


def test_the_filters_of_spec_kit_take_no_named_arguments() -> None:
    with pytest.raises(Refusal, match="'join' has no argument called 'separator'"):
        apply("join", ["a"], separator=",")


@pytest.mark.parametrize(
    ("name", "value", "arguments"),
    [
        ("defined", 0, ()),
        ("none", None, ()),
        ("undefined", None, ()),
        ("odd", 3, ()),
        ("even", 4, ()),
        ("divisibleby", 9, (3,)),
        ("eq", 1, (1.0,)),
        ("ne", "a", (1,)),
        ("gt", "10", (9,)),
        ("le", 1, (1,)),
        ("in", "a", (["a"],)),
        ("boolean", False, ()),
        ("true", True, ()),
        ("false", False, ()),
        ("integer", 1, ()),
        ("float", 1.0, ()),
        ("number", 1, ()),
        ("string", "", ()),
        ("mapping", {}, ()),
        ("sequence", [], ()),
        ("iterable", "", ()),
        ("lower", "a", ()),
        ("upper", "A", ()),
    ],
)
def test_tests_hold_for_what_they_name(name: str, value: Json, arguments: tuple[Json, ...]) -> None:
    assert True is invoke(TESTS[name], value, arguments=arguments)


@pytest.mark.parametrize(("name", "value"), [("integer", True), ("true", 1), ("defined", None)])
def test_tests_do_not_hold_for_what_is_alike(name: str, value: Json) -> None:
    assert False is invoke(TESTS[name], value)


@pytest.mark.parametrize("function", [*FILTERS.values(), *TESTS.values()], ids=lambda f: f.name)
def test_every_signature_is_that_of_its_code(function: Function) -> None:
    _, *parameters = inspect.signature(function.call).parameters.values()
    plain = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [(p.name, p.is_required) for p in function.parameters] == [
        (p.name, p.default is p.empty) for p in plain
    ]
    assert function.takes_more == any(p.kind is p.VAR_POSITIONAL for p in parameters)
    assert function.takes_keywords == any(p.kind is p.VAR_KEYWORD for p in parameters)
