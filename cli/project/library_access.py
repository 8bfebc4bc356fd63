"""What the verbs about installed workflows share: the project's places, catalogs and the clock."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from treadle.cli.project.find_project import find_project
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.library.catalog_list import active_sources
from treadle.library.credentials import credentials_of
from treadle.library.kinds import WORKFLOWS, Kind
from treadle.library.places import Places
from treadle.library.refusal import Refused
from treadle.library.shelf import Shelf


@contextmanager
def rejecting_library() -> Iterator[None]:
    """Turn what the library refuses into the rejection of the command."""
    try:
        yield
    except Refused as refused:
        raise Rejected(refused.problem) from refused


def places_of(settings: Settings, kind: Kind = WORKFLOWS) -> Places:
    """Return the places of the project that the command works on."""
    return Places(project=find_project(settings), kind=kind)


def shelf_of(settings: Settings, places: Places, *, is_fresh: bool) -> Shelf:
    """Return the catalogs of a project. Errors: Refused for a list of them that is wrong."""
    return Shelf(
        places=places,
        sources=active_sources(places, os.environ),
        now=time.time,
        warn=settings.talk.warning,
        is_fresh=is_fresh,
        credentials=credentials_of(os.environ),
    )


def utc_now() -> str:
    """Return the time in UTC, as the registry has it."""
    return datetime.now(UTC).isoformat()
