"""Which signs a text may hold, as far as its JSON Schema tells.

What is not proven counts as possible, but for the parts of a schema that cannot be followed:
about these nothing is claimed.
"""

from collections.abc import Mapping
from functools import lru_cache

from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.patterns import compiled, tokens

Schema = Mapping[str, Json]

# A schema that holds itself is looked into so far.
MAX_DEPTH = 12

# These formats have letters, digits and a few signs that mean nothing to a shell.
_PLAIN_FORMATS = frozenset(
    ("date", "date-time", "duration", "hostname", "ipv4", "ipv6", "time", "uuid")
)
_PLAIN_TYPES = frozenset(("boolean", "integer", "null", "number"))
_LOOKAROUND = lazy_pattern(r"\(\?<?[=!]")
_LOCAL = lazy_pattern(r"#/(\$defs|definitions)/([^/~%]+)")


def may_hold(schema: Schema, signs: frozenset[str], *, root: Schema, depth: int = 0) -> bool:
    r"""Tell whether the text of a value that fits a schema can hold one of `signs`.

    >>> may_hold({"type": "string", "pattern": "^[a-z]+$"}, frozenset("$;"), root={})
    False

    Shapes: `root` is where local references of the schema begin.
    """
    if "enum" in schema or "const" in schema or depth > MAX_DEPTH:
        return False
    found = resolved(schema, root)
    if found is None:
        return False
    every = _schemas(found.get("allOf"))
    if any(not may_hold(part, signs, root=root, depth=depth + 1) for part in every):
        return False
    for keyword in ("anyOf", "oneOf"):
        some = _schemas(found.get(keyword))
        if some and not any(may_hold(part, signs, root=root, depth=depth + 1) for part in some):
            return False
    declared = found.get("type")
    types = set(declared) if isinstance(declared, list) else {declared}
    return any(_type_may_hold(found, name, signs, root, depth + 1) for name in types)


def resolved(schema: Schema, root: Schema) -> Schema | None:
    """Return a schema or the one it refers to; None for a reference that cannot be followed."""
    seen: set[str] = set()
    while isinstance(reference := schema.get("$ref"), str):
        place = _LOCAL.fullmatch(reference)
        definitions = root.get(place[1]) if place else None
        target = definitions.get(place[2]) if place and isinstance(definitions, Mapping) else None
        if not isinstance(target, Mapping) or reference in seen:
            return None
        seen.add(reference)
        schema = target
    return schema


@lru_cache(maxsize=256)
def excludes(pattern: str, signs: frozenset[str]) -> bool:
    r"""Tell whether no text that a pattern accepts can hold one of `signs`.

    >>> excludes(r"^v\d+(\.\d+)*$", frozenset("$ ")), excludes(r"v\d+", frozenset("$ "))
    (True, False)
    """
    depth = 0
    ahead: int | None = None
    branches: list[list[str]] = [[]]
    for token in tokens(pattern):
        if token == "|" and depth == 0:
            branches.append([])
            continue
        branches[-1].append(token)
        if token.startswith("("):
            depth += 1
            ahead = depth if ahead is None and _LOOKAROUND.match(token) else ahead
        elif token == ")":
            ahead = None if ahead == depth else ahead
            depth -= 1
        elif ahead is None and _matches(token, signs):
            return False
    # Without both anchors a pattern says nothing about the text around what it finds.
    return all(len(b) > 1 and b[0] == "^" and b[-1] == "$" for b in branches)


def _type_may_hold(
    schema: Schema, name: Json, signs: frozenset[str], root: Schema, depth: int
) -> bool:
    match name:
        case "string":
            pattern = schema.get("pattern")
            is_plain = isinstance(pattern, str) and excludes(pattern, signs)
            return not is_plain and schema.get("format") not in _PLAIN_FORMATS
        case "array":
            first, rest = _schemas(schema.get("prefixItems")), schema.get("items", True)
            parts: tuple[Json, ...] = (*first, rest)
        case "object":
            named = schema.get("properties")
            members = tuple(named.values()) if isinstance(named, Mapping) else ()
            parts = (*members, schema.get("additionalProperties", True))
            if schema.get("additionalProperties") is not False:
                return True
        case _:
            return name not in _PLAIN_TYPES
    return any(
        part is True
        or (isinstance(part, Mapping) and may_hold(part, signs, root=root, depth=depth + 1))
        for part in parts
    )


def _matches(token: str, signs: frozenset[str]) -> bool:
    is_quantifier = token[0] in "*+?" or (token[0] == "{" and len(token) > 1)
    # A back reference repeats what was looked at in its group.
    is_repeated = len(token) > 1 and token[0] == "\\" and token[1] in "123456789k"
    if is_quantifier or is_repeated or token in ("^", "$", "|"):
        return False
    return any(compiled(token).fullmatch(sign) for sign in sorted(signs))


def _schemas(value: Json) -> tuple[Schema, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(part if isinstance(part, Mapping) else {} for part in value if part is not False)
