"""What `logs --follow` prints when several steps are at work."""

import io
from collections.abc import Callable

import pytest

from treadle.cli.runs.follow import Printer
from treadle.cli.text.paint import plain
from treadle.cli.text.talk import Talk
from treadle.executor.local.log_tail import Attempt, Chunk

A = Attempt(step="a", address="/a", attempt=1, number=1)
BOTH = Attempt(step="each:b", address="/each/i0/b", attempt=2, number=2)

Shown = Callable[..., tuple[str, str]]


def chunk(attempt: Attempt, data: bytes, *, is_alone: bool = False) -> Chunk:
    return Chunk(attempt=attempt, stream="stdout", data=data, is_alone=is_alone)


def last(attempt: Attempt) -> Chunk:
    return Chunk(attempt=attempt, stream="", data=b"", is_alone=True, is_last=True)


@pytest.fixture
def shown(capfd: pytest.CaptureFixture[str]) -> Shown:
    def show(*rounds: list[Chunk]) -> tuple[str, str]:
        said = io.StringIO()
        printer = Printer(Talk(stream=said, paint=plain, is_quiet=False))
        for chunks in rounds:
            printer.show(chunks)
        printer.end()
        return capfd.readouterr().out, said.getvalue()

    return show


def test_a_step_alone_is_printed_as_it_is(shown: Shown) -> None:
    out, said = shown([chunk(A, b"one\npa", is_alone=True)], [chunk(A, b"rt", is_alone=True)])
    assert ("one\npart", "==> a (attempt 1) <==\n") == (out, said)


def test_lines_of_several_steps_have_their_names(shown: Shown) -> None:
    out, said = shown(
        [chunk(A, b"one\nha"), chunk(BOTH, b"other\n")],
        [chunk(A, b"lf\nend")],
        [chunk(A, b"ing", is_alone=True), last(A)],
    )
    lines = ["a | one", "each:b | other", "a      | half", "a      | ending"]
    assert (lines, "") == (out.splitlines(), said)


def test_an_open_line_is_ended_before_another_step_speaks(shown: Shown) -> None:
    out, said = shown(
        [chunk(A, b"no end", is_alone=True)],
        [last(A), chunk(BOTH, b"two\n", is_alone=True)],
    )
    assert "no end\ntwo\n" == out
    assert "==> a (attempt 1) <==\n==> each:b (attempt 2) <==\n" == said


def test_a_line_that_never_ended_is_printed_at_the_end(shown: Shown) -> None:
    assert "a | rest\n" == shown([chunk(A, b"rest")])[0]
