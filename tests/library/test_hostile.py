"""What must never be installed: archives, catalogs, ids and addresses, each with its reason.

Each row is made here. Whatever it is, nothing of it is left behind, in the project or around it.
"""

import io
import json
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import Result

from treadle.library.archive import read_archive
from treadle.library.catalog import Catalog, put_together, read_catalog
from treadle.library.catalog_list import CatalogSource
from treadle.library.kinds import WORKFLOWS
from treadle.library.obtain import find_listed
from treadle.library.refusal import Refused
from treadle.library.web import check_address

MEBI = 1024 * 1024
FLOW = """\
schema_version: "1.0"
workflow: {{id: {id}, name: A workflow, version: "{version}"}}
steps:
  - {{id: build, type: shell, run: {run}}}
"""


def flow(id: str = "nightly", *, version: str = "1.0.0", run: str = "make") -> bytes:
    return FLOW.format(id=id, version=version, run=run).encode()


def zipped(
    members: Mapping[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            if change is not None and name != "workflow.yml":
                change(info)
            archive.writestr(info, content)
    return stream.getvalue()


def tarred(
    members: Mapping[str, bytes], change: Callable[[tarfile.TarInfo], None] | None = None
) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if change is not None and name != "workflow.yml":
                change(info)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def beside(name: str, content: bytes = b"x") -> dict[str, bytes]:
    """Return a good workflow and something beside it."""
    return {"workflow.yml": flow(), name: content}


def noise(count: int) -> bytes:
    return Random(0).randbytes(count)


def zip_mode(mode: int) -> bytes:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = mode << 16

    return zipped(beside("other"), change)


def tar_type(kind: bytes, target: str = "") -> bytes:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, target, 0

    return tarred(beside("other"), change)


def tar_mode(mode: int) -> bytes:
    def change(info: tarfile.TarInfo) -> None:
        info.mode = mode

    return tarred(beside("other"), change)


def with_end(**fields: int) -> bytes:
    """Return a zip file whose end record says something else."""
    content = zipped(beside("other"))
    at = content.rfind(b"PK\x05\x06")
    names = ("disk", "first", "here", "count", "size", "offset", "comment")
    known = dict(zip(names, struct.unpack("<4H2LH", content[at + 4 : at + 22]), strict=True))
    known.update(fields)
    return content[:at] + b"PK\x05\x06" + struct.pack("<4H2LH", *known.values())


def with_nul() -> bytes:
    return zipped(beside("a_b.yml")).replace(b"a_b.yml", b"a\0b.yml")


def twice(name: str, other: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for each in ("workflow.yml", name, other):
            content = flow() if each == "workflow.yml" else b"x"
            info = tarfile.TarInfo(each)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def bzipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("workflow.yml", flow())
    return stream.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped({"workflow.yml": flow()}))
    content[6] |= 1
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def lying() -> bytes:
    """Return a zip file with a member that is longer than it says."""
    content = bytearray(zipped(beside("other", b"x" * 5000)))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(content)


ARCHIVES: Mapping[str, tuple[str, Callable[[], bytes], str]] = {
    "up": ("a.zip", lambda: zipped(beside("../evil.sh")), "leads out of the package"),
    "up-inside": ("a.zip", lambda: zipped(beside("a/../../evil")), "leads out of the package"),
    "up-tar": ("a.tgz", lambda: tarred(beside("../evil.sh")), "leads out of the package"),
    "absolute": ("a.zip", lambda: zipped(beside("/etc/cron.d/evil")), "is an absolute path"),
    "absolute-tar": ("a.tgz", lambda: tarred(beside("/tmp/evil")), "is an absolute path"),
    "backslash": ("a.zip", lambda: zipped(beside("..\\evil")), "holds a backslash"),
    "drive": ("a.zip", lambda: zipped(beside("C:/evil")), "a character that Windows forbids"),
    "stream": ("a.zip", lambda: zipped(beside("a.txt:evil")), "a character that Windows forbids"),
    "nul": ("a.zip", with_nul, "holds a control character"),
    "newline": ("a.tgz", lambda: tarred(beside("a\nb")), "holds a control character"),
    "escape": ("a.zip", lambda: zipped(beside("\x1b[2Jx")), "holds a control character"),
    "bidi": ("a.zip", lambda: zipped(beside("cod\u202egpj.exe")), "holds a control character"),
    "not-utf8": ("a.tgz", lambda: tarred(beside("a\udce4")), "holds a control character"),
    "device-name": ("a.zip", lambda: zipped(beside("docs/NUL.txt")), "a device of Windows"),
    "trailing-dot": ("a.zip", lambda: zipped(beside("a./b")), "begins or ends with a blank"),
    "trailing-blank": ("a.zip", lambda: zipped(beside("evil ")), "begins or ends with a blank"),
    "empty-part": ("a.zip", lambda: zipped(beside("a//b")), "is not a plain path"),
    "dot-part": ("a.zip", lambda: zipped(beside("a/./b")), "is not a plain path"),
    "long-part": ("a.tgz", lambda: tarred(beside("a" * 256)), "more than 255 bytes"),
    "long-path": ("a.tgz", lambda: tarred(beside("a/" * 600 + "b")), "more than 1024 bytes"),
    "deep": ("a.tgz", lambda: tarred(beside("a/" * 20 + "b")), "more than 16 folders deep"),
    "twice": ("a.tgz", lambda: twice("a", "a"), "'a' is there twice"),
    "case": ("a.tgz", lambda: twice("Read.me", "READ.ME"), "are one file on some systems"),
    "accents": ("a.tgz", lambda: twice("\u00e9", "e\u0301"), "are one file on some systems"),
    "second-workflow": ("a.tgz", lambda: twice("x", "Workflow.yml"), "are one file on some"),
    "inside-a-file": ("a.tgz", lambda: twice("a", "a/b"), "lies inside the file 'a'"),
    "link": ("a.zip", lambda: zip_mode(stat.S_IFLNK | 0o777), "'other' is a link"),
    "fifo-in-zip": ("a.zip", lambda: zip_mode(stat.S_IFIFO | 0o644), "a device, a pipe"),
    "symbolic-link": ("a.tgz", lambda: tar_type(tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
    "hard-link": ("a.tgz", lambda: tar_type(tarfile.LNKTYPE, "workflow.yml"), "is a link"),
    "character-device": ("a.tgz", lambda: tar_type(tarfile.CHRTYPE), "is a device or a pipe"),
    "block-device": ("a.tgz", lambda: tar_type(tarfile.BLKTYPE), "is a device or a pipe"),
    "fifo": ("a.tgz", lambda: tar_type(tarfile.FIFOTYPE), "is a device or a pipe"),
    "unknown-type": ("a.tgz", lambda: tar_type(b"Z"), "neither a file nor a folder"),
    "setuid": ("a.tgz", lambda: tar_mode(0o4755), "would run as its owner"),
    "setuid-in-zip": ("a.zip", lambda: zip_mode(stat.S_IFREG | 0o4755), "would run as its owner"),
    "encrypted": ("a.zip", encrypted, "is encrypted"),
    "bzip2": ("a.zip", bzipped, "cannot be bounded"),
    "ratio": ("a.zip", lambda: zipped(beside("zeros", bytes(9 * MEBI))), "more than 200 times"),
    "ratio-tar": ("a.tgz", lambda: tarred(beside("zeros", bytes(9 * MEBI))), "more than 200 times"),
    "large-member": ("a.zip", lambda: zipped(beside("big", noise(11 * MEBI))), "a file of more"),
    "bomb": ("a.tgz", lambda: tarred(beside("big", bytes(60 * MEBI))), "holds more than"),
    "many": ("a.zip", lambda: zipped({f"{n}": b"" for n in range(600)}), "more than 512 members"),
    "many-tar": ("a.tgz", lambda: tarred({f"{n}": b"" for n in range(600)}), "more than 512"),
    "lying-count": ("a.zip", lambda: with_end(here=60000, count=60000), "more than 512 members"),
    "lying-directory": ("a.zip", lambda: with_end(size=2**31), "a directory of an impossible size"),
    "volumes": ("a.zip", lambda: with_end(disk=1), "one of several volumes"),
    "lying-size": ("a.zip", lying, "Bad CRC-32"),
    "something-behind": (
        "a.zip",
        lambda: zipped(beside("a")) + b"#!/bin/sh",
        "behind its directory",
    ),
    "cut-off": ("a.tgz", lambda: tarred(beside("a"))[:-20], "it is damaged"),
    "cut-off-zip": ("a.zip", lambda: zipped(beside("a"))[:-30], "it is damaged"),
    "other-kind": (
        "a.zip",
        lambda: tarred(beside("a")),
        "one kind of archive, its content another",
    ),
    "no-archive": ("a.zip", lambda: b"buy milk", "neither a zip nor a gzip"),
    "no-workflow": ("a.zip", lambda: zipped({"flow.yml": flow()}), "no workflow.yml at its root"),
    "two-folders": (
        "a.zip",
        lambda: zipped({"a/workflow.yml": flow(), "b/workflow.yml": flow()}),
        "no workflow.yml at its root",
    ),
    "id-of-a-path": ("a.zip", lambda: zipped({"workflow.yml": flow("'../evil'")}), "TR207"),
    "reserved-id": (
        "a.zip",
        lambda: zipped({"workflow.yml": flow("runs")}),
        "holds something else",
    ),
}

IDS: Mapping[str, str] = {
    "": "lower-case letters",
    ".": "lower-case letters",
    "..": "lower-case letters",
    "../evil": "lower-case letters",
    "a/b": "lower-case letters",
    "a\\b": "lower-case letters",
    "/etc": "lower-case letters",
    "Nightly": "lower-case letters",
    "-rf": "lower-case letters",
    "a-": "lower-case letters",
    "a\n": "lower-case letters",
    "a\0b": "lower-case letters",
    "\u00e9": "lower-case letters",
    "a" * 101: "more than 100 characters",
    "steps": "holds something else",
    "nul": "Windows keeps that name",
}

ADDRESSES: Mapping[str, str] = {
    "http://example.com/a": "only https is allowed",
    "ftp://example.com/a": "only https is allowed",
    "file:///etc/passwd": "it names no host",
    "https:///a": "it names no host",
    "https://[::1": "it is malformed",
    "https://a:99999/b": "it is malformed",
    "https://user:secret@example.com/a": "a user name or password",
    "http://localhost@example.com/a": "a user name or password",
    "http://localhost.example.com/a": "only https is allowed",
    "http://0x7f.1/a": "only https is allowed",
    "http://2130706433/a": "only https is allowed",
    "https://exa%6dple.com/a": "it names no host",
    "https://example.com/a b": "blanks, backslashes or control characters",
    "https://example.com\\@evil/a": "blanks, backslashes or control characters",
    "https://example.com/\r\nX: y": "blanks, backslashes or control characters",
}

ENTRY = {"name": "Nightly", "version": "1.0.0", "url": "https://example.com/a.yml"}
CATALOGS: Mapping[str, tuple[bytes, str]] = {
    "not-json": (b"<html>", "it is not JSON"),
    "not-utf8": (b'{"workflows": {"\xff": 1}}', "it is not UTF-8"),
    "list": (b"[]", "it is not an object"),
    "no-workflows": (b"{}", "neither an object nor a list"),
    "later": (b'{"schema_version": "2.0", "workflows": {}}', 'schema_version "2.0" is not known'),
    "number": (b'{"schema_version": 1, "workflows": {}}', "schema_version 1 is not known"),
    "deep": (b'{"workflows":' + b"[" * 200_000, "nested too deeply"),
    "nan": (b'{"workflows": {"a": {"priority": NaN}}}', "NaN is not a number"),
    "repeated": (b'{"workflows": {"a": {}, "a": {}}}', "key 'a' is given twice"),
    "listed-twice": (b'{"workflows": [{"id": "a"}, {"id": "a"}]}', "'a' is there twice"),
    "without-id": (b'{"workflows": [{}]}', "has no id"),
    "large": (b" " * (8 * MEBI + 1), "it has more than"),
}
ENTRIES: Mapping[str, tuple[Any, str]] = {
    "text": ("x", "must be"),
    "other-id": ({**ENTRY, "id": "../evil"}, "calls itself"),
    "url-list": ({**ENTRY, "url": ["https://example.com"]}, "'url' must be"),
    "digest": ({**ENTRY, "sha256": "abc"}, "'sha256' must match"),
    "release-without-digest": (
        {**ENTRY, "releases": {"0.9.0": {"url": "https://example.com/b"}}},
        "needs the keys 'sha256'",
    ),
    "release-version": (
        {**ENTRY, "releases": {"../1": {"url": "https://e.com", "sha256": "a" * 64}}},
        "is not a version",
    ),
    "release-twice": (
        {**ENTRY, "releases": {"01.0.0": {"url": "https://e.com", "sha256": "a" * 64}}},
        "is there twice",
    ),
}

SOURCE = CatalogSource(
    url="https://example.com/c.json", name="shared", priority=1, is_installable=True
)


def everything_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.mark.parametrize("row", ARCHIVES)
def test_a_hostile_archive_is_refused_and_leaves_nothing_behind(
    row: str, project: Path, tmp_path: Path, treadle: Callable[..., Result]
) -> None:
    name, make, reason = ARCHIVES[row]
    path = tmp_path / name
    path.write_bytes(make())
    before = everything_below(tmp_path)
    ended = treadle("add", str(path), "--yes")
    assert (2, before) == (ended.exit_code, everything_below(tmp_path))
    assert reason in ended.stderr


@pytest.mark.parametrize("id", IDS, ids=repr)
def test_an_id_that_could_be_a_path_is_refused(id: str) -> None:
    with pytest.raises(Refused, match=IDS[id]) as refused:
        WORKFLOWS.check_id(id)
    assert "TR956" == refused.value.problem.code


@pytest.mark.parametrize("url", ADDRESSES, ids=repr)
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(Refused, match=ADDRESSES[url]) as refused:
        check_address(url)
    assert "TR951" == refused.value.problem.code


@pytest.mark.parametrize("row", CATALOGS)
def test_a_hostile_catalog_is_refused(row: str) -> None:
    content, reason = CATALOGS[row]
    with pytest.raises(Refused) as refused:
        read_catalog(content, SOURCE)
    assert "TR961" == refused.value.problem.code
    assert reason in refused.value.problem.message


@pytest.mark.parametrize("row", ENTRIES)
def test_a_wrong_entry_of_a_catalog_is_told_and_the_others_are_used(row: str) -> None:
    entry, reason = ENTRIES[row]
    content = json.dumps({"workflows": {"bad": entry, "good": ENTRY}}).encode()
    catalog = read_catalog(content, SOURCE)
    assert ["good"] == list(catalog.entries)
    assert reason in catalog.faults["bad"].reason
    with pytest.raises(Refused) as refused:
        find_listed(put_together((Catalog(entries={}, faults={}), catalog)), "bad")
    assert refused.value.problem.message.startswith(f"the catalog '{SOURCE.name}' is refused: ")


@given(st.binary(max_size=300), st.integers(0, 400), st.booleans())
def test_no_bytes_make_reading_an_archive_break(noise: bytes, at: int, is_zip: bool) -> None:
    good = zipped(beside("a/b")) if is_zip else tarred(beside("a/b"))
    content = good[:at] + noise + good[at + len(noise) :]
    try:
        read_archive(content, name="a.zip" if is_zip else "a.tgz")
    except ValueError as error:
        assert str(error)
