"""Typed reads of the keys of a mapping whose shape was found right.

A key that is not there and one that holds null both read as None: where the format tells them
apart, the reader looks at the node.
"""

from treadle.compiler.reading import nodes
from treadle.plan.expression import Json


def scalar(node: nodes.Mapping, key: str) -> nodes.Scalar | None:
    """Return the scalar under `key`, whatever its value."""
    found = node.get(key)
    return found if isinstance(found, nodes.Scalar) else None


def text_scalar(node: nodes.Mapping, key: str) -> nodes.Scalar | None:
    """Return the scalar under `key` if it holds text that is not empty."""
    found = scalar(node, key)
    return found if found is not None and isinstance(found.value, str) and found.value else None


def text(node: nodes.Mapping, key: str) -> str | None:
    """Return the text under `key`, which may be empty."""
    found = scalar(node, key)
    return found.value if found is not None and isinstance(found.value, str) else None


def flag(node: nodes.Mapping, key: str) -> bool:
    """Return whether `key` is the literal true."""
    found = scalar(node, key)
    return found is not None and found.value is True


def whole(node: nodes.Mapping, key: str) -> int | None:
    """Return the integer under `key`."""
    found = scalar(node, key)
    value = found.value if found is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def seconds(node: nodes.Mapping, key: str) -> float | None:
    """Return the time span under `key`. Units: seconds."""
    found = scalar(node, key)
    value = found.value if found is not None else None
    return float(value) if isinstance(value, int | float) else None


def mapping(node: nodes.Mapping, key: str) -> nodes.Mapping | None:
    """Return the mapping under `key`."""
    found = node.get(key)
    return found if isinstance(found, nodes.Mapping) else None


def sequence(node: nodes.Mapping, key: str) -> nodes.Sequence | None:
    """Return the list under `key`."""
    found = node.get(key)
    return found if isinstance(found, nodes.Sequence) else None


def data(node: nodes.Mapping, key: str) -> dict[str, Json] | None:
    """Return the mapping under `key` as plain data."""
    found = mapping(node, key)
    if found is None:
        return None
    return {str(entry.key.value): nodes.plain(entry.value) for entry in found.entries}
