"""From the keys and values of one mapping to its entries.

Every entry that leaves this module has a key that is text; no key of one kind stands twice.
"""

from collections.abc import Sequence as Listing

from msgspec.structs import replace

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.reading.nodes import Entry, Mapping, Node, Scalar, Sequence
from treadle.compiler.reading.scalars import kind_of


def entries(
    pairs: Listing[tuple[Node, Node]], report: Report, *, merges: frozenset[int], span: Span
) -> tuple[Entry, ...] | None:
    """Return the entries of a mapping, those that it merges behind its own.

    Before and after, for a mapping with the keys "model", "3" and then "retries"::

        <<: {retries: 2, model: fast}
        model: slow
        3: third

    A key that is a number, a boolean or null becomes its Python text; `1` and `"1"` both stay.

    Shapes: `merges` holds the indexes of the pairs whose key is a merge key; `span` is the place
    of the whole mapping.
    Errors: None after TR107, TR112 or TR118 was reported.
    """
    keys = {key.value for key, _ in pairs if isinstance(key, Scalar) and isinstance(key.value, str)}
    if len(keys) == len(pairs) and not merges:
        return tuple(Entry(key, value) for key, value in pairs if isinstance(key, Scalar))
    own: list[Entry] = []
    parents: list[Mapping] = []
    first: dict[object, Span] = {}
    is_sound = True
    for index, (key, value) in enumerate(pairs):
        if not isinstance(key, Scalar):
            _refuse_key(key, report, outer=span)
            is_sound = False
            continue
        is_text = isinstance(key.value, str)
        identity: object = key.value if is_text else (type(key.value), key.value)
        if index in merges:
            identity = Mapping
        if identity in first:
            related = (Related(span=first[identity], message="the first one"),)
            report.add("TR107", key.span, related=related, key=key.value)
            is_sound = False
            continue
        first[identity] = key.span
        if index in merges:
            found = _parents(value)
            parents.extend(part for part in found if isinstance(part, Mapping))
            wrong = next((part for part in found if not isinstance(part, Mapping)), None)
            if wrong is not None:
                report.add("TR118", key.span, kind=_kind(wrong))
                is_sound = False
        else:
            own.append(Entry(key if is_text else replace(key, value=str(key.value)), value))
    return _with_merged(own, parents) if is_sound else None


def _refuse_key(key: Sequence | Mapping, report: Report, *, outer: Span) -> None:
    kind = "a mapping" if isinstance(key, Mapping) else "a list"
    begins_block = (key.span.line, key.span.column) == (outer.line, outer.column + 1)
    if isinstance(key, Mapping) and begins_block:
        # '{{ … }}' without quotes is a mapping in a mapping, which its author never meant.
        report.add("TR112", outer, hint="put text that begins with '{{' in quotes", kind=kind)
    else:
        report.add("TR112", key.span, kind=kind)


def _parents(value: Node) -> tuple[Node, ...]:
    """Return what stands under a merge key, one after the other."""
    return value.items if isinstance(value, Sequence) else (value,)


def _kind(node: Scalar | Sequence) -> str:
    return "a list" if isinstance(node, Sequence) else kind_of(node.value)


def _with_merged(own: list[Entry], parents: list[Mapping]) -> tuple[Entry, ...]:
    """Return the own entries and those of the parents: whoever names a key first has it."""
    if not parents:
        return tuple(own)
    known = {entry.key.value for entry in own}
    result = list(own)
    for parent in parents:
        fresh = [entry for entry in parent.entries if entry.key.value not in known]
        known.update(entry.key.value for entry in fresh)
        result.extend(fresh)
    return tuple(result)
