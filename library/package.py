"""A package: the files of one workflow, its own `workflow.yml` at the root, held in memory."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
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
from treadle.library.member_names import check_name, check_together
from treadle.library.places import WORKFLOW_FILE
from treadle.library.refusal import Refused, reason_of

# A project's edits of a workflow live under that name; a package cannot bring its own.
_RESERVED = "overlays"
# What a folder in development holds beside the package.
_SKIPPED = frozenset({".git", ".treadle", "__pycache__"})
_YAML_SUFFIXES = (".yml", ".yaml")


class Package(Struct, frozen=True, kw_only=True):
    """The files of a workflow by their names with slashes, sorted.

    Shapes: `label` is where it came from, as messages call it; `digest` is of what was fetched,
    None for a folder.
    """

    label: str
    files: Mapping[str, bytes]
    executables: frozenset[str]
    digest: str | None = None

    @property
    def workflow(self) -> bytes:
        """The workflow file."""
        return self.files[WORKFLOW_FILE]

    @property
    def shown_path(self) -> str:
        """How diagnostics call the workflow file."""
        is_file = self.label.lower().endswith(_YAML_SUFFIXES)
        return self.label if is_file else f"{self.label.rstrip('/')}/{WORKFLOW_FILE}"

    @property
    def size(self) -> int:
        """What all files have. Units: bytes."""
        return sum(map(len, self.files.values()))


def package_of_path(path: Path, *, label: str) -> Package:
    """Return the package of a file, an archive or a folder.

    Errors: Refused with TR950, TR953 or TR954.
    """
    try:
        if path.is_dir():
            return _packed(tuple(_folder_members(path, label)), label=label)
        if not path.name.lower().endswith(_YAML_SUFFIXES) and not is_archive_name(path.name):
            reason = "a package is a folder, a .yml, .yaml, .zip, .tar.gz or .tgz file"
            raise Refused.because("TR950", source=label, reason=reason)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused.because("TR950", source=label, reason=reason_of(error)) from error
    return package_of_bytes(content, name=path.name, label=label)


def package_of_bytes(content: bytes, *, name: str, label: str) -> Package:
    """Return the package of an archive or a workflow file; `name` says which, if it does.

    Errors: Refused with TR953 or TR954.
    """
    digest = hashlib.sha256(content).hexdigest()
    if not is_archive_name(name) and not is_archive(content):
        only = Member(name=WORKFLOW_FILE, content=content, is_executable=False)
        return _packed((only,), label=label, digest=digest)
    try:
        members = read_archive(content, name=name)
    except ValueError as error:
        raise Refused.because("TR953", archive=label, reason=error) from error
    return _packed(_unnested(members), label=label, digest=digest)


def _packed(members: tuple[Member, ...], *, label: str, digest: str | None = None) -> Package:
    kept = [m for m in sorted(members, key=_name) if m.name.split("/")[0] != _RESERVED]
    if all(member.name != WORKFLOW_FILE for member in kept):
        reason = f"no {WORKFLOW_FILE} at its root"
        raise Refused.because("TR954", source=label, reason=reason)
    return Package(
        label=label,
        files={member.name: member.content for member in kept},
        executables=frozenset(member.name for member in kept if member.is_executable),
        digest=digest,
    )


def _unnested(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return the members without the one folder that holds them all."""
    if any(member.name == WORKFLOW_FILE for member in members):
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
        for name in (*folders, *sorted(files)):
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
