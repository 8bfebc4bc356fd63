"""A package: the files of one workflow or step type, held in memory, one of them the main one."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.library.archive import (
    MAX_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    Member,
    is_archive,
    is_archive_name,
    read_archive,
)
from treadle.library.kinds import Kind
from treadle.library.member_names import check_name, check_together
from treadle.library.refusal import Refused, reason_of

# A project's edits of a workflow live under that name; a package cannot bring its own.
_RESERVED = "overlays"
# What a folder in development holds beside the package.
_SKIPPED = frozenset({".git", ".treadle", "__pycache__", ".DS_Store"})
_YAML_SUFFIXES = (".yml", ".yaml")


class Package(Struct, frozen=True, kw_only=True):
    """The files of a package by their names with slashes, sorted.

    Shapes: `label` is where it came from, as messages call it; `main` names the file that it is
    about; `digest` is of what was fetched, None for a folder.
    """

    label: str
    main: str
    files: Mapping[str, bytes]
    executables: frozenset[str]
    digest: str | None = None

    @property
    def content(self) -> bytes:
        """The file that the package is about."""
        return self.files[self.main]

    @property
    def shown_path(self) -> str:
        """How diagnostics call the file that the package is about."""
        is_file = self.label.lower().endswith(_YAML_SUFFIXES)
        return self.label if is_file else f"{self.label.rstrip('/')}/{self.main}"

    @property
    def size(self) -> int:
        """What all files have. Units: bytes."""
        return sum(map(len, self.files.values()))


def package_of_path(path: Path, *, label: str, kind: Kind, wanted: str | None) -> Package:
    """Return the package of a file, an archive or a folder.

    Shapes: `wanted` is the id that it is to have, where that is known.
    Errors: Refused with TR950, TR953 or TR954.
    """
    try:
        if path.is_dir():
            members = tuple(_folder_members(path, label))
            return packed(members, label=label, kind=kind, wanted=wanted)
        if not path.name.lower().endswith(_YAML_SUFFIXES) and not is_archive_name(path.name):
            reason = "a package is a folder, a .yml, .yaml, .zip, .tar.gz or .tgz file"
            raise Refused.because("TR950", source=label, reason=reason)
        if path.exists() and not path.is_file():  # a pipe would wait for somebody to write to it
            raise Refused.because("TR950", source=label, reason="it is not a plain file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused.because("TR950", source=label, reason=reason_of(error)) from error
    return package_of_bytes(content, name=path.name, label=label, kind=kind, wanted=wanted)


def package_of_bytes(
    content: bytes,
    *,
    name: str,
    label: str,
    kind: Kind,
    wanted: str | None,
) -> Package:
    """Return the package of an archive or a single file; `name` says which, if it does.

    Errors: Refused with TR953 or TR954.
    """
    digest = hashlib.sha256(content).hexdigest()
    if not is_archive_name(name) and not is_archive(content):
        only = Member(name=kind.single_name(name, wanted), content=content, is_executable=False)
        return packed((only,), label=label, kind=kind, wanted=wanted, digest=digest)
    try:
        members = read_archive(content, name=name)
    except ValueError as error:
        raise Refused.because("TR953", archive=label, reason=error) from error
    members = _unnested(members, kind, wanted)
    return packed(members, label=label, kind=kind, wanted=wanted, digest=digest)


def packed(
    members: tuple[Member, ...],
    *,
    label: str,
    kind: Kind,
    wanted: str | None = None,
    digest: str | None = None,
) -> Package:
    """Return the package of files. Errors: Refused with TR954."""
    kept = [m for m in sorted(members, key=_name) if m.name.split("/")[0] != _RESERVED]
    try:
        main = kind.main_file([member.name for member in kept], wanted)
    except ValueError as error:
        raise Refused.because("TR954", source=label, reason=error) from error
    return Package(
        label=label,
        main=main,
        files={member.name: member.content for member in kept},
        executables=frozenset(member.name for member in kept if member.is_executable),
        digest=digest,
    )


def _unnested(members: tuple[Member, ...], kind: Kind, wanted: str | None) -> tuple[Member, ...]:
    """Return the members without the one folder that holds them all."""
    with suppress(ValueError):
        kind.main_file([member.name for member in members], wanted)
        return members
    tops = {member.name.split("/")[0] for member in members}
    if len(tops) != 1 or any("/" not in member.name for member in members):
        return members
    return tuple(
        Member(
            name=member.name.partition("/")[2],
            content=member.content,
            is_executable=member.is_executable,
        )
        for member in members
    )


def _folder_members(folder: Path, label: str) -> Iterator[Member]:
    """Yield the files of a folder, none of them through a link."""
    names: list[tuple[str, bool]] = []
    size = 0
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in (*folders, *sorted(set(files) - _SKIPPED)):
            path = Path(where, name)
            inside = path.relative_to(folder).as_posix()
            mode = path.lstat().st_mode
            names.append((inside, stat.S_ISDIR(mode)))
            size += path.lstat().st_size
            fault = _folder_fault(inside, mode, names, size)
            if fault is not None:
                raise Refused.because("TR954", source=label, reason=fault)
            if stat.S_ISREG(mode):
                content = _read(path)
                yield Member(name=inside, content=content, is_executable=bool(mode & stat.S_IXUSR))
    try:
        check_together(names)
    except ValueError as error:
        raise Refused.because("TR954", source=label, reason=error) from error


def _folder_fault(name: str, mode: int, names: list[tuple[str, bool]], size: int) -> str | None:
    if stat.S_ISLNK(mode):
        return f"'{name}' is a link"
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return f"'{name}' is neither a file nor a folder"
    if len(names) > MAX_MEMBERS:
        return f"it holds more than {MAX_MEMBERS} files and folders"
    if size > MAX_BYTES:
        return f"it holds more than {MAX_BYTES} bytes"
    try:
        check_name(name)
    except ValueError as error:
        return str(error)
    return None


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_MEMBER_BYTES + 1)


def _name(member: Member) -> str:
    return member.name
