"""Payloads: JSON in the order in which it was made, large ones by claim check.

Temporal's own converter sorts the members of objects; a value that a step renders as text would
change with that.
"""

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    EncodingPayloadConverter,
    JSONProtoPayloadConverter,
    PayloadCodec,
)

from treadle.executor.temporal.storage import Storage

CLAIM_BYTES = 64 * 1024

_ENCODING = "encoding"
_CLAIM = b"treadle/claim-check"


class OrderedJson(EncodingPayloadConverter):
    """JSON whose objects keep their order."""

    @property
    def encoding(self) -> str:
        """The name that Temporal's tools know JSON by."""
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """Return a value as JSON. Errors: TypeError or ValueError for what is none."""
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        return Payload(metadata={_ENCODING: self.encoding.encode()}, data=text.encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Return the value of a payload, whatever somebody hopes it to be."""
        return json.loads(payload.data)


class Converters(CompositePayloadConverter):
    """The converters of every payload."""

    def __init__(self) -> None:
        # Temporal's page asks a workflow for its details, and is answered by a message of protobuf.
        super().__init__(
            BinaryNullPayloadConverter(),
            BinaryPlainPayloadConverter(),
            JSONProtoPayloadConverter(),
            OrderedJson(),
        )


class ClaimCheck(PayloadCodec):
    """Keeps large payloads elsewhere; what Temporal holds of them is their digest."""

    def __init__(self, storage: Storage, *, limit_bytes: int = CLAIM_BYTES) -> None:
        super().__init__()
        self._storage = storage
        self._limit_bytes = limit_bytes

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Put away what is large. Errors: Refused with TR873 when it cannot be kept."""
        return [
            await asyncio.to_thread(self._put, payload) if self._is_large(payload) else payload
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Fetch what was put away. Errors: Refused with TR886 for what cannot be had any more."""
        return [
            await asyncio.to_thread(self._fetched, payload) if _is_claim(payload) else payload
            for payload in payloads
        ]

    def _is_large(self, payload: Payload) -> bool:
        return payload.ByteSize() > self._limit_bytes

    # A disk or a network may keep one waiting, and with it everything that a worker has at work:
    # these two are called in threads.
    def _put(self, payload: Payload) -> Payload:
        body = payload.SerializeToString(deterministic=True)
        digest = sha256(body).hexdigest()
        self._storage.put(digest, body)
        return Payload(metadata={_ENCODING: _CLAIM}, data=digest.encode())

    def _fetched(self, payload: Payload) -> Payload:
        found = Payload()
        found.ParseFromString(self._storage.get(payload.data.decode()))
        return found


def _is_claim(payload: Payload) -> bool:
    return payload.metadata.get(_ENCODING) == _CLAIM


def data_converter(storage: Storage) -> DataConverter:
    """Return what clients and workers turn values into payloads with."""
    return DataConverter(payload_converter_class=Converters, payload_codec=ClaimCheck(storage))
