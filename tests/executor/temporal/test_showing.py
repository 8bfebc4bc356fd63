"""What a run says of itself on Temporal's page, and in the lists that are made there."""

import pytest

pytest.importorskip("temporalio")

from tests.executor.temporal.test_course import AT, driven, opening
from treadle.executor.events import RunResumed
from treadle.executor.temporal.course import begun
from treadle.executor.temporal.showing import about, attributes, details, gates_in_memo

GATED = """
schema_version: "1.0"
workflow: {id: flow, name: The *flow*, version: "1.0.0", description: Asks.}
inputs: {to: {type: string, default: all_of_them}}
steps:
  - {id: one, type: shell, run: "echo {{ inputs.to }}"}
  - {id: ask, type: gate, message: "is it\\n# good?", options: [it's fine, reject], timeout: 60,
     on_timeout: abort}
"""
# Bob's apostrophe is closed, written, and opened again.
FINE = r"'/ask=it'\''s fine'"


def test_a_run_that_waits_shows_its_question_and_the_commands_that_answer_it() -> None:
    course, commands = begun(opening(GATED), AT)
    driven(course, commands)
    assert (
        "**paused** at ask\n\n"
        "/ask asks: is it\n\\# good?\n\n"
        f"    treadle resume r1 --choice {FINE} --on temporal\n"
        "    treadle resume r1 --choice '/ask=reject' --on temporal\n\n"
        "it waits until 2026-01-01T00:01:00.000+00:00"
    ) == details(course.run)


def test_a_run_that_waits_lists_its_gates_and_one_that_goes_on_lists_none() -> None:
    course, commands = begun(opening(GATED), AT)
    assert [] == gates_in_memo(course.run)
    driven(course, commands)
    assert [
        {
            "step_id": "ask",
            "address": "/ask",
            "message": "is it\n# good?",
            "options": ["it's fine", "reject"],
            "since": AT,
            "due": "2026-01-01T00:01:00.000+00:00",
        }
    ] == gates_in_memo(course.run)


def test_a_run_at_work_shows_its_step_and_one_that_ended_why() -> None:
    course, commands = begun(opening(GATED), AT)
    assert "**running** at one" == details(course.run)
    driven(course, commands)
    late = AT.replace("00:00:00", "00:09:00", 1)
    course.take(RunResumed(at=late, by=None, inputs={}, answers={}))
    shown = details(course.run).split("\n\n")
    assert ("**aborted** at ask", 2) == (shown[0], len(shown))
    assert ["aborted", "ask"] == [update.value for update in attributes(course.run)]


def test_what_a_run_is_stands_in_the_text_that_never_changes() -> None:
    course, _ = begun(opening(GATED), AT)
    text = about(course.run.program.plan, {"to": "all_of_them"}, run_id="r1", by="ann")
    assert (
        "The \\*flow\\*, version 1.0.0\n\nAsks.\n\nstarted by ann\n\n"
        "inputs:\n\n- to: all\\_of\\_them\n\n`treadle status r1 --on temporal`"
    ) == text
