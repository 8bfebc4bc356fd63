"""Slots: numbered lock files of a folder, of which as many can be held as there are.

A slot belongs to the process that holds its lock. The kernel frees it when that process ends,
however it ends; the text in the file tells people who it was.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_MAX_TEXT = 4096


class Slot:
    """One slot that is held until `release` or the end of the process."""

    def __init__(self, file: int) -> None:
        self._file = file

    def tell(self, text: str) -> None:
        """Write who holds the slot, for people and for those that wait.

        On a full disk nobody is told: who waits goes on waiting, and nothing is lost.
        """
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text.encode()[:_MAX_TEXT], 0)

    def release(self) -> None:
        """Free the slot."""
        os.ftruncate(self._file, 0)
        # Unlocked and then closed: a child between fork and exec has the file open as well.
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)


def take(folder: Path, count: int) -> Slot | None:
    """Take a free slot of `count`, None when all are held.

    Errors: OSError when the folder or a file cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(count):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        file = os.open(folder / str(number), flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        except BaseException:
            os.close(file)
            raise
        return Slot(file)
    return None


def holders(folder: Path, count: int) -> tuple[str, ...]:
    """Return what the holders of the slots tell of themselves, in the order of the slots."""
    found = []
    for number in range(count):
        try:
            text = (folder / str(number)).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if text:
            found.append(text)
    return tuple(found)
