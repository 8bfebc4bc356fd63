"""Changing the overlays of a project: files are added, edited in place and removed.

An edit touches one value and nothing else of a file: comments and layout stay. Files are written
in one step, and never through a link.
"""

import os
from pathlib import Path

from treadle.compiler.composing.overlay import Overlay
from treadle.compiler.composing.stack import declared
from treadle.compiler.diagnostics import Edit, Fix, Span
from treadle.compiler.mending.fixing import apply_fixes
from treadle.compiler.reading.layers import OverlayFile
from treadle.compiler.reading.nodes import Document, Mapping
from treadle.compiler.reading.positions import line_starts
from treadle.library.kinds import WORKFLOWS
from treadle.library.overlay_files import Home, Kept, kept_overlays
from treadle.library.places import Places, holding, refuse_links, write_file
from treadle.library.refusal import Refused, left_as_it_was

ENABLED = ("enabled", "true")
DISABLED = ("enabled", "false")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def find_overlay(home: Home, overlay_id: str) -> Kept:
    """Return the overlay of a workflow that has an id.

    Errors: Refused with TR138 when there is none, TR134 when there are two, TR960.
    """
    kept = kept_overlays(home)
    found = [each for each in kept if each.declared.id == overlay_id]
    if len(found) > 1:
        files = " and ".join(each.path.name for each in found)
        hint = f"give the overlay in one of {files} another id"
        raise Refused.because("TR134", overlay=overlay_id, hint=hint)
    if not found:
        ids = ", ".join(each.declared.id for each in kept if each.declared.id is not None)
        hint = f"there is: {ids}" if ids else "'treadle overlay add' adds one"
        raise Refused.because("TR138", overlay=overlay_id, workflow=home.workflow, hint=hint)
    return found[0]


def with_value(file: OverlayFile, key: str, value: str) -> bytes | None:
    """Return the content of an overlay's file in which a key has another value.

    Before and after, for `priority` and `5`::

        id: strict       # the team's own         id: strict       # the team's own
        extends: build                             extends: build
        edits: [{remove: lint}]                    priority: 5
                                                   edits: [{remove: lint}]

    Shapes: `value` is YAML. None for a file that is no overlay.
    """
    found = declared(file).file.document
    root = found.root if found is not None else None
    if found is None or not isinstance(root, Mapping):
        return None
    entry = root.entry(key)
    beside = root.entry("extends") or (root.entries[0] if root.entries else None)
    if entry is not None:
        span = entry.value.span
        is_blank = (span.line, span.column) == (span.end_line, span.end_column)
        edit = Edit(span=span, text=f" {value}" if is_blank else value)
    elif beside is None:
        return None
    elif found.text[_offset(found, root.span)] == "{":
        start = beside.key.span
        at = Span(start.line, start.column, start.line, start.column)
        edit = Edit(span=at, text=f"{key}: {value}, ")
    else:
        edit = _new_line(found, beside.key.span, beside.value.span, f"{key}: {value}")
    fixed = apply_fixes(found.text, (Fix(title="", edits=(edit,), is_safe=True),)).text
    mark = _BYTE_ORDER_MARK if file.source.startswith(_BYTE_ORDER_MARK) else b""
    return mark + fixed.encode("utf-8")


def set_value(home: Home, overlay_id: str, key: str, value: str) -> Path:
    """Give a key of an overlay another value; return its file.

    Errors: Refused with TR134, TR138, TR140, TR960 or TR969.
    """
    places = Places(project=home.project)
    with holding(places):
        kept = find_overlay(home, overlay_id)
        path = kept.path
        content = with_value(OverlayFile(path=str(path), source=path.read_bytes()), key, value)
        # One that is broken stops every run, and can at least be disabled.
        is_off = (key, value) == DISABLED
        if content is None or (kept.declared.overlay is None and not is_off):
            raise Refused.because("TR140", path=path.relative_to(home.project))
        _write(places, path, content)
    return path


def put_overlay(home: Home, overlay: Overlay, content: bytes) -> Path:
    """Put the file of an overlay where the project keeps it; return where that is.

    One with the same id is replaced; the file of another one never is.

    Errors: Refused with TR134, TR139, TR956, TR960 or TR969.
    """
    WORKFLOWS.check_id(home.workflow)
    places = Places(project=home.project)
    with holding(places):
        same = [each for each in kept_overlays(home) if each.declared.id == overlay.id]
        path = find_overlay(home, overlay.id).path if same else home.folder / f"{overlay.id}.yml"
        refuse_links(places, path)
        if not same and os.path.lexists(path):
            shown = path.relative_to(home.project)
            raise Refused.because("TR139", path=shown, overlay=overlay.id)
        _write(places, path, content)
    return path


def remove_overlay(home: Home, overlay_id: str) -> Path:
    """Remove the file of an overlay; return where it was.

    Errors: Refused with TR134, TR138, TR960 or TR969.
    """
    with holding(Places(project=home.project)):
        path = find_overlay(home, overlay_id).path
        with left_as_it_was(f"overlay '{overlay_id}'"):
            path.unlink()
    return path


def _write(places: Places, path: Path, content: bytes) -> None:
    with left_as_it_was(f"'{path.name}'"):
        write_file(places, path, content)


def _offset(document: Document, span: Span) -> int:
    return line_starts(document.text)[span.line - 1] + span.column - 1


def _new_line(document: Document, key: Span, value: Span, written: str) -> Edit:
    """Return the edit that puts a line behind the line of a value, as far in as its key."""
    starts = (*line_starts(document.text), len(document.text))
    line = document.text[starts[value.end_line - 1] : starts[value.end_line]]
    text = line.rstrip("\r\n")
    line_end = line[len(text) :] or "\n"
    column = len(text) + 1
    at = Span(value.end_line, column, value.end_line, column)
    return Edit(span=at, text=f"{line_end}{' ' * (key.column - 1)}{written}")
