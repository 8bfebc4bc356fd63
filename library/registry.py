"""What is installed in a project: its registries, as Spec Kit 1.2.3 reads and writes them.

A registry that cannot be read is refused, never taken for an empty one.
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from treadle.library.places import Places, read_file, write_file
from treadle.library.refusal import Refused, reason_of
from treadle.plan.expression import Json

SCHEMA_VERSION = "1.0"
FROM_CATALOG = "catalog"

Entry: TypeAlias = Mapping[str, Json]


class Registry(Struct, frozen=True, kw_only=True):
    """A registry of a project: everything of its kind by its id, and what else the file says."""

    places: Places
    entries: Mapping[str, Json]
    rest: Mapping[str, Json]

    def entry(self, id: str) -> Entry | None:
        """Return what is known under an id, None when it is not installed.

        Errors: Refused with TR959 for an entry that is none.
        """
        found = self.entries.get(id)
        if id in self.entries and not isinstance(found, Mapping):
            raise _damaged(self.places, f"the entry '{id}' is not an object")
        return found if isinstance(found, Mapping) else None

    def with_entry(self, id: str, entry: Entry, *, now: str) -> "Registry":
        """Return the registry with an entry added or changed.

        Units: `now` is an ISO 8601 time in UTC.
        """
        old = self.entries.get(id)
        since = old.get("installed_at", now) if isinstance(old, Mapping) else now
        told = {**entry, "installed_at": since, "updated_at": now}
        return replace(self, entries={**self.entries, id: told})

    def without(self, id: str) -> "Registry":
        """Return the registry without an entry."""
        return replace(
            self, entries={name: each for name, each in self.entries.items() if name != id}
        )


def is_enabled(entry: Entry | None) -> bool:
    """Whether a workflow may be run; one that nobody registered may."""
    return entry is None or bool(entry.get("enabled", True))


def read_registry(places: Places) -> Registry:
    """Return a registry of a project, an empty one where there is none.

    Errors: Refused with TR959 or TR960.
    """
    try:
        content = read_file(places, places.registry)
        data = json.loads(content) if content is not None else {places.kind.key: {}}
    except OSError as error:
        raise _damaged(places, reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(places, "it is not JSON") from error
    if not isinstance(data, dict):
        raise _damaged(places, "it is not an object")
    entries = data.pop(places.kind.key, None)
    if not isinstance(entries, dict):
        raise _damaged(places, f"'{places.kind.key}' is not an object")
    return Registry(places=places, entries=entries, rest=data)


def write_registry(registry: Registry) -> None:
    """Write the registry of a project in one step. Errors: OSError; Refused with TR960."""
    places = registry.places
    data = {
        "schema_version": SCHEMA_VERSION,
        **registry.rest,
        places.kind.key: registry.entries,
    }
    write_file(places, places.registry, json.dumps(data, indent=2).encode())


def _damaged(places: Places, reason: str) -> Refused:
    path = places.registry.relative_to(places.project)
    return Refused.because("TR959", noun=places.kind.noun, path=path, reason=reason)
