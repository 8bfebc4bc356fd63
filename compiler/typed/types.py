"""What a value can be, known before the run: types made from JSON Schemas and from literals.

A type holds every value that can come and perhaps more, never less: what it excludes is certain.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.typed.type_rules import Rules, Scalar, admits, rules_of
from treadle.plan.expression import Json

Schema: TypeAlias = Mapping[str, Json]

NUMBERS = frozenset({"integer", "number"})
NUMERIC = frozenset({"boolean", "integer", "number"})
SCALARS = NUMERIC | {"string"}
KINDS = SCALARS | {"array", "null", "object"}
MAX_VALUES = 64
# A longer list or object that is written out is typed without a look at what it holds.
MAX_LITERAL = 500
MAX_DEPTH = 12

_NO_MEMBERS: Mapping[str, "Type"] = MappingProxyType({})


def _no_members() -> Mapping[str, "Type"]:
    return _NO_MEMBERS


class Type(Struct, frozen=True, kw_only=True):
    """A set of JSON values.

    Shapes: `kinds` are names of JSON Schema types ("number" holds integers too). `values` lists
    every text, number and boolean, None when they are not known. `members` are those of objects,
    which have no others when `is_closed`. `item` is that of lists (None: anything), `places` the
    items of a list whose length is known. `rules` bound texts and numbers. `gap` says why a
    value that its author counts on may be missing.
    """

    kinds: frozenset[str]
    values: tuple[Scalar, ...] | None = None
    members: Mapping[str, "Type"] = field(default_factory=_no_members)
    is_closed: bool = False
    item: "Type | None" = None
    places: "tuple[Type, ...] | None" = None
    rules: Rules = ()
    gap: str | None = None


ANYTHING = Type(kinds=KINDS)
NOTHING = Type(kinds=frozenset(), values=())
NULL = Type(kinds=frozenset({"null"}), values=())
BOOLEAN = Type(kinds=frozenset({"boolean"}))
INTEGER = Type(kinds=frozenset({"integer"}))
NUMBER = Type(kinds=frozenset({"number"}))
TEXT = Type(kinds=frozenset({"string"}))
LIST = Type(kinds=frozenset({"array"}), values=())
OBJECT = Type(kinds=frozenset({"object"}), values=())

# Most schemas say no more than this, so their types are made once.
_PLAIN: Mapping[str, Type] = {
    "array": LIST,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "null": NULL,
    "number": NUMBER,
    "object": OBJECT,
    "string": TEXT,
}


_PLAIN_OPTIONAL: Mapping[str, Type] = {
    name: replace(plain, kinds=plain.kinds | {"null"}) for name, plain in _PLAIN.items()
}


def from_schema(schema: Json, depth: int = 0) -> Type:
    """Return the type of the values that fit a JSON Schema.

    Every keyword only narrows, so one that is not looked at leaves the type larger and right.
    """
    if schema is False:
        return NOTHING
    if not isinstance(schema, Mapping) or not schema or depth > MAX_DEPTH:
        return ANYTHING
    if len(schema) == 1 and isinstance(schema.get("type"), str):
        return _PLAIN.get(str(schema["type"]), ANYTHING)
    listed = _listed(schema)
    if listed is not None:
        found = union(*(literal(value) for value in listed))
        kinds = _kinds(schema)
        return found if kinds == KINDS else only(found, kinds)
    declared = _kinds(schema)
    if "type" not in schema:
        for keyword in ("anyOf", "oneOf"):
            branches = schema.get(keyword)
            if isinstance(branches, list) and branches:
                return union(*(from_schema(branch, depth + 1) for branch in branches))
    members, is_closed = _members(schema, depth) if "object" in declared else (_NO_MEMBERS, False)
    item, places = _items(schema, depth) if "array" in declared else (None, None)
    return Type(
        kinds=declared,
        values=None if declared & SCALARS else (),
        members=members,
        is_closed=is_closed,
        item=item,
        places=places,
        rules=rules_of(schema) if len(declared) < len(KINDS) else (),
    )


def narrowest_schema(type_: Type) -> dict[str, Json]:
    """Return a schema of what a value can be at the top, where it is there.

    >>> narrowest_schema(literal("a")), narrowest_schema(optional(LIST))
    ({'enum': ['a']}, {'type': 'array'})
    """
    kinds = type_.kinds - {"null"}
    if type_.values is not None and not kinds & {"array", "object"}:
        return {"enum": [*type_.values]}
    listed: list[Json] = [*sorted(kinds)]
    return {"type": listed[0] if len(listed) == 1 else listed}


def literal(value: Json) -> Type:
    """Return the type that holds one value alone.

    >>> literal("a").values, literal([1]).kinds
    (('a',), frozenset({'array'}))
    """
    if value is None:
        return NULL
    if isinstance(value, str):
        return Type(kinds=TEXT.kinds, values=(value,))
    if isinstance(value, bool):
        return Type(kinds=BOOLEAN.kinds, values=(value,))
    if isinstance(value, int | float):
        is_whole = isinstance(value, int) or value.is_integer()
        return Type(kinds=(INTEGER if is_whole else NUMBER).kinds, values=(value,))
    if len(value) > MAX_LITERAL:
        return OBJECT if isinstance(value, Mapping) else LIST
    if isinstance(value, Mapping):
        return object_of({name: literal(member) for name, member in value.items()})
    return list_of(tuple(literal(item) for item in value))


def list_of(places: tuple[Type, ...]) -> Type:
    """Return the type of the lists with exactly these items."""
    return Type(kinds=LIST.kinds, values=(), item=union(*places), places=places)


def object_of(members: Mapping[str, Type]) -> Type:
    """Return the type of the objects with these members and no others."""
    return Type(
        kinds=frozenset({"object"}), values=(), members=MappingProxyType(members), is_closed=True
    )


def union(*types: Type) -> Type:
    """Return the type that holds the values of all of these."""
    found = NOTHING
    for each in types:
        found = each if found is NOTHING else _joined(found, each)
    return found


def only(type_: Type, kinds: frozenset[str]) -> Type:
    """Return what of a type is of some kinds; an integer is a number."""
    wanted = kinds | {"integer"} if "number" in kinds else kinds
    kept = type_.kinds & wanted
    if "integer" in wanted and "number" in type_.kinds:
        kept |= {"integer"}
    values = type_.values
    if values is not None:
        values = tuple(value for value in values if kind_of(value) in wanted)
        kept = (kept - SCALARS) | {kind_of(value) for value in values}
    elif not kept & SCALARS:
        values = ()
    gap = type_.gap if "null" in kept else None
    return replace(type_, kinds=kept, values=values, gap=gap)


def among(type_: Type, values: tuple[Scalar, ...]) -> Type:
    """Return a type with its texts, numbers and booleans cut down to `values`."""
    scalars = frozenset(kind_of(value) for value in values)
    kinds = (type_.kinds - SCALARS) | scalars
    return replace(type_, kinds=kinds, values=values, rules=())


def present(type_: Type) -> Type:
    """Return a type without null."""
    if "null" not in type_.kinds:
        return type_ if type_.gap is None else replace(type_, gap=None)
    kinds = type_.kinds - {"null"}
    return replace(type_, kinds=kinds, gap=None)


def optional(type_: Type, gap: str | None = None) -> Type:
    """Return a type with null, and why it may be missing."""
    if gap is None and "null" in type_.kinds:
        return type_
    if gap is None and type_ is _PLAIN.get(next(iter(type_.kinds), "")):
        return _PLAIN_OPTIONAL[next(iter(type_.kinds))]
    kinds, why = type_.kinds | {"null"}, gap or type_.gap
    return replace(type_, kinds=kinds, gap=why)


def items_of(type_: Type) -> Type:
    """Return what a value holds when it is gone through: items, characters or keys."""
    found = []
    if "array" in type_.kinds:
        found.append(type_.item or ANYTHING)
    if type_.kinds & {"string", "object"}:
        found.append(TEXT)
    return union(*found)


def fits(type_: Type, value: Json) -> bool:
    """Return whether a value is one of a type."""
    if value is None:
        return "null" in type_.kinds
    if isinstance(value, list):
        if "array" not in type_.kinds:
            return False
        if type_.places is not None:
            pairs = zip(type_.places, value, strict=False)
            return len(value) == len(type_.places) and all(fits(t, v) for t, v in pairs)
        return type_.item is None or all(fits(type_.item, item) for item in value)
    if isinstance(value, Mapping):
        return "object" in type_.kinds and _fits_members(type_, value)
    kind = kind_of(value)
    if kind not in type_.kinds and not (kind == "integer" and "number" in type_.kinds):
        return False
    if type_.values is not None:
        return any(value == known and (kind == kind_of(known)) for known in type_.values)
    return admits(type_.rules, value)


def kind_of(value: Scalar) -> str:
    """Return the kind of a text, number or boolean."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) or value.is_integer() else "number"


def _fits_members(type_: Type, value: Mapping[str, Json]) -> bool:
    if type_.is_closed and not value.keys() <= type_.members.keys():
        return False
    return all(fits(member, value.get(name)) for name, member in type_.members.items())


def _joined(left: Type, right: Type) -> Type:
    kinds = left.kinds | right.kinds
    values: tuple[Scalar, ...] | None = None
    if left.values is not None and right.values is not None:
        known = {(kind_of(value), value): None for value in (*left.values, *right.values)}
        values = tuple(value for _, value in known) if len(known) <= MAX_VALUES else None
    members, is_closed = _joined_members(left, right)
    item, places = _joined_items(left, right)
    return Type(
        kinds=kinds,
        values=values,
        members=members,
        is_closed=is_closed,
        item=item,
        places=places,
        rules=_joined_rules(left, right),
        gap=left.gap or right.gap,
    )


def _joined_rules(left: Type, right: Type) -> Rules:
    if not left.kinds & SCALARS:
        return right.rules
    is_same = left.rules == right.rules or not right.kinds & SCALARS
    return left.rules if is_same else ()


def _joined_members(left: Type, right: Type) -> tuple[Mapping[str, Type], bool]:
    if "object" not in right.kinds:
        return left.members, left.is_closed
    if "object" not in left.kinds:
        return right.members, right.is_closed
    if left.members is right.members and left.is_closed == right.is_closed:
        return left.members, left.is_closed
    found: dict[str, Type] = {}
    for name in (*left.members, *(name for name in right.members if name not in left.members)):
        one, other = left.members.get(name), right.members.get(name)
        if one is not None and other is not None:
            found[name] = union(one, other)
        elif one is not None and right.is_closed:
            found[name] = optional(one)
        elif other is not None and left.is_closed:
            found[name] = optional(other)
    return found, left.is_closed and right.is_closed


def _joined_items(left: Type, right: Type) -> tuple[Type | None, tuple[Type, ...] | None]:
    if "array" not in right.kinds:
        return left.item, left.places
    if "array" not in left.kinds:
        return right.item, right.places
    if left.item is right.item and left.places is right.places:
        return left.item, left.places
    item = union(left.item, right.item) if left.item and right.item else None
    places = None
    if left.places is not None and right.places is not None:
        if len(left.places) == len(right.places):
            pairs = zip(left.places, right.places, strict=True)
            places = tuple(union(one, other) for one, other in pairs)
    return item, places


def _listed(schema: Schema) -> tuple[Json, ...] | None:
    """Return the values that `enum` or `const` allows, None without them."""
    if "const" in schema:
        return (schema["const"],)
    listed = schema.get("enum")
    if isinstance(listed, list) and 0 < len(listed) <= MAX_VALUES:
        return tuple(listed)
    return None


def _kinds(schema: Schema) -> frozenset[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared}) & KINDS or KINDS
    if isinstance(declared, list):
        return frozenset(str(name) for name in declared) & KINDS or KINDS
    return KINDS


def _members(schema: Schema, depth: int) -> tuple[Mapping[str, Type], bool]:
    properties, required = schema.get("properties"), schema.get("required")
    always = frozenset(str(n) for n in required) if isinstance(required, list) else frozenset()
    found: dict[str, Type] = {}
    for name, declared in properties.items() if isinstance(properties, Mapping) else ():
        member = from_schema(declared, depth + 1)
        found[name] = member if name in always else optional(member)
    is_closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    return MappingProxyType(found), is_closed


def _items(schema: Schema, depth: int) -> tuple[Type | None, tuple[Type, ...] | None]:
    first = schema.get("prefixItems")
    if not isinstance(first, list):
        return from_schema(schema.get("items", {}), depth + 1), None
    places = tuple(from_schema(each, depth + 1) for each in first)
    least = schema.get("minItems")
    is_fixed = schema.get("items") is False and isinstance(least, int) and least >= len(places)
    rest = from_schema(schema.get("items", {}), depth + 1)
    return union(*places, rest), places if is_fixed else None
