"""The first stage: from the bytes of a file to a document of nodes with spans.

A document is well-formed: UTF-8, one YAML document, a mapping at the top, no key given twice,
bounded in size, depth and aliases. Never raises, whatever the bytes are.
"""

from treadle.compiler.diagnostics import START, Report, Span
from treadle.compiler.reading.composer import compose
from treadle.compiler.reading.nodes import Document, Mapping, Node, Scalar, Sequence
from treadle.compiler.reading.positions import line_starts, place
from treadle.compiler.reading.scalars import kind_of
from treadle.compiler.reading.spec_kit_yaml import check_spec_kit_yaml
from treadle.compiler.reading.syntax import control_character

MAX_BYTES = 16 * 1024 * 1024

_BYTE_ORDER_MARK = "\ufeff"


def load(source: bytes, *, path: str, report: Report) -> Document | None:
    """Return the document that a file holds, None when the report says why there is none.

    Before and after::

        steps:                        Mapping(steps: Sequence(
          - id: build                   Mapping(id: "build",
            timeout: 0x10                       timeout: 16)))

    Shapes: `path` is only passed on. A key that is a number, boolean or null stands as its
    Python text ("1", "True", "None"); `merge` keys are resolved.
    Errors: TR102 to TR119, TR620.
    """
    if len(source) > MAX_BYTES:
        report.add("TR104", START, size=len(source), limit=MAX_BYTES)
        return None
    text = _decode(source, report)
    if text is None:
        return None
    problem = control_character(text)
    if problem is not None:
        at = place(line_starts(text), problem.offset)
        end = (at[0], at[1] + 1)
        report.add("TR103", Span(*at, *end), hint=problem.hint, reason=problem.reason)
        return None
    composition = compose(text, report)
    root = composition.root
    if not composition.is_sound:
        return None
    if root is None or _is_void(root):
        report.add("TR109", START)
        return None
    if not isinstance(root, Mapping):
        report.add("TR110", _opening(root), kind=_kind(root))
        return None
    if report.lenient:
        check_spec_kit_yaml(text, report)
    return Document(path=path, text=text, root=root)


def _decode(source: bytes, report: Report) -> str | None:
    try:
        return source.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
        line, column = place(line_starts(before), len(before))
        report.add(
            "TR102",
            Span(line, column, line, column + 1),
            byte=f"0x{source[error.start]:02x}",
            offset=error.start,
        )
        return None


def _is_void(root: Node) -> bool:
    """Whether nothing stands where the document should: '---' alone, or an anchor."""
    return isinstance(root, Scalar) and root.value is None and root.start == root.end


def _opening(root: Scalar | Sequence) -> Span:
    """Return the first line of a node: the whole document would be underlined otherwise."""
    span = root.span
    if span.line == span.end_line:
        return span
    return Span(span.line, span.column, span.line, span.column + 1)


def _kind(root: Scalar | Sequence) -> str:
    return "a list" if isinstance(root, Sequence) else kind_of(root.value)
