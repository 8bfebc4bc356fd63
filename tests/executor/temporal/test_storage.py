"""Large payloads are kept elsewhere, under the digest of their bytes."""

import asyncio
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

pytest.importorskip("temporalio")

import fsspec
from temporalio.api.common.v1 import Payload

from treadle.executor.errors import Refused
from treadle.executor.temporal.converter import CLAIM_BYTES, ClaimCheck, OrderedJson
from treadle.executor.temporal.storage import Folder, Storage, storage_at

BODY = b"body"
NAME = sha256(BODY).hexdigest()
SHORT = NAME[:12]


def payload(size: int) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=b"x" * size)


def reason(work: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        work()
    (only,) = refused.value.problems
    return only.code, only.message


@pytest.fixture(params=["folder", "file", "memory", "dir"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Return a place of every kind, each of them empty."""
    places = {
        "folder": str(tmp_path / "payloads"),
        "file": (tmp_path / "with space").as_uri(),
        "memory": f"memory://{tmp_path.name}",
        "dir": f"dir::memory://{tmp_path.name}/inner",
    }
    return storage_at(places[request.param], {})


def test_a_small_payload_stays_where_it_is(tmp_path: Path) -> None:
    codec = ClaimCheck(Folder(tmp_path / "payloads"))
    small = payload(100)
    assert [small] == asyncio.run(codec.encode([small]))
    assert not (tmp_path / "payloads").exists()


def test_a_large_payload_comes_back_from_its_place(storage: Storage) -> None:
    codec = ClaimCheck(storage)
    small, large = payload(100), payload(CLAIM_BYTES + 1)
    sent = asyncio.run(codec.encode([large, small, large]))
    assert (64, b"treadle/claim-check") == (len(sent[0].data), sent[0].metadata["encoding"])
    assert [large, small, large] == asyncio.run(codec.decode(sent))


def test_what_is_not_there_is_lost(storage: Storage) -> None:
    code, told = reason(lambda: storage.get(NAME))
    assert ("TR886", True) == (code, told.endswith(": it is not there"))
    assert f"the payload {SHORT} cannot be read" in told
    code, told = reason(lambda: storage.get("../secret"))
    assert ("TR886", True) == (code, told.endswith(": it is no digest"))
    storage.put(NAME, BODY)
    storage.put(NAME, BODY)
    assert BODY == storage.get(NAME)


def test_a_payload_that_was_changed_is_damaged(tmp_path: Path) -> None:
    folder, remote = Folder(tmp_path), storage_at(f"memory://{tmp_path.name}", {})
    (tmp_path / NAME).write_bytes(b"ydob")
    fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/{NAME}", b"ydob")
    assert {("TR886", "it is damaged")} == {
        (code, told.rpartition(": ")[2])
        for code, told in (reason(lambda f=f: f.get(NAME)) for f in (folder, remote))  # type: ignore[misc]
    }


def test_a_payload_that_was_kept_in_part_is_kept_again(tmp_path: Path) -> None:
    folder, remote = Folder(tmp_path), storage_at(f"memory://{tmp_path.name}", {})
    (tmp_path / NAME).write_bytes(BODY[:2])
    fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/{NAME}", BODY[:2])
    for each in (folder, remote):
        each.put(NAME, BODY)
        assert BODY == each.get(NAME)


def test_the_place_is_a_folder_of_the_users_unless_one_is_named(tmp_path: Path) -> None:
    own = storage_at(None, {"HOME": "/home/ann"})
    assert Folder(Path("/home/ann/.local/state/treadle/payloads")) == own
    assert Folder(tmp_path) == storage_at(str(tmp_path), {})
    assert Folder(tmp_path) == storage_at(tmp_path.as_uri(), {})


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("nothing-like-it://bucket", "Protocol not known: nothing-like-it"),
        ("gs://bucket", "Please install gcsfs to access Google Storage"),
        ("ftp://ann:s3cr3t@127.0.0.1:9/x", "Connection refused"),
    ],
)
def test_a_url_that_nothing_can_reach_is_refused(place: str, wanted: str) -> None:
    shown = place.replace("ann:s3cr3t@", "")
    assert ("TR873", f"cannot keep payloads in '{shown}': {wanted}") == reason(
        lambda: storage_at(place, {})
    )


def test_without_fsspec_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    code, told = reason(lambda: storage_at("memory://x", {}))
    assert ("TR873", "the package 'fsspec' is not installed") == (
        code,
        told.rpartition(": ")[2],
    )


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = Folder(tmp_path / "file" / "payloads")
    wanted = f"cannot keep payloads in '{folder.path}': Not a directory"
    assert ("TR873", wanted) == reason(lambda: folder.put(NAME, BODY))


def test_objects_keep_their_order_on_the_way() -> None:
    converter = OrderedJson()
    made = converter.to_payload({"b": 1, "a": 10**30, "ü": "\ud800"})
    assert made is not None
    assert ["b", "a", "ü"] == list(converter.from_payload(made))
    assert {"b": 1, "a": 10**30, "ü": "\ud800"} == converter.from_payload(made)
