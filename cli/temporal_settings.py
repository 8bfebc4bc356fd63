"""Where runs are kept: on this machine, or on a Temporal server, and on which one."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, convert
from msgspec.structs import asdict

from treadle.plan.expression import Json

ADDRESS = "127.0.0.1:7233"
NAMESPACE = "default"
TASK_QUEUE = "treadle"

# The first two are those of Temporal's own programs, which have none for the third.
_VARIABLES = {
    "address": "TEMPORAL_ADDRESS",
    "namespace": "TEMPORAL_NAMESPACE",
    "task_queue": "TREADLE_TASK_QUEUE",
}


class Place(StrEnum):
    """Where a run is kept."""

    LOCAL = "local"
    TEMPORAL = "temporal"


class TemporalSettings(Struct, frozen=True, kw_only=True):
    """What is said about a Temporal server: members of the table [executor].

    Shapes: `payloads` is a folder or a URL; the TLS files are paths.
    """

    on: str | None = None
    address: str | None = None
    namespace: str | None = None
    task_queue: str | None = None
    payloads: str | None = None
    tls: bool | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None

    def over(self, other: "TemporalSettings") -> "TemporalSettings":
        """Return these settings, with those of the other where nothing is said here."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return TemporalSettings(**{**asdict(other), **said})


def from_table(table: Mapping[str, Json]) -> TemporalSettings:
    """Return the settings of a table that fits its schema."""
    known = TemporalSettings.__struct_fields__
    said = {name: value for name, value in table.items() if name in known}
    return convert(said, TemporalSettings)


def from_variables(environment: Mapping[str, str]) -> TemporalSettings:
    """Return what the environment says."""
    found = {name: environment.get(variable) or None for name, variable in _VARIABLES.items()}
    return convert(found, TemporalSettings)
