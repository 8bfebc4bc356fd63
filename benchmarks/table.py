"""The tables of the results, in Markdown that can be read in a terminal as well."""

from collections.abc import Iterator, Sequence
from statistics import median

from results import Result, Results, Spread
from rows import MIB

COLUMNS = (
    "what",
    "floor",
    "treadle",
    "memory",
    "÷ floor",
    "budget",
    "used",
    "met",
    "Spec Kit",
    "memory",
    "÷ treadle",
)
GROWTH = (
    "steps",
    "spawn a step",
    "treadle a step",
    "÷ spawn",
    "beyond its process",
    "÷ spawn",
    "÷ fsync",
    "memory",
    "Spec Kit a step",
)
NONE = "–"


def tables(results: Results) -> str:
    """Return a table for each subject, under its title."""
    parts = (
        f"### {subject.title}\n\n{aligned(COLUMNS, [cells(row) for row in subject.rows])}"
        for subject in results.subjects
        if subject.rows
    )
    return "\n\n".join(parts)


def growth(results: Results) -> str:
    """Return what one step costs, by the number of steps of its run."""
    return aligned(GROWTH, list(_growth(results)))


def missed(results: Results) -> str:
    """Return a sentence that names the budgets that are not kept."""
    names = [row.name for row in results.rows if not row.is_met]
    return f"Not kept: {'; '.join(names)}." if names else "All budgets are kept."


def aligned(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns below each other, without the empty ones."""
    told = [column for column in range(len(head)) if any(line[column] != NONE for line in body)]
    head = [head[column] for column in told]
    body = [[line[column] for column in told] for line in body]
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join(_line(line, widths) for line in (head, rule, *body))


def cells(result: Result) -> tuple[str, ...]:
    """Return the cells of a row."""
    return (
        result.name,
        _time(result.floor),
        _time(result.treadle),
        _memory(result.treadle_bytes),
        _ratio(result.ratio),
        _budget(result),
        f"{result.used.middle:.0%}" if result.used else NONE,
        ("yes" if result.is_met else "no") if result.used else NONE,
        _time(result.spec_kit),
        _memory(result.spec_kit_bytes),
        f"{result.gain.middle:.1f}" if result.gain else NONE,
    )


def _growth(results: Results) -> Iterator[tuple[str, ...]]:
    beyond = results.series("beyond")
    for count, whole in results.series("sequence").items():
        rest = beyond.get(count)
        yield (
            f"{count:,}",
            _time(whole.floor, count),
            _time(whole.treadle, count),
            _ratio(whole.ratio),
            _time(rest.treadle if rest else None),
            _of_a_spawn(whole, rest),
            _ratio(rest.ratio if rest else None),
            _memory(whole.treadle_bytes),
            _time(whole.spec_kit, count),
        )


def _of_a_spawn(whole: Result, rest: Result | None) -> str:
    """Compare, round by round, what a step costs beyond its process with the process."""
    if rest is None or whole.floor is None:
        return NONE
    parts = [
        more.treadle_s / (pair.floor_s / whole.count)
        for more, pair in zip(rest.pairs, whole.pairs, strict=True)
        if pair.floor_s
    ]
    return f"{median(parts):.2f}"


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        text.rjust(width) if column else text.ljust(width)
        for column, (text, width) in enumerate(zip(line, widths, strict=True))
    )
    return "| " + " | ".join((first, *others)) + " |"


def _ratio(found: Spread | None) -> str:
    if found is None:
        return NONE
    if found.low == found.high:
        return f"{found.middle:.2f}"
    return f"{found.middle:.2f} ({found.low:.2f}–{found.high:.2f})"


def _budget(result: Result) -> str:
    if result.factor is None:
        return NONE
    parts = [f"{result.factor:g} ×"] if result.factor else []
    parts += [_seconds(result.plus_s)] if result.plus_s else []
    memory = f", {_memory(result.limit_bytes)}" if result.limit_bytes else ""
    return " + ".join(parts) + memory


def _memory(size: int) -> str:
    return f"{size / MIB:.0f} MiB" if size else NONE


def _time(found: Spread | None, count: int = 1) -> str:
    return NONE if found is None else _seconds(found.middle / count)


def _seconds(value: float) -> str:
    if value < 0.1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.2f} s" if value < 100 else f"{value:,.0f} s"
