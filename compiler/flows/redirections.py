"""The files that a shell script writes under a fixed name.

Only plain redirections and `tee` are seen. What is not simple enough to be sure about, such as a
here-document, a change of directory or a test in double brackets, is not looked into.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from treadle.plan.lazy_pattern import lazy_pattern

_UNSURE = lazy_pattern(r"<<|\(\(|\[\[|`|\$\(|\b(?:cd|pushd|mktemp|flock|exec|chroot)\b")
_WORD = r"""(?:[^\s'"<>|&;()$*?`\\{}~#]+)"""
_END = r"(?=[\s;|&]|$)"
_TOKEN = lazy_pattern(
    rf"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\#[^\n]*"""
    rf"""|\d*>\|?(?![>&])[ \t]*(?P<quote>["']?)(?P<file>{_WORD})(?P=quote){_END}"""
    rf"""|>>|>&|\btee\b(?P<options>(?:[ \t]+-\S+)*)[ \t]+(?P<copy>{_WORD}){_END}|.""",
    re.DOTALL,
)
_SHARED = "/dev/"


class WrittenFile(Struct, frozen=True, kw_only=True):
    """A file by its name in a script. Units: `start` and `end` count characters of the script."""

    name: str
    start: int
    end: int


def files_written(script: str) -> Iterator[WrittenFile]:
    """Yield the files that a script writes anew, each as often as it does.

    >>> [found.name for found in files_written("make > log.txt 2>&1; date >> all.txt")]
    ['log.txt']
    """
    if _UNSURE.search(script):
        return
    for token in _TOKEN.finditer(script):
        group = "file" if token["file"] else "copy"
        name = token[group]
        is_added_to = group == "copy" and _appends(token["options"] or "")
        if name is not None and not is_added_to and not name.startswith(_SHARED):
            yield WrittenFile(name=name, start=token.start(group), end=token.end(group))


def _appends(options: str) -> bool:
    return any(option.startswith(("-a", "--append")) for option in options.split())
