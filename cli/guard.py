"""The outermost layer around every command: from exceptions to sentences and exit statuses."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from treadle.cli.exit_codes import ExitCode
from treadle.cli.text.no_room import NO_ROOM


def guarded(
    work: Callable[[], int],
    *,
    shows_traceback: bool,
    usage_errors: tuple[type[Exception], ...] = (),
) -> int:
    """Do the work of a command and return its exit status, whatever happens.

    Errors: SystemExit and the usage errors, which somebody else tells.
    """
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return ExitCode.BROKEN_PIPE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except usage_errors:
        raise
    except Exception as error:
        # That of a file of ours would have its name.
        if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
            _abandon_stdout()
            _say(f"treadle: the output cannot be written: {error.strerror}")
            return ExitCode.FAILED
        _tell(error, shows_traceback=shows_traceback)
        return ExitCode.REJECTED
    return code


def _abandon_stdout() -> None:
    """Let what is still buffered go nowhere: the interpreter would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _tell(error: Exception, *, shows_traceback: bool) -> None:
    if shows_traceback:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    told = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "" if shows_traceback else "; -v shows where it happened"
    _say(f"treadle: internal error, please report it: {told}{hint}")


def _say(line: str) -> None:
    with suppress(OSError):
        print(line, file=sys.stderr)
