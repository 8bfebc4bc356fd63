"""Checks one run as a whole: what a proof, or somebody who has doubts, asks of its folder.

Loading a run checks the hash of every row and applies its events. This also decides every
transaction again, and looks at the pages that SQLite keeps free and at the logs of the attempts.
"""

from pathlib import Path

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.local import journal as journals
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.replay import decide_again
from treadle.executor.state import Run


class Checked(Struct, frozen=True, kw_only=True):
    """A run that is whole, and how much stands in its journal."""

    run: Run
    transactions: int
    events: int


def check(store: Store, folder: RunFolder) -> Checked:
    """Read everything that a run has written.

    Errors: Refused as by `Store.load`; TR901 for pages or logs that cannot be the run's.
    """
    # An attempt is in the journal before its log is made: also while somebody works on the run.
    try:
        logs = sorted(folder.logs.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        logs = []
    except OSError as error:
        raise Refused.because("TR985", run=folder.id, reason=f"logs: {error.strerror}") from error
    journals.check_pages(folder.journal, folder.id)
    _, run = store.load_whole(folder, follow=decide_again)
    lengths = [len(events) for events in journals.read(folder.journal, folder.id)]
    for path in logs:
        if not _is_log_of(run, path):
            reason = f"no attempt of the run has written {path.name}"
            raise Refused.because("TR901", run=folder.id, reason=reason)
    return Checked(run=run, transactions=len(lengths), events=sum(lengths))


def _is_log_of(run: Run, path: Path) -> bool:
    if not path.stem.isdigit():
        return True  # the log of the run as a whole
    return 1 <= int(path.stem) <= run.starts
