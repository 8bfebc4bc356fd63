"""Writing a file anew in one step: a reader sees the old bytes or the new ones, never a part."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from treadle.cli.rejection import Rejected


def replace_file(path: str, content: bytes, *, project: Callable[[], Path]) -> None:
    """Put new content into a file, which keeps its mode; a link is followed to what it names.

    Shapes: `project` gives the folder that links inside it must not lead out of.
    Errors: Rejected with TR908.
    """
    real = os.path.realpath(path)
    if real != os.path.abspath(path) and _leads_out(path, real, project()):
        raise Rejected.because("TR908", path=path, reason="it is a link out of the project")
    try:
        if not os.access(real, os.W_OK):
            raise PermissionError(None, "it is read-only")
        _replace(real, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Rejected.because("TR908", path=path, reason=reason) from error


def _leads_out(path: str, real: str, project: Path) -> bool:
    root = project.resolve()
    return _holds(project, path) and not Path(real).is_relative_to(root)


def _holds(project: Path, path: str) -> bool:
    """Whether a path stands in a folder, by its own words or by those of its folder."""
    shown = Path(os.path.abspath(path))
    return shown.is_relative_to(project) or shown.is_relative_to(project.resolve())


def _replace(path: str, content: bytes) -> None:
    mode = os.stat(path).st_mode & 0o7777
    # In the same folder, as a rename across file systems is none.
    written = f"{path}.{os.getpid()}.new"
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(written, mode)
        os.replace(written, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(written)
        raise
