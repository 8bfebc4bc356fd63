"""Where large payloads are kept: a folder that clients and workers share, or a URL of fsspec.

A payload's name is the digest of its bytes, so that what is there never changes. What is read is
checked against its name; what was kept in part, by somebody who was ended, is kept again.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.plan.lazy_pattern import lazy_pattern

_NAME = lazy_pattern(r"[0-9a-f]{64}")
_URL = lazy_pattern(r"[a-z][a-z0-9+.-]+:(//|:)")
_LOGIN = lazy_pattern(r"//[^/@]*@")
_LETTERS = 12  # as many letters of a digest tell one from another


class Storage(Protocol):
    """A place for bytes by their digest."""

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes. Errors: Refused with TR873."""

    def get(self, name: str) -> bytes:
        """Return bytes that were kept. Errors: Refused with TR886."""


class Folder(Struct, frozen=True):
    """A folder on a disk."""

    path: Path

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes, whole or not at all, so that they outlive a loss of power."""
        place = self.path / name
        half = place.with_suffix(f".{os.getpid()}.half")
        try:
            if place.exists() and place.stat().st_size == len(body):
                return
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with half.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            half.replace(place)
        except OSError as error:
            raise _not_kept(str(self.path), error) from error

    def get(self, name: str) -> bytes:
        """Return bytes that were kept."""
        _refuse_other_names(name, str(self.path))
        try:
            found = (self.path / name).read_bytes()
        except OSError as error:
            raise _lost(name, str(self.path), error) from error
        return checked(name, found, str(self.path))


class Remote(Struct, frozen=True):
    """A place that fsspec knows how to reach, by a file system of its own for each thread."""

    url: str

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes."""
        try:
            files, folder = _reached(self.url)
            place = f"{folder}/{name}"
            if not files.exists(place) or files.size(place) != len(body):
                files.pipe_file(place, body)
        # Each kind of file system has exceptions of its own, and not all are of one family.
        except Exception as error:
            raise _not_kept(self.url, error) from error

    def get(self, name: str) -> bytes:
        """Return bytes that were kept."""
        _refuse_other_names(name, self.url)
        try:
            files, folder = _reached(self.url)
            found: bytes = files.cat_file(f"{folder}/{name}")
        # As above: whatever it is called, the payload cannot be had.
        except Exception as error:
            raise _lost(name, self.url, error) from error
        return checked(name, found, self.url)


def storage_at(place: str | None, environment: Mapping[str, str]) -> Storage:
    """Return the storage of a folder or URL; without one it is a folder of the user's.

    Errors: Refused with TR873 when nothing can reach a URL.
    """
    if place is None:
        return Folder(_own_folder(environment))
    parts = urlsplit(place)
    if parts.scheme == "file":
        # A folder is a folder: what is written there is written whole.
        return _folder(place, Path(unquote(parts.path)))
    if not _URL.match(place):
        return _folder(place, Path(place).expanduser().resolve())
    try:
        _reached(place)
    # What a file system of its kind does when it is made is not ours to know.
    except Exception as error:
        raise _not_kept(place, error) from error
    return Remote(place)


def checked(name: str, body: bytes, place: str) -> bytes:
    """Return bytes that are what their name says. Errors: Refused with TR886."""
    if sha256(body).hexdigest() != name:
        raise _unreadable(name, place, "it is damaged")
    return body


def _refuse_other_names(name: str, place: str) -> None:
    if not _NAME.fullmatch(name):
        raise _unreadable(name, place, "it is no digest")


def _folder(place: str, path: Path) -> Folder:
    if path.exists() and not path.is_dir():
        raise Refused.because("TR873", place=place, reason="it is not a folder")
    return Folder(path)


def _reached(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the folder in it; fsspec keeps one for each thread."""
    from fsspec.core import url_to_fs  # an optional package

    files, folder = url_to_fs(url)
    return files, str(folder).rstrip("/")


def _not_kept(place: str, error: Exception) -> Refused:
    return Refused.because("TR873", place=_shown(place), reason=_reason(error))


def _lost(name: str, place: str, error: Exception) -> Refused:
    is_gone = isinstance(error, FileNotFoundError)
    return _unreadable(name, place, "it is not there" if is_gone else _reason(error))


def _unreadable(name: str, place: str, reason: str) -> Refused:
    short = name[:_LETTERS]
    return Refused.because("TR886", name=short, place=_shown(place), reason=reason)


def _shown(place: str) -> str:
    """Return a place without the name and password that a URL may have."""
    return _LOGIN.sub("//", place)


def _reason(error: Exception) -> str:
    """Return what is wrong, without the path: it is told beside."""
    if isinstance(error, ModuleNotFoundError):
        package = str(error.name).partition(".")[0]
        return f"the package '{package}' is not installed"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.partition("\n")[0].strip().rstrip(".")[:200] or type(error).__name__


def _own_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME") or "."
    state = environment.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return Path(state) / "treadle" / "payloads"
