"""What is installed in a project: workflow-registry.json, as Spec Kit 1.2.3 reads and writes it.

A registry that cannot be read is refused, never taken for an empty one.
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from treadle.library.places import Places, read_file, write_file
from treadle.library.refusal import Refused, reason_of
from treadle.plan.expression import Json

SCHEMA_VERSION = "1.0"
FROM_CATALOG = "catalog"

Entry: TypeAlias = Mapping[str, Json]


class Registry(Struct, frozen=True, kw_only=True):
    """The registry of a project: every workflow by its id, and what else the file says."""

    workflows: Mapping[str, Json]
    rest: Mapping[str, Json]

    def entry(self, id: str) -> Entry | None:
        """Return what is known of a workflow, None when it is not installed.

        Errors: Refused with TR959 for an entry that is none.
        """
        found = self.workflows.get(id)
        if id in self.workflows and not isinstance(found, Mapping):
            raise Refused.because("TR959", reason=f"the entry '{id}' is not an object")
        return found if isinstance(found, Mapping) else None

    def with_entry(self, id: str, entry: Entry, *, now: str) -> "Registry":
        """Return the registry with a workflow added or changed.

        Units: `now` is an ISO 8601 time in UTC.
        """
        old = self.workflows.get(id)
        since = old.get("installed_at", now) if isinstance(old, Mapping) else now
        told = {**entry, "installed_at": since, "updated_at": now}
        return Registry(workflows={**self.workflows, id: told}, rest=self.rest)

    def without(self, id: str) -> "Registry":
        """Return the registry without a workflow."""
        kept = {name: entry for name, entry in self.workflows.items() if name != id}
        return Registry(workflows=kept, rest=self.rest)


def is_enabled(entry: Entry | None) -> bool:
    """Whether a workflow may be run; one that nobody registered may."""
    return entry is None or bool(entry.get("enabled", True))


def read_registry(places: Places) -> Registry:
    """Return the registry of a project, an empty one where there is none.

    Errors: Refused with TR959 or TR960.
    """
    try:
        content = read_file(places, places.registry)
        data = json.loads(content) if content is not None else {"workflows": {}}
    except OSError as error:
        raise Refused.because("TR959", reason=reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise Refused.because("TR959", reason="it is not JSON") from error
    if not isinstance(data, dict):
        raise Refused.because("TR959", reason="it is not an object")
    workflows = data.pop("workflows", None)
    if not isinstance(workflows, dict):
        raise Refused.because("TR959", reason="'workflows' is not an object")
    return Registry(workflows=workflows, rest=data)


def write_registry(places: Places, registry: Registry) -> None:
    """Write the registry of a project in one step. Errors: OSError; Refused with TR960."""
    data = {"schema_version": SCHEMA_VERSION, **registry.rest, "workflows": registry.workflows}
    write_file(places, places.registry, json.dumps(data, indent=2).encode())
