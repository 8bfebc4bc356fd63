"""`treadle fmt`: what is written, shown and said, and the exit status."""

from collections.abc import Callable
from pathlib import Path

FORMATTED = """workflow: {id: demo, name: Demo}
steps:
  - id: a
    type: shell
    run: make  # all
"""
LOOSE = """workflow: {id: demo, name: Demo}
steps:
- run: make  # all
  type: shell
  id: a

"""
BROKEN = "steps: [\n"

Write = Callable[[str, str], Path]


def test_files_of_the_project_are_formatted(treadle, write: Write) -> None:
    paths = (write("one.yml", LOOSE), write("two.yml", FORMATTED))
    ended = treadle("fmt")
    assert (0, "", "1 file formatted, 1 file left as it is\n") == (ended.code, ended.out, ended.err)
    assert [FORMATTED, FORMATTED] == [path.read_text(encoding="utf-8") for path in paths]


def test_a_check_names_the_files_that_would_change(treadle, write: Write) -> None:
    path = write("one.yml", LOOSE)
    ended = treadle("fmt", "--check", "one.yml")
    assert (1, "one.yml\n", "1 file would be formatted\n") == (ended.code, ended.out, ended.err)
    assert LOOSE == path.read_text(encoding="utf-8")


def test_a_check_of_formatted_files_is_silent(treadle, write: Write) -> None:
    write("one.yml", FORMATTED)
    ended = treadle("fmt", "--check", "one.yml", "-q")
    assert (0, "", "") == (ended.code, ended.out, ended.err)


def test_a_difference_is_shown_and_nothing_is_written(treadle, write: Write) -> None:
    path = write("one.yml", LOOSE)
    ended = treadle("fmt", "--diff", "one.yml")
    assert (1, LOOSE) == (ended.code, path.read_text(encoding="utf-8"))
    assert ["--- a/one.yml", "+++ b/one.yml"] == ended.out.splitlines()[:2]
    assert "+  - id: a" in ended.out.splitlines()


def test_standard_input_goes_to_standard_output(treadle) -> None:
    ended = treadle("fmt", "-", stdin=LOOSE)
    assert (0, FORMATTED) == (ended.code, ended.out)


def test_a_file_that_is_not_yaml_is_refused_and_the_others_are_formatted(
    treadle, write: Write
) -> None:
    broken, loose = write("broken.yml", BROKEN), write("loose.yml", LOOSE)
    ended = treadle("fmt", "broken.yml", "loose.yml", "missing.yml")
    assert 2 == ended.code
    assert "broken.yml:2:1: error TR103" in ended.err
    assert "missing.yml:1:1: error TR101" in ended.err
    assert (BROKEN, FORMATTED) == (
        broken.read_text(encoding="utf-8"),
        loose.read_text(encoding="utf-8"),
    )


def test_a_workflow_with_mistakes_is_formatted_all_the_same(treadle, write: Write) -> None:
    path = write("flow.yml", LOOSE.replace("make", "make {{ inputs.nope }}"))
    assert 0 == treadle("fmt", "flow.yml").code
    assert FORMATTED.replace("make", "make {{ inputs.nope }}") == path.read_text(encoding="utf-8")


def test_a_byte_order_mark_stays(treadle, project: Path) -> None:
    (project / "flow.yml").write_bytes(b"\xef\xbb\xbf" + LOOSE.encode())
    assert 0 == treadle("fmt", "flow.yml").code
    assert b"\xef\xbb\xbf" + FORMATTED.encode() == (project / "flow.yml").read_bytes()


def test_a_plan_is_no_workflow_file(treadle, write: Write) -> None:
    write("old.plan.json", "{}")
    ended = treadle("fmt", "old.plan.json")
    assert (0, "0 files left as they are\n") == (ended.code, ended.err)
