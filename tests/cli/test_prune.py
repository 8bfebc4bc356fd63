"""`treadle prune`: nothing goes without being asked for and confirmed."""

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas

DONE = """
workflow: {id: done, name: Done, version: "1.0.0"}
steps: [{id: a, type: shell, run: 'RUN'}]
"""

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def runs(treadle, write: Write) -> None:
    """A failed run and two that are completed."""
    for run_id, line in (("bad", "false"), ("r1", "true"), ("r2", "true")):
        write("flow.yml", DONE.replace("RUN", line))
        treadle("run", "flow.yml", "--run-id", run_id)


def left(treadle) -> list[str]:
    return [row["run_id"] for row in treadle("status", "--json").data["runs"]]


def test_a_dry_run_removes_nothing(treadle) -> None:
    ended = treadle("prune", "--keep", "0", "--dry-run")
    assert ["RUN", "r1", "r2"] == [line.split()[0] for line in ended.out.splitlines()]
    assert ended.err.startswith("would remove 2 runs, ")
    assert ["r2", "r1", "bad"] == left(treadle)


def test_without_somebody_to_ask_nothing_is_removed(treadle) -> None:
    ended = treadle("prune", "--keep", "0")
    assert 2 == ended.code
    assert "error TR919: nothing was removed: 2 runs would go" in ended.err
    assert ["r2", "r1", "bad"] == left(treadle)


def test_what_is_removed_is_told(treadle) -> None:
    ended = treadle("prune", "--keep", "1", "--yes", "--json")
    schema = schemas.load("outcome")
    jsonschema.validate(ended.data, {**schema["$defs"]["removed"], "$defs": schema["$defs"]})
    assert (["r1"], []) == (
        [r["run_id"] for r in ended.data["removed"]],
        ended.data["would_remove"],
    )
    assert ["r2", "bad"] == left(treadle)
    assert 2 == treadle("status", "r1").code


def test_younger_runs_and_failed_runs_stay(treadle) -> None:
    ended = treadle("prune", "--older-than", "1h", "--yes")
    assert (0, "", "nothing to remove\n") == (ended.code, ended.out, ended.err)
    assert 0 == treadle("prune", "--keep", "0", "--status", "failed", "--yes").code
    assert ["r2", "r1"] == left(treadle)


@pytest.mark.parametrize(
    "words", [(), ("--yes",), ("--older-than", "soon"), ("--keep", "0", "--status", "running")]
)
def test_it_must_be_said_which_runs(treadle, words: tuple[str, ...]) -> None:
    assert 2 == treadle("prune", *words).code
    assert ["r2", "r1", "bad"] == left(treadle)


def test_a_person_is_asked(terminal) -> None:
    refused = terminal("prune", "--keep", "1")
    refused.until("remove 1 run for good? [y/N] ")
    refused.type("\n")
    code, shown = refused.end()
    assert (0, True) == (code, "nothing was removed" in shown)
    agreed = terminal("prune", "--keep", "1")
    agreed.until("[y/N] ")
    agreed.type("y\n")
    code, shown = agreed.end()
    assert (0, True) == (code, "removed 1 run" in shown)
