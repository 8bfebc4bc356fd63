"""Logs: raw output as it comes, and durable where the journal does not hold it."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from treadle.executor.errors import Refused
from treadle.executor.local.logs import LogFiles, log_path


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of what is brought to the disk, as it happens."""
    seen: list[str] = []
    fsync = os.fsync

    def watched(file: int) -> None:
        seen.append(Path(os.readlink(f"/proc/self/fd/{file}")).name)
        fsync(file)

    monkeypatch.setattr(os, "fsync", watched)
    return seen


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_streams_have_files_of_their_own_and_only_when_something_came(tmp_path: Path) -> None:
    log = LogFiles(tmp_path, 7)
    log.write("stdout", b"one ")
    log.write("stdout", b"two")
    log.close()
    assert log_path(tmp_path, 7, "stdout").read_bytes() == b"one two"
    assert not log_path(tmp_path, 7, "stderr").exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors have no names here")
@pytest.mark.parametrize(
    "held, expected",
    [(-1, []), (4, []), (3, ["000001.out"]), (0, ["000001.out", "000001.err"])],
)
def test_only_a_stream_that_the_journal_does_not_hold_is_brought_to_the_disk(
    tmp_path: Path, synced: list[str], held: int, expected: list[str]
) -> None:
    log = LogFiles(tmp_path, 1, held=held)
    log.write("stdout", b"four")
    log.write("stderr", b"two")
    log.sync()
    log.close()
    assert [name for name in synced if name != tmp_path.name] == expected
    assert (tmp_path.name in synced) == bool(expected)


def test_output_that_the_disk_does_not_take_is_refused_with_its_place(tmp_path: Path) -> None:
    log = LogFiles(tmp_path, 1)
    with files_of_at_most(1000), pytest.raises(Refused, match=r"000001\.out.*File too large"):
        log.write("stdout", b"x" * 2000)
    log.close()
    assert log_path(tmp_path, 1, "stdout").stat().st_size == 1000
