"""Which signs a schema lets into a text."""

import pytest

from treadle.compiler.typed.alphabet import excludes, may_hold

SIGNS = frozenset("$;' ")


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Za-z0-9._/-]+$",
        r"^v\d+(\.\d+)*$",
        "^(?:dev|prod)$",
        "^a+$|^b{2,3}$",
        r"^(?!.*\.\.)[\w/.]+$",
        "^[^$;' ]*$",
        r"^(a)\1$",
    ],
)
def test_an_anchored_pattern_without_the_signs_excludes_them(pattern: str) -> None:
    assert excludes(pattern, SIGNS)


@pytest.mark.parametrize(
    "pattern",
    [
        "[a-z]+",
        "^[a-z]+",
        "[a-z]+$",
        "^a$|b",
        "^dev|prod$",
        "^.+$",
        r"^\S+$",
        "^[^a]+$",
        "^[!-~]+$",
        r"^a\$$",
        r"^\x24$",
        "^[a-z]+;$",
    ],
)
def test_any_other_pattern_proves_nothing(pattern: str) -> None:
    assert not excludes(pattern, SIGNS)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": ["$(a)"]},
        {"const": "$(a)"},
        {"type": "integer"},
        {"type": ["boolean", "null"]},
        {"type": "string", "format": "uuid"},
        {"type": "array", "items": {"type": "number"}},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
        {"anyOf": [{"type": "integer"}, {"const": "none"}]},
        {"type": "string", "allOf": [{}, {"enum": ["a"]}]},
        {"$ref": "#/$defs/word", "$defs": {"word": {"type": "string", "pattern": "^[a-z]+$"}}},
        {"$ref": "#/$defs/gone"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    ],
)
def test_such_a_value_holds_none_of_the_signs_or_cannot_be_followed(schema) -> None:
    assert not may_hold(schema, SIGNS, root=schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uri"},
        {"type": "string", "maxLength": 80},
        {"type": "array"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"$ref": "#/$defs/word", "$defs": {"word": {"type": "string"}}},
    ],
)
def test_any_other_value_may_hold_them(schema) -> None:
    assert may_hold(schema, SIGNS, root=schema)
