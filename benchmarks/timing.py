"""Measuring programs: how long a process takes, and how much memory it and its children need.

Every figure is the median of several repetitions; what is compared is measured in turns, so that
a slow minute of the machine falls on all of it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# The unit of ru_maxrss: bytes on macOS, KiB elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measured process. Units: seconds of wall time; bytes of the largest process."""

    seconds: float
    peak_bytes: int = 0


Probe = Callable[[], Sample]


def run_once(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    accepted: tuple[int, ...] = (0,),
) -> Sample:
    """Run a program to its end and measure it and what it waited for.

    Errors: RuntimeError with what it said when it ends with another code than the accepted ones.
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
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accepted:
        told = said.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command} ended with {child.returncode}:\n{told}")
    return Sample(seconds=seconds, peak_bytes=usage.ru_maxrss * RSS_UNIT)


def in_turns(
    probes: Mapping[str, Probe], *, repetitions: int, patience_s: float
) -> dict[str, tuple[Sample, ...]]:
    """Run the probes in turns; one that takes longer than `patience_s` is run once only."""
    found: dict[str, list[Sample]] = {name: [] for name in probes}
    for _ in range(repetitions):
        for name, probe in probes.items():
            if not found[name] or found[name][0].seconds <= patience_s:
                found[name].append(probe())
    return {name: tuple(samples) for name, samples in found.items()}


def seconds(samples: Sequence[Sample]) -> float:
    """Return the median time."""
    return median(sample.seconds for sample in samples)


def peak_bytes(samples: Sequence[Sample]) -> int:
    """Return the median of the largest memory."""
    return int(median(sample.peak_bytes for sample in samples))
