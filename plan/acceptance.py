"""A quick yes to values that fit their JSON Schema; who wants to know what is wrong asks further.

An acceptor says yes only to what fits. Most values do, and telling so needs neither a validator
of the whole standard nor the time to import one.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.plan.expression import Json

Acceptor: TypeAlias = Callable[[Json], bool]
# Whether a pattern is found in a text; who writes the schema decides on the dialect.
Search: TypeAlias = Callable[[str, str], bool]
# Makes the acceptor of one keyword from the schema around it, None if it cannot.
Builder: TypeAlias = "Callable[[Mapping[str, Json], Build], Acceptor | None]"
# Makes the acceptor of a schema inside it.
Build: TypeAlias = Callable[[Json], "Acceptor | None"]

_SAYS_NOTHING = frozenset(
    (
        *("$comment", "$defs", "$id", "$schema", "default", "deprecated", "description"),
        *("doNotSuggest", "examples", "readOnly", "title", "writeOnly"),
    )
)
_SCALARS = (type(None), bool, int, float, str)


def acceptor(schema: Json, *, search: Search) -> Acceptor | None:
    """Return what says yes to values that fit a schema, None where the schema says too much.

    >>> is_word = acceptor({"type": "string", "minLength": 1}, search=lambda p, t: True)
    >>> is_word("a"), is_word(""), acceptor({"oneOf": []}, search=lambda p, t: True)
    (True, False, None)

    Shapes: a no says nothing: the integer 2.0 and the 1.0 of an enum with 1 get one as well, so
    no keyword may turn a no into a yes.
    """
    if isinstance(schema, bool):
        return _always if schema else _never
    if not isinstance(schema, Mapping):
        return None

    def build(inner: Json) -> Acceptor | None:
        return acceptor(inner, search=search)

    builders = {**_BUILDERS, **_searching(search)}
    tests: list[Acceptor] = []
    for keyword in schema:
        if keyword in _SAYS_NOTHING or keyword.startswith("x-"):
            continue
        builder = builders.get(keyword)
        test = builder(schema, build) if builder is not None else None
        if test is None:
            return None
        if test is not _always:
            tests.append(test)
    return _all(tests)


def _all(tests: list[Acceptor]) -> Acceptor:
    match tests:
        case []:
            return _always
        case [test]:
            return test

    def fits(value: Json) -> bool:
        # A loop, since each object of a workflow comes through here: `all` takes twice as long.
        for test in tests:
            if not test(value):
                return False
        return True

    return fits


def _always(value: Json) -> bool:
    return True


def _never(value: Json) -> bool:
    return False


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, Acceptor] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _type(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
    words = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    tests = [_TYPES[word] for word in words if isinstance(word, str) and word in _TYPES]
    if len(tests) != len(words):
        return None
    if len(tests) == 1:
        return tests[0]

    def fits(value: Json) -> bool:
        for test in tests:
            if test(value):
                return True
        return False

    return fits


def _enum(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
    listed = schema["enum"] if "enum" in schema else [schema["const"]]
    if not isinstance(listed, list) or not all(isinstance(each, _SCALARS) for each in listed):
        return None
    known = frozenset((type(each), each) for each in listed)
    return lambda value: isinstance(value, _SCALARS) and (type(value), value) in known


def _const(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    return _enum({"const": schema["const"]}, build)


def _length(keyword: str, of: type[str] | type[list[Json]]) -> Builder:
    def builder(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
        limit = schema[keyword]
        if not isinstance(limit, int) or isinstance(limit, bool):
            return None

        def test(value: Json) -> bool:
            if not isinstance(value, str | list) or not isinstance(value, of):
                return True
            return len(value) >= limit if keyword.startswith("min") else len(value) <= limit

        return test

    return builder


def _bound(keyword: str, holds: Callable[[int | float, int | float], bool]) -> Builder:
    def builder(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
        limit = schema[keyword]
        if not isinstance(limit, int | float):
            return None

        def test(value: Json) -> bool:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return not is_number or holds(value, limit)  # type: ignore[arg-type]  # tested above

        return test

    return builder


def _required(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
    names = schema["required"]
    if not isinstance(names, list):
        return None
    needed = frozenset(str(name) for name in names)
    return lambda value: not isinstance(value, dict) or needed <= value.keys()


def _items(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    test = build(schema["items"])
    if test is None or test is _always:
        return test
    return lambda value: not isinstance(value, list) or all(test(item) for item in value)


def _properties(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    declared = schema["properties"]
    if not isinstance(declared, Mapping):
        return None
    tests: dict[str, Acceptor] = {}
    for name, inner in declared.items():
        # A property that is too much for an acceptor stands in few values.
        test = build(inner) or _never
        if test is not _always:
            tests[name] = test

    def fits(value: Json) -> bool:
        if not isinstance(value, dict):
            return True
        for name, inner in value.items():
            if name in tests and not tests[name](inner):
                return False
        return True

    return fits


def _contains(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    test = build(schema["contains"])
    if test is None or "minContains" in schema or "maxContains" in schema:
        return None
    return lambda value: not isinstance(value, list) or any(test(item) for item in value)


def _if(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    holds = build(schema["if"]) or _never
    then, otherwise = build(schema.get("then", True)), build(schema.get("else", True))
    if then is None or otherwise is None:
        return None
    return lambda value: then(value) and (holds(value) or otherwise(value))


def _with_if(_: Mapping[str, Json], __: Build) -> Acceptor | None:
    return _always


def _searching(search: Search) -> Mapping[str, Builder]:
    """Return the builders of the keywords that hold patterns."""

    def pattern(schema: Mapping[str, Json], _: Build) -> Acceptor | None:
        wanted = schema["pattern"]
        if not isinstance(wanted, str):
            return None
        return lambda value: not isinstance(value, str) or search(wanted, value)

    def pattern_properties(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
        inner = schema["patternProperties"]
        tests = [build(each) for each in inner.values()] if isinstance(inner, Mapping) else [None]
        return _always if all(test is _always for test in tests) else None

    def additional(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
        test = build(schema["additionalProperties"])
        if test is None or test is _always:
            return test
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        if not isinstance(named, Mapping) or not isinstance(patterns, Mapping):
            return None

        def fits(value: Json) -> bool:
            for name, inner in value.items() if isinstance(value, dict) else ():
                if name not in named and not any(search(each, name) for each in patterns):
                    if not test(inner):
                        return False
            return True

        return fits

    return {
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional,
    }


def _property_names(schema: Mapping[str, Json], build: Build) -> Acceptor | None:
    test = build(schema["propertyNames"])
    if test is None:
        return None
    return lambda value: not isinstance(value, dict) or all(test(name) for name in value)


_BUILDERS: Mapping[str, Builder] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minLength": _length("minLength", str),
    "maxLength": _length("maxLength", str),
    "minItems": _length("minItems", list),
    "maxItems": _length("maxItems", list),
    "minimum": _bound("minimum", lambda value, limit: value >= limit),
    "maximum": _bound("maximum", lambda value, limit: value <= limit),
    "exclusiveMinimum": _bound("exclusiveMinimum", lambda value, limit: value > limit),
    "exclusiveMaximum": _bound("exclusiveMaximum", lambda value, limit: value < limit),
    "required": _required,
    "items": _items,
    "properties": _properties,
    "propertyNames": _property_names,
    "contains": _contains,
    "if": _if,
    "then": _with_if,
    "else": _with_if,
}
