"""``treadle remove``: removes an installed workflow."""

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import InstalledArgument, JsonOption
from treadle.cli.packages.breaking import BreakOption, Deed, may_break
from treadle.cli.packages.change_object import before, standing_change
from treadle.cli.project.available_types import types_around
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.settings import Settings, for_programs
from treadle.cli.text.json_output import print_json
from treadle.library import install
from treadle.library.callers import broken_by_removal
from treadle.library.kinds import WORKFLOWS


def remove(
    settings: Settings,
    id: InstalledArgument,
    is_agreed: BreakOption = False,
    as_json: JsonOption = False,
) -> int:
    """Remove an installed workflow; overlays and runs of it stay.

    Whom that breaks is told first; at a terminal it is asked about.
    """
    settings = for_programs(settings) if as_json else settings
    deed = Deed(doing=f"removing '{id}'", ask="remove it", undone="nothing was removed")
    with rejecting_library():
        places = places_of(settings)
        types = types_around(places.registry)
        breaks = broken_by_removal(WORKFLOWS.check_id(id), places=places, step_types=types)
        if not may_break(settings, breaks, deed, is_agreed=is_agreed):
            return ExitCode.REJECTED
        was = before(places, id) if as_json else None
        install.remove(places, id)
    settings.talk.say(f"removed: {id}")
    if was is not None:
        print_json(standing_change("removed", id, was, breaks=breaks))
    return ExitCode.OK
