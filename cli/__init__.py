"""The command line: `program` is the entry point of the program `treadle`, around `main`.

Whatever happens, a user sees a sentence and an exit status, never a traceback.
"""

import gc
import os
import sys
from contextlib import suppress

__all__ = ["main", "program"]

# What a command makes lives until it ends, but for a little: to look through it for garbage as
# often as Python does costs a tenth of the time.
_ALLOCATIONS_BEFORE_A_LOOK = 100_000


def main() -> None:
    """Run the program with the arguments of the process, and end the process."""
    gc.set_threshold(_ALLOCATIONS_BEFORE_A_LOOK)
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from importlib.metadata import version  # so that nothing else is imported for it

        print(f"treadle {version('treadle')}")
        return
    # A value that the terminal cannot show must not cost the result of a run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from treadle.cli.guard import guarded

    def work() -> int:
        from treadle.cli.app import run_program

        return run_program(arguments)

    sys.exit(guarded(work, shows_traceback="-v" in arguments or "--verbose" in arguments))


def program() -> None:
    """Be the program: as `main`, and the process ends at once where that is safer.

    Temporal's threads drop what they hold of Python's when they come to it; an interpreter that is
    being taken apart aborts then, now and again, instead of ending with its status.
    """
    try:
        main()
    except SystemExit as ended:
        if "temporalio" in sys.modules and isinstance(ended.code, int):
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):  # nobody reads on
                    stream.flush()
            os._exit(ended.code)
        raise
