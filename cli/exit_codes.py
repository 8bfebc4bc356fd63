"""The exit statuses of the program: what a script can tell from each."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended; a signal n ends it with 128 + n."""

    OK = 0
    FAILED = 1  # findings, or a run that failed, was aborted or cancelled
    REJECTED = 2  # nothing was done: wrong usage, unreadable, invalid or refused
    PAUSED = 3  # only with --detailed-exitcode
    TIMED_OUT = 124  # of wait: the run is still at work
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def of_signal(number: int) -> int:
    """Return the exit status of a command that a signal ended."""
    return 128 + number
