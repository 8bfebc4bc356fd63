"""What a value may be under one schema and may not be under another: how a contract tightens.

For an input the old declaration gives and the new one takes; for an output the new schema gives
and the old one, which callers rely on, takes. What cannot be decided counts as tighter: a
changed pattern, format, `not` or reference.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from treadle.plan.coercion import is_same
from treadle.plan.expression import Json

Schema: TypeAlias = Mapping[str, Json]

# Words about people, not about values.
LABELS = frozenset(
    "title description default examples deprecated readOnly writeOnly $comment $schema $id x-prompt"
    " x-secret x-order".split()
)
_LOWER = frozenset("minimum exclusiveMinimum minLength minItems minProperties minContains".split())
_UPPER = frozenset("maximum exclusiveMaximum maxLength maxItems maxProperties maxContains".split())
_OF_PARTS = frozenset(("properties", "required", "additionalProperties", "items"))


class Tightening(Struct, frozen=True, kw_only=True):
    """One keyword by which a schema takes less than the other one gives.

    Shapes: `path` leads from the value to the part of it that the keyword is about: names of
    keys, and "[]" for the items of a list. A keyword that is not there has null.
    """

    path: tuple[str, ...]
    keyword: str
    given: Json
    taken: Json


def tightenings(given: Schema, taken: Schema) -> tuple[Tightening, ...]:
    """Return by which keywords a value that fits `given` may not fit `taken`, in `taken`'s order.

    >>> [n.keyword for n in tightenings({"type": "integer"}, {"type": "number", "minimum": 1})]
    ['minimum']

    Errors: none; a keyword that is not understood counts when it is new or changed.
    """
    return tuple(_tightenings(given, taken, path=()))


def _tightenings(given: Schema, taken: Schema, *, path: tuple[str, ...]) -> Iterator[Tightening]:
    for word in taken:
        if word in LABELS or word in _OF_PARTS or _is_covered(word, given, taken):
            continue
        yield Tightening(path=path, keyword=word, given=given.get(word), taken=taken[word])
    yield from _of_keys(given, taken, path=path)
    inner, outer = given.get("items", True), taken.get("items", True)
    if not is_same(inner, outer):
        yield from _of_part(inner, outer, path=(*path, "[]"), keyword="items")


def _is_covered(word: str, given: Schema, taken: Schema) -> bool:
    """Whether all that `given` lets through fits one keyword of `taken`."""
    limit = taken[word]
    values = _values(given)
    if word == "type":
        return set(_widened(given, values)) <= set(_types(taken))
    if word in ("enum", "const"):
        allowed = limit if word == "enum" and isinstance(limit, list) else [limit]
        return values is not None and all(any(is_same(v, a) for a in allowed) for v in values)
    before = given.get(word)
    if word in _LOWER | _UPPER and isinstance(limit, int | float):
        if not isinstance(before, int | float) or isinstance(before, bool):
            return word.startswith("min") and word != "minimum" and limit == 0
        return before >= limit if word in _LOWER else before <= limit
    if word == "multipleOf":
        return _is_multiple(before, limit)
    if word == "uniqueItems" and limit is False:
        return True
    return word in given and is_same(before, limit)


def _values(schema: Schema) -> tuple[Json, ...] | None:
    """Return the values that a schema lists, None when it lists none."""
    listed = schema.get("enum")
    if "const" in schema:
        return (schema["const"],)
    return tuple(listed) if isinstance(listed, list) else None


def _types(schema: Schema) -> tuple[str, ...]:
    word = schema.get("type")
    words = word if isinstance(word, list) else [word]
    named = tuple(str(one) for one in words if one is not None)
    return (*named, "integer") if "number" in named else named


def _widened(given: Schema, values: tuple[Json, ...] | None) -> tuple[str, ...]:
    """Return the types that values can have; "any" where nothing says it."""
    named = _types(given)
    if named:
        return named
    return tuple(_type(value) for value in values) if values is not None else ("any",)


def _type(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _is_multiple(before: Json, limit: Json) -> bool:
    if not isinstance(before, int | float) or not isinstance(limit, int | float):
        return False
    return limit != 0 and before % limit == 0


def _of_keys(given: Schema, taken: Schema, *, path: tuple[str, ...]) -> Iterator[Tightening]:
    """Yield how the keys of an object tighten: which must be there, and what stands under them."""
    before, needed = _names(given), _names(taken)
    missing: list[Json] = [name for name in needed if name not in before]
    if missing:
        listed: list[Json] = list(before)
        yield Tightening(path=path, keyword="required", given=listed, taken=list(needed))
    known, wanted = _properties(given), _properties(taken)
    for name, schema in wanted.items():
        if name in known and not is_same(known[name], schema):
            yield from _of_part(known[name], schema, path=(*path, name), keyword="properties")
    rest, limit = given.get("additionalProperties", True), taken.get("additionalProperties", True)
    gone: list[Json] = [name for name in known if name not in wanted]
    if rest is False and limit is False and gone:
        yield Tightening(path=path, keyword="properties", given=gone, taken=None)
    if not is_same(rest, limit):
        yield from _of_part(rest, limit, path=(*path, "*"), keyword="additionalProperties")


def _of_part(
    given: Json, taken: Json, *, path: tuple[str, ...], keyword: str
) -> Iterator[Tightening]:
    """Yield how the schema of a part tightens; true is any value, false none."""
    if given is False or taken is True:
        return
    inner: Json = {} if given is True else given
    if isinstance(inner, Mapping) and isinstance(taken, Mapping):
        yield from _tightenings(inner, taken, path=path)
    else:
        yield Tightening(path=path, keyword=keyword, given=given, taken=taken)


def _names(schema: Schema) -> tuple[str, ...]:
    listed = schema.get("required")
    return tuple(str(name) for name in listed) if isinstance(listed, list) else ()


def _properties(schema: Schema) -> Mapping[str, Json]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}
