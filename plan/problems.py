"""What is wrong with a request or with the values of inputs, in the author's words.

A problem of an input names its field; the value of a secret stands in none of them.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from treadle.plan import catalogue
from treadle.plan.canonical import canonical
from treadle.plan.coercion import EXPECTED
from treadle.plan.expression import Json

# The keyword of a violation by a value that no validator can judge.
UNCHECKABLE = "uncheckable"

_SHOWN_LIMIT = 60
_AROUND_A_CHANGE = 16

_REASONS = {
    "minimum": "must be at least {limit}, not {found}",
    "maximum": "must be at most {limit}, not {found}",
    "exclusiveMinimum": "must be more than {limit}, not {found}",
    "exclusiveMaximum": "must be less than {limit}, not {found}",
    "multipleOf": "must be a multiple of {limit}, not {found}",
    "minLength": "must have at least {limit} characters, not {length}",
    "maxLength": "must have at most {limit} characters, not {length}",
    "pattern": "must match the pattern {limit}, not {found}",
    "format": "must have the format {limit}, not {found}",
    "minItems": "must have at least {limit} members, not {length}",
    "maxItems": "must have at most {limit} members, not {length}",
    "minProperties": "must have at least {limit} keys, not {length}",
    "maxProperties": "must have at most {limit} keys, not {length}",
    UNCHECKABLE: "is too deep or too large to be checked",
    "uniqueItems": "must not hold the same member twice",
    "anyOf": "fits none of the alternatives that are declared: {found}",
    "oneOf": "must fit exactly one of the alternatives that are declared: {found}",
    "not": "must not be {found}",
}


class Problem(Struct, frozen=True, kw_only=True):
    """One reason why something is refused, or what somebody is warned of.

    Shapes: `field` is the name of an input, followed by the place inside it: ``hosts[0].port``;
    "" where it is about no input.
    """

    code: str
    field: str = ""
    message: str
    hint: str | None = None


class Violation(Struct, frozen=True, kw_only=True):
    """One keyword of a JSON Schema that a value breaks.

    Shapes: `path` leads to the part `found` of the value; `keyword` is None where the schema is
    false; `limit` is what stands under the keyword, `schema` what stands around it.
    """

    path: tuple[str | int, ...]
    keyword: str | None
    limit: Json
    found: Json
    schema: Mapping[str, Json]


def problem(code: str, field: str = "", /, *, hint: str | None = None, **fields: object) -> Problem:
    """Return a problem with the message of the catalogue, and its hint where none is given.

    Errors: KeyError for a code or a field that the catalogue does not know.
    """
    told = {"name": field, **fields}
    advice = hint if hint is not None else catalogue.hint(code, **told)
    return Problem(code=code, field=field, message=catalogue.message(code, **told), hint=advice)


def shown(value: Json) -> str:
    """Return a value as it stands in a message: text in quotes, all else as JSON, cut if long."""
    if isinstance(value, str):
        cut = value if len(value) <= _SHOWN_LIMIT else value[:_SHOWN_LIMIT] + "…"
        return "'" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut) + "'"
    text = canonical(value).decode("utf-8")
    return text if len(text) <= _SHOWN_LIMIT else text[:_SHOWN_LIMIT] + "…"


def shown_change(old: Json, new: Json) -> str:
    """Return what became of a value: ``'make' → 'make all'``; of long texts where they differ.

    Shapes: None stands for no value at all.
    """
    before, after = old, new
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _SHOWN_LIMIT:
        pairs = enumerate(zip(old, new, strict=False))
        same = next((n for n, (a, b) in pairs if a != b), min(len(old), len(new)))
        start = same - _AROUND_A_CHANGE
        if start > 0:
            before, after = f"…{old[start:]}", f"…{new[start:]}"
    told = ("none" if value is None else shown(value) for value in (before, after))
    return " → ".join(told)


def alternatives(values: Iterable[Json]) -> str:
    """Return a list of values for a message: ``'dev', 'prod'``."""
    return ", ".join(shown(value) for value in values)


def from_violation(violation: Violation, *, hidden: frozenset[str]) -> Problem:
    """Return a violation as a problem; values of the inputs in `hidden` are left out."""
    name, *inner = violation.path
    field, found = str(name), shown(violation.found)
    if name in hidden:
        found = "the value given"
    else:
        field += "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in inner)
    match violation.keyword:
        case "type":
            return problem("TR702", field, expected=_type_words(violation), found=found)
        case "enum" | "const":
            return problem("TR703", field, expected=_choices(violation), found=found)
        case keyword if name in hidden:
            return problem("TR704", field, reason=f"does not fit '{keyword}' of its declaration")
        case _:
            return problem("TR704", field, reason=_reason(violation, found))


def clause(violation: Violation) -> str:
    """Return what is wrong with a value, as it follows on the value's name."""
    found = shown(violation.found)
    match violation.keyword:
        case "type":
            return f"must be {_type_words(violation)}, not {found}"
        case "enum" | "const":
            return f"must be one of {_choices(violation)}, not {found}"
        case _:
            return _reason(violation, found)


def _type_words(violation: Violation) -> str:
    limit = violation.limit
    words = limit if isinstance(limit, list) else [limit]
    return " or ".join(EXPECTED.get(str(word), str(word)) for word in words)


def _choices(violation: Violation) -> str:
    limit = violation.limit
    is_list = violation.keyword == "enum" and isinstance(limit, list)
    return alternatives(limit if is_list and isinstance(limit, list) else [limit])


def _reason(violation: Violation, found: str) -> str:
    whole, schema, limit = violation.found, violation.schema, violation.limit
    match violation.keyword:
        case None:
            return "must not be given"
        case "required" if isinstance(whole, Mapping) and isinstance(limit, list):
            return f"needs the keys {alternatives(key for key in limit if key not in whole)}"
        case "additionalProperties" if isinstance(whole, Mapping):
            known = schema.get("properties")
            names = known if isinstance(known, Mapping) else {}
            return f"has unknown keys: {alternatives(key for key in whole if key not in names)}"
        case keyword:
            length = len(whole) if isinstance(whole, str | list | Mapping) else 0
            template = _REASONS.get(keyword, "does not fit '{keyword}' of its declaration")
            return template.format(keyword=keyword, limit=shown(limit), found=found, length=length)
