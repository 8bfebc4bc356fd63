"""`treadle validate --fix`: what is written, shown, printed and said, and the exit status."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

MISSPELT = """# Ours.
workflow: {id: demo, name: Demo}
steps:
  - {id: a, type: shel, run: 'true'}  # why
"""
FIXED = MISSPELT.replace("shel,", "shell,")
UNSAFE = FIXED.replace("id: a", "id: 'a:b'")

Write = Callable[[str, str], Path]


def test_a_file_is_rewritten_and_what_is_left_decides(treadle, write: Write) -> None:
    path = write("flow.yml", MISSPELT)
    ended = treadle("validate", "--fix", "flow.yml")
    assert (0, "", "fixed 1 finding in 1 file\nno problems in 1 file\n") == (
        ended.code,
        ended.out,
        ended.err,
    )
    assert FIXED == path.read_text(encoding="utf-8")


def test_a_second_time_there_is_nothing_to_fix(treadle, write: Write) -> None:
    path = write("flow.yml", MISSPELT)
    treadle("validate", "--fix")
    before = path.stat().st_mtime_ns
    ended = treadle("validate", "--fix")
    assert (0, before) == (ended.code, path.stat().st_mtime_ns)
    assert "no problems in 1 file\n" == ended.err


def test_without_the_option_nothing_is_written(treadle, write: Write) -> None:
    path = write("flow.yml", MISSPELT)
    assert 1 == treadle("validate", "flow.yml").code
    assert MISSPELT == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        ("--fix", 1, UNSAFE),
        ("--fix=safe", 1, UNSAFE),
        ("--fix=all", 0, UNSAFE.replace("a:b", "a-b")),
    ],
)
def test_fixes_that_want_a_second_look_are_asked_for(
    treadle, write: Write, option: str, code: int, text: str
) -> None:
    path = write("flow.yml", UNSAFE)
    assert code == treadle("validate", option, "flow.yml").code
    assert text == path.read_text(encoding="utf-8")


def test_a_difference_is_shown_and_nothing_is_written(treadle, write: Write) -> None:
    path = write("flow.yml", MISSPELT)
    ended = treadle("validate", "--diff", "flow.yml")
    assert (1, MISSPELT) == (ended.code, path.read_text(encoding="utf-8"))
    assert [
        "--- a/flow.yml",
        "+++ b/flow.yml",
        "@@ -1,4 +1,4 @@",
        " # Ours.",
        " workflow: {id: demo, name: Demo}",
        " steps:",
        "-  - {id: a, type: shel, run: 'true'}  # why",
        "+  - {id: a, type: shell, run: 'true'}  # why",
    ] == ended.out.splitlines()
    assert "would fix 1 finding in 1 file" in ended.err


def test_a_difference_of_nothing_is_empty(treadle, write: Write) -> None:
    write("flow.yml", FIXED)
    ended = treadle("validate", "--diff", "flow.yml")
    assert (0, "") == (ended.code, ended.out)


def test_the_fixed_text_of_stdin_is_printed_and_the_rest_is_told(treadle) -> None:
    text = MISSPELT.replace("}  # why", ", x: 1}  # why")
    ended = treadle("validate", "--fix", "-", stdin=text)
    assert (1, text.replace("shel,", "shell,")) == (ended.code, ended.out)
    assert "<stdin>:4:" in ended.err and "TR202" in ended.err


def test_a_clean_text_from_stdin_is_printed_as_it_is(treadle) -> None:
    ended = treadle("validate", "--fix", "-", stdin=FIXED)
    assert (0, FIXED) == (ended.code, ended.out)


def test_the_mode_of_a_file_stays(treadle, write: Write) -> None:
    path = write("flow.yml", MISSPELT)
    path.chmod(0o640)
    treadle("validate", "--fix", "flow.yml")
    assert (0o640, [path.name]) == (path.stat().st_mode & 0o777, os.listdir(path.parent))


def test_a_link_inside_the_project_stays_a_link(treadle, write: Write) -> None:
    path = write("real/flow.yml", MISSPELT)
    link = path.parent.parent / "flow.yml"
    link.symlink_to(path)
    assert 0 == treadle("validate", "--fix", "flow.yml").code
    assert (True, FIXED) == (link.is_symlink(), path.read_text(encoding="utf-8"))


def test_a_link_out_of_the_project_is_not_followed(treadle, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yml"
    outside.write_text(MISSPELT, encoding="utf-8")
    (project / "flow.yml").symlink_to(outside)
    ended = treadle("validate", "--fix", "flow.yml")
    assert (2, MISSPELT) == (ended.code, outside.read_text(encoding="utf-8"))
    assert "TR908: cannot write 'flow.yml': it is a link out of the project" in ended.err


def test_an_ignored_finding_is_not_fixed(treadle, write: Write) -> None:
    text = FIXED.replace("'true'", "'true', x-a: 1, timout: 5")
    path = write("flow.yml", text)
    assert 0 == treadle("validate", "--fix", "--ignore", "TR202", "flow.yml").code
    assert text == path.read_text(encoding="utf-8")


def test_a_plan_and_a_file_that_is_no_text_stay_as_they_are(treadle, project: Path) -> None:
    (project / "flow.yml").write_bytes(b"\xff\xfe")
    (project / "old.plan.json").write_text('{"format":', encoding="utf-8")
    assert 1 == treadle("validate", "--fix=all", "flow.yml", "old.plan.json").code
    assert b"\xff\xfe" == (project / "flow.yml").read_bytes()
