"""The output of a run's steps, from files that are here and from what workers tell."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytest.importorskip("temporalio")

from tests.executor.temporal.conftest import Crew, plan_of, wait_until
from tests.executor.temporal.test_course import AT, driven, finished, opening
from tests.temporal_server import needs_temporal
from treadle.executor.events import RunForked
from treadle.executor.local.log_tail import STREAMS, Chunk
from treadle.executor.local.logs import log_path
from treadle.executor.state import RunStatus
from treadle.executor.temporal.beats import TAIL_BYTES, beat_of, tail_of
from treadle.executor.temporal.course import Course, Reader, begun
from treadle.executor.temporal.messages import Beat, plain, read
from treadle.executor.temporal.run_tail import RunTail, read_run, tail_run

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: one, type: shell, run: echo one}
  - {id: two, type: shell, run: echo two}
  - {id: ask, type: gate, message: "ok?"}
"""


def follow(course: Course, tail: RunTail, reader: Reader) -> None:
    reader.watch = tail.learn
    while reader.read(course.page(reader.ask())):
        pass
    tail.fill(reader.state())


def shown(tail: RunTail, beats: Mapping[str, Beat] | None = None) -> list[tuple[str, str, bytes]]:
    return [
        (chunk.attempt.step, chunk.stream, chunk.data)
        for chunk in tail.read(beats or {})
        if not chunk.is_last
    ]


def wrote(folder: Path, number: int, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    with log_path(folder, number, "stdout").open("ab") as file:
        file.write(data)


def everything(folder: Path) -> RunTail:
    return RunTail(lambda run_id: folder, lambda address, occurrence: True)


def test_a_beat_has_the_ends_of_the_log_files(tmp_path: Path) -> None:
    wrote(tmp_path, 1, b"x" * 10_000 + b"\xff\n")
    beat = read(Beat, plain(beat_of(tmp_path, 1, host="here")))
    tail = tail_of(beat, "stdout")
    assert tail is not None
    assert (10_002, b"x\xff\n", TAIL_BYTES) == (tail.size, tail.data[-3:], len(tail.data))
    assert [None, None] == [tail_of(beat_of(tmp_path, 2, host="here"), name) for name in STREAMS]


def test_files_that_are_here_are_read_as_they_grow(tmp_path: Path) -> None:
    course, commands = begun(opening(FLOW), AT)
    tail, reader = everything(tmp_path), Reader()
    follow(course, tail, reader)
    assert [] == shown(tail)
    wrote(tmp_path, 1, b"a\n")
    assert [("one", "stdout", b"a\n")] == shown(tail)
    wrote(tmp_path, 1, b"b\n")
    course.take(finished(commands[0], stdout="a\nb\n"))
    follow(course, tail, reader)
    assert [("one", "stdout", b"b\n")] == shown(tail)
    assert [] == shown(tail)


def test_steps_elsewhere_are_read_from_heartbeats_and_then_from_their_records(
    tmp_path: Path,
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    course, commands = begun(opening(FLOW), AT)
    tail, reader = everything(here), Reader()
    follow(course, tail, reader)
    wrote(there, 1, b"a\n")
    beats = {"/one 1": beat_of(there, 1, host="far")}
    assert [("one", "stdout", b"a\n")] == shown(tail, beats)
    assert [] == shown(tail, beats)
    course.take(finished(commands[0], stdout="a\nb\n", stderr="c\n"))
    follow(course, tail, reader)
    assert [("one", "stdout", b"b\n"), ("one", "stderr", b"c\n")] == shown(tail)
    assert [] == tail.gaps


def test_what_was_written_between_two_beats_is_told_of(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    course, _ = begun(opening(FLOW), AT)
    tail = everything(here)
    follow(course, tail, Reader())
    wrote(there, 1, b"first line\n" * 1000)
    [(_, _, data)] = shown(tail, {"/one 1": beat_of(there, 1, host="far")})
    [gap] = tail.gaps
    assert (11_000, True) == (gap.size + len(data), data.startswith(b"first line\n"))
    assert f"far:{log_path(there, 1, 'stdout')}" == gap.place


def test_a_record_that_was_cut_says_that_there_is_more(tmp_path: Path) -> None:
    course, commands = begun(opening(FLOW), AT)
    tail = everything(tmp_path)
    course.take(finished(commands[0], stdout="abc", stdout_truncated=True))
    follow(course, tail, Reader())
    assert [("one", "stdout", b"abc")] == shown(tail)
    assert [("one", 0, None)] == [(gap.attempt.step, gap.size, gap.place) for gap in tail.gaps]


def test_a_file_that_a_lost_worker_left_is_not_taken_for_the_output(tmp_path: Path) -> None:
    course, commands = begun(opening(FLOW), AT)
    wrote(tmp_path, 1, b"a")
    course.take(finished(commands[0], stdout="abc"))
    tail = everything(tmp_path)
    follow(course, tail, Reader())
    assert [("one", "stdout", b"abc")] == shown(tail)


def test_a_copy_has_the_output_of_the_run_that_it_is_of(tmp_path: Path) -> None:
    course, commands = begun(opening(FLOW), AT)
    driven(course, commands)
    forked = RunForked(run_id="r2", at=AT, by=None, address="/two", inputs={}, answers={})
    [again] = course.take(forked)
    course.take(finished(again, stdout="two"))
    for run_id, number in (("r1", 1), ("r2", 3)):
        wrote(tmp_path / run_id, number, run_id.encode())
    tail = RunTail(lambda run_id: tmp_path / run_id, lambda address, occurrence: True)
    follow(course, tail, Reader())
    assert [("one", "stdout", b"r1"), ("two", "stdout", b"two")] == shown(tail)


def test_what_a_long_run_did_before_its_snapshot_is_read_from_its_records(tmp_path: Path) -> None:
    course, commands = begun(opening(FLOW), AT)
    course.take(finished(commands[0], stdout="one"))
    again, _ = begun(course.anew(opening(FLOW), ()), AT)
    tail, reader = everything(tmp_path), Reader()
    follow(again, tail, reader)
    assert (True, [("one", "stdout", b"one")]) == (tail.is_at_work, shown(tail))
    wrote(tmp_path, 2, b"two")
    assert [("two", "stdout", b"two")] == shown(tail)


def test_a_step_at_work_on_another_machine_tells_what_it_writes(crew: Crew) -> None:
    crew.hire()
    text = "steps: [{id: one, type: shell, run: 'echo begun; WAIT; echo ended'}]"
    plan = plan_of(text.replace("WAIT", "until [ -e go ]; do sleep 0.1; done"))
    run_id = crew.site(waits=False).start(plan, {}, host=crew.host).run.id
    elsewhere = crew.project / "elsewhere"

    def seen() -> list[tuple[str, str, bytes]]:
        tail = everything(elsewhere)
        return shown(tail, read_run(crew.site(), run_id, tail, host=crew.host)[1])

    wait_until(lambda: seen() == [("one", "stdout", b"begun\n")])
    (crew.project / "go").touch()
    tail, printed = everything(elsewhere), bytearray()

    def show(chunks: Iterator[Chunk]) -> None:
        printed.extend(b"".join(chunk.data for chunk in chunks))

    run = tail_run(crew.site(), run_id, tail, host=crew.host, show=show)
    assert (RunStatus.COMPLETED, b"begun\nended\n") == (run.status, bytes(printed))
    code, out, _ = crew.treadle("logs", run_id, "--follow")
    assert (0, "begun\nended\n") == (code, out)


for _mark in needs_temporal:
    test_a_step_at_work_on_another_machine_tells_what_it_writes = _mark(
        test_a_step_at_work_on_another_machine_tells_what_it_writes
    )
