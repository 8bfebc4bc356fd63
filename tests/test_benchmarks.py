"""The benchmarks: what is made of the figures, never how large they are."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from treadle.compiler import compile_file

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module of the script's folder, whose modules are of no package."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


@pytest.fixture
def made(module: Any) -> Any:
    """Make results of rows, each (name, budget, pairs of floor and treadle and Spec Kit)."""
    results = module("results")

    def row(name: str, budget: tuple[float | None, float], *pairs: Any, **more: Any) -> Any:
        return results.Result(
            name=name,
            series=more.get("series", ""),
            count=more.get("count", 0),
            factor=budget[0],
            plus_s=budget[1],
            limit_bytes=more.get("limit_bytes"),
            pairs=tuple(
                results.Pair(
                    floor_s=floor,
                    treadle_s=ours,
                    treadle_bytes=more.get("size", 0),
                    spec_kit_s=theirs,
                    spec_kit_bytes=0,
                )
                for floor, ours, theirs in pairs
            ),
        )

    return row


@pytest.fixture
def whole(module: Any, made: Any) -> Any:
    """Results with a growth over two sizes."""
    results = module("results")
    rows = (
        made("10 steps", (1.5, 0.3), (0.1, 0.4, 2.0), series="sequence", count=10),
        made("100 steps", (1.5, 0.3), (1.0, 1.5, 90.0), series="sequence", count=100),
        made("beyond", (1, 0.0002), (0.001, 0.002, None), series="beyond", count=100),
    )
    return results.Results(
        at="2026-01-02",
        machine="A <processor>, 2 cores",
        python="3.11.0",
        spec_kit="specify-cli 1.2.3",
        load=0.5,
        subjects=(results.Subject(title="Steps", rows=rows),),
    )


def test_the_page_and_its_plot_are_what_the_results_make_of_them(module: Any) -> None:
    assert [] == [path.name for path, _ in module("page").differing()]


def test_the_page_names_only_options_that_the_script_has() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"run\.py +(--\w[\w-]*)", page))
    assert set() == named - set(re.findall(r"--\w[\w-]*", told))


def test_a_ratio_is_made_within_a_round_so_that_a_slow_minute_leaves_it(made: Any) -> None:
    row = made("x", (2, 0), (1.0, 1.5, None), (10.0, 15.0, None), (1.0, 1.5, None))
    assert (1.5, 1.5, 1.5) == (row.ratio.low, row.ratio.middle, row.ratio.high)
    assert row.is_met


def test_the_ratio_of_a_row_is_a_median_with_quartiles(made: Any) -> None:
    row = made("x", (2, 0), *((1.0, float(ours), None) for ours in (5, 1, 4, 2, 3)))
    assert (2.0, 3.0, 4.0) == (row.ratio.low, row.ratio.middle, row.ratio.high)


@pytest.mark.parametrize(("ours", "is_met"), [(1.8, True), (1.81, False)])
def test_a_budget_is_a_multiple_of_the_floor_and_a_time(
    made: Any, ours: float, is_met: bool
) -> None:
    assert is_met == made("x", (1.5, 0.3), (1.0, ours, None)).is_met


@pytest.mark.parametrize(("size", "is_met"), [(100, True), (101, False)])
def test_a_budget_may_bound_the_memory(made: Any, size: int, is_met: bool) -> None:
    row = made("x", (1.5, 0), (1.0, 1.0, None), size=size, limit_bytes=100)
    assert is_met == row.is_met


def test_a_row_without_a_floor_has_a_time_for_its_budget(made: Any, module: Any) -> None:
    row = made("x", (0, 0.5), (None, 0.25, None))
    assert ("–", "0.25 s", "–", "–", "0.50 s", "50%", "yes") == module("table").cells(row)[1:8]


def test_a_row_without_a_budget_is_neither_kept_nor_missed(made: Any, module: Any) -> None:
    row = made("x", (None, 0), (1.0, 2.0, None))
    assert ("2.00", "–", "–", "–") == module("table").cells(row)[4:8]


def test_what_missed_its_budget_is_named(whole: Any, module: Any) -> None:
    assert "Not kept: beyond." == module("table").missed(whole)


def test_a_table_leaves_out_the_columns_that_say_nothing(module: Any) -> None:
    expected = "| what | long |\n| ---- | ---: |\n| a    |    1 |\n| bcd  |    – |"
    found = module("table").aligned(("what", "none", "long"), [("a", "–", "1"), ("bcd", "–", "–")])
    assert expected == found


def test_the_growth_is_told_by_the_step(whole: Any, module: Any) -> None:
    lines = module("table").growth(whole).splitlines()[2:]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    assert [
        ("10", "10 ms", "40 ms", "4.00", "–", "–", "–", "0.20 s"),
        ("100", "10 ms", "15 ms", "1.50", "2 ms", "0.20", "2.00", "0.90 s"),
    ] == cells


def test_results_are_read_as_they_were_written(whole: Any, module: Any) -> None:
    results = module("results")
    assert whole == results.from_json(results.to_json(whole))


def test_the_figures_stand_between_the_markers_and_nothing_else_changes(
    whole: Any, module: Any
) -> None:
    page = module("page")
    once = page.with_figures(f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n", whole)
    assert (True, True) == (once.startswith("above\n"), once.endswith("\nbelow\n"))
    assert once == page.with_figures(once, whole)
    assert "old" not in once


def test_a_page_without_markers_is_not_written(whole: Any, module: Any) -> None:
    with pytest.raises(ValueError, match="no markers"):
        module("page").with_figures("# Performance\n", whole)


def test_the_plot_has_a_title_axes_with_units_and_a_legend(whole: Any, module: Any) -> None:
    root = ElementTree.fromstring(module("chart").plot(whole))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"time in seconds (logarithmic)", "steps (logarithmic)", "treadle", "Spec Kit"} <= texts
    assert root.find(f"{SVG}title") is not None
    assert [] == [*root.iter(f"{SVG}script"), *root.iter(f"{SVG}image")]


def test_ten_times_as_much_stands_ten_times_as_high(module: Any) -> None:
    scale = module("chart").Scale(low=0, high=2, begin=100, end=0)
    assert [100.0, 50.0, 0.0] == [scale.at(value) for value in (1, 10, 100)]


def ticking(seconds: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += seconds


def test_every_second_round_is_measured_the_other_way_about(module: Any) -> None:
    timing, order = module("timing"), []

    def probe(name: str) -> Any:
        return lambda: order.append(name) or timing.Sample(seconds=1.0)

    probes = {name: probe(name) for name in ("floor", "ours")}
    clock = ticking(1.0)
    timing.in_turns(probes, repetitions=3, patience_s=60, clock=lambda: next(clock))
    assert ["floor", "ours", "ours", "floor", "floor", "ours"] == order


def test_no_round_begins_after_the_patience_but_one_there_is(module: Any) -> None:
    timing, clock = module("timing"), ticking(100.0)
    probes = {"ours": lambda: timing.Sample(seconds=1.0)}
    rounds = timing.in_turns(probes, repetitions=5, patience_s=60, clock=lambda: next(clock))
    assert 1 == len(rounds)


def test_a_slow_peer_is_measured_once(module: Any) -> None:
    timing, clock = module("timing"), ticking(0.0)
    probes = {
        "ours": lambda: timing.Sample(seconds=1.0),
        "theirs": lambda: timing.Sample(seconds=60.0),
    }
    rounds = timing.in_turns(probes, repetitions=3, patience_s=60, clock=lambda: next(clock))
    assert [{"ours", "theirs"}, {"ours"}, {"ours"}] == [set(found) for found in rounds]


def test_a_step_beyond_its_process_is_what_start_and_processes_leave(
    module: Any, tmp_path: Path
) -> None:
    timing, rows = module("timing"), module("rows")
    bench = rows.Bench(work=tmp_path, treadle=tmp_path, peer=None, is_quick=True, is_full=False)
    group = list(module("running").sequences(bench))[-1]
    times = {"floor": 1.0, "ours": 2.4, "one": 0.42, "tenth": 1.0, "fsyncs": 0.2}
    found = {name: timing.Sample(seconds=seconds) for name, seconds in times.items()}
    pair = module("results").result(group.rows[1], (found,)).pairs[0]
    assert (0.001, 0.01) == (pair.floor_s, pair.treadle_s)


def test_the_workflows_of_the_rows_compile_without_a_finding(module: Any, tmp_path: Path) -> None:
    workflows = module("workflows")
    paths = (
        workflows.sequence(tmp_path, 3),
        workflows.fan_out(tmp_path, 3, concurrency=2),
        workflows.rich(tmp_path, "rich", 3),
        workflows.printing(tmp_path, 10),
        workflows.long_run(tmp_path, 4),
    )
    assert [()] * len(paths) == [compile_file(path).diagnostics for path in paths]
