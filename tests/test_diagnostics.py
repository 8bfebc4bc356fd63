"""Codes of diagnostics: those listed, used, explained, tried and documented are the same."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent

import pytest

from treadle.cli.pages import page
from treadle.compiler import compile_text
from treadle.plan.catalogue import ENTRIES, Entry

ROOT = Path(__file__).parent.parent
CODES = [entry.code for entry in ENTRIES]
LISTS = frozenset((ROOT / "plan").glob("*_entries.py"))
SOURCES = ("plan", "compiler", "executor", "library", "cli", "schemas")
DOCUMENT = ROOT / "docs" / "diagnostics.md"
# No file of a case can be missing or have 16 MiB: tests/test_cases_bad.py makes these two. The
# others need a Temporal server, or that a program is not there: tests/executor/temporal has them.
MADE_BY_TESTS = frozenset(
    "TR101 TR104 TR870 TR871 TR875 TR876 TR877 TR879 TR880 TR881 TR882 "
    "TR885 TR886 TR887 TR888".split()
)

CODE = re.compile(r"TR\d{3}")
NAME = re.compile(r"[a-z0-9.]+(-[a-z0-9.]+)*")
# A capital begins a sentence or a name; of names there is one.
CLAUSE = re.compile(r"""(Spec Kit )?[a-z'"{$<].*[^.]""", re.DOTALL)
PAGE = re.compile(
    r"# (?P<code>TR\d{3}): (?P<name>\S+)\n\n.+\n\n## Why it matters\n\n.+\n\n## Example\n\n```.+```"
    r"\n\n## Fix\n\n.+\n",
    re.DOTALL,
)

DOCUMENT_NAME = re.compile(r"docs/[\w-]+\.md")
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INPUT = re.compile(r"inputs\.(\w+)")
HEAD = 'workflow: {id: page, name: Page, version: "1.0.0"}\n'
# What follows from the part that a page does not show: who reads an input or an output, and what
# an input is declared as (text, here).
OF_THE_REST = frozenset(("TR501", "TR517"))
OF_OTHER_INPUTS = {"TR320": ("TR530", "TR535"), "TR425": ("TR530",), "TR621": ("TR532",)}

over_entries = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)


def cases() -> Iterator[str]:
    for folder in ("bad", "run"):
        for path in (ROOT / "tests" / "cases" / folder).iterdir():
            yield path.name.partition("-")[0].upper()


def sources() -> Iterator[Path]:
    for folder in SOURCES:
        for kind in ("*.py", "*.json"):
            yield from sorted((ROOT / folder).rglob(kind))


def test_codes_and_names_are_given_once_and_in_order() -> None:
    assert sorted(set(CODES)) == CODES
    names = [entry.name for entry in ENTRIES]
    assert sorted(set(names)) == sorted(names)


def test_every_code_is_used_and_every_used_code_is_listed() -> None:
    used = {
        code
        for path in sources()
        if path not in LISTS
        for code in re.findall(r'"(TR\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert set(CODES) == used


def test_every_code_has_a_page() -> None:
    found = {path.stem.upper() for path in (ROOT / "cli" / "pages").glob("*.md")}
    assert set(CODES) == found


def test_every_code_has_a_case() -> None:
    assert set(CODES) == {*cases(), *MADE_BY_TESTS}


def test_every_code_has_a_section_in_the_documents() -> None:
    headings = re.findall(r"^### (TR\d{3}): ", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert CODES == headings


def test_the_documents_are_up_to_date() -> None:
    script = [sys.executable, "docs/generate.py", "--check"]
    checked = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert (0, "") == (checked.returncode, checked.stdout + checked.stderr)


@over_entries
def test_a_name_is_in_kebab_case(entry: Entry) -> None:
    assert NAME.fullmatch(entry.name)


@over_entries
def test_messages_and_hints_are_clauses(entry: Entry) -> None:
    texts = [text for text in (entry.message, entry.hint) if text is not None]
    assert [] == [text for text in texts if not CLAUSE.fullmatch(text)]


@over_entries
def test_a_page_has_its_title_and_its_four_parts(entry: Entry) -> None:
    found = PAGE.fullmatch(page(entry.code) or "")
    assert found is not None
    assert (entry.code, entry.name) == (found["code"], found["name"])


@over_entries
def test_a_page_shows_nothing_that_another_rule_of_good_flows_would_warn_about(
    entry: Entry,
) -> None:
    text = page(entry.code) or ""
    found = {
        diagnostic.code
        for part in YAML.findall(text)
        for diagnostic in compile_text(_completed(dedent(part)), path=entry.code).diagnostics
        if diagnostic.code.startswith("TR5")
    }
    excused = {entry.code, *OF_THE_REST, *OF_OTHER_INPUTS.get(entry.code, ())}
    assert set() == found - excused


def _completed(part: str) -> str:
    """Return a workflow around a part of one: steps, keys of a shell step, or its upper keys."""
    if part.startswith("- "):
        part = f"steps:\n{part}"
    elif re.search("^(run|retry|env):", part, re.MULTILINE):
        run = "" if re.search("^run:", part, re.MULTILINE) else "run: 'true'\n"
        step = indent(f"type: shell\n{run}{part}", "    ")
        part = f"steps:\n  - id: step\n{step}"
    names = sorted(set(INPUT.findall(part)))
    if names and not re.search("^inputs:", part, re.MULTILINE):
        declared = (f"  {name}: {{type: string, required: true}}\n" for name in names)
        part = f"inputs:\n{''.join(declared)}{part}"
    return part if re.search("^workflow:", part, re.MULTILINE) else HEAD + part


def test_an_unknown_code_has_no_page() -> None:
    assert (None, None) == (page("TR000"), page("../pages/tr101"))


@over_entries
def test_nobody_is_sent_to_a_file_that_only_a_checkout_has(entry: Entry) -> None:
    told = (entry.message, entry.hint or "", page(entry.code) or "")
    assert [] == [text for text in told if DOCUMENT_NAME.search(text)]


def test_pages_name_only_codes_that_exist() -> None:
    named = {code for each in CODES for code in CODE.findall(page(each) or "")}
    assert set() == named - set(CODES)
