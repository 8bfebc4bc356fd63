"""The raw output of actions: two numbered files an attempt, made when needed."""

import os
from pathlib import Path


class LogFiles:
    """The log of one attempt: NNNNNN.out and NNNNNN.err in the run's folder of logs."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number
        self._files: dict[str, int] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Append bytes of "stdout" or "stderr". Errors: OSError when the disk refuses."""
        file = self._files.get(stream)
        if file is None:
            path = log_path(self._folder, self._number, stream)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._files[stream] = file
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]

    def close(self) -> None:
        """Close the files that were made."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def log_path(folder: Path, number: int, stream: str) -> Path:
    """Return where the bytes of a stream stand, whether or not there are any."""
    return folder / f"{number:06d}.{'out' if stream == 'stdout' else 'err'}"
