"""Where large payloads are kept: a folder that clients and workers share, or a URL of fsspec.

A payload's name is the digest of its bytes, so that what is there never changes.
"""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from treadle.executor.errors import Refused

_NAME = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://")


class Missing(Exception):
    """A payload that is not where it was put."""


class Storage(Protocol):
    """A place for bytes by their digest."""

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes. Errors: OSError."""

    def get(self, name: str) -> bytes:
        """Return bytes that were kept. Errors: Missing."""


class Folder(Struct, frozen=True):
    """A folder on a disk."""

    path: Path

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes, whole or not at all. Errors: OSError."""
        place = self._place(name)
        if place.exists():
            return
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = place.with_suffix(f".{os.getpid()}.half")
        half.write_bytes(body)
        half.replace(place)

    def get(self, name: str) -> bytes:
        """Return bytes that were kept. Errors: Missing."""
        try:
            return checked(name, self._place(name).read_bytes(), str(self.path))
        except OSError as error:
            raise Missing(f"payload {name[:12]} is not in {self.path}") from error

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Missing(f"{name[:80]!r} is no payload")
        return self.path / name


class Remote(Struct, frozen=True):
    """A place that fsspec knows how to reach."""

    url: str
    files: Any

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes. Errors: OSError."""
        place = f"{self.url}/{name}"
        if not self.files.exists(place):
            self.files.pipe_file(place, body)

    def get(self, name: str) -> bytes:
        """Return bytes that were kept. Errors: Missing."""
        if not _NAME.fullmatch(name):
            raise Missing(f"{name[:80]!r} is no payload")
        try:
            found: bytes = self.files.cat_file(f"{self.url}/{name}")
        except OSError as error:
            raise Missing(f"payload {name[:12]} is not in {self.url}") from error
        return checked(name, found, self.url)


def storage_at(place: str | None, environment: Mapping[str, str]) -> Storage:
    """Return the storage of a folder or URL; without one it is a folder of the user's.

    Errors: Refused with TR873 when nothing can reach a URL.
    """
    if place is None:
        return Folder(_own_folder(environment))
    if not _URL.match(place):
        path = Path(place).expanduser().resolve()
        if path.exists() and not path.is_dir():
            raise Refused.because("TR873", place=place, reason="it is not a folder")
        return Folder(path)
    try:
        from fsspec.core import url_to_fs  # an optional package

        files, url = url_to_fs(place)
    # What a file system of its kind does when it is made is not ours to know.
    except Exception as error:
        raise Refused.because("TR873", place=place, reason=str(error)) from error
    return Remote(str(url).rstrip("/"), files)


def checked(name: str, body: bytes, place: str) -> bytes:
    """Return bytes that are what their name says. Errors: Missing."""
    if sha256(body).hexdigest() != name:
        raise Missing(f"payload {name[:12]} in {place} is damaged")
    return body


def _own_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME") or "."
    state = environment.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return Path(state) / "treadle" / "payloads"
