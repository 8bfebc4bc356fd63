"""Comments that ignore findings: what they hide, and what is said about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.cli.checking.check_file import check_bytes
from treadle.compiler.diagnostics import Fix

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
STEPS = "steps: [{id: a, command: plan}]\n"

Found = list[tuple[str, int, int, str | None]]


def found(text: str, *, lenient: bool = False) -> Found:
    checked = check_bytes(text.encode(), path="flow.yml", lenient=lenient)
    return [(d.code, d.span.line, d.span.column, d.hint) for d in checked.diagnostics]


def codes(text: str, *, lenient: bool = False) -> list[str]:
    return [code for code, *_ in found(text, lenient=lenient)]


def flow(inputs: str, steps: str = STEPS) -> str:
    return f"{HEAD}inputs:\n{inputs}{steps}"


@pytest.mark.parametrize(
    "inputs",
    [
        "  x: {type: string}  # treadle: ignore[TR501] not yet\n",
        "  x: {type: string}  # treadle: ignore[TR501]\n",
        "  x: {type: string}  # see below; # treadle: ignore[TR501]\n",
        "  # treadle: ignore[TR501] not yet\n  x: {type: string}\n",
        "  #treadle:ignore [ TR501 ]\n  x: {type: string}\n",
        "  x: {type: string}  # treadle: ignore[TR501]\n  y: {type: string}\n",
    ],
)
def test_a_comment_hides_what_stands_on_its_line_or_the_next(inputs: str) -> None:
    assert [] == codes(flow(inputs))
    assert [] == codes(flow(inputs).replace("\n", "\r\n"))


def test_a_comment_hides_nothing_further_down() -> None:
    assert ["TR121", "TR501"] == codes(flow("  # treadle: ignore[TR501]\n\n  x: {type: string}\n"))


def test_a_comment_hides_its_codes_only() -> None:
    text = flow("  x: {type: string}  # treadle: ignore[TR114]\n")
    assert ["TR501", "TR121"] == codes(text)


def test_each_code_of_a_comment_is_judged_by_itself() -> None:
    text = flow("  x: {type: string}  # treadle: ignore[TR501, TR114]\n")
    assert [("TR121", 3, 47, "remove the code, or the comment")] == found(text)


def test_an_error_of_the_strict_mode_can_be_ignored() -> None:
    text = flow(
        "  x: {type: string}\n",
        "steps:\n  - {id: a, command: 'p', x: 1} # treadle: ignore[TR202]\n",
    )
    assert ["TR501"] == codes(text)


def test_an_error_of_both_modes_stays_and_the_comment_is_reported() -> None:
    text = f"{HEAD}steps:\n  - id: a\n    command: plan\n    id: b  # treadle: ignore[TR107]\n"
    # A file that is not YAML has no comments that could be told from text.
    assert ["TR107"] == codes(text)
    text = flow("", "steps: [{id: a, type: gate}] # treadle: ignore[TR201]\n")
    assert ["TR201", "TR123"] == [code for code in codes(text) if code in ("TR201", "TR123")]


@pytest.mark.parametrize(
    ("comment", "hint"),
    [
        ("# treadle: ignore", None),
        ("# treadle: ignore TR501", None),
        ("# treadle: ignore[] why", None),
        ("# treadle: ignore[TR5O1]", "did you mean 'TR501'?"),
        ("# treadle: ignore[TR5]", None),
        ("# treadle: ignore[unused-input]", "did you mean 'TR501'?"),
    ],
)
def test_a_comment_that_ignores_nothing_is_reported(comment: str, hint: str | None) -> None:
    (_, (code, line, _, told)) = found(flow(f"  x: {{type: string}}  {comment}\n"))
    assert ("TR122", 3) == (code, line)
    assert hint in (None, told)


@pytest.mark.parametrize(
    "comment",
    [
        "# treadle: validated by hand",
        "# treadle ignore[TR999]",
        "# treadle: ignored[TR999] is no word of ours",
        "# see treadle: ignore[TR999]",
    ],
)
def test_other_comments_are_left_alone(comment: str) -> None:
    assert ["TR501"] == codes(flow(f"  x: {{type: string}}  {comment}\n"))


@pytest.mark.parametrize(
    "steps",
    [
        "steps: [{id: a, type: prompt, prompt: 'write # treadle: ignore[TR501]'}]\n",
        "steps:\n  - id: a\n    type: prompt\n    prompt: |\n      # treadle: ignore[TRX]\n",
        "steps:\n  - id: a\n    type: prompt\n    prompt: |-\n      x\n      # treadle: ignore\n",
    ],
)
def test_text_that_looks_like_a_comment_is_not_judged(steps: str) -> None:
    assert [] == codes(HEAD + steps)


def test_a_comment_of_a_script_hides_what_stands_in_the_script() -> None:
    steps = (
        "steps:\n  - id: a\n    type: shell\n    run: |\n"
        "      # treadle: ignore[TR302] known\n      echo {{ inputs.nope }}\n"
    )
    assert [] == codes(HEAD + steps)


def test_a_comment_behind_the_sign_of_a_block_is_a_comment() -> None:
    steps = "steps:\n  - id: a\n    type: shell\n    run: |  # treadle: ignore[TR501]\n      make\n"
    assert ["TR121"] == codes(HEAD + steps)


def test_nothing_is_unused_while_the_file_has_errors() -> None:
    steps = "steps: [{id: a, command: '{{ inputs.nope }}'}]\n"
    assert ["TR302"] == codes(flow("  {}  # treadle: ignore[TR501]\n", steps))


def test_a_code_of_the_other_mode_is_not_unused() -> None:
    text = HEAD + "steps: [{id: a, command: plan}]  # treadle: ignore[TR217]\n"
    assert ([], ["TR121"]) == (codes(text), codes(text, lenient=True))


def removal(text: str) -> Fix | None:
    checked = check_bytes(text.encode(), path="flow.yml", lenient=False)
    (unused,) = checked.diagnostics
    return unused.fix


@pytest.mark.parametrize(
    ("comment", "rest"),
    [
        ("steps: []  # treadle: ignore[TR501] why\n", "steps: []\n"),
        ("  # treadle: ignore[TR501] why\n", ""),
    ],
)
def test_the_fix_removes_the_comment_or_the_line_that_it_fills(comment: str, rest: str) -> None:
    before = HEAD + "steps: [{id: a, command: plan}]\n"
    is_line = comment.startswith("  #")
    text = before + comment if is_line else before.replace("]\n", comment.removeprefix("steps: ["))
    fix = removal(text)
    assert fix is not None and fix.is_safe
    (edit,) = fix.edits
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    start = starts[edit.span.line - 1] + edit.span.column - 1
    end = starts[edit.span.end_line - 1] + edit.span.end_column - 1
    assert before == text[:start] + edit.text + text[end:]


def test_a_run_does_not_warn_of_what_is_ignored(treadle, write: Callable[[str, str], Path]) -> None:
    inputs = "  x: {type: string, default: a}  # treadle: ignore[TR501]\n"
    write("flow.yml", flow(inputs, "steps: [{id: a, type: shell, run: 'true'}]\n"))
    assert "TR501" not in treadle("run", "flow.yml").err
    write(
        "flow.yml",
        flow(inputs.partition("#")[0] + "\n", "steps: [{id: a, type: shell, run: 'true'}]\n"),
    )
    assert "TR501" in treadle("run", "flow.yml").err
