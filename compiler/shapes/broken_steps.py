"""What a step with a mistake of shape seems to be, by the keys that it has.

Of the steps inside it the ids are needed in any case, so all keys count under which steps stand.
"""

from collections.abc import Iterator

from treadle.compiler.reading import nodes
from treadle.plan.steps import Kind

_KIND_OF_KEY = (
    ("step", Kind.FAN_OUT),
    ("cases", Kind.SWITCH),
    ("then", Kind.IF),
    ("else", Kind.IF),
    ("steps", Kind.WHILE),
)
_CONTROLS = frozenset({Kind.FAN_OUT, Kind.SWITCH, Kind.IF, Kind.WHILE, Kind.DO_WHILE})


def seeming_kind(node: nodes.Mapping) -> str:
    """Return the kind of a broken step; what stands under its `type` where that says all.

    Before and after::

        {id: pick, type: iff, then: [...]}      "if"
    """
    named = node.get("type")
    kind = named.value if isinstance(named, nodes.Scalar) else None
    if isinstance(kind, str) and kind in _CONTROLS:
        return kind
    present = frozenset(node.keys())
    default = kind if isinstance(kind, str) else ""
    return next((likely for key, likely in _KIND_OF_KEY if key in present), default)


def seeming_branches(node: nodes.Mapping) -> Iterator[tuple[str, nodes.Node | None]]:
    """Yield what could be lists of steps inside a broken step, with their segments."""
    yield "then", node.get("then")
    yield "else", node.get("else")
    cases = node.get("cases")
    for entry in cases.entries if isinstance(cases, nodes.Mapping) else ():
        yield f"case:{entry.key.value}", entry.value
    yield "default", node.get("default")
    yield "", node.get("steps")
    template = node.get("step")
    if isinstance(template, nodes.Mapping):
        yield "", nodes.Sequence(items=(template,), span=template.span)


def written_id(node: nodes.Mapping) -> str:
    """Return the id of a broken step, empty text when it has none."""
    scalar = node.get("id")
    found = scalar.value if isinstance(scalar, nodes.Scalar) else None
    return found if isinstance(found, str) else ""


def as_mapping(step: nodes.Node) -> nodes.Mapping:
    """Return an entry under `steps` as the mapping that it should be."""
    return step if isinstance(step, nodes.Mapping) else nodes.Mapping(entries=(), span=step.span)
