"""The connection to a Temporal server: address, namespace, certificates and key.

Certificates are files and the key stands in the environment: neither belongs into a settings file.
"""

import asyncio
from collections.abc import Mapping

from msgspec import Struct
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, TLSConfig

from treadle.executor.temporal.converter import data_converter
from treadle.executor.temporal.messages import ATTRIBUTES
from treadle.executor.temporal.storage import storage_at
from treadle.executor.temporal.tls import tls_config
from treadle.executor.temporal.trouble import unreachable

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
    """Return a connection that works. Errors: Refused with TR872, TR873, TR878, TR879 or TR885."""
    storage = storage_at(target.payloads, environment)
    # Out of a file it often has the end of its line with it, and is not sent at all then.
    key = environment.get(KEY_VARIABLE, "").strip() or None
    tls = _tls(target, has_key=key is not None)
    try:
        return await asyncio.wait_for(
            Client.connect(
                target.address,
                namespace=target.namespace,
                data_converter=data_converter(storage),
                api_key=key,
                tls=tls,
            ),
            _PATIENCE_S,
        )
    except (OSError, RuntimeError, RPCError, ValueError) as error:
        raise unreachable(error, target.address, cut_off=_missed(target, tls)) from error


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
    if not any((target.tls_ca, target.tls_cert, target.tls_key)):
        return target.tls or has_key
    return tls_config(target.tls_ca, target.tls_cert, target.tls_key)


def _missed(target: Target, tls: TLSConfig | bool) -> str:
    """Return what a server may miss that closes the connection without a word."""
    if not tls:
        return "it may want TLS ('tls = true')"
    if target.tls_cert is None:
        return "it may want a certificate ('tls_cert' and 'tls_key')"
    return "it may not accept the certificate in 'tls_cert'"
