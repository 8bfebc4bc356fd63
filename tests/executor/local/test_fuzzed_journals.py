"""Damaged and edited journals: what could not have been written is told, and hurts nobody else.

Three kinds of damage: to the bytes of the file, as a bad disk does it; to its rows; and to its
rows with all hashes computed anew, which only replaying can notice.
"""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from treadle.cli.app import build
from treadle.compiler import compile_text
from treadle.executor import resume, run
from treadle.executor.errors import Refused
from treadle.executor.local.cancel import cancel
from treadle.executor.local.host import Host
from treadle.executor.local.journal import Journal
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.replay import decide_again
from treadle.executor.state import Run
from treadle.plan.plan import Plan

WORKFLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
timeout: 3600
inputs:
  verdict: {type: string, enum: ["", approve, reject], default: ""}
  rows: {type: array, items: {type: string}, default: [a, b]}
outputs: {count: {value: "{{ steps.each.output.item_count }}"}}
steps:
  - {id: place, type: slot, name: later}
  - id: pick
    type: switch
    expression: "{{ inputs.rows[0] }}"
    cases:
      a:
        - id: fails
          type: shell
          run: exit 3
          continue_on_error: true
          retry: {max_attempts: 2, delay: 0, on_exit_codes: [3]}
        - id: guard
          type: if
          condition: "{{ steps.fails.output.exit_code == 3 }}"
          then:
            - {id: says, type: shell, run: echo said}
  - id: rounds
    type: do-while
    condition: "{{ steps.tick.output.exit_code == 0 }}"
    max_iterations: 2
    steps:
      - {id: tick, type: shell, run: echo tick}
      - {id: ask, type: gate, message: "On?", on_reject: retry, verdict_input: verdict}
  - id: each
    type: fan-out
    items: "{{ inputs.rows }}"
    step: {id: row, type: shell, env: {ROW: "{{ item }}"}, run: echo "$ROW"}
  - {id: all, type: fan-in, wait_for: [each], output: {n: "{{ fan_in.results | length }}"}}
finally:
  - id: ended
    type: if
    condition: "{{ context.status == 'completed' }}"
    then: [{id: tidy, type: shell, run: echo tidy}]
"""
TOLD = {"TR901", "TR902", "TR904", "TR930", "TR931"}
FIRST_HASH = ""
ONLY_CHECKED = "told by the check alone"

Transaction = list[dict[str, Any]]
Story = list[Transaction]


def plan() -> Plan:
    compiled = compile_text(WORKFLOW)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with three runs.

    Of these "r1" has been through everything and completed, "c1" was cancelled, "good" is paused.
    """
    project = tmp_path_factory.mktemp("original")
    made = plan()
    run(made, project=project, run_id="r1")
    resume("r1", {"verdict": "reject"}, project=project)
    resume("r1", {"verdict": "approve"}, project=project)
    assert resume("r1", choices={"/rounds/r2/ask": "approve"}, project=project).status == (
        "completed"
    )
    assert run(made, project=project, run_id="c1").status == "paused"
    host = Host(project=project, environment=dict(os.environ))
    assert cancel("c1", host=host, reason="enough").run.status == "cancelled"
    assert run(made, {"rows": ["b"]}, project=project, run_id="good").status == "paused"
    return project


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Callable[[], Path]:
    """Return what makes a fresh copy of the project, in the place of the copy before."""
    made = tmp_path / "project"

    def fresh() -> Path:
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(original, made)
        return made

    return fresh


def journal_of(project: Path, name: str = "r1") -> Path:
    return project / ".treadle" / "runs" / name / "journal.db"


def story(path: Path) -> Story:
    """Return the transactions of a journal as JSON data."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT body FROM transactions ORDER BY number").fetchall()
    return [json.loads(body) for (body,) in rows]


def tell_anew(path: Path, bodies: list[str]) -> None:
    """Write a journal whose hashes are right, whatever its rows say."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM transactions")
        chained = FIRST_HASH
        for number, body in enumerate(bodies, start=1):
            chained = hashlib.sha256(f"{chained}\n{body}".encode()).hexdigest()
            row = (number, body, chained)
            connection.execute("INSERT INTO transactions VALUES (?, ?, ?)", row)


def verdict(project: Path, name: str = "r1") -> str:
    """Return the code with which a run is refused, or how it stands.

    Loading only applies, and may believe what deciding again does not; never the other way.
    """
    store = Store(project)
    folder = RunFolder(store.runs / name)
    applied = told_by(lambda: store.load(folder)[1])
    decided = told_by(lambda: store.load_whole(folder, follow=decide_again)[1])
    if decided in TOLD and applied not in TOLD:
        return ONLY_CHECKED
    assert decided == applied
    return decided


def told_by(work: Callable[[], Run]) -> str:
    try:
        return str(work().status)
    except Refused as refused:
        (reason,) = refused.problems
        assert reason.code in TOLD, reason
        return reason.code


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of everything inside some JSON data."""
    yield path
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaves(held, (*path, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from leaves(held, (*path, index))


OTHER_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7,
    1.5,
    10**30,
    "",
    "/",
    "/nowhere",
    "/each/i0/row",
    "completed",
    "2026-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59+00:00",
    "\x00\x1b[31m",
    [],
    [[]],
    {},
    {"event": "run-paused"},
)


def edit(chance: random.Random, told: Story) -> None:
    """Change a value, a key or the length of anything in a story."""
    number = chance.randrange(len(told))
    *around, last = chance.choice(list(leaves(told[number]))[1:])
    target: Any = told[number]
    for step in around:
        target = target[step]
    match chance.randrange(3):
        case 0:
            target[last] = chance.choice(OTHER_VALUES)
        case 1:
            del target[last]
        case 2 if isinstance(target, dict):
            target[f"{last}x"] = target.pop(last)
        case _:
            target.insert(last, chance.choice(OTHER_VALUES))


def shuffle_events(chance: random.Random, told: Story) -> None:
    long = [transaction for transaction in told if len(transaction) > 1]
    transaction = chance.choice(long)
    one, other = chance.sample(range(len(transaction)), 2)
    transaction[one], transaction[other] = transaction[other], transaction[one]


def drop_event(chance: random.Random, told: Story) -> None:
    transaction = chance.choice(told)
    transaction.pop(chance.randrange(len(transaction)))


def repeat_event(chance: random.Random, told: Story) -> None:
    transaction = chance.choice(told)
    transaction.insert(chance.randint(0, len(transaction)), chance.choice(transaction))


def move_event(chance: random.Random, told: Story) -> None:
    moved = chance.choice(chance.choice(told))
    chance.choice(told).append(moved)


def drop(chance: random.Random, told: Story) -> None:
    told.pop(chance.randrange(len(told) - 1))


def repeat(chance: random.Random, told: Story) -> None:
    told.insert(chance.randint(0, len(told)), chance.choice(told))


def swap(chance: random.Random, told: Story) -> None:
    one, other = chance.sample(range(len(told)), 2)
    told[one], told[other] = told[other], told[one]


def merge(chance: random.Random, told: Story) -> None:
    number = chance.randrange(len(told) - 1)
    told[number : number + 2] = [told[number] + told[number + 1]]


def nonsense(chance: random.Random, told: Story) -> None:
    told[chance.randrange(len(told))] = chance.choice(OTHER_VALUES)


EDITS = (edit, edit, edit, drop, repeat, swap, merge, nonsense)
EVENT_EDITS = (shuffle_events, drop_event, repeat_event, move_event)


def is_possible(original: Story, told: Story) -> bool:
    """Whether a story can have been written, as far as that is seen without deciding anything.

    What happened outside can have been anything: a result may say whatever it likes, and a resume
    that led to the same gate again may have been there or not.
    """
    original, told = ([t for t in held if not is_idle(t)] for held in (original, told))
    if told and is_cancellation(told[-1]):
        # A run can be cancelled at any moment, and its finally reads what there was by then.
        original, told = original[:-1], told[:-1]
    if told == original[: len(told)]:
        return True
    if len(told) != len(original):
        return False
    for before, after in zip(original, told, strict=True):
        if before != after and (
            not isinstance(after, list) or len(before) != len(after) or before[1:] != after[1:]
        ):
            return False
    return True


def is_idle(transaction: Any) -> bool:
    """Whether somebody resumed the run, and it rests again where it was."""
    try:
        first, *_, last = transaction
        return first["event"] == "run-resumed" and last["event"] == "run-paused"
    except (KeyError, TypeError, ValueError):
        return False


def is_cancellation(transaction: Any) -> bool:
    try:
        return bool(transaction[0]["event"] == "cancel-requested")
    except (IndexError, KeyError, TypeError):
        return False


def edited(chance: random.Random, original: Path, project: Path) -> str:
    """Tell a story anew with one change, and hold what is made of it; return the verdict."""
    name = chance.choice(("r1", "r1", "c1"))
    told = story(journal_of(original, name))
    before = json.loads(json.dumps(told))
    change = chance.choice((*EDITS, *EVENT_EDITS))
    if chance.random() < 0.1:
        others = story(journal_of(original, "good"))
        told[chance.randrange(len(told))] = chance.choice(others)
    else:
        change(chance, told)
    tell_anew(journal_of(project, name), [json.dumps(transaction) for transaction in told])
    found = verdict(project, name)
    if found not in (*TOLD, ONLY_CHECKED):
        assert is_possible(before, told), (change.__name__, told)
    return found


def flip_bits(chance: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 1, 2, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def cut_off(chance: random.Random, path: Path) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def tear_page(chance: random.Random, path: Path) -> None:
    """Leave half of a page as it was before it was written: zeros, or another page."""
    data = bytearray(path.read_bytes())
    start = chance.randrange(0, len(data), 512)
    other = chance.randrange(0, len(data), 512)
    data[start : start + 512] = bytes(512) if chance.random() < 0.5 else data[other : other + 512]
    path.write_bytes(data)


DAMAGES = (flip_bits, cut_off, tear_page)


def damaged(chance: random.Random, original: Path, project: Path) -> str:
    """Damage a file, and hold what is made of it; return the verdict."""
    path = journal_of(project)
    chance.choice(DAMAGES)(chance, path)
    found = verdict(project)
    if found not in (*TOLD, ONLY_CHECKED):
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT body FROM transactions ORDER BY number").fetchall()
        known = story(journal_of(original))
        assert [json.loads(body) for (body,) in rows] == known[: len(rows)]
    return found


def say(*words: str, project: Path) -> tuple[int, str]:
    """Carry out a command; return its exit status and everything it says."""
    done = CliRunner().invoke(build(words=list(words)), [*words, "--project", str(project)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, f"{done.stdout}{done.stderr}"


def hold_verbs(project: Path) -> None:
    """Hold that no verb falls over, and that the other run is as it was."""
    for words in (
        ("status", "r1"),
        ("status", "r1", "--json"),
        ("logs", "r1"),
        ("resume", "r1", "--no-input"),
        ("resume", "@latest", "--no-input", "--json"),
        ("status", "c1"),
        ("logs", "c1"),
        ("resume", "c1", "--no-input"),
    ):
        code, said = say(*words, project=project)
        assert code in (0, 1, 2), said
        assert "Traceback" not in said and "internal error" not in said, said
    code, said = say("status", project=project)
    assert code == 0 and "good" in said, said
    assert verdict(project, "good") in ("paused", "completed")


def test_the_journals_to_be_damaged_are_whole(original: Path) -> None:
    assert (verdict(original), verdict(original, "good")) == ("completed", "paused")
    stories = [*story(journal_of(original)), *story(journal_of(original, "c1"))]
    names = {event["event"] for transaction in stories for event in transaction}
    assert len(names) >= 21


@pytest.mark.parametrize("seed", range(3))
def test_a_story_that_cannot_have_happened_is_not_believed(
    seed: int, original: Path, project: Callable[[], Path]
) -> None:
    chance = random.Random(seed)
    copy = project()
    found = Counter(edited(chance, original, copy) for _ in range(60))
    assert found["TR930"] > 10 and found["TR901"] > 5


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_file_is_told_or_its_beginning_is_believed(
    seed: int, original: Path, project: Callable[[], Path]
) -> None:
    chance = random.Random(seed)
    found = Counter(damaged(chance, original, project()) for _ in range(25))
    assert found["TR901"] > 5


@pytest.mark.parametrize("damage", [edited, damaged])
def test_no_verb_falls_over_a_damaged_run_and_no_other_run_is_hurt(
    damage: Callable[[random.Random, Path, Path], str],
    original: Path,
    project: Callable[[], Path],
) -> None:
    chance = random.Random(7)
    for _ in range(4):
        copy = project()
        damage(chance, original, copy)
        hold_verbs(copy)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_index_or_file_of_groups_costs_no_run(
    seed: int, original: Path, project: Callable[[], Path]
) -> None:
    chance, copy = random.Random(seed), project()
    index = copy / ".treadle" / "index.db"
    chance.choice(DAMAGES)(chance, index)
    groups = copy / ".treadle" / "runs" / "good" / "groups"
    groups.write_bytes(b"+ 1 \xff\n+ x y\n- \n+ 99999999999999999999 1 1\n")
    code, said = say("status", project=copy)
    assert (code, "internal error" in said) == (0, False), said
    assert all(name in said for name in ("r1", "c1", "good")), said
    code, said = say("resume", "good", "-i", "verdict=approve", "--no-input", project=copy)
    assert code == 0, said


def test_the_event_that_cannot_have_happened_is_named(
    original: Path, project: Callable[[], Path]
) -> None:
    told = story(journal_of(original))
    copy = project()
    says = "/pick/case:a/guard/then/says"
    left_out = [events[0].get("address") == says for events in told].index(True)
    del told[left_out]
    tell_anew(journal_of(copy), [json.dumps(transaction) for transaction in told])
    store = Store(copy)
    with pytest.raises(Refused) as refused:
        store.load(RunFolder(store.runs / "r1"))
    assert str(refused.value) == (
        f"the journal of run 'r1' tells what cannot have happened: transaction {left_out + 1},"
        " action-finished of /rounds/r1/tick: nothing is at '/rounds/r1/tick'"
    )


def test_after_a_loss_of_power_a_beginning_of_the_journal_is_there(tmp_path: Path) -> None:
    """Cut the write-ahead log, to which the latest transactions were appended, at any byte."""
    project = tmp_path / "project"
    run(plan(), project=project.parent, run_id="whole")
    whole = story(journal_of(project.parent, "whole"))
    path = tmp_path / "journal.db"
    journal = Journal(path, "whole")
    for number in range(len(whole)):
        _copy_transaction(journal_of(project.parent, "whole"), journal, number)
    log = Path(f"{path}-wal").read_bytes()
    database = path.read_bytes()
    journal.close()
    seen = Counter[int]()
    for size in (*range(0, len(log), 509), len(log)):
        cut = tmp_path / f"cut{size}"
        cut.mkdir()
        (cut / "journal.db").write_bytes(database)
        (cut / "journal.db-wal").write_bytes(log[:size])
        with closing(sqlite3.connect(cut / "journal.db")) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        kept = story(cut / "journal.db") if tables else []
        assert kept == whole[: len(kept)]
        seen[len(kept)] += 1
    assert sorted(seen) == list(range(len(whole) + 1))


def _copy_transaction(source: Path, journal: Journal, number: int) -> None:
    from treadle.executor.local.journal import read

    journal.append([list(read(source, "whole"))[number]])


@pytest.mark.slow
def test_fuzzed_journals_are_told(
    original: Path,
    project: Callable[[], Path],
    proof_seconds: float,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance, deadline = random.Random(20260101), time.monotonic() + proof_seconds
    found: Counter[str] = Counter()
    while not found or time.monotonic() < deadline:
        copy = project()
        found[damaged(chance, original, copy)] += 1
        copy = project()
        for _ in range(8):
            found[edited(chance, original, copy)] += 1
        if chance.random() < 0.1:
            hold_verbs(copy)
    with capsys.disabled():
        told = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
        print(f"\n{found.total()} fuzzed journals: {told}")
