"""Where runs are kept: on this machine, or on a Temporal server, and on which one."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, convert
from msgspec.structs import asdict, replace

from treadle.plan.expression import Json

ADDRESS = "127.0.0.1:7233"
NAMESPACE = "default"
TASK_QUEUE = "treadle"

# Those of Temporal's own programs, as far as these have them.
_VARIABLES = {
    "address": "TEMPORAL_ADDRESS",
    "namespace": "TEMPORAL_NAMESPACE",
    "task_queue": "TREADLE_TASK_QUEUE",
    "payloads": "TREADLE_PAYLOADS",
    "tls_ca": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "tls_cert": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "tls_key": "TEMPORAL_TLS_CLIENT_KEY_PATH",
}
_TLS = "TEMPORAL_TLS"
_NO = frozenset({"false", "0", "no"})


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
    said = environment.get(_TLS, "").strip().lower()
    # What is mistyped must not send anything in plain text.
    return replace(convert(found, TemporalSettings), tls=said not in _NO if said else None)
