from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.plan.assignments import (
    as_given,
    environment_name,
    read_assignments,
    read_environment,
)
from treadle.plan.expression import Json
from treadle.plan.inputs import Given, InputSet, Resolved

Declared = dict[str, Json]


def input_set(required: tuple[str, ...] = (), **properties: Declared) -> InputSet:
    order: list[Json] = [*properties]
    names: list[Json] = [*required]
    return InputSet({"properties": {**properties}, "required": names, "x-order": order})


def from_texts(inputs: InputSet, **texts: str) -> Resolved:
    return inputs.resolve(as_given(texts), lenient=False, integration=None)


def from_data(inputs: InputSet, **values: Json) -> Resolved:
    found = {name: Given(value=value, is_text=False) for name, value in values.items()}
    return inputs.resolve(found, lenient=False, integration=None)


def codes(resolved: Resolved) -> list[tuple[str, str]]:
    return [(found.code, found.field) for found in resolved.problems]


def meaning(text: str, **declared: Json) -> Json:
    """The value and its type, or the message that refuses the text."""
    resolved = from_texts(input_set(x={**declared}), x=text)
    if resolved.problems:
        return resolved.problems[0].message
    value = resolved.values["x"]
    return [type(value).__name__, value]


@pytest.mark.parametrize(
    ("text", "type_word", "expected"),
    [
        ("8.0", "number", ["int", 8]),
        ("1e3", "number", ["int", 1000]),
        (" 2.5e-1\t", "number", ["float", 0.25]),
        ("9007199254740993", "number", ["int", 9007199254740993]),
        ("9" * 1000, "integer", ["int", 10**1000 - 1]),
        ("8.0", "integer", ["int", 8]),
        ("YES", "boolean", ["bool", True]),
        ("0", "boolean", ["bool", False]),
        ("", "string", ["str", ""]),
        (" a ", "string", ["str", " a "]),
        ("[1, 2.0]", "array", ["list", [1, 2.0]]),
        ('{"a": null}', "object", ["dict", {"a": None}]),
        ("null", "null", ["NoneType", None]),
    ],
)
def test_text_means_a_value_of_the_declared_type(text: str, type_word: str, expected: Json) -> None:
    assert expected == meaning(text, type=type_word)


@pytest.mark.parametrize(
    ("text", "type_word", "expected"),
    [
        ("1_000", "number", "must be a number, not '1_000'"),
        ("٤٢", "number", "must be a number, not '٤٢'"),
        ("0x10", "number", "must be a number, not '0x10'"),
        ("inf", "number", "must be a number, not 'inf'"),
        ("1e999", "number", "must be a finite number, not '1e999'"),
        ("", "number", "must be a number, not ''"),
        ("8.5", "integer", "must be a whole number, not '8.5'"),
        ("on", "boolean", "must be true or false, not 'on'"),
        ("[1", "array", "must be a list as JSON, not '[1'"),
        ("[1]", "object", "must be a mapping, not '[1]'"),
        ("[1e999]", "array", "must be a list as JSON, not '[1e999]'"),
        ("\udce4", "string", "holds bytes that are not UTF-8"),
    ],
)
def test_other_text_is_refused_in_its_own_words(text: str, type_word: str, expected: str) -> None:
    assert f"input 'x' {expected}" == meaning(text, type=type_word)


def test_a_number_has_at_most_a_thousand_digits() -> None:
    message = str(meaning("9" * 1001, type="number"))
    assert message.startswith("input 'x' must be a number of at most 1000 digits, not '999")
    assert [("TR704", "x")] == codes(from_data(input_set(x={"type": "array"}), x=[10**1000]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", ["NoneType", None]),
        ("yes", ["bool", True]),
        ("7", ["int", 7]),
        ("[7]", ["list", [7]]),
        ('"7"', ["str", "7"]),
        ("seven", ["str", "seven"]),
        ("[7", ["str", "[7"]),
    ],
)
def test_an_open_type_takes_the_narrowest_meaning(text: str, expected: Json) -> None:
    kinds: list[Json] = ["null", "boolean", "number", "array", "string"]
    assert expected == meaning(text, anyOf=[{"type": kind} for kind in kinds])


def test_an_open_type_passes_over_meanings_that_do_not_fit() -> None:
    assert ["str", "7"] == meaning("7", anyOf=[{"type": "boolean"}, {"type": "string"}])


def test_lists_may_be_yaml_where_a_parser_is_given() -> None:
    def parse(text: str) -> Json:
        return [part.strip(" -") for part in text.splitlines()]

    schema: Declared = {"properties": {"x": {"type": "array"}}}
    resolved = from_texts(InputSet(schema, parse_yaml=parse), x="- a\n- b")
    assert {"x": ["a", "b"]} == resolved.values


@pytest.mark.parametrize(
    ("value", "type_word", "expected"),
    [
        ("5", "number", {"x": 5}),
        (2.0, "number", {"x": 2}),
        ("yes", "boolean", {"x": True}),
        (True, "number", [("TR702", "x")]),
        (None, "string", [("TR702", "x")]),
        (5, "string", [("TR702", "x")]),
        (1, "boolean", [("TR702", "x")]),
        ("[1]", "array", [("TR702", "x")]),
    ],
)
def test_data_means_what_a_default_means(value: Json, type_word: str, expected: object) -> None:
    resolved = from_data(input_set(x={"type": type_word}), x=value)
    assert expected == (codes(resolved) or resolved.values)


def test_all_problems_come_in_one_go_each_with_its_field() -> None:
    inputs = input_set(
        ("who",),
        who={"type": "string"},
        env={"type": "string", "enum": ["dev", "prod"]},
        size={"type": "integer", "maximum": 9},
        hosts={"type": "array", "items": {"type": "object", "required": ["port"]}},
    )
    resolved = from_texts(inputs, env="qa", size="12", hosts="[{}, 1]", evn="dev")
    assert [
        "no input is called 'evn'",
        "input 'who' is required",
        "input 'env' must be one of 'dev', 'prod', not 'qa'",
        "input 'size' must be at most 9, not 12",
        "input 'hosts[0]' needs the keys 'port'",
        "input 'hosts[1]' must be a mapping, not 1",
    ] == [found.message for found in resolved.problems]
    assert "did you mean 'env'?" == resolved.problems[0].hint
    assert ("who",) == resolved.missing


def test_a_lenient_run_drops_undeclared_inputs_with_a_warning() -> None:
    resolved = input_set().resolve(as_given({"a": "1"}), lenient=True, integration=None)
    assert ((), ["TR705"], {}) == (
        resolved.problems,
        [found.code for found in resolved.warnings],
        resolved.values,
    )


def test_a_dollar_is_the_end_of_the_text_and_a_pattern_is_searched_for() -> None:
    inputs = input_set(x={"type": "string", "pattern": "b$"})
    assert [] == codes(from_texts(inputs, x="ab"))
    assert [("TR704", "x")] == codes(from_texts(inputs, x="ab\n"))


def test_the_keys_of_pattern_properties_are_patterns_too() -> None:
    closed: Declared = {"patternProperties": {"^a$": {}}, "additionalProperties": False}
    assert [("TR704", "x")] == codes(
        from_data(input_set(x={"type": "object", **closed}), x={"b": 1})
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-01-01T10:00:00.1234567Z", "2024-01-01 10:00"),
        ("time", "10:00:00+02:00", "25:00:00Z"),
        ("duration", "P1DT2H", "P"),
        ("email", "a@b.c", "a"),
        ("hostname", "a-b.example", "-a"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://example.com/a", "example"),
        ("uuid", "0e37df36-f698-11e6-8dd4-cb9ced3df976", "0e37df36"),
        ("regex", "a+", "a["),
    ],
)
def test_a_format_is_asserted(name: str, good: str, bad: str) -> None:
    inputs = input_set(x={"type": "string", "format": name})
    assert ([], [("TR704", "x")]) == (
        codes(from_texts(inputs, x=good)),
        codes(from_texts(inputs, x=bad)),
    )


AUTO = input_set(integration={"type": "string", "enum": ["claude"], "default": "auto"})


@pytest.mark.parametrize(
    ("integration", "expected"),
    [
        (None, {"integration": "auto"}),
        ("claude", {"integration": "claude"}),
        ("gemini", [("TR703", "integration")]),
    ],
)
def test_auto_is_the_integration_of_the_project(integration: str | None, expected: object) -> None:
    resolved = AUTO.resolve({}, lenient=False, integration=integration)
    assert expected == (codes(resolved) or resolved.values)


SECRET = input_set(("token",), token={"type": "string", "x-secret": True, "enum": ["s3cret"]})


def test_a_secret_is_kept_apart_and_in_no_message() -> None:
    resolved = from_texts(SECRET, token="s3cret")
    assert ({}, {"token": "s3cret"}) == (resolved.values, resolved.secrets)
    refused = from_texts(SECRET, token="hunter2")
    assert [("TR703", "token")] == codes(refused)
    assert "hunter2" not in repr(refused.problems)


def test_a_secret_must_be_given_again_on_resume() -> None:
    absent = SECRET.merge({}, {}, lenient=False, integration=None)
    assert ([("TR706", "token")], ("token",)) == (codes(absent), absent.missing)
    environment = as_given({"token": "s3cret"})
    filled = SECRET.merge({}, {}, lenient=False, integration=None, environment=environment)
    assert ([], {"token": "s3cret"}) == (codes(filled), filled.secrets)


def test_an_optional_secret_is_asked_for_again_only_if_the_run_had_it() -> None:
    inputs = input_set(token={"type": "string", "x-secret": True})
    held = frozenset(("token",))
    without = inputs.merge({}, {}, lenient=False, integration=None)
    after = inputs.merge({}, {}, lenient=False, integration=None, held=held)
    assert ([], [("TR706", "token")]) == (codes(without), codes(after))


def test_on_resume_the_environment_changes_nothing_that_is_stored() -> None:
    inputs = input_set(a={"type": "string"}, b={"type": "string"})
    merged = inputs.merge(
        {"a": "old"},
        {},
        lenient=False,
        integration=None,
        environment=as_given({"a": "new", "b": "new"}),
    )
    assert ({"a": "old"}, ()) == (merged.values, merged.changed)


def test_new_values_go_over_the_stored_ones_and_are_told() -> None:
    inputs = input_set(a={"type": "number"}, b={"type": "number"}, c={"type": "number"})
    stored: Mapping[str, Json] = {"a": 1, "b": 2}
    merged = inputs.merge(stored, as_given({"b": "3", "c": "4"}), lenient=False, integration=None)
    assert ({"a": 1, "b": 3, "c": 4}, ("b", "c")) == (merged.values, merged.changed)


def test_an_assignment_is_split_at_the_first_sign_and_stripped() -> None:
    found, problems = read_assignments(["  note =  two  words \n", "q=a=b", "q=c=d", "x", "=y"])
    assert {"note": "two  words", "q": "c=d"} == found
    assert ["'x' is not NAME=VALUE", "'=…' is not NAME=VALUE"] == [p.message for p in problems]


def test_two_inputs_may_share_a_variable_as_long_as_nobody_sets_it() -> None:
    names = ("dry-run", "dry_run")
    assert "TREADLE_INPUT_DRY_RUN" == environment_name(names[0])
    assert ({}, ()) == read_environment(names, {"HOME": "/"})
    found, problems = read_environment(names, {"TREADLE_INPUT_DRY_RUN": "1"})
    assert ({}, ["TR709"]) == (found, [p.code for p in problems])


def test_a_question_tells_a_terminal_what_to_ask() -> None:
    inputs = input_set(env={"type": "string", "enum": ["a"], "default": "a", "x-prompt": "Where?"})
    question = inputs.describe("env")
    assert ("Where?", "string", ("a",), False) == (
        question.text,
        question.type_word,
        question.choices,
        question.is_required,
    )


def test_the_schema_for_others_is_in_order_and_hides_our_keys() -> None:
    schema = input_set(("b",), b={"type": "string", "x-secret": True}, a={}).json_schema()
    assert {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"b": {"type": "string", "writeOnly": True}, "a": {}},
        "required": ["b"],
        "additionalProperties": False,
    } == schema
    assert ["b", "a"] == list(schema["properties"] or ())  # type: ignore[arg-type]  # Json


def test_data_that_is_too_deep_is_a_problem() -> None:
    deep: Json = []
    for _ in range(5000):
        deep = [deep]
    assert [("TR704", "x")] == codes(from_data(input_set(x={"type": "array"}), x=deep))
    assert [("TR702", "x")] == codes(from_texts(input_set(x={"type": "array"}), x="[" * 9999))


def test_a_recursive_declaration_on_deep_data_is_judged() -> None:
    tree: Declared = {
        "$id": "urn:treadle:input:x",
        "type": "array",
        "allOf": [{"items": {"$ref": "#"}}],
    }
    deep: Json = []
    for _ in range(98):
        deep = [deep]
    assert codes(from_data(input_set(x=tree), x=deep)) in ([], [("TR704", "x")])


SCALARS: st.SearchStrategy[Json] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
FINITE = VALUES.filter(lambda value: "nan" not in repr(value) and "inf" not in repr(value))
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
TYPED = st.fixed_dictionaries({"type": TYPES})
KEYWORDS = st.fixed_dictionaries(
    {},
    optional={
        "enum": st.lists(FINITE, max_size=3),
        "minimum": st.integers(-5, 5),
        "multipleOf": st.sampled_from([1, 2, 0.5, 1e-9]),
        "maxLength": st.integers(0, 5),
        "pattern": st.sampled_from(["^a", "b$", r"\d+"]),
        "format": st.sampled_from(["date", "uri", "hostname", "ipv6"]),
        "maxItems": st.integers(0, 2),
        "additionalProperties": st.booleans(),
    },
)
DECLARATIONS: st.SearchStrategy[Declared] = st.one_of(
    st.builds(lambda a, b: {**a, **b}, TYPED, KEYWORDS),
    st.builds(lambda a, b: {"anyOf": [a, b]}, TYPED, TYPED),
    KEYWORDS,
)
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["1e3", "8.0", "-0.0", "yes", "null", "[1]", '{"a": 1}', "1e999", "[NaN]", "2024-01-01", "::1"]
)
GIVEN = st.builds(Given, value=TEXTS, is_text=st.just(True)) | st.builds(
    Given, value=VALUES, is_text=st.just(False)
)


@settings(max_examples=300, deadline=None)
@given(declared=DECLARATIONS, value=GIVEN)
def test_what_a_run_accepts_a_resume_accepts_again_unchanged(
    declared: Declared, value: Given
) -> None:
    inputs = input_set(x=declared)
    first = inputs.resolve({"x": value}, lenient=False, integration=None)
    if first.problems:
        return
    again = inputs.merge(first.values, {}, lenient=False, integration=None)
    assert ((), ()) == (again.problems, again.changed)
    assert repr(first.values) == repr(again.values)


@settings(max_examples=300, deadline=None)
@given(declared=DECLARATIONS, value=GIVEN)
def test_run_and_resume_refuse_the_same_values_for_the_same_reasons(
    declared: Declared, value: Given
) -> None:
    inputs = input_set(("y",), x=declared, y={"type": "string"})
    others = {"x": value, "z": value}
    run = inputs.resolve(others, lenient=False, integration=None)
    resume = inputs.merge({}, others, lenient=False, integration=None)
    assert run.problems == resume.problems
    assert {"TR701", "TR705"} <= {found.code for found in run.problems}
