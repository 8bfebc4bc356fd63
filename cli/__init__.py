"""The command line: `program` is the entry point of the program `treadle`, around `main`.

Whatever happens, a user sees a sentence and an exit status, never a traceback.
"""

import gc
import os
import sys
import threading
from contextlib import suppress

from treadle.cli.guard import guarded

__all__ = ["main", "program"]

# What a command makes lives until it ends, but for a little: to look through it for garbage as
# often as Python does costs a tenth of the time.
_ALLOCATIONS_BEFORE_A_LOOK = 100_000


def main() -> None:
    """Run the program with the arguments of the process, and end the process."""
    gc.set_threshold(_ALLOCATIONS_BEFORE_A_LOOK)
    arguments = sys.argv[1:]
    _open_closed_streams()
    # A value that the terminal cannot show must not cost the result of a run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # What somebody types and is no text is refused by whoever asked for it.
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")

    def work() -> int:
        if arguments in (["--version"], ["-V"]):
            from importlib.metadata import version  # so that nothing else is imported for it

            print(f"treadle {version('treadle')}")
            return 0
        from treadle.cli.app import run_program

        return run_program(arguments)

    sys.exit(guarded(work, shows_traceback="-v" in arguments or "--verbose" in arguments))


def program() -> None:
    """Be the program: as `main`, and the process ends at once.

    To take the interpreter apart takes a quarter of the time of a short command, and nothing comes
    of it. Threads of Temporal's that drop what they hold of Python's in the middle of it even make
    the process abort, now and again, instead of ending with its status.
    """
    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, int) and not _has_work_left():
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):  # nobody reads on
                    stream.flush()
            os._exit(ended.code)
        raise


def _open_closed_streams() -> None:
    """Lead to nowhere the standard streams that the caller has closed.

    Otherwise the first file that is opened gets the number of one of them, and what a library or a
    process that is started says on that stream gets into the file.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)  # gets the number of the stream, being lowest
            os.set_inheritable(nowhere, True)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8"))


def _has_work_left() -> bool:
    """Whether there is a thread for which a process waits at its end."""
    others = set(threading.enumerate()) - {threading.main_thread()}
    return any(not thread.daemon for thread in others)
