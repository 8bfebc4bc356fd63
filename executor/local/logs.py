"""The raw output of actions: two numbered files an attempt, made when needed.

What the journal's row holds of a stream is as durable as the row. A longer stream is brought to
the disk before the result is written, so that no result tells of output that a loss of power took.
"""

import os
from pathlib import Path

from treadle.executor.errors import Refused
from treadle.plan.steps import NO_CAPTURE_LIMIT


class LogFiles:
    """The log of one attempt: NNNNNN.out and NNNNNN.err in the run's folder of logs."""

    def __init__(self, folder: Path, number: int, *, held: int = 0) -> None:
        """Begin; the journal will hold the first `held` bytes of each stream (-1: all)."""
        self._folder = folder
        self._number = number
        self._held = held
        self._files: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Append bytes of "stdout" or "stderr". Errors: Refused with TR908."""
        try:
            file = self._files.get(stream)
            if file is None:
                file = self._opened(stream)
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
        except OSError as error:
            raise self._refusal(stream, error) from error
        self._sizes[stream] = self._sizes.get(stream, 0) + len(data)

    def sync(self) -> None:
        """Make durable what the journal will not hold. Errors: Refused with TR908."""
        for stream, size in self._sizes.items():
            if self._held == NO_CAPTURE_LIMIT or size <= self._held:
                continue
            try:
                os.fsync(self._files[stream])
                sync_folder(self._folder)
            except OSError as error:
                raise self._refusal(stream, error) from error

    def close(self) -> None:
        """Close the files that were made."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _opened(self, stream: str) -> int:
        path = log_path(self._folder, self._number, stream)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._files[stream] = file
        return file

    def _refusal(self, stream: str, error: OSError) -> Refused:
        path = log_path(self._folder, self._number, stream)
        return Refused.because("TR908", path=path, reason=error.strerror)


def sync_folder(folder: Path) -> None:
    """Make durable that the folder has the files it has."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def log_path(folder: Path, number: int, stream: str) -> Path:
    """Return where the bytes of a stream stand, whether or not there are any."""
    return folder / f"{number:06d}.{'out' if stream == 'stdout' else 'err'}"
