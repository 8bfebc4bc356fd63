"""The connection to a Temporal server: address, namespace, certificates and key.

Certificates are files and the key stands in the environment: neither belongs into a settings file.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, TLSConfig

from treadle.executor.errors import Refused
from treadle.executor.temporal.converter import data_converter
from treadle.executor.temporal.storage import storage_at

ATTRIBUTES = ("TreadleWorkflow", "TreadleStatus", "TreadleStep")
KEY_VARIABLE = "TEMPORAL_API_KEY"

_PATIENCE_S = 10.0


class Target(Struct, frozen=True, kw_only=True):
    """Which server, and what of it is treadle's.

    Shapes: `payloads` is a folder or a URL (see storage.py); the TLS files are paths.
    """

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    task_queue: str = "treadle"
    payloads: str | None = None
    tls: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None


async def connect(target: Target, environment: Mapping[str, str]) -> Client:
    """Return a connection that works. Errors: Refused with TR872 or TR873."""
    storage = storage_at(target.payloads, environment)
    key = environment.get(KEY_VARIABLE) or None
    try:
        return await asyncio.wait_for(
            Client.connect(
                target.address,
                namespace=target.namespace,
                data_converter=data_converter(storage),
                api_key=key,
                tls=_tls(target, has_key=key is not None),
            ),
            _PATIENCE_S,
        )
    except (OSError, RuntimeError, RPCError, ValueError) as error:
        reason = _reason(error)
        raise Refused.because("TR872", address=target.address, reason=reason) from error


async def has_attributes(client: Client) -> bool:
    """Whether the namespace knows all search attributes that a run shows itself by."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        found = await client.operator_service.list_search_attributes(request)
    except RPCError:
        # Clouds keep the list to themselves; without it the memo has to do.
        return False
    return all(name in found.custom_attributes for name in ATTRIBUTES)


def _tls(target: Target, *, has_key: bool) -> TLSConfig | bool:
    files = (target.tls_ca, target.tls_cert, target.tls_key)
    if not any(files):
        return target.tls or has_key
    ca, cert, key = (Path(path).expanduser().read_bytes() if path else None for path in files)
    return TLSConfig(server_root_ca_cert=ca, client_cert=cert, client_private_key=key)


def _reason(error: Exception) -> str:
    """Return the first clause of what the connection says: the rest is about its own insides."""
    if isinstance(error, asyncio.TimeoutError):
        return "it does not answer"
    text = str(error).partition("\n")[0]
    if "Connection refused" in text:
        return "nothing listens there"
    return text[:200] or type(error).__name__
