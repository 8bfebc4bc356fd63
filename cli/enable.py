"""``treadle enable``: lets a disabled workflow run again."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.library_access import places_of, rejecting_library, utc_now
from treadle.cli.options import InstalledArgument
from treadle.cli.settings import Settings
from treadle.library.install import set_enabled


def enable(settings: Settings, id: InstalledArgument) -> int:
    """Allow a disabled workflow to be run again."""
    with rejecting_library():
        is_changed = set_enabled(places_of(settings), id, is_on=True, now=utc_now())
    settings.talk.say(f"{'' if is_changed else 'already '}enabled: {id}")
    return ExitCode.OK
