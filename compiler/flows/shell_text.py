"""Where the blocks of a `run` stand in the shell's grammar: in which quotes, in which command.

A reading of POSIX shell that is good enough to judge quoting; what it cannot follow is OTHER.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

from treadle.plan.lazy_pattern import lazy_pattern

# Stands for one block in the text that is scanned.
BLOCK = "\0"

_ASSIGNMENT = lazy_pattern(r"[A-Za-z_]\w*\+?=")
_HEREDOC = lazy_pattern(r"<<(?P<strip>-?)[ \t]*(?P<quote>['\"\\]?)(?P<word>[\w.-]+)['\"]?")
# Inside of these, quotes and words are what they are outside.
_FOLLOWED = frozenset(("(", '"'))
# Words before which, or behind which, a command begins.
_PREFIXES = frozenset(
    "! { command do elif else env exec if nohup sudo then time until while".split()
)


class Quoting(StrEnum):
    """What a block stands in."""

    BARE = "bare"
    DOUBLE = "double"
    SINGLE = "single"
    COMMENT = "comment"
    HEREDOC = "heredoc"
    PLAIN_HEREDOC = "plain heredoc"
    OTHER = "other"


_IN_HEREDOC = "$`\\\n"
_EVERYWHERE = "|&;<>()$`\\\"'*?[#\n"
# The signs that end being text there. A blank only makes two words of one.
SIGNS: Mapping[Quoting, frozenset[str]] = MappingProxyType(
    {
        Quoting.BARE: frozenset(_EVERYWHERE),
        Quoting.DOUBLE: frozenset('$`\\"'),
        Quoting.SINGLE: frozenset("'"),
        Quoting.COMMENT: frozenset("\n"),
        Quoting.HEREDOC: frozenset(_IN_HEREDOC),
        Quoting.PLAIN_HEREDOC: frozenset("\n"),
        Quoting.OTHER: frozenset(_EVERYWHERE),
    }
)


class Place(Struct, frozen=True, kw_only=True):
    """Where one block stands.

    Shapes: `command` is the first word of the command around it, "" when the block begins it;
    `before` and `after` are the signs beside it.
    """

    quoting: Quoting
    command: str
    before: str
    after: str


class _Frame(Struct):
    """One command list: of the text itself, of a substitution or of a subshell."""

    kind: str  # "(" for commands; '"', "`", "${" and "$((" for what they open
    command: str = ""
    word: str = ""


class _Scan(Struct):
    """The state of a reading."""

    text: str
    at: int = 0
    frames: list[_Frame] = field(default_factory=lambda: [_Frame("(")])
    heredocs: list[re.Match[str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def note(self, at: int, quoting: Quoting) -> None:
        """Keep the place of the block at an offset."""
        inner = next(frame for frame in reversed(self.frames) if frame.kind == "(")
        place = Place(
            quoting=quoting,
            command=inner.command or inner.word.partition(BLOCK)[0],
            before=self.text[at - 1 : at],
            after=self.text[at + 1 : at + 2],
        )
        self.places.append(place)

    def note_all(self, end: int, quoting: Quoting) -> None:
        """Keep the places of all blocks up to an offset, and go on there."""
        for at in range(self.at, end):
            if self.text[at] == BLOCK:
                self.note(at, quoting)
        self.at = end


def places(text: str) -> tuple[Place, ...]:
    r"""Return the place of every block of a shell text, in order.

    >>> [place.quoting.value for place in places("grep \0 \"\0\" '\0'")]
    ['bare', 'double', 'single']
    """
    scan = _Scan(text)
    while scan.at < len(text):
        frame = scan.frames[-1]
        if text[scan.at] == "\\":
            scan.note_all(min(scan.at + 2, len(text)), Quoting.OTHER)
            frame.word += "\\"
        elif frame.kind == "(":
            _read_bare(scan, frame)
        else:
            _read_inside(scan, frame)
    return tuple(scan.places)


def _read_inside(scan: _Scan, frame: _Frame) -> None:
    """Read one sign inside of double quotes, backquotes, braces or arithmetic."""
    closing = {'"': '"', "`": "`", "${": "}", "$((": "))"}[frame.kind]
    sign = scan.text[scan.at]
    if scan.text.startswith(closing, scan.at):
        scan.frames.pop()
        scan.at += len(closing)
    elif sign == BLOCK:
        is_quoted = frame.kind == '"' and all(f.kind in _FOLLOWED for f in scan.frames)
        scan.note_all(scan.at + 1, Quoting.DOUBLE if is_quoted else Quoting.OTHER)
    elif not _opens(scan, sign, is_quoted=frame.kind == '"'):
        scan.at += 1


def _read_bare(scan: _Scan, frame: _Frame) -> None:
    """Read one sign of a command."""
    text, sign = scan.text, scan.text[scan.at]
    if sign == BLOCK:
        is_bare = all(f.kind in _FOLLOWED for f in scan.frames)
        scan.note_all(scan.at + 1, Quoting.BARE if is_bare else Quoting.OTHER)
        frame.word += BLOCK
    elif sign == "'":
        is_escaped = text[scan.at - 1 : scan.at] == "$"
        end = text.find("'", scan.at + 1)
        stop = end + 1 if end != -1 else len(text)
        scan.note_all(stop, Quoting.OTHER if is_escaped or end == -1 else Quoting.SINGLE)
        frame.word += "x"
    elif sign == "#" and not frame.word:
        end = text.find("\n", scan.at)
        scan.note_all(end if end != -1 else len(text), Quoting.COMMENT)
    elif (heredoc := _HEREDOC.match(text, scan.at)) and text[scan.at - 1 : scan.at] != "<":
        scan.heredocs.append(heredoc)
        _end_word(frame)
        scan.at = heredoc.end()
    elif not _opens(scan, sign, is_quoted=False):
        _read_separator(scan, frame, sign)


def _read_separator(scan: _Scan, frame: _Frame, sign: str) -> None:
    """Read a sign that ends a word or a command, or one more of a word."""
    scan.at += 1
    if sign == ")" and len(scan.frames) > 1:
        scan.frames.pop()
    elif sign == "\n":
        _end_command(frame)
        _read_heredocs(scan)
    elif sign in ";|&" and scan.text[scan.at - 2 : scan.at - 1] not in ("<", ">"):
        _end_command(frame)
    elif sign in " \t<>":
        _end_word(frame)
    else:
        frame.word += sign


def _opens(scan: _Scan, sign: str, *, is_quoted: bool) -> bool:
    """Go into what opens here, and say whether anything does."""
    for kind, frame in (("$((", "$(("), ("$(", "("), ("${", "${"), ("`", "`")):
        if scan.text.startswith(kind, scan.at):
            scan.frames[-1].word += "x"
            scan.frames.append(_Frame(frame))
            scan.at += len(kind)
            return True
    if sign == '"' or (sign == "(" and not is_quoted):
        scan.frames[-1].word += "x" if sign == '"' else ""
        scan.frames.append(_Frame(sign))
        scan.at += 1
        return True
    return False


def _read_heredocs(scan: _Scan) -> None:
    """Read the bodies that follow a line with ``<<``."""
    for heredoc in scan.heredocs:
        blanks = "\t*" if heredoc["strip"] else ""
        last = re.compile(rf"^{blanks}{re.escape(heredoc['word'])}$", re.MULTILINE)
        found = last.search(scan.text, scan.at)
        end = found.end() if found else len(scan.text)
        scan.note_all(end, Quoting.PLAIN_HEREDOC if heredoc["quote"] else Quoting.HEREDOC)
    scan.heredocs.clear()


def _end_word(frame: _Frame) -> None:
    word, frame.word = frame.word, ""
    if not frame.command and word not in _PREFIXES and not _ASSIGNMENT.match(word):
        frame.command = word


def _end_command(frame: _Frame) -> None:
    frame.command = frame.word = ""
