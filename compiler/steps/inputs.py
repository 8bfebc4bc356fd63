"""The declarations of inputs, read into the one object schema of a plan.

Every property of that schema stands for itself: its references stay inside it, its default has
its declared type, and treadle's own keys are told apart from JSON Schema's by `x-`.

Before::

    inputs:
      env: {default: dev, enum: [dev, prod], prompt: 'Where to?'}

After::

    {type: object, properties: {env: {type: string, default: dev, enum: [dev, prod],
     x-prompt: 'Where to?'}}, required: [], additionalProperties: false, x-order: [env]}
"""

from collections.abc import Mapping, Set
from urllib.parse import quote

from treadle import schemas
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading import nodes
from treadle.compiler.shapes.json_schema import check_schema, check_sense, clause
from treadle.plan.expression import Json
from treadle.plan.inputs import ORDER_KEY, PROMPT_KEY, SECRET_KEY, Given, InputSet
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.problems import Problem
from treadle.plan.subschemas import walk

_NAME = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_-]*")

# With one of these, a declaration without a type is not one of text.
_OPEN_KEYWORDS = frozenset(("$ref", "allOf", "anyOf", "const", "items", "oneOf", "properties"))
# What Spec Kit knows of a declaration; it needs no look at the meta-schema.
_PLAIN_KEYWORDS = frozenset(("default", "description", "enum", "type"))
_OWN_KEYS = frozenset(("prompt", "required", "secret"))
_SCALAR_TYPES = ("string", "number", "integer", "boolean")
# Nothing under one of these says no more than leaving it out.
_OPTIONAL_KEYS = frozenset(("description", "enum", "type"))


def read_inputs(
    node: nodes.Mapping | None, *, report: Report, broken: Set[Span] = frozenset()
) -> Mapping[str, Json]:
    """Return the declarations as one object schema, which `InputSet` takes.

    Shapes: `node` is the mapping under `inputs`, whose shape was checked; None when there is none.
    `broken` are the places of the names whose declaration is wrong: it has an empty schema here.
    Errors: TR202, TR407, TR410, TR411, TR412, TR413, TR415, TR416.
    """
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for entry in node.entries if node is not None else ():
        name, declared = str(entry.key.value), entry.value
        if entry.key.span in broken:
            properties[name] = {}
            required.append(name)
            continue
        if not isinstance(declared, nodes.Mapping):
            continue
        if not _NAME.fullmatch(name):
            report.add("TR415", entry.key.span, name=name)
        properties[name] = _declaration(name, declared, report)
        if _is_required(declared) and declared.entry("default") is None:
            required.append(name)
    order: list[Json] = [*properties]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        ORDER_KEY: order,
    }


def _declaration(name: str, node: nodes.Mapping, report: Report) -> dict[str, Json]:
    schema = _keywords(name, node, report)
    if not schema.keys() <= _PLAIN_KEYWORDS:
        rest = {key: value for key, value in schema.items() if key != "default"}
        checked = check_schema(rest, node, name=name, report=report)
        schema = {key: schema[key] for key in schema if key == "default"} | checked
    if "type" not in schema and not schema.keys() & _OPEN_KEYWORDS:
        schema["type"] = "string"
        _warn_of_empty_type(node, report)
    check_sense(schema, node, name=name, report=report)
    if any("$ref" in found for _, found in walk(schema)):
        # So that `#/$defs/…` still means the declaration once it is a part of something larger.
        schema["$id"] = f"urn:treadle:input:{quote(name, safe='')}"
    return _with_default(name, {**schema, **_annotations(node)}, node, report)


def _keywords(name: str, node: nodes.Mapping, report: Report) -> dict[str, Json]:
    """Return what of a declaration is JSON Schema's; unknown keys were reported with the shape."""
    known = schemas.load("workflow")["$defs"]["input"]["properties"].keys() - _OWN_KEYS
    schema: dict[str, Json] = {}
    for entry in node.entries:
        key, value = str(entry.key.value), nodes.plain(entry.value)
        is_void = key in _OPTIONAL_KEYS and value in (None, "")
        # Spec Kit takes anything for a description.
        is_remark = key == "description" and not isinstance(value, str)
        if key in known and not is_void and not is_remark:
            schema[key] = value
    listed = node.get("required")
    if isinstance(listed, nodes.Sequence):
        if _is_of_mappings(schema):
            schema["required"] = nodes.plain(listed)
        else:
            reason = "'required' is true or false here; a list is for the keys of a mapping"
            report.add("TR411", listed.span, name=name, reason=reason)
    return schema


def _annotations(node: nodes.Mapping) -> dict[str, Json]:
    found: dict[str, Json] = {}
    prompt, secret = node.get("prompt"), node.get("secret")
    if isinstance(prompt, nodes.Scalar) and isinstance(prompt.value, str) and prompt.value:
        found[PROMPT_KEY] = prompt.value
    if isinstance(secret, nodes.Scalar) and secret.value is True:
        found[SECRET_KEY] = True
    return found


def _is_of_mappings(schema: Mapping[str, Json]) -> bool:
    return schema.get("type") == "object" or (
        "type" not in schema and bool(schema.keys() & _OPEN_KEYWORDS)
    )


def _is_required(node: nodes.Mapping) -> bool:
    """Tell whether a value must be given; Spec Kit takes anything that counts as true for yes."""
    given = node.get("required")
    if isinstance(given, nodes.Scalar):
        return bool(given.value)
    word = node.get("type")
    is_text = word is None and not set(node.keys()) & _OPEN_KEYWORDS
    is_scalar = isinstance(word, nodes.Scalar) and word.value in (*_SCALAR_TYPES, None, "")
    return given is not None and (is_text or is_scalar) and bool(nodes.plain(given))


def _warn_of_empty_type(node: nodes.Mapping, report: Report) -> None:
    word = node.get("type")
    if word is not None:
        report.add(
            "TR407",
            word.span,
            here="an empty type means text",
            there="it switches off all checks of the value",
        )


def _with_default(
    name: str, schema: dict[str, Json], node: nodes.Mapping, report: Report
) -> dict[str, Json]:
    """Check the default as if it were given, and keep it as the value that it means."""
    entry = node.entry("default")
    if entry is None:
        return schema
    if schema.get(SECRET_KEY) is True:
        report.add("TR410", entry.key.span, name=name, reason="would be no secret: leave it out")
        return {key: value for key, value in schema.items() if key != "default"}
    alone = InputSet({"type": "object", "properties": {name: schema}})
    given = {name: Given(value=schema["default"], is_text=False)}
    resolved = alone.resolve(given, lenient=False, integration=None)
    if resolved.problems:
        report.add("TR410", entry.value.span, name=name, reason=_reason(name, resolved.problems[0]))
        return schema
    return {**schema, "default": resolved.values[name]}


def _reason(name: str, problem: Problem) -> str:
    if problem.field == name:
        return clause(problem)
    return f"does not fit: '{problem.field}' {clause(problem)}"
