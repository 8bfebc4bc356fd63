"""Where a project keeps what it has installed, and who may write there.

No link is followed between the root of the project and what is read or written: a link could lead
out of the project.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from treadle.library.kinds import CACHE_NAME, LOCK_NAME, WORKFLOWS, Kind
from treadle.library.kinds import WORKFLOW_FILE as WORKFLOW_FILE
from treadle.library.refusal import Refused, left_as_it_was


class Places(Struct, frozen=True, kw_only=True):
    """The files of a project that are about what is installed, of one kind.

    Source: Spec Kit 1.2.3; `lock` is ours.
    """

    project: Path
    kind: Kind = WORKFLOWS

    @property
    def folder(self) -> Path:
        """The folder of what is installed, each in a folder named by its id."""
        return self.project / self.kind.folder

    @property
    def registry(self) -> Path:
        """What is installed, with versions and sources."""
        return self.folder / self.kind.registry_name

    @property
    def lock(self) -> Path:
        """The digests of what is installed."""
        return self.folder / LOCK_NAME

    @property
    def cache(self) -> Path:
        """Catalogs that were fetched."""
        return self.folder / CACHE_NAME

    @property
    def catalogs(self) -> Path:
        """The catalogs of the project."""
        return self.project / ".specify" / self.kind.catalogs_name

    def of(self, id: str) -> Path:
        """Return the folder of what has an id."""
        return self.folder / id


def near_path(path: Path) -> Path:
    """Return a path as it is best shown: from the working directory, if it is below."""
    shown = os.path.relpath(path)
    return path if shown.startswith(os.pardir) else Path(shown)


def refuse_links(places: Places, path: Path) -> None:
    """Look that nothing between the project's root and a path is a link.

    Errors: Refused with TR960.
    """
    here = places.project
    for part in path.relative_to(places.project).parts:
        here = here / part
        if here.is_symlink():
            raise Refused.because("TR960", path=here.relative_to(places.project))


def read_file(places: Places, path: Path) -> bytes | None:
    """Return the content of a file of the project, None when there is none.

    Errors: Refused with TR960 for a link on the way; OSError.
    """
    refuse_links(places, path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def write_file(places: Places, path: Path, content: bytes) -> None:
    """Put content into a file of the project in one step: readers see the old or the new one.

    Errors: Refused with TR960 for a link on the way; OSError.
    """
    refuse_links(places, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), _mode_of(path))
            file.flush()
            os.fsync(file.fileno())
        os.replace(written, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(written)
        raise


@contextmanager
def holding(places: Places) -> Iterator[None]:
    """Hold what the project has installed: nobody else changes it meanwhile.

    Source: the lock of Spec Kit 1.2.3, so that the two programs wait for each other.
    Errors: Refused with TR960 or TR969.
    """
    path = places.project / ".specify" / places.kind.install_lock
    refuse_links(places, places.folder)
    refuse_links(places, path)
    with left_as_it_was("the project"):
        places.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def usual_mode(*, is_executable: bool) -> int:
    """Return the permissions that a new file gets from this process."""
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if is_executable else 0o666) & ~mask


def _mode_of(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_mode & 0o777
    except OSError:
        return usual_mode(is_executable=False)
