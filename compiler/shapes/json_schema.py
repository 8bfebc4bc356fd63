"""The check of a JSON Schema (2020-12) that an author wrote.

What comes out is a schema that no validator stumbles over: each keyword that a rule objects to
is reported where it stands and left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct

from treadle import schemas
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading import keys, nodes
from treadle.compiler.shapes.contradictions import contradictions
from treadle.compiler.shapes.patterns import is_slow, unusable
from treadle.compiler.shapes.schema_form import is_in_form
from treadle.compiler.suggestions import did_you_mean
from treadle.plan import formats
from treadle.plan.expression import Json
from treadle.plan.problems import UNCHECKABLE, Problem, from_violation
from treadle.plan.subschemas import IN_PLACE, Path, children, walk

if TYPE_CHECKING:  # see `_meta_validator`
    from treadle.plan.validation import Validator

# References are followed within the schema only, so it has no names of its own.
_NAMES = frozenset(("$anchor", "$dynamicAnchor", "$id", "$schema", "$vocabulary"))
_REFERENCES = ("$ref", "$dynamicRef")
_ONLY_OF_INPUTS = frozenset(("prompt", "secret"))
_OLD_KEYWORDS = ("$dynamicAnchor", "$dynamicRef", "$vocabulary", "definitions")


class _Finding(Struct, frozen=True, kw_only=True):
    """A keyword that is wrong: the path to its value, and whether its name is the mistake."""

    code: str
    path: Path
    is_at_key: bool = False
    hint: str | None = None
    reason: str = ""


_Rule: TypeAlias = Callable[[Mapping[str, Json]], Iterable[_Finding]]


def check_schema(
    schema: Mapping[str, Json], node: nodes.Mapping, *, name: str, report: Report
) -> dict[str, Json]:
    """Return a schema without the keywords that are wrong.

    Shapes: `node` is where `schema` was written; it may hold further keys. `name` is what the
    schema belongs to, for messages.
    Errors: TR202, TR411, TR412, TR413, TR416.
    """
    kept = _without_names(schema)
    for rule in _RULES:
        found = tuple(rule(kept))
        for finding in found:
            span = _span(node, finding.path, at_key=finding.is_at_key)
            report.add(
                finding.code,
                span,
                hint=finding.hint,
                name=name,
                key=finding.path[-1] if finding.path else name,
                where="a JSON Schema",
                reason=finding.reason,
            )
        for finding in found:
            kept = cast(dict[str, Json], _without(kept, finding.path))
    return kept


def schema_at(
    node: nodes.Mapping, key: str, *, name: str, report: Report
) -> dict[str, Json] | None:
    """Return the schema under a key without the keywords that are wrong, None without the key.

    Errors: as by `check_schema`.
    """
    inner = keys.mapping(node, key)
    schema = keys.data(node, key)
    if inner is None or schema is None:
        return schema
    kept = check_schema(schema, inner, name=name, report=report)
    check_sense(kept, inner, name=name, report=report)
    return kept


def check_sense(
    schema: Mapping[str, Json], node: nodes.Mapping, *, name: str, report: Report
) -> None:
    """Report what of a sound schema leaves no value; it stays as it is.

    Shapes: as of `check_schema`. Errors: TR411.
    """
    for path, reason in contradictions(schema):
        report.add("TR411", _span(node, path, at_key=False), name=name, reason=reason)


def clause(problem: Problem) -> str:
    """Return a problem's message without its subject: ``must be a number, not 'x'``."""
    return problem.message.removeprefix(f"input '{problem.field}' ")


def _shape(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    """Find keywords whose value is not what the meta-schema asks for."""
    if is_in_form(schema):
        return
    seen: set[Path] = set()
    for violation in _meta_validator().violations(schema):
        if violation.keyword == UNCHECKABLE:
            yield _Finding(code="TR411", path=(), reason="it is nested too deeply")
        elif violation.path not in seen and violation.keyword != "format":
            seen.add(violation.path)
            keyword = next(p for p in reversed(violation.path) if isinstance(p, str))
            said = clause(from_violation(violation, hidden=frozenset()))
            if keyword == "type":
                said = "must be one of the types of JSON Schema"
            reason = f"'{keyword}' {said}"
            yield _Finding(code="TR411", path=violation.path, reason=reason)


def _keywords(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    """Find keys that are no keywords."""
    known = _known_keywords()
    for path, found in walk(schema):
        for key in found:
            if key not in known and not key.startswith("x-"):
                yield _Finding(
                    code="TR202",
                    path=(*path, key),
                    is_at_key=True,
                    hint=did_you_mean(key, known),
                )


def _references(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    """Find references that leave the schema or lead nowhere."""
    targets = {_pointer(path) for path, _ in walk(schema)} | _truths(schema)
    for path, found in walk(schema):
        for keyword in _REFERENCES:
            target = found.get(keyword)
            if not isinstance(target, str):
                continue
            if keyword != "$ref" or (target != "#" and not target.startswith("#/")):
                yield _Finding(code="TR413", path=(*path, keyword))
            elif target not in targets:
                near = did_you_mean(target, sorted(targets))
                reason = f"'{target}' leads nowhere"
                yield _Finding(code="TR411", path=(*path, keyword), hint=near, reason=reason)


def _circles(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    """Find references that come back to themselves without going into the value."""
    edges = {_pointer(path): _in_place(path, found) for path, found in walk(schema)}
    for path, found in walk(schema):
        target = found.get("$ref")
        if isinstance(target, str) and _pointer(path) in _reachable(target, edges):
            reason = "'$ref' leads back to itself"
            yield _Finding(code="TR411", path=(*path, "$ref"), reason=reason)


def _patterns(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    for path, found in walk(schema):
        pattern = found.get("pattern")
        if isinstance(pattern, str):
            yield from _pattern(pattern, (*path, "pattern"), is_at_key=False)
        members = found.get("patternProperties")
        for key in members if isinstance(members, Mapping) else ():
            yield from _pattern(key, (*path, "patternProperties", key), is_at_key=True)


def _pattern(pattern: str, path: Path, *, is_at_key: bool) -> Iterator[_Finding]:
    reason = unusable(pattern)
    if reason is not None:
        yield _Finding(code="TR416", path=path, is_at_key=is_at_key, reason=reason)
    elif is_slow(pattern):
        yield _Finding(code="TR412", path=path, is_at_key=is_at_key)


def _formats(schema: Mapping[str, Json]) -> Iterator[_Finding]:
    for path, found in walk(schema):
        name = found.get("format")
        if isinstance(name, str) and name not in formats.CHECKS:
            hint = did_you_mean(name, formats.CHECKS) or f"known are {', '.join(formats.CHECKS)}"
            reason = f"no format is called '{name}'"
            yield _Finding(code="TR411", path=(*path, "format"), hint=hint, reason=reason)


# Each rule relies on the ones before it: the first makes all that follow safe to walk.
_RULES: tuple[_Rule, ...] = (_shape, _keywords, _references, _circles, _patterns, _formats)


@cache
def _meta_validator() -> "Validator":
    # Few files hold a schema that is not in form, and jsonschema is slow to import.
    from jsonschema import Draft202012Validator

    from treadle.plan.validation import Validator

    return Validator(Draft202012Validator.META_SCHEMA)


@cache
def _known_keywords() -> tuple[str, ...]:
    """Return the keywords of JSON Schema, as the shape of a declaration lists them."""
    declared = schemas.load("workflow")["$defs"]["input"]["properties"]
    return tuple(key for key in declared if key not in _ONLY_OF_INPUTS) + _OLD_KEYWORDS


def _pointer(path: Path) -> str:
    """Return a path as it stands in `$ref`."""
    return "#" + "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


def _truths(schema: Mapping[str, Json]) -> set[str]:
    """Return the places of the schemas that are just true or false."""
    return {
        _pointer((*path, *step))
        for path, found in walk(schema)
        for step, child in children(found)
        if isinstance(child, bool)
    }


def _in_place(path: Path, schema: Mapping[str, Json]) -> tuple[str, ...]:
    inner = (_pointer((*path, *step)) for step, _ in children(schema) if step[0] in IN_PLACE)
    target = schema.get("$ref")
    return (*inner, target) if isinstance(target, str) else tuple(inner)


def _reachable(start: str, edges: Mapping[str, tuple[str, ...]]) -> set[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        at = pending.pop()
        if at not in seen:
            seen.add(at)
            pending.extend(edges.get(at, ()))
    return seen


def _without_names(schema: Mapping[str, Json]) -> dict[str, Json]:
    kept = dict(schema)
    for path, found in tuple(walk(schema)):
        for key in _NAMES & found.keys():
            kept = cast(dict[str, Json], _without(kept, (*path, key)))
    return kept


def _without(schema: Json, path: Path) -> Json:
    """Leave out the innermost key on a path; without a key on it, everything."""
    keys = [place for place, part in enumerate(path) if isinstance(part, str)]
    if not keys:
        return {}
    return _cut(schema, path[: keys[-1] + 1])


def _cut(value: Json, path: Path) -> Json:
    head, *rest = path
    if isinstance(value, Mapping) and isinstance(head, str) and head in value:
        if not rest:
            return {key: member for key, member in value.items() if key != head}
        return {**value, head: _cut(value[head], tuple(rest))}
    if isinstance(value, list) and isinstance(head, int) and rest and head < len(value):
        return [_cut(m, tuple(rest)) if at == head else m for at, m in enumerate(value)]
    return value


def _span(node: nodes.Node, path: Path, *, at_key: bool) -> Span:
    """Return where the value at a path stands, or its key; as near as the source goes."""
    span = node.span
    for part in path:
        if isinstance(node, nodes.Mapping) and isinstance(part, str):
            entry = node.entry(part)
            if entry is None:
                break
            node, span = entry.value, entry.key.span if at_key else entry.value.span
        elif isinstance(node, nodes.Sequence) and isinstance(part, int):
            node = node.items[part]
            span = node.span
    return span
