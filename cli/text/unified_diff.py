"""What would change in a file, as ``diff -u`` and ``patch`` have it."""

import os
from collections.abc import Iterator
from difflib import unified_diff

_NO_LINE_END = "\\ No newline at end of file"


def diff_lines(before: bytes, after: bytes, *, path: str) -> Iterator[str]:
    """Yield the lines of the difference, without line ends of their own; none for equal texts."""
    old, new = (_lines(text.decode("utf-8", "replace")) for text in (before, after))
    name = path.lstrip("/")
    for line in unified_diff(old, new, _quoted(f"a/{name}"), _quoted(f"b/{name}")):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_LINE_END


def _lines(text: str) -> list[str]:
    """Return the lines as ``patch`` counts them: they end in a line feed and nothing else."""
    *lines, rest = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([rest] if rest else [])]


def _quoted(name: str) -> str:
    r"""Return a name as git and ``patch`` read it, without what would act on a terminal.

    >>> print(_quoted("a/b"), _quoted("a/\x1b"))
    a/b "a/\033"
    """
    if name.isprintable():
        return name
    return f'"{"".join(map(_escaped, name))}"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in '"\\':
        return character
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
