"""The fix that hands values to a shell step in `env` in place of splicing them into its text.

Before and after::

    run: grep {{ inputs.word }} notes.txt

    env: {WORD: "{{ inputs.word }}"}
    run: grep "$WORD" notes.txt
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from treadle.compiler.diagnostics import Edit, Fix, Span
from treadle.compiler.flows.shell_text import Place, Quoting
from treadle.compiler.reading import keys, nodes
from treadle.compiler.reading.positions import line_starts
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import Site
from treadle.plan.expression import Op
from treadle.plan.lazy_pattern import lazy_pattern

# What these are given is code: a variable in it is as open as the block was.
TAKES_CODE = frozenset(
    "awk bash dash eval gawk ksh mawk node perl php powershell psql pwsh python python3 ruby sh"
    " source ssh su xargs zsh .".split()
)
_WORD_LISTS = frozenset(("for", "select", "set"))
# Programs read these themselves: a step must not set them by accident.
_TAKEN = frozenset(
    "BASH BASH_ENV CDPATH CI COLUMNS DEBUG DISPLAY EDITOR EMAIL ENV HOME HOST HOSTNAME IFS LANG"
    " LANGUAGE LINES LOGNAME MAIL MODE NAME NODE_ENV OLDPWD OPTARG OPTIND PAGER PATH PORT PPID"
    " PS1 PS2 PS4 PWD SHELL SHELLOPTS TEMP TERM TMP TMPDIR TZ UID USER USERNAME VERBOSE VISUAL"
    " _".split()
)
_TAKEN_BEGINNINGS = ("BASH_", "DOCKER_", "GIT_", "LC_", "LD_", "NODE_", "NPM_", "PIP_", "PYTHON")
# Such a name says that several words may be meant, which quotes would make one of.
_SEVERAL = lazy_pattern(
    r"(?i)(?:^|[_-])(?:args?|arguments|cmd|command|flags|opts?|options|script|.*s)$"
)
_IDENTIFIER = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_]*")


class Splice(Struct, frozen=True, kw_only=True):
    """One block of a `run` and where it stands there; `path` is what it reads."""

    site: Site
    place: Place
    path: tuple[str, ...]


def is_mendable(splice: Splice) -> bool:
    """Tell whether a variable can stand in the place of a block and mean the same."""
    place = splice.place
    is_block = "\n" not in splice.site.expression.text
    if not is_block or place.before in ("$", "\\") or place.command in TAKES_CODE:
        return False
    if place.quoting is Quoting.BARE:
        return bool(place.command) and place.command not in _WORD_LISTS
    return place.quoting in (Quoting.DOUBLE, Quoting.HEREDOC)


def keeps_words(splice: Splice) -> bool:
    """Tell whether the value is one word already, as far as its place and its name tell."""
    if splice.place.quoting is not Quoting.BARE:
        return True
    # What a program prints is often meant to be split at its blanks.
    is_input = splice.path[:1] == ("inputs",) and splice.site.expression.tree.op is Op.GET
    return is_input and not _SEVERAL.search(splice.path[-1])


def env_form(step: Declaration, splices: Iterable[Splice], *, is_safe: bool) -> Fix | None:
    """Return the fix for some mendable blocks of one step; None where its layout forbids it."""
    splices = tuple(splices)
    names: dict[str, str] = {}
    edits: list[Edit] = []
    own = keys.mapping(step.node, "env")
    run = keys.text_scalar(step.node, "run")
    if run is None or not splices:
        return None
    document = splices[0].site.document
    if not _is_within(run.span, step.node.span) or _is_anchored(run, document.text):
        return None
    taken = {*(own.keys() if own is not None else ()), *_IDENTIFIER.findall(str(run.value))}
    given = _given(own)
    for splice in splices:
        site = splice.site
        block = "{{" + site.expression.text + "}}"
        name = given.get(block) or names.get(block)
        if name is None:
            name = _variable(splice.path, taken)
            names[block] = name
            taken.add(name)
        span = site.span(-2, len(site.expression.text) + 2)
        if span.line != span.end_line or span == run.span:
            return None
        edits.append(Edit(span=span, text=_reference(name, splice)))
    if names:
        added = _added(step, own, names=names, text=document.text)
        if added is None:
            return None
        edits.insert(0, added)
    title = "hand the value over in 'env'" if len(edits) <= 2 else "hand the values over in 'env'"
    return Fix(title=title, edits=tuple(edits), is_safe=is_safe)


def _is_anchored(run: nodes.Scalar, text: str) -> bool:
    """Tell whether other steps may repeat a text."""
    line = text.rfind("\n", 0, run.start) + 1
    return re.search(r"[:,{]\s+&\S+\s+$", text[line : run.start]) is not None


def _given(own: nodes.Mapping | None) -> Mapping[str, str]:
    entries = own.entries if own is not None else ()
    return {
        entry.value.value: str(entry.key.value)
        for entry in entries
        if isinstance(entry.value, nodes.Scalar) and isinstance(entry.value.value, str)
    }


def _variable(path: tuple[str, ...], taken: set[str]) -> str:
    """Return a free name for a variable that holds what a path reads.

    >>> _variable(("inputs", "path"), set()), _variable(("steps", "a-b", "output", "x"), {"A_B_X"})
    ('INPUT_PATH', 'A_B_X_2')
    """
    root, *rest = path
    words = [word for word in rest if word not in ("output", "data")] or [root]
    name = re.sub(r"[^A-Za-z0-9_]", "_", "_".join(words)).upper()
    if name in _TAKEN or name.startswith(_TAKEN_BEGINNINGS) or not _IDENTIFIER.fullmatch(name):
        name = f"INPUT_{name}"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _reference(name: str, splice: Splice) -> str:
    place = splice.place
    is_joined = place.quoting is not Quoting.BARE and re.match(r"\w", place.after)
    variable = f"${{{name}}}" if is_joined else f"${name}"
    if place.quoting is not Quoting.BARE:
        return variable
    return f'\\"{variable}\\"' if splice.site.scalar.style == '"' else f'"{variable}"'


def _added(
    step: Declaration,
    own: nodes.Mapping | None,
    *,
    names: Mapping[str, str],
    text: str,
) -> Edit | None:
    """Return the edit that adds variables to `env`."""
    members = [f"{name}: {_quoted(block)}" for block, name in names.items()]
    starts = line_starts(text)
    entry = step.node.entry("run")
    assert entry is not None
    outer = step.node.span
    if own is None:
        # A key that was merged in, or that an alias brings, belongs to another place as well.
        if step.node.entry("env") is not None or not _is_within(entry.key.span, outer):
            return None
        added = f"env: {{{', '.join(members)}}}"
        is_flow = _sign_at(text, starts, outer) == "{"
        return _before(entry.key.span, added, text=text, starts=starts, is_flow=is_flow)
    holder = step.node.entry("env")
    assert holder is not None
    if not _is_within(own.span, outer) or not holder.key.span < own.span:
        return None
    if _sign_at(text, starts, own.span) == "{":
        at = Span(own.span.line, own.span.column + 1, own.span.line, own.span.column + 1)
        return Edit(span=at, text=", ".join(members) + (", " if own.entries else ""))
    first = own.entries[0].key.span
    if not _is_within(first, own.span):
        return None
    separator = "\n" + " " * (first.column - 1)
    return _before(first, separator.join(members), text=text, starts=starts, is_flow=False)


def _before(
    key: Span, added: str, *, text: str, starts: tuple[int, ...], is_flow: bool
) -> Edit | None:
    """Return the edit that puts entries before a key, in the layout of its mapping."""
    at = Span(key.line, key.column, key.line, key.column)
    if is_flow:
        return Edit(span=at, text=f"{added}, ")
    start = starts[key.line - 1]
    if text[start : start + key.column - 1].strip(" -"):
        return None
    return Edit(span=at, text=f"{added}\n{' ' * (key.column - 1)}")


def _is_within(inner: Span, outer: Span) -> bool:
    end, last = (inner.end_line, inner.end_column), (outer.end_line, outer.end_column)
    return (outer.line, outer.column) <= (inner.line, inner.column) and end <= last


def _sign_at(text: str, starts: tuple[int, ...], span: Span) -> str:
    at = starts[span.line - 1] + span.column - 1
    return text[at : at + 1]


def _quoted(block: str) -> str:
    if '"' not in block and "\\" not in block:
        return f'"{block}"'
    return "'" + block.replace("'", "''") + "'"
