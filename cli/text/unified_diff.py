"""What would change in a file, as ``diff -u`` and ``patch`` have it."""

from collections.abc import Iterator
from difflib import unified_diff

_NO_LINE_END = "\\ No newline at end of file"


def diff_lines(before: bytes, after: bytes, *, path: str) -> Iterator[str]:
    """Yield the lines of the difference, without line ends of their own; none for equal texts."""
    old, new = (
        text.decode("utf-8", "replace").splitlines(keepends=True) for text in (before, after)
    )
    name = path.lstrip("/")
    for line in unified_diff(old, new, fromfile=f"a/{name}", tofile=f"b/{name}"):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_LINE_END
