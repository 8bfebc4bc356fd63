"""What Temporal's library says while a worker works: a line for each thing, and each thing once.

It writes a page for everything that it tries again by itself, every time that it does.
"""

import logging
from collections.abc import Callable

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from treadle.plan.lazy_pattern import lazy_pattern

_LOGGER = "temporalio"
_LONGEST = 300
_DETAILS = lazy_pattern(r" \(?\{'| with run ID ")
# A query is told to whoever has asked it.
_TOLD_ELSEWHERE = ("Failing legacy query", "Query not found")


class Lines(logging.Handler):
    """Tells what is logged as a line, once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of one record."""
        line = _line(record)
        if line not in self._told and not line.startswith(_TOLD_ELSEWHERE):
            self._told.add(line)
            self._tell(line)


def log_to(tell: Callable[[str], None]) -> None:
    """Have everything that the library says told from now on; before anything is connected."""
    logger = logging.getLogger(_LOGGER)
    logger.addHandler(Lines(tell))
    logger.propagate = False
    forwarding = LogForwardingConfig(
        logger=logging.getLogger(f"{_LOGGER}.core"),
        append_target_to_name=False,
        prepend_target_on_message=False,
    )
    spoken = TelemetryFilter(core_level="WARN", other_level="ERROR")
    logs = LoggingConfig(filter=spoken, forwarding=forwarding)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logs)))


def _line(record: logging.LogRecord) -> str:
    """Return the first line of a record, without what tells one workflow from another."""
    text = _DETAILS.split(record.getMessage().partition("\n")[0])[0]
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        text += f": {str(error) or type(error).__name__}".partition("\n")[0]
    return text[:_LONGEST]
