"""``treadle enable``: lets a disabled workflow run again."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import InstalledArgument, JsonOption
from treadle.cli.packages.change_object import before, standing_change
from treadle.cli.project.library_access import places_of, rejecting_library, utc_now
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.library.install import set_enabled


def enable(settings: Settings, id: InstalledArgument, as_json: JsonOption = False) -> int:
    """Allow a disabled workflow to be run again."""
    with rejecting_library():
        places = places_of(settings)
        is_changed = set_enabled(places, id, is_on=True, now=utc_now())
        settings.talk.say(f"{'' if is_changed else 'already '}enabled: {id}")
        if as_json:
            was = before(places, id)
            print_json(standing_change("enabled", id, was, changed=is_changed))
    return ExitCode.OK
