"""What the results put into the tree: the plot, and the figures of docs/performance.md.

The figures of the page stand between two markers and are made of results.json only, so that the
page cannot say what was not measured.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from chart import plot
from results import Results, from_json
from table import growth, missed, tables

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
RESULTS = HERE / "results.json"
PLOT = HERE / "growth.svg"
BEGIN = "<!-- Written by benchmarks/run.py --markdown from benchmarks/results.json. -->"
END = "<!-- The end of what benchmarks/run.py has written. -->"
ALTERNATIVE = "Seconds over steps, both logarithmic: the floor, treadle and Spec Kit"


def write() -> list[Path]:
    """Write the plot and the page from results.json and return what has changed."""
    changed = list(differing())
    for path, text in changed:
        path.write_text(text, encoding="utf-8")
    return [path for path, _ in changed]


def differing() -> Iterator[tuple[Path, str]]:
    """Yield each file that is not what the results make of it, with what they make of it."""
    results = from_json(json.loads(RESULTS.read_text(encoding="utf-8")))
    old = PAGE.read_text(encoding="utf-8")
    for path, text in ((PLOT, plot(results)), (PAGE, with_figures(old, results))):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path, text


def with_figures(page: str, results: Results) -> str:
    """Return a page with the figures of these results between its markers.

    Errors: ValueError for a page without the markers.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no markers for the figures")
    return f"{head}{BEGIN}\n\n{figures(results)}\n\n{END}{tail}"


def figures(results: Results) -> str:
    """Return the part of the page that is made of the results."""
    return "\n\n".join(
        (
            described(results),
            missed(results),
            f"![{ALTERNATIVE}](../benchmarks/{PLOT.name})",
            f"### What a step costs, by the steps of its run\n\n{growth(results)}",
            tables(results),
        )
    )


def described(results: Results) -> str:
    """Return a sentence about when and on what was measured."""
    most = max((len(row.pairs) for row in results.rows), default=0)
    peer = f" Spec Kit is {results.spec_kit}." if results.spec_kit else ""
    load = "" if results.load is None else f"; load of the machine before: {results.load:.1f}"
    return (
        f"{results.at}, {results.machine}, Python {results.python}; "
        f"up to {most} round{'' if most == 1 else 's'} a row{load}.{peer}"
    )
