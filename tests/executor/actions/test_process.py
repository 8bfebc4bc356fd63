import os
import threading
import time
from pathlib import Path

import pytest

from treadle.executor.actions import pump
from treadle.executor.actions.process import (
    INPUT_LIMIT,
    CannotStart,
    Captured,
    Discarded,
    Ended,
    Spawn,
    run,
)
from treadle.executor.actions.pump import End
from treadle.executor.ports import ActionRequest, Cancellation
from treadle.plan.expression import Literal
from treadle.plan.steps import ShellStep

_STEP = ShellStep(id="s", path="/s", run=Literal(""), timeout_s=None, env={})


def _request(tmp_path: Path, **changes: object) -> ActionRequest:
    given: dict[str, object] = {
        "log": Discarded(),
        "cancellation": Cancellation(),
        "register": lambda group: None,
        **changes,
    }
    return ActionRequest(
        step=_STEP,
        address="/s",
        attempt=1,
        run_id="r",
        idempotency_key="k",
        names={},
        secrets={},
        environment={},
        project=tmp_path,
        workflow_dir=None,
        echo=lambda data: None,
        **given,  # type: ignore[arg-type]  # fields of a request
    )


def _spawn(tmp_path: Path, line: str, **changes: object) -> Spawn:
    given: dict[str, object] = {
        "timeout_s": None,
        "keep_stdout": 1024,
        "keep_stderr": 1024,
        **changes,
    }
    return Spawn(
        argv=("/bin/sh", "-c", line),
        cwd=tmp_path,
        environment={"PATH": os.environ["PATH"]},
        **given,  # type: ignore[arg-type]  # fields of a spawn
    )


def _run(tmp_path: Path, line: str, **changes: object) -> Ended:
    return run(_spawn(tmp_path, line, **changes), _request(tmp_path))


def _is_alive(process: int) -> bool:
    """A zombie that nobody reaps has ended as well."""
    try:
        os.kill(process, 0)
        stat = Path(f"/proc/{process}/stat").read_text() if Path("/proc/self").exists() else ") R"
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _has_ended(process: int) -> bool:
    """Whether a process that was killed is gone within five seconds: death takes a moment."""
    deadline = time.monotonic() + 5
    while _is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not _is_alive(process)


def test_both_streams_and_the_exit_code_are_kept(tmp_path: Path) -> None:
    ended = _run(tmp_path, "echo out; echo err >&2; exit 3")

    assert (End.EXITED, 3, b"out\n", b"err\n") == (
        ended.end,
        ended.exit_code,
        ended.stdout.head,
        ended.stderr.head,
    )


def test_death_by_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert -9 == _run(tmp_path, "kill -9 $$").exit_code


def test_a_step_reads_nothing_from_the_terminal(tmp_path: Path) -> None:
    assert b"end\n" == _run(tmp_path, "cat; echo end").stdout.head


def test_input_reaches_the_program(tmp_path: Path) -> None:
    assert b"label" == _run(tmp_path, "cat", input=b"label").stdout.head


def test_input_that_could_block_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="larger than 4096"):
        _run(tmp_path, "cat", input=b"x" * (INPUT_LIMIT + 1))


def test_a_background_child_that_holds_the_pipe_is_waited_for(tmp_path: Path) -> None:
    assert b"first\nlate\n" == _run(tmp_path, "(sleep 0.2; echo late) & echo first").stdout.head


def test_a_background_child_without_the_pipe_outlives_its_step(tmp_path: Path) -> None:
    ended = _run(tmp_path, "sleep 30 >/dev/null 2>&1 & echo $!")
    child = int(ended.stdout.head)

    assert _is_alive(child)
    os.kill(child, 9)


def test_a_program_that_closes_its_streams_is_waited_for(tmp_path: Path) -> None:
    assert 5 == _run(tmp_path, "exec >&- 2>&-; sleep 0.2; exit 5").exit_code


def test_a_time_out_holds_for_a_program_without_streams(tmp_path: Path) -> None:
    ended = _run(tmp_path, "exec >&- 2>&-; sleep 30", timeout_s=0.2)

    assert (End.TIMED_OUT, -1) == (ended.end, ended.exit_code)


def test_a_time_out_ends_grandchildren(tmp_path: Path) -> None:
    ended = _run(tmp_path, "sleep 30 & echo $!; wait", timeout_s=0.2)

    assert (End.TIMED_OUT, True) == (ended.end, _has_ended(int(ended.stdout.head)))


def test_a_time_out_ends_a_deaf_grandchild_that_printed_elsewhere(tmp_path: Path) -> None:
    deaf = "trap '' TERM; sleep 30; sleep 30"
    ended = _run(tmp_path, f'sh -c "{deaf}" >/dev/null 2>&1 & echo $!; wait', timeout_s=0.3)

    assert _has_ended(int(ended.stdout.head))


def test_a_program_can_tidy_up_when_its_time_is_over(tmp_path: Path) -> None:
    ended = _run(tmp_path, "trap 'echo tidy; exit' TERM; sleep 30 & wait", timeout_s=0.2)

    assert b"tidy\n" == ended.stdout.head


def test_a_kill_from_another_thread_ends_a_deaf_program_without_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "GRACE_S", 3600.0)
    cancellation = Cancellation()
    started = threading.Event()
    request = _request(tmp_path, cancellation=cancellation, register=lambda group: started.set())

    def cancel() -> None:
        started.wait()
        cancellation.cancel()
        cancellation.cancel(kill=True)

    thread = threading.Thread(target=cancel)
    thread.start()
    ended = run(_spawn(tmp_path, "trap '' TERM; sleep 60; sleep 60"), request)
    thread.join()

    assert (End.CANCELLED, -1) == (ended.end, ended.exit_code)


def test_a_cancellation_can_be_used_again_after_the_end(tmp_path: Path) -> None:
    cancellation = Cancellation()
    request = _request(tmp_path, cancellation=cancellation)
    run(_spawn(tmp_path, "true"), request)
    cancellation.cancel()

    assert End.CANCELLED == run(_spawn(tmp_path, "sleep 30"), request).end


def test_the_group_is_registered_when_it_starts_and_when_it_ends(tmp_path: Path) -> None:
    groups: list[int] = []
    ended = run(_spawn(tmp_path, "echo $$"), _request(tmp_path, register=groups.append))
    leader = int(ended.stdout.head)

    assert [leader, -leader] == groups


def test_a_program_that_nobody_can_take_note_of_is_killed(tmp_path: Path) -> None:
    groups: list[int] = []

    def register(group: int) -> None:
        groups.append(group)
        raise OSError("disk full")

    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError, match="disk full"):
        run(_spawn(tmp_path, "sleep 30"), _request(tmp_path, register=register))

    assert _has_ended(groups[0])
    assert [1, before] == [len(groups), len(os.listdir("/dev/fd"))]


def test_a_log_that_cannot_be_written_kills_the_program(tmp_path: Path) -> None:
    class FullLog:
        def write(self, stream: str, data: bytes) -> None:
            raise OSError("disk full")

    groups: list[int] = []
    request = _request(tmp_path, log=FullLog(), register=groups.append)
    with pytest.raises(OSError, match="disk full"):
        run(_spawn(tmp_path, "echo x; sleep 30"), request)

    assert _has_ended(groups[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"argv": ("/no/such/program",)}, "No such file or directory: /no/such/program"),
        ({"argv": ("/bin/echo", "a\0b")}, "embedded null byte"),
        ({"environment": {"A": "a\0b"}}, "embedded null byte"),
        ({"argv": ("/bin/echo", "x" * 3_000_000)}, "Argument list too long: /bin/echo"),
    ],
)
def test_what_cannot_be_started_is_told(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    given: dict[str, object] = {"argv": ("/bin/true",), "environment": {}, **changes}
    spawn = Spawn(
        cwd=tmp_path,
        timeout_s=None,
        keep_stdout=0,
        keep_stderr=0,
        **given,  # type: ignore[arg-type]  # fields of a spawn
    )
    with pytest.raises(CannotStart) as caught:
        run(spawn, _request(tmp_path))

    assert reason == caught.value.reason


def test_a_stream_is_cut_between_characters() -> None:
    captured = Captured(head="aé€".encode(), size=6)

    assert ["", "a", "a", "aé", "aé", "aé", "aé€"] == [captured.text(n) for n in range(7)]


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    _run(tmp_path, "true")
    before = len(os.listdir("/dev/fd"))
    _run(tmp_path, "true", input=b"x")
    _run(tmp_path, "exec >&- 2>&-; sleep 0.1")

    assert before == len(os.listdir("/dev/fd"))
