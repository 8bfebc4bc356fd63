"""``treadle explain``: says what a diagnostic means."""

import difflib
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.pages import page
from treadle.cli.settings import Settings
from treadle.cli.text.columns import columns
from treadle.cli.text.paint import Paint, Role, painter
from treadle.plan.catalogue import BY_CODE, ENTRIES, Entry, Severity
from treadle.plan.lazy_pattern import lazy_pattern

_INDENT = "    "
_FIELD = lazy_pattern(r"\{(\w+)\}")
_GROUPS = {
    "1": "the YAML source",
    "2": "the shape of a workflow",
    "3": "names and scope",
    "4": "expressions and types",
    "5": "what runs and what is used",
    "6": "plans and limits",
    "7": "inputs and answers",
    "8": "steps while they run",
    "9": "journals, replay and versions",
}


def _offers() -> list[str]:
    return [entry.code for entry in ENTRIES]


def explain(
    settings: Settings,
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="A code such as TR303, or its name; without it all are listed.",
            autocompletion=_offers,
        ),
    ] = None,
) -> int:
    """Explain a diagnostic: what it says, how it weighs, what to write instead."""
    paint = painter(sys.stdout, os.environ)
    lines = _table(paint) if code is None else _page(_entry(code), paint)
    for line in lines:
        print(line)
    return ExitCode.OK


def _entry(code: str) -> Entry:
    wanted = code.strip()
    found = BY_CODE.get(wanted.upper())
    found = found or next((e for e in ENTRIES if e.name == wanted.lower()), None)
    if found is not None:
        return found
    known = [*BY_CODE, *(entry.name for entry in ENTRIES)]
    near = difflib.get_close_matches(wanted.upper(), known, 1) or difflib.get_close_matches(
        wanted.lower(), known, 1
    )
    hint = f"did you mean '{near[0]}'?" if near else "'treadle explain' lists all of them."
    raise typer.BadParameter(f"nothing is called '{wanted}'; {hint}", param_hint="CODE")


def _table(paint: Paint) -> Iterator[str]:
    yield from columns(
        [
            [(entry.code, Role.NAME), (entry.name, None), (_weight(entry), Role.QUIET)]
            for entry in ENTRIES
        ],
        paint,
    )


def _page(entry: Entry, paint: Paint) -> Iterator[str]:
    yield f"{paint(entry.code, Role.NAME)} {entry.name}"
    yield ""
    yield f"It is about {_GROUPS[entry.code[2]]}, and {_weight(entry)}."
    yield ""
    yield from _indented(_readable(entry.message))
    if entry.hint is not None:
        yield from _indented(f"hint: {_readable(entry.hint)}")
    yield ""
    yield from _shown(page(entry.code) or "", paint)


def _indented(text: str) -> list[str]:
    width = min(100, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _shown(markdown: str, paint: Paint) -> Iterator[str]:
    """Yield a page without its Markdown: headings in bold, code indented."""
    is_code = False
    # A title of its own would say again what stands above.
    text = re.sub(r"\A# .*\n+", "", markdown)
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            yield f"{_INDENT}{line}".rstrip()
        elif line.startswith("#"):
            yield paint(line.lstrip("# "), Role.NAME)
        else:
            yield line


def _weight(entry: Entry) -> str:
    if entry.strict is entry.lenient:
        article = "an" if entry.strict is Severity.ERROR else "a"
        return f"{article} {entry.strict.value}"
    if entry.strict is Severity.OFF:
        return "a warning with --lenient only"
    return f"an {entry.strict.value}, with --lenient a {entry.lenient.value}"


def _readable(template: str) -> str:
    """Return a template of the catalogue with its fields in capitals."""
    capitals = _FIELD.sub(lambda field: field[1].upper(), template.replace("{{", "\0"))
    return capitals.replace("\0", "{").replace("}}", "}")
