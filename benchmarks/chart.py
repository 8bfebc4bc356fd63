"""The plot of the growth, as SVG: seconds over steps, both axes logarithmic.

It has a background of its own and follows the colours that the reader's system asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from results import Result, Results, Spread

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 84, 682, 108, 396
STYLE = """\
    text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
    .title { font-size: 17px; font-weight: 600 }
    .quiet { font-size: 12px; fill: #57606a }
    .card { fill: #ffffff; stroke: #d0d7de }
    .grid { stroke: #d8dee4; stroke-width: 1 }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
    .floor .line { stroke: #6e7781; stroke-dasharray: 7 5 }
    .treadle .line { stroke: #0969da }
    .spec-kit .line { stroke: #bc4c00 }
    .floor .mark { fill: #6e7781 }
    .treadle .mark { fill: #0969da }
    .spec-kit .mark { fill: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .quiet { fill: #9ea7b3 }
      .card { fill: #0d1117; stroke: #30363d }
      .grid { stroke: #262c34 }
      .floor .line { stroke: #9ea7b3 }
      .treadle .line { stroke: #58a6ff }
      .spec-kit .line { stroke: #f0883e }
      .floor .mark { fill: #9ea7b3 }
      .treadle .mark { fill: #58a6ff }
      .spec-kit .mark { fill: #f0883e }
    }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series. Shapes: seconds by steps; `lift` moves the last value down, in pixels."""

    kind: str
    label: str
    points: Mapping[int, float]
    lift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A logarithmic axis over whole decades, between two pixels."""

    low: int
    high: int
    begin: int
    end: int

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        part = (log10(value) - self.low) / (self.high - self.low)
        return round(self.begin + part * (self.end - self.begin), 1)

    @property
    def decades(self) -> range:
        """The exponents at which the axis has a mark."""
        return range(self.low, self.high + 1)


def plot(results: Results) -> str:
    """Return the plot of the runs of a sequence."""
    lines = _lines(results.series("sequence"))
    x = _scale([step for line in lines for step in line.points], LEFT, RIGHT)
    y = _scale([value for line in lines for value in line.points.values()], BOTTOM, TOP)
    title = "A run of so many steps that do nothing"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title what">',
        f'  <title id="title">{title}</title>',
        f'  <desc id="what">{escape(_described(lines))}</desc>',
        f"  <style>\n{STYLE}\n  </style>",
        f'  <rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>',
        f'  <text class="title" x="24" y="34">{title}</text>',
        f'  <text class="quiet" x="24" y="54">{escape(results.at)}, '
        f"{escape(results.machine)}; medians</text>",
        *_axes(x, y),
        *_legend(lines),
        *(drawn for line in lines for drawn in _drawn(line, x, y)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(rows: Mapping[int, Result]) -> list[Line]:
    def points(found: Mapping[int, Spread | None]) -> dict[int, float]:
        return {count: spread.middle for count, spread in found.items() if spread}

    lines = (
        Line(
            kind="spec-kit",
            label="Spec Kit",
            points=points({count: row.spec_kit for count, row in rows.items()}),
            lift=4,
        ),
        Line(
            kind="treadle",
            label="treadle",
            points=points({count: row.treadle for count, row in rows.items()}),
            lift=-2,
        ),
        Line(
            kind="floor",
            label="floor: starting sh -c true so many times",
            points=points({count: row.floor for count, row in rows.items()}),
            lift=14,
        ),
    )
    return [line for line in lines if line.points]


def _scale(values: list[float] | list[int], begin: int, end: int) -> Scale:
    low = floor(log10(min(values, default=1)))
    high = ceil(log10(max(values, default=1)))
    return Scale(low=low, high=max(high, low + 1), begin=begin, end=end)


def _axes(x: Scale, y: Scale) -> Iterator[str]:
    for decade in y.decades:
        at = y.at(10**decade)
        yield f'  <path class="grid" d="M{LEFT} {at}H{RIGHT}"/>'
        yield f'  <text x="{LEFT - 10}" y="{at + 4.5}" text-anchor="end">{_number(decade)}</text>'
    for decade in x.decades:
        at = x.at(10**decade)
        yield f'  <path class="grid" d="M{at} {TOP}V{BOTTOM}"/>'
        yield f'  <text x="{at}" y="{BOTTOM + 20}" text-anchor="middle">{_number(decade)}</text>'
    middle = (LEFT + RIGHT) // 2
    yield f'  <text x="{middle}" y="{BOTTOM + 44}" text-anchor="middle">steps (logarithmic)</text>'
    side = (TOP + BOTTOM) // 2
    yield (
        f'  <text transform="rotate(-90 26 {side})" x="26" y="{side}" text-anchor="middle">'
        "time in seconds (logarithmic)</text>"
    )


def _legend(lines: list[Line]) -> Iterator[str]:
    at = LEFT
    for line in lines:
        yield f'  <g class="{line.kind}">'
        yield f'    <path class="line" d="M{at} 80h34"/>'
        yield f"    {_mark(line.kind, at + 17, 80)}"
        yield f'    <text x="{at + 42}" y="84.5">{escape(line.label)}</text>'
        yield "  </g>"
        at += 42 + 8 * len(line.label) + 24


def _drawn(line: Line, x: Scale, y: Scale) -> Iterator[str]:
    places = [(x.at(step), y.at(value)) for step, value in line.points.items()]
    yield f'  <g class="{line.kind}">'
    yield f'    <path class="line" d="M{"L".join(f"{left} {top}" for left, top in places)}"/>'
    for left, top in places:
        yield f"    {_mark(line.kind, left, top)}"
    (left, top), (_, value) = places[-1], list(line.points.items())[-1]
    at = f'x="{left + 12}" y="{round(top + line.lift, 1)}"'
    yield f'    <text class="quiet" {at}>{_seconds(value)}</text>'
    yield "  </g>"


def _mark(kind: str, left: float, top: float) -> str:
    """Return a mark that is told apart without its colour."""
    match kind:
        case "treadle":
            return f'<circle class="mark" cx="{left}" cy="{top}" r="5"/>'
        case "spec-kit":
            return f'<path class="mark" d="M{left} {round(top - 6, 1)}l6 11h-12z"/>'
        case _:
            return (
                f'<rect class="mark" x="{round(left - 4, 1)}" y="{round(top - 4, 1)}" '
                'width="8" height="8"/>'
            )


def _described(lines: list[Line]) -> str:
    return "; ".join(
        f"{line.label}: "
        + ", ".join(f"{count:,} steps in {_seconds(value)}" for count, value in line.points.items())
        for line in lines
    )


def _number(decade: int) -> str:
    return f"{10**decade:,}" if decade >= 0 else f"{10.0**decade:.{-decade}f}"


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:,.0f} s"
