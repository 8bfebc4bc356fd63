"""The text of a file that gives inputs or answers: as much as a workflow's, and no more.

A device that never ends would take all the memory there is.
"""

import errno
from pathlib import Path
from typing import BinaryIO

_MAX_BYTES = 16 * 1024 * 1024


def bounded_text(path: Path) -> str:
    """Return the text of a file. Errors: OSError, also for too much; UnicodeDecodeError."""
    with path.open("rb") as file:
        return bounded_text_of(file)


def bounded_text_of(file: BinaryIO) -> str:
    """Return the text of an open file. Errors: as by `bounded_text`."""
    content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise OSError(errno.EFBIG, f"more than {_MAX_BYTES} bytes")
    return content.decode("utf-8")
