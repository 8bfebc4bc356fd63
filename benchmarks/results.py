"""What was measured: every pair of every row, and the figures that are made of the pairs.

Only the pairs are stored, so that no figure can differ from what it was made of. A ratio is made
within a pair and the median is taken of the ratios: a slow minute falls on both halves of a pair.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any

from rows import Row
from timing import Round, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One round of a row; None where there is no floor, or Spec Kit was left out."""

    floor_s: float | None
    treadle_s: float
    treadle_bytes: int
    spec_kit_s: float | None
    spec_kit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A median and the quartiles around it; all three are the same for one figure."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A measured row. Shapes: at least one pair."""

    name: str
    series: str
    count: int
    factor: float | None
    plus_s: float
    limit_bytes: int | None
    pairs: tuple[Pair, ...]

    def times(self, read: Callable[[Pair], float | None]) -> Spread | None:
        """Return the spread of a figure over the pairs that have it."""
        return spread([value for value in map(read, self.pairs) if value is not None])

    @property
    def floor(self) -> Spread | None:
        """Seconds of the floor."""
        return self.times(lambda pair: pair.floor_s)

    @property
    def treadle(self) -> Spread:
        """Seconds of treadle."""
        found = self.times(lambda pair: pair.treadle_s)
        assert found is not None
        return found

    @property
    def spec_kit(self) -> Spread | None:
        """Seconds of Spec Kit."""
        return self.times(lambda pair: pair.spec_kit_s)

    @property
    def ratio(self) -> Spread | None:
        """Treadle as a multiple of the floor, pair by pair."""
        return self.times(lambda pair: pair.treadle_s / pair.floor_s if pair.floor_s else None)

    @property
    def gain(self) -> Spread | None:
        """Spec Kit as a multiple of treadle, pair by pair."""
        return self.times(
            lambda pair: (
                pair.spec_kit_s / pair.treadle_s if pair.spec_kit_s and pair.treadle_s else None
            )
        )

    @property
    def used(self) -> Spread | None:
        """The part of the budget that was used, pair by pair: 1 is all of it."""
        factor = self.factor
        if factor is None:
            return None
        return self.times(
            lambda pair: pair.treadle_s / (factor * (pair.floor_s or 0.0) + self.plus_s)
        )

    @property
    def is_met(self) -> bool:
        """Whether the budget is kept; a row without one keeps it."""
        is_fast = self.used is None or self.used.middle <= 1
        return is_fast and (self.limit_bytes is None or self.treadle_bytes <= self.limit_bytes)

    @property
    def treadle_bytes(self) -> int:
        """The memory of treadle's largest process, the median."""
        return int(median(pair.treadle_bytes for pair in self.pairs))

    @property
    def spec_kit_bytes(self) -> int:
        """The memory of Spec Kit's largest process, the median."""
        return int(median([pair.spec_kit_bytes for pair in self.pairs if pair.spec_kit_s] or [0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Rows that stand in one table."""

    title: str
    rows: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that one run of the script measured, and on what.

    Shapes: `at` is a day; `load` is that of the machine before anything was measured.
    """

    at: str
    machine: str
    python: str
    spec_kit: str | None
    load: float | None
    subjects: tuple[Subject, ...]

    @property
    def rows(self) -> tuple[Result, ...]:
        """All rows, in their order."""
        return tuple(row for subject in self.subjects for row in subject.rows)

    def series(self, name: str) -> dict[int, Result]:
        """Return the rows of a series by their count."""
        return {row.count: row for row in self.rows if row.series == name}


def spread(values: list[float]) -> Spread | None:
    """Return median and quartiles, or None for no values."""
    if not values:
        return None
    if len(values) == 1:
        return Spread(low=values[0], middle=values[0], high=values[0])
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Spread(low=low, middle=middle, high=high)


def result(row: Row, rounds: tuple[Round, ...]) -> Result:
    """Read a row off the rounds of its group."""
    return Result(
        name=row.name,
        series=row.series,
        count=row.count,
        factor=row.factor,
        plus_s=row.plus_s,
        limit_bytes=row.limit_bytes,
        pairs=tuple(_pair(row, found) for found in rounds),
    )


def to_json(results: Results) -> dict[str, Any]:
    """Return the results as they stand in results.json."""
    return asdict(results)


def from_json(found: Mapping[str, Any]) -> Results:
    """Read what `to_json` has made."""
    subjects = tuple(
        Subject(title=subject["title"], rows=tuple(map(_result, subject["rows"])))
        for subject in found["subjects"]
    )
    return Results(**{**found, "subjects": subjects})


def _result(found: Mapping[str, Any]) -> Result:
    return Result(**{**found, "pairs": tuple(Pair(**pair) for pair in found["pairs"])})


def _pair(row: Row, found: Round) -> Pair:
    floor, ours, theirs = row.floor(found), row.ours(found), row.theirs(found)
    if ours is None:
        raise RuntimeError(f"{row.name} was not measured")
    return Pair(
        floor_s=_seconds(floor),
        treadle_s=round(ours.seconds, 7),
        treadle_bytes=ours.peak_bytes,
        spec_kit_s=_seconds(theirs),
        spec_kit_bytes=theirs.peak_bytes if theirs else 0,
    )


def _seconds(sample: Sample | None) -> float | None:
    return None if sample is None else round(sample.seconds, 7)
