"""Writes the documents that are made of the code: diagnostics.md and expressions.md.

    python docs/generate.py            write what has changed
    python docs/generate.py --check    write nothing; exit 1 when something would change

What they quote are the cases of the tests and the snapshots of what was said about them.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from treadle.cli.pages import page
from treadle.plan.catalogue import ENTRIES, Entry, Severity
from treadle.plan.functions import ANY, FILTERS, TESTS, Function

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MAX_WIDTH = 100

GROUPS = {
    "1": "The YAML source",
    "2": "The shape of a workflow",
    "3": "Names and scope",
    "4": "Expressions and types",
    "5": "Control and data flow",
    "6": "Plans and limits",
    "7": "Inputs and answers that are refused",
    "8": "Steps while they run",
    "9": "Journals, replay and versions",
}

DIAGNOSTICS_HEAD = """\
# Diagnostics

<!-- Written by docs/generate.py from plan/catalogue.py, cli/pages and the cases of the tests. -->

Everything that treadle can say against a workflow, an input or a run, by its code.
`treadle explain CODE` prints the same pages. A code keeps its meaning for ever.

Findings about a workflow are errors or warnings. With an error there is no plan, and nothing
runs. In lenient mode (`--lenient`) what Spec Kit accepts is accepted, with warnings.
"""

EXPRESSIONS_HEAD = """\
# Filters and tests

<!-- Written by docs/generate.py from plan/functions.py and plan/tests_table.py. -->

What may stand in an expression behind `|` and behind `is`. The grammar is described in
[workflow-format.md](workflow-format.md). A value or an argument of another type fails the step;
where the compiler can tell, it is a finding. An argument in square brackets may be left out.
"""


def diagnostics() -> str:
    """Return the text of diagnostics.md."""
    parts = [DIAGNOSTICS_HEAD]
    for digit, title in GROUPS.items():
        entries = [entry for entry in ENTRIES if entry.code[2] == digit]
        rows = "\n".join(f"| {_link(entry)} | {_weight(entry)} |" for entry in entries)
        parts.append(f"## {title}\n\n| code | weight |\n|---|---|\n{rows}\n")
        parts += (_section(entry) for entry in entries)
    return "\n".join(parts)


def expressions() -> str:
    """Return the text of expressions.md."""
    parts = [EXPRESSIONS_HEAD]
    for title, remark, table in (
        ("Filters", "Spec Kit has those that are marked with *.", FILTERS),
        ("Tests", "Spec Kit has none of them.", TESTS),
    ):
        head = "| name | takes | arguments | gives | meaning |\n|---|---|---|---|---|\n"
        rows = "".join(f"{row}\n" for row in _functions(table))
        parts.append(f"## {title}\n\n{remark}\n\n{head}{rows}")
    return "\n".join(parts)


DOCUMENTS = {"diagnostics.md": diagnostics, "expressions.md": expressions}


def main(arguments: list[str]) -> int:
    """Write the documents, or tell which ones are out of date."""
    parser = argparse.ArgumentParser(description="Writes the documents that are made of the code.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    is_changed = False
    for name, make in DOCUMENTS.items():
        path, text = DOCS / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        is_changed = True
        print(f"{'out of date' if is_check else 'written'}: docs/{name}")
        if not is_check:
            path.write_text(text, encoding="utf-8")
    return int(is_check and is_changed)


def _link(entry: Entry) -> str:
    return f"[{entry.code}: {entry.name}](#{entry.code.lower()}-{entry.name.replace('.', '')})"


def _weight(entry: Entry) -> str:
    if entry.strict is entry.lenient:
        return entry.strict.value
    if entry.strict is Severity.OFF:
        return f"{entry.lenient.value}, with `--lenient` only"
    return f"{entry.strict.value}, with `--lenient` {entry.lenient.value}"


def _section(entry: Entry) -> str:
    """Return the section of a code: its page, with whole cases in place of the example."""
    text = page(entry.code)
    if text is None:
        raise FileNotFoundError(f"{entry.code} has no page")
    title, what, _ = text.split("\n\n", 2)
    why, example, fix = (_part(text, name) for name in ("Why it matters", "Example", "Fix"))
    quoted = "\n\n".join(_quoted(entry.code)) or example
    body = f"{what}\n\n{why}\n\n**Example**\n\n{quoted}\n\n**Fix**\n\n{fix}"
    # The other documents' blocks of this language are whole workflows.
    return f"##{title}\n\n{body.replace('```yaml', '```yml')}\n"


def _part(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].strip("\n")


def _quoted(code: str) -> Iterator[str]:
    """Yield the cases of a code and what was said about them."""
    for kind in ("bad", "run"):
        for path in sorted((ROOT / "tests" / "cases" / kind).glob(f"{code.lower()}-*.yml")):
            source = path.read_text(encoding="utf-8", errors="replace")
            said = ROOT / "snapshots" / f"cases_{kind}" / f"{path.stem}.txt"
            yield _block("yml", source.partition("\nx-case:")[0])
            yield _block("text", said.read_text(encoding="utf-8"))


def _block(language: str, text: str) -> str:
    lines = (
        line if len(line) <= MAX_WIDTH else line[: MAX_WIDTH - 1] + "…" for line in text.split("\n")
    )
    return f"```{language}\n" + "\n".join(lines).strip("\n") + "\n```"


def _functions(table: Mapping[str, Function]) -> Iterator[str]:
    for name in sorted(table):
        function = table[name]
        mark = "*" if function.is_portable else ""
        cells = (
            f"`{name}`{mark}",
            _types(function.accepts),
            _arguments(function),
            _types((function.result,)),
            function.summary,
        )
        yield "| " + " | ".join(cells) + " |"


def _types(names: tuple[str, ...]) -> str:
    return "anything" if names == ANY else ", ".join(names)


def _arguments(function: Function) -> str:
    shown = [f"`{p.name}`" if p.is_required else f"[`{p.name}`]" for p in function.parameters]
    if function.takes_more:
        shown.append("any more")
    return ", ".join(shown) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
