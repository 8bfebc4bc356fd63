"""Asks programs for their versions; the one look around that starts something."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from treadle.plan.lazy_pattern import lazy_pattern

PATIENCE_S = 5.0
_AT_ONCE = 8
_MAX_BYTES = 4096
_VERSION = lazy_pattern(r"\d+\.\d+[\w.+-]*")


def versions(
    paths: Iterable[str], *, environment: Mapping[str, str], cwd: Path
) -> Mapping[str, str]:
    """Return the version of each program that tells one within some seconds, by its path.

    Shapes: `paths` are absolute.
    """
    unique = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        told = pool.map(lambda path: _version(path, environment, cwd), unique)
        return {path: version for path, version in zip(unique, told, strict=True) if version}


def _version(path: str, environment: Mapping[str, str], cwd: Path) -> str | None:
    try:
        process = subprocess.Popen(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        said, _ = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        _end(process)
        return None
    found = _VERSION.search(said[:_MAX_BYTES].decode("utf-8", "replace"))
    return found[0].rstrip(".") if found is not None and process.returncode == 0 else None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program that does not answer, with everything it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=1)
