"""Slots: as many holders as there are, and none that is dead."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from treadle.executor.local import slots

HOLDS = """
import sys
from pathlib import Path
from treadle.executor.local import slots
slot = slots.take(Path(sys.argv[1]), 1)
slot.tell("me")
print("held", flush=True)
sys.stdin.read()
"""


def test_there_are_as_many_slots_as_are_asked_for(tmp_path: Path) -> None:
    first, second = slots.take(tmp_path / "s", 2), slots.take(tmp_path / "s", 2)
    assert first is not None and second is not None
    assert slots.take(tmp_path / "s", 2) is None
    first.release()
    third = slots.take(tmp_path / "s", 2)
    assert third is not None
    for slot in (second, third):
        slot.release()


def test_holders_tell_of_themselves_until_they_go(tmp_path: Path) -> None:
    slot = slots.take(tmp_path, 3)
    assert slot is not None
    slot.tell("a long text")
    slot.tell("short")
    assert ("short",) == slots.holders(tmp_path, 3)
    slot.release()
    assert () == slots.holders(tmp_path, 3)


def test_a_killed_process_leaves_its_slot(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        assert (None, ("me",)) == (slots.take(tmp_path, 1), slots.holders(tmp_path, 1))
        os.kill(process.pid, signal.SIGKILL)
    slot = slots.take(tmp_path, 1)
    assert slot is not None
    slot.release()
