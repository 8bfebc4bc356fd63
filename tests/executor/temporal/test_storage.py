"""Large payloads are kept elsewhere, under the digest of their bytes."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("temporalio")

from temporalio.api.common.v1 import Payload

from treadle.executor.errors import Refused
from treadle.executor.temporal.converter import CLAIM_BYTES, ClaimCheck, OrderedJson
from treadle.executor.temporal.storage import Folder, Missing, storage_at


def payload(size: int) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=b"x" * size)


def test_a_small_payload_stays_where_it_is(tmp_path: Path) -> None:
    codec = ClaimCheck(Folder(tmp_path / "payloads"))
    small = payload(100)
    assert [small] == asyncio.run(codec.encode([small]))
    assert not (tmp_path / "payloads").exists()


def test_a_large_payload_comes_back_from_its_folder(tmp_path: Path) -> None:
    codec = ClaimCheck(Folder(tmp_path))
    large = payload(CLAIM_BYTES + 1)
    sent = asyncio.run(codec.encode([large]))
    assert (64, b"treadle/claim-check") == (len(sent[0].data), sent[0].metadata["encoding"])
    assert [large] == asyncio.run(codec.decode(sent))


def test_what_is_not_there_or_was_changed_is_missing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name = sha256(b"body").hexdigest()
    with pytest.raises(Missing, match="is not in"):
        folder.get(name)
    folder.put(name, b"body")
    assert b"body" == folder.get(name)
    (tmp_path / name).write_bytes(b"other")
    with pytest.raises(Missing, match="is damaged"):
        folder.get(name)
    with pytest.raises(Missing, match="is no payload"):
        folder.get("../secret")


def test_the_place_is_a_folder_of_the_users_unless_one_is_named(tmp_path: Path) -> None:
    own = storage_at(None, {"HOME": "/home/ann"})
    assert Folder(Path("/home/ann/.local/state/treadle/payloads")) == own
    assert Folder(tmp_path) == storage_at(str(tmp_path), {})


def test_a_url_that_nothing_can_reach_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        storage_at("nothing-like-it://bucket", {})
    assert ["TR873"] == [reason.code for reason in refused.value.reasons]


def test_objects_keep_their_order_on_the_way() -> None:
    converter = OrderedJson()
    made = converter.to_payload({"b": 1, "a": 10**30, "ü": "\ud800"})
    assert made is not None
    assert ["b", "a", "ü"] == list(converter.from_payload(made))
    assert {"b": 1, "a": 10**30, "ü": "\ud800"} == converter.from_payload(made)
