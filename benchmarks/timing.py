"""Measuring programs: how long a process takes, and how much memory it and its children need.

What is compared is measured in turns, in rounds, so that a slow minute of the machine falls on
all of it: a figure of one round is compared with figures of the same round only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The unit of ru_maxrss: bytes on macOS, KiB elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
# The probe that is left out of later rounds when it is slow: its time grows with the square.
PEER = "theirs"
PEER_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measured process. Units: seconds of wall time; bytes of the largest process."""

    seconds: float
    peak_bytes: int = 0


Probe = Callable[[], Sample]
Round = Mapping[str, Sample]


def run_once(command: Sequence[str | Path], *, cwd: Path) -> Sample:
    """Run a program to its end and measure it and what it waited for.

    Errors: RuntimeError with what it said when it fails.
    """
    said = cwd / ".said"
    with said.open("wb") as output:
        begin = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        told = said.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command} ended with {child.returncode}:\n{told}")
    return Sample(seconds=seconds, peak_bytes=usage.ru_maxrss * RSS_UNIT)


def in_turns(
    probes: Mapping[str, Probe],
    *,
    repetitions: int,
    patience_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Round, ...]:
    """Run all probes once a round, the other way round in every second one.

    Shapes: at least one round; none begins after `patience_s`.
    """
    rounds: list[Round] = []
    begin = clock()
    left = dict(probes)
    while len(rounds) < repetitions and (not rounds or clock() - begin < patience_s):
        names = list(left) if len(rounds) % 2 == 0 else list(reversed(left))
        rounds.append({name: left[name]() for name in names})
        if PEER in left and rounds[-1][PEER].seconds > PEER_PATIENCE_S:
            del left[PEER]
    return tuple(rounds)
