"""The lock file: the digest of every file of what is installed, for `treadle verify` and for git.

Spec Kit knows nothing of it; what it changes stands out until somebody accepts it.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from treadle.library.places import Places, read_file, write_file
from treadle.library.refusal import Refused, reason_of
from treadle.plan.expression import Json

LOCK_VERSION = 1

Digests: TypeAlias = Mapping[str, str]


class Standing(StrEnum):
    """What has become of something installed since it was locked."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"  # locked, and not there
    UNLOCKED = "unlocked"  # there, and not locked


class Verdict(Struct, frozen=True, kw_only=True):
    """What verifying came to for one id, with the files that differ."""

    id: str
    standing: Standing
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def digests_of(files: Mapping[str, bytes]) -> Digests:
    """Return the digest of each file."""
    found = {name: f"sha256:{hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files)}
    return found


def digests_of_folder(folder: Path) -> Digests:
    """Return the digest of each file of a folder; a link has that of the word it is.

    Errors: OSError.
    """
    found: dict[str, str] = {}
    for where, folders, files in os.walk(folder):
        links = [name for name in folders if Path(where, name).is_symlink()]
        for name in (*links, *files):
            path = Path(where, name)
            mode = path.lstat().st_mode
            inside = path.relative_to(folder).as_posix()
            if stat.S_ISREG(mode):
                found[inside] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
            else:
                found[inside] = "not-a-file"
    return dict(sorted(found.items()))


def read_lock(places: Places) -> Mapping[str, Digests]:
    """Return the digests of everything that is locked. Errors: Refused with TR967 or TR960."""
    try:
        content = read_file(places, places.lock)
    except OSError as error:
        raise _damaged(places, reason_of(error)) from error
    if content is None:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(places, "it is not JSON") from error
    if not isinstance(data, dict) or data.get("version") != LOCK_VERSION:
        found = data.get("version") if isinstance(data, dict) else None
        raise _damaged(places, f"version {json.dumps(found)} is not known")
    entries = data.get(places.kind.key)
    if not isinstance(entries, dict) or not all(map(_is_digests, entries.values())):
        raise _damaged(places, f"'{places.kind.key}' does not hold digests of files")
    return {id: entry["files"] for id, entry in entries.items()}


def write_lock(places: Places, locked: Mapping[str, Digests]) -> None:
    """Write the lock file in one step. Errors: OSError; Refused with TR960."""
    entries = {id: {"files": dict(sorted(locked[id].items()))} for id in sorted(locked)}
    data: Json = {"version": LOCK_VERSION, places.kind.key: entries}
    write_file(places, places.lock, (json.dumps(data, indent=2) + "\n").encode())


def compare(id: str, locked: Digests | None, present: Digests | None) -> Verdict:
    """Return what has become of an id. Shapes: None for what is not there."""
    if present is None:
        return Verdict(id=id, standing=Standing.MISSING)
    if locked is None:
        return Verdict(id=id, standing=Standing.UNLOCKED)
    changed = tuple(n for n in locked if n in present and locked[n] != present[n])
    added = tuple(name for name in present if name not in locked)
    missing = tuple(name for name in locked if name not in present)
    is_same = not (changed or added or missing)
    return Verdict(
        id=id,
        standing=Standing.SAME if is_same else Standing.CHANGED,
        changed=changed,
        added=added,
        missing=missing,
    )


def _damaged(places: Places, reason: str) -> Refused:
    path = places.lock.relative_to(places.project)
    return Refused.because("TR967", path=path, reason=reason)


def _is_digests(entry: object) -> bool:
    files = entry.get("files") if isinstance(entry, dict) else None
    return isinstance(files, dict) and all(isinstance(value, str) for value in files.values())
