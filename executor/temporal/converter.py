"""Payloads: JSON in the order in which it was made, large ones by claim check.

Temporal's own converter sorts the members of objects; a value that a step renders as text would
change with that.
"""

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
        super().__init__(BinaryNullPayloadConverter(), BinaryPlainPayloadConverter(), OrderedJson())


class ClaimCheck(PayloadCodec):
    """Keeps large payloads elsewhere; what Temporal holds of them is their digest."""

    def __init__(self, storage: Storage, *, limit_bytes: int = CLAIM_BYTES) -> None:
        super().__init__()
        self._storage = storage
        self._limit_bytes = limit_bytes

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Put away what is large. Errors: OSError when it cannot be kept."""
        return [self._put(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Fetch what was put away. Errors: Missing for what is not there any more."""
        return [self._fetched(payload) for payload in payloads]

    def _put(self, payload: Payload) -> Payload:
        if payload.ByteSize() <= self._limit_bytes:
            return payload
        body = payload.SerializeToString(deterministic=True)
        digest = sha256(body).hexdigest()
        self._storage.put(digest, body)
        return Payload(metadata={_ENCODING: _CLAIM}, data=digest.encode())

    def _fetched(self, payload: Payload) -> Payload:
        if payload.metadata.get(_ENCODING) != _CLAIM:
            return payload
        found = Payload()
        found.ParseFromString(self._storage.get(payload.data.decode()))
        return found


def data_converter(storage: Storage) -> DataConverter:
    """Return what clients and workers turn values into payloads with."""
    return DataConverter(payload_converter_class=Converters, payload_codec=ClaimCheck(storage))
