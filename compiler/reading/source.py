"""Reading a workflow file, the one thing that the compiler asks of the world.

A file is read once, to its end or to the limit, and only when it is a plain one: a pipe or a
device would block or never end.
"""

import os
import stat
from pathlib import Path

from treadle.compiler.diagnostics import START, Report
from treadle.compiler.reading.document import MAX_BYTES
from treadle.compiler.reading.layers import OverlayFile

# A pipe without a writer must not block the open; Windows has no such flags and one of its own.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_source(path: Path, *, report: Report) -> bytes | None:
    """Return the bytes of a file, None when the report says why there are none.

    Errors: TR101, TR104.
    """
    try:
        return _read(path, report)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _refuse(path, reason[:1].lower() + reason[1:], report)
    except ValueError:
        _refuse(path, "this cannot be a path", report)
    return None


def read_overlay_file(path: Path | str) -> OverlayFile:
    """Return the file of an overlay; one that cannot be read says why, and is empty.

    Errors: TR101, TR104 among its problems.
    """
    report = Report()
    source = read_source(Path(path), report=report)
    return OverlayFile(path=str(path), source=source or b"", problems=report.diagnostics)


def _read(path: Path, report: Report) -> bytes | None:
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            _refuse(path, "it is not a plain file", report)
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            # One byte more than is allowed tells a file that grows while it is read.
            source = file.read(MAX_BYTES + 1) if status.st_size <= MAX_BYTES else b""
    finally:
        os.close(descriptor)
    size = max(status.st_size, len(source))
    if size > MAX_BYTES:
        report.add("TR104", START, size=size, limit=MAX_BYTES)
        return None
    return source


def _refuse(path: Path, reason: str, report: Report) -> None:
    # A path that the system cannot encode must still be one that can be shown.
    shown = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    report.add("TR101", START, path=shown, reason=reason)
