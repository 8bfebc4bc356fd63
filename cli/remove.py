"""``treadle remove``: removes an installed workflow."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.library_access import places_of, rejecting_library
from treadle.cli.options import InstalledArgument
from treadle.cli.settings import Settings
from treadle.library import install


def remove(settings: Settings, id: InstalledArgument) -> int:
    """Remove an installed workflow; overlays and runs of it stay."""
    with rejecting_library():
        install.remove(places_of(settings), id)
    settings.talk.say(f"removed: {id}")
    return ExitCode.OK
