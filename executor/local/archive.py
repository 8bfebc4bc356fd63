"""The file that hands a run to somebody else: a zip archive with a list of known names.

| member | holds |
|---|---|
| run.json | the format of the archive, the run's id, workflow and status |
| journal.db | every event, as of one moment |
| plan.json, plans/… | the plan, and those before it |
| logs/NNNNNN.out, .err | the raw output of each attempt |

Nothing else is ever read out of one: no folder, no link, no device and no path of its own choice.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from treadle.executor.errors import Refused
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

ARCHIVE_FORMAT = 1
SUFFIX = ".run.zip"
MANIFEST = "run.json"
JOURNAL = "journal.db"
MAX_BYTES = 16 * 1024**3
MAX_MEMBERS = 1_000_000

_KNOWN = lazy_pattern(
    r"run\.json|journal\.db|plan\.json|plans/[A-Za-z0-9:._-]+\.json|logs/[0-9]{6,12}\.(out|err)"
)
_CHUNK = 1024 * 1024
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_METHODS = (ZIP_STORED, ZIP_DEFLATED)
_IS_ENCRYPTED = 1
_BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


def write_archive(
    target: BinaryIO, manifest: Mapping[str, Json], members: Mapping[str, tuple[Path, int]]
) -> None:
    """Write an archive.

    Shapes: `members` are files by their names in it, in order, each with its size: what somebody
    adds to a file meanwhile is left out.
    Errors: OSError.
    """
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        content = json.dumps({"format": ARCHIVE_FORMAT, **manifest}, indent=2) + "\n"
        archive.writestr(_member(MANIFEST), content)
        for name, (path, left) in members.items():
            with path.open("rb") as file, archive.open(_member(name), "w", force_zip64=True) as put:
                while chunk := file.read(min(left, _CHUNK)):
                    put.write(chunk)
                    left -= len(chunk)


def unpack(source: BinaryIO, folder: Path, *, shown: str) -> Mapping[str, Json]:
    """Write the members of an archive into a folder, and return what `run.json` says.

    Shapes: `shown` is how messages call the archive.
    Errors: Refused with TR917 (damaged, or not one of ours) or TR918; OSError for the disk.
    """
    try:
        with ZipFile(source) as archive:
            _check(archive, shown)
            for member in archive.infolist():
                _write(archive, member, folder / member.filename)
    except _BROKEN as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise damaged(shown, reason[:1].lower() + reason[1:]) from error
    return _manifest(folder / MANIFEST, shown)


def damaged(shown: str, reason: str) -> Refused:
    """Return the refusal of an archive."""
    return Refused.because("TR917", path=shown, reason=reason)


def _member(name: str) -> ZipInfo:
    """Return a member without a time, so that the same run gives the same bytes."""
    member = ZipInfo(name, _NO_TIME)
    member.compress_type = ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _check(archive: ZipFile, shown: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise damaged(shown, "it has more files than any run")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise damaged(shown, "it is larger than any run")
    for problem in _problems(members):
        raise damaged(shown, problem)


def _problems(members: list[ZipInfo]) -> Iterator[str]:
    names = set()
    for member in members:
        if _KNOWN.fullmatch(member.filename) is None:
            yield f"'{member.filename}' has no place in a run"
        if member.filename in names:
            yield f"'{member.filename}' is there twice"
        if member.flag_bits & _IS_ENCRYPTED or member.compress_type not in _METHODS:
            yield f"'{member.filename}' is not packed as we pack"
        names.add(member.filename)
    if MANIFEST not in names:
        yield f"'{MANIFEST}' is missing"


def _write(archive: ZipFile, member: ZipInfo, path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    left = member.file_size
    with archive.open(member) as content, path.open("xb") as file:
        while chunk := content.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadZipFile(f"'{member.filename}' is larger than it says")
            file.write(chunk)


def _manifest(path: Path, shown: str) -> Mapping[str, Json]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise damaged(shown, f"'{MANIFEST}' is not JSON") from error
    found = data.get("format") if isinstance(data, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise damaged(shown, f"'{MANIFEST}' names no format")
    if found > ARCHIVE_FORMAT:
        raise Refused.because("TR918", path=shown)
    manifest: Mapping[str, Json] = data
    return manifest
