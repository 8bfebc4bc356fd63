"""The stage between loading and shape: a workflow's document with its overlays in it.

An overlay that is wrong is never applied in part: the report then holds what is wrong with all of
them, and no later stage looks on.
"""

from collections.abc import Mapping as Table
from collections.abc import Sequence as Listing

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.composing.merge import in_merge_order, merge
from treadle.compiler.composing.overlay import Overlay, is_enabled, read_overlay
from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.reading import keys
from treadle.compiler.reading.document import load
from treadle.compiler.reading.layers import OverlayFile, SourceFile, begin, put_behind
from treadle.compiler.reading.nodes import Document, Mapping, Scalar
from treadle.compiler.shapes import shape


class Stacked(Struct, frozen=True, kw_only=True):
    """A document with its overlays; `removed` says of ids that are gone which edit did it."""

    document: Document
    removed: Table[str, Related] = field(default_factory=dict)


def stack(document: Document, files: Listing[OverlayFile], report: Report) -> Stacked:
    """Return a document with the overlays of the files applied, those that are disabled left out.

    Errors: TR134, TR135, and those of loading, of reading overlays and of merging.
    """
    root = document.root
    assert isinstance(root, Mapping)
    document = begin(document)
    overlays: list[Overlay] = []
    for file in files:
        document = put_behind(document, file, report)
        part = document.parts[-1]
        if not isinstance(part.root, Mapping) or not (file.is_forced or is_enabled(part.root)):
            continue
        overlay = read_overlay(part.root, report)
        if overlay is not None:
            overlays.append(overlay)
            named = replace(part, layer=overlay.id)
            document = replace(document, parts=(*document.parts[:-1], named))
    _check_together(root, overlays, report)
    if report.forbids_going_on:
        brought = (edit.step for overlay in overlays for edit in overlay.edits)
        shape.check_steps((step for step in brought if step is not None), report)
        return Stacked(document=document)
    merged = merge(root, in_merge_order(overlays), report)
    shape.check_steps(merged.unplaced, report)
    return Stacked(document=replace(document, root=merged.root), removed=merged.removed)


class Declared(Struct, frozen=True, kw_only=True):
    """What the file of an overlay declares, whatever it extends.

    Shapes: `overlay` is None and `id` may be for a file that `file.diagnostics` say is wrong;
    `document` is None for one that is not YAML.
    """

    id: str | None
    overlay: Overlay | None
    is_enabled: bool
    file: SourceFile

    @property
    def precedence(self) -> tuple[bool, int]:
        """What sorts overlays: lower priorities stand first, what cannot be read last."""
        return (True, 0) if self.overlay is None else (False, self.overlay.priority)


def declared(file: OverlayFile, *, lenient: bool = True) -> Declared:
    """Return what an overlay declares, looked at by itself: with its steps, without anchors.

    Errors: those of loading, of reading an overlay and of the shape of steps.
    """
    report = Report(lenient=lenient)
    for problem in file.problems:
        report.adopt(problem)
    document = load(file.source, path=file.path, report=report) if not file.problems else None
    root = document.root if document is not None else None
    overlay = read_overlay(root, report) if isinstance(root, Mapping) else None
    if overlay is not None:
        brought = (edit.step for edit in overlay.edits)
        shape.check_steps((step for step in brought if step is not None), report)
    text = file.source.decode("utf-8", "replace").removeprefix("\ufeff")
    name = keys.text(root, "id") if isinstance(root, Mapping) else None
    return Declared(
        id=name,
        overlay=overlay,
        is_enabled=root is None or is_enabled(root),
        file=SourceFile(
            path=file.path,
            text=document.text if document is not None else text,
            document=document,
            diagnostics=report.diagnostics,
            layer=name,
        ),
    )


def _check_together(root: Mapping, overlays: Listing[Overlay], report: Report) -> None:
    """Report overlays of another workflow, and those with the id of one before them."""
    head = root.get("workflow")
    name = head.get("id") if isinstance(head, Mapping) else None
    workflow = name.value if isinstance(name, Scalar) else None
    first: dict[str, Overlay] = {}
    for overlay in overlays:
        if isinstance(workflow, str) and workflow != overlay.extends:
            report.add(
                "TR135",
                overlay.extends_span,
                overlay=overlay.id,
                extends=overlay.extends,
                workflow=workflow,
            )
        known = first.setdefault(overlay.id, overlay)
        if known is not overlay:
            related = (Related(span=known.id_span, message="the first one"),)
            report.add("TR134", overlay.id_span, related=related, overlay=overlay.id)
