"""``treadle disable``: keeps an installed workflow from being run."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import InstalledArgument, JsonOption
from treadle.cli.packages.breaking import BreakOption, Deed, may_break
from treadle.cli.packages.change_object import before, standing_change
from treadle.cli.project.available_types import types_around
from treadle.cli.project.library_access import places_of, rejecting_library, utc_now
from treadle.cli.settings import Settings, for_programs
from treadle.cli.text.json_output import print_json
from treadle.library.callers import broken_by_disabling
from treadle.library.install import set_enabled
from treadle.library.kinds import WORKFLOWS


def disable(
    settings: Settings,
    id: InstalledArgument,
    is_agreed: BreakOption = False,
    as_json: JsonOption = False,
) -> int:
    """Keep a workflow installed, and refuse to run it.

    Whom that breaks is told first; at a terminal it is asked about.
    """
    settings = for_programs(settings) if as_json else settings
    deed = Deed(doing=f"disabling '{id}'", ask="disable it", undone="nothing was disabled")
    with rejecting_library():
        places = places_of(settings)
        types = types_around(places.registry)
        breaks = broken_by_disabling(WORKFLOWS.check_id(id), places=places, step_types=types)
        if not may_break(settings, breaks, deed, is_agreed=is_agreed):
            return ExitCode.REJECTED
        is_changed = set_enabled(places, id, is_on=False, now=utc_now())
        settings.talk.say(f"{'' if is_changed else 'already '}disabled: {id}")
        if as_json:
            was = before(places, id)
            print_json(standing_change("disabled", id, was, changed=is_changed, breaks=breaks))
    return ExitCode.OK
