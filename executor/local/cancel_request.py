"""The wish that a run be cancelled, left in its folder for the process that works on it.

A signal tells that process to look: with a wish it cancels the run, without one it pauses it. The
owner of the run's lock takes the wish; one that is older than its work is thrown away.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from treadle.executor.events import CancelRequested


def leave_request(path: Path, *, by: str | None, at: str, reason: str | None) -> None:
    """Leave a wish, whole or not at all. Errors: OSError."""
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps({"by": by, "at": at, "reason": reason}), encoding="utf-8")
    written.replace(path)


def drop_request(path: Path) -> None:
    """Throw away a wish that there may be."""
    path.unlink(missing_ok=True)


def take_request(path: Path, clock: Callable[[], str]) -> CancelRequested | None:
    """Return the wish as what happens now, None when there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        by, reason = data["by"], data["reason"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        drop_request(path)
    is_text = all(text is None or isinstance(text, str) for text in (by, reason))
    return CancelRequested(at=clock(), by=by, reason=reason) if is_text else None
