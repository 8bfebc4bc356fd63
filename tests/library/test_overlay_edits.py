"""Edits of overlay files: one value changes, everything else of the file stays as it is."""

from pathlib import Path

import pytest

from treadle.compiler.reading.layers import OverlayFile
from treadle.library.overlay_edits import (
    DISABLED,
    find_overlay,
    put_overlay,
    remove_overlay,
    set_value,
    with_value,
)
from treadle.library.overlay_files import Home, kept_overlays
from treadle.library.refusal import Refused

PLAIN = """# The team's own.
id: strict   # never weaker
extends: build  # installed

edits:
  - remove: lint
"""

EDITS = (
    (PLAIN, PLAIN.replace("# installed\n", "# installed\npriority: 5\n")),
    (f"priority: 20 # low\n{PLAIN}", f"priority: 5 # low\n{PLAIN}"),
    (f"priority:\n{PLAIN}", f"priority: 5\n{PLAIN}"),
    (PLAIN.replace("\n", "\r\n"), PLAIN.replace("# installed\n", "# installed\npriority: 5\n")
     .replace("\n", "\r\n")),
    (PLAIN.replace("\n", "\r"), PLAIN.replace("# installed\n", "# installed\npriority: 5\n")
     .replace("\n", "\r")),
    ("id: a\nextends:\r  build\nedits: [{remove: x}]\n",
     "id: a\nextends:\r  build\npriority: 5\nedits: [{remove: x}]\n"),
    ("{id: a, extends: build, edits: [{remove: x}]}",
     "{id: a, priority: 5, extends: build, edits: [{remove: x}]}"),
    ("\ufeff  id: a\n  extends: build\n  edits: [{remove: x}]\n",
     "\ufeff  id: a\n  extends: build\n  priority: 5\n  edits: [{remove: x}]\n"),
    ("id: a\nedits: [{remove: x}]\nextends: build",
     "id: a\nedits: [{remove: x}]\nextends: build\npriority: 5"),
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(project=tmp_path, workflow="build")
    found.folder.mkdir(parents=True)
    return found


def overlay_file(text: str) -> OverlayFile:
    return OverlayFile(path="o.yml", source=text.encode())


def refusal(home: Home, *arguments: str) -> str:
    with pytest.raises(Refused) as caught:
        set_value(home, *arguments)
    return caught.value.problem.code


@pytest.mark.parametrize(("before", "after"), EDITS, ids=range(len(EDITS)))
def test_a_value_is_changed_or_put_behind_what_the_overlay_extends(before: str, after: str) -> None:
    assert after.encode() == with_value(overlay_file(before), "priority", "5")


def test_the_edit_of_an_edited_file_is_no_further_change() -> None:
    once = with_value(overlay_file(PLAIN), *DISABLED)
    assert once is not None
    assert once == with_value(OverlayFile(path="o.yml", source=once), *DISABLED)


def test_an_overlay_is_found_by_its_id_and_not_by_its_file(home: Home) -> None:
    (home.folder / "any-name.yaml").write_text(PLAIN)
    assert home.folder / "any-name.yaml" == find_overlay(home, "strict").path
    set_value(home, "strict", "priority", "3")
    assert [3] == [kept.declared.overlay.priority for kept in kept_overlays(home)
                   if kept.declared.overlay]  # fmt: skip


def test_overlays_are_listed_in_the_order_in_which_they_win(home: Home) -> None:
    for name, priority in (("b", 10), ("a", 10), ("z", 1), ("y", 20)):
        text = PLAIN.replace("id: strict", f"id: {name}\npriority: {priority}")
        (home.folder / f"{name}.yml").write_text(text)
    (home.folder / "0.yml").write_text("id: broken\n")
    assert ["z", "b", "a", "y", "broken"] == [kept.declared.id for kept in kept_overlays(home)]


def test_a_broken_overlay_can_be_disabled_and_nothing_else(home: Home) -> None:
    path = home.folder / "strict.yml"
    path.write_text("id: strict\nextends: build\nedits: []\n")
    assert "TR140" == refusal(home, "strict", "priority", "5")
    set_value(home, "strict", *DISABLED)
    assert "id: strict\nextends: build\nenabled: false\nedits: []\n" == path.read_text()


def test_an_unknown_overlay_is_refused_with_those_that_there_are(home: Home) -> None:
    assert "TR138" == refusal(home, "strict", "priority", "5")
    (home.folder / "strict.yml").write_text(PLAIN)
    with pytest.raises(Refused) as caught:
        remove_overlay(home, "strickt")
    assert "there is: strict" == caught.value.problem.hint


def test_two_overlays_of_one_id_are_told_and_neither_is_touched(home: Home) -> None:
    for name in ("one.yml", "two.yml"):
        (home.folder / name).write_text(PLAIN)
    assert "TR134" == refusal(home, "strict", "priority", "5")
    assert {PLAIN} == {path.read_text() for path in home.folder.iterdir()}


def test_an_overlay_takes_the_place_of_the_one_with_its_id(home: Home) -> None:
    (home.folder / "old-name.yaml").write_text(PLAIN)
    overlay = find_overlay(home, "strict").declared.overlay
    assert overlay is not None
    assert home.folder / "old-name.yaml" == put_overlay(home, overlay, b"id: strict\n")
    assert ["old-name.yaml"] == [path.name for path in home.folder.iterdir()]


def test_no_overlay_is_put_over_a_file_of_something_else(home: Home) -> None:
    (home.folder / "strict.yml").write_text(PLAIN.replace("id: strict", "id: slim"))
    (home.folder / "x.yml").write_text(PLAIN)
    overlay = find_overlay(home, "strict").declared.overlay
    (home.folder / "x.yml").unlink()
    assert overlay is not None
    with pytest.raises(Refused) as caught:
        put_overlay(home, overlay, b"")
    assert "TR139" == caught.value.problem.code


def test_nothing_is_read_or_written_through_a_link(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yml"
    outside.write_text(PLAIN)
    (home.folder / "strict.yml").symlink_to(outside)
    assert "TR960" == refusal(home, "strict", "priority", "5")
    assert PLAIN == outside.read_text()
