"""The outermost layer around every command: from exceptions to sentences and exit statuses."""

import os
import sys
from collections.abc import Callable

import typer

from treadle.cli.exit_codes import ExitCode


def guarded(work: Callable[[], int], *, shows_traceback: bool) -> int:
    """Do the work of a command and return its exit status, whatever happens.

    Errors: none but SystemExit and typer.BadParameter, which typer tells as wrong usage.
    """
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return ExitCode.BROKEN_PIPE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except typer.BadParameter:
        raise
    except Exception as error:
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
    print(f"treadle: internal error, please report it: {told}{hint}", file=sys.stderr)
