"""``treadle disable``: keeps an installed workflow from being run."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.library_access import places_of, rejecting_library, utc_now
from treadle.cli.options import InstalledArgument
from treadle.cli.settings import Settings
from treadle.library.install import set_enabled


def disable(settings: Settings, id: InstalledArgument) -> int:
    """Keep a workflow installed, and refuse to run it."""
    with rejecting_library():
        is_changed = set_enabled(places_of(settings), id, is_on=False, now=utc_now())
    settings.talk.say(f"{'' if is_changed else 'already '}disabled: {id}")
    return ExitCode.OK
