from pathlib import Path

import pytest

from treadle.library.installed import list_installed
from treadle.library.kinds import STEPS
from treadle.library.places import Places
from treadle.library.refusal import Refused
from treadle.library.step_files import (
    ProjectTypes,
    add_type,
    path_of,
    remove_type,
)

TYPE = b"steps: [{id: a, type: shell, run: make}]\n"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(project=tmp_path, kind=STEPS)


def test_a_project_without_the_folder_has_no_types(places: Places) -> None:
    assert {} == dict(ProjectTypes(places.project))
    assert () == list_installed(places)


def test_files_are_types_and_folders_are_packages_of_spec_kit(places: Places) -> None:
    folder = add_type(places, "review", TYPE).parent
    (folder / "Odd Name.yml").write_bytes(TYPE)
    (folder / "shell.yml").write_bytes(TYPE)
    (folder / "step-registry.json").write_text('{"steps": {}}', encoding="utf-8")
    (folder / "theirs").mkdir()
    (folder / "theirs" / "step.yml").write_text("step: {}\n", encoding="utf-8")
    found = ProjectTypes(places.project)
    assert ["review"] == list(found)
    assert TYPE == found["review"].source
    assert ["theirs"] == [each.id for each in list_installed(places)]


def test_no_link_is_followed(places: Places, tmp_path: Path) -> None:
    folder = add_type(places, "review", TYPE).parent
    (folder / "linked.yml").symlink_to(folder / "review.yml")
    assert ["review"] == list(ProjectTypes(places.project))
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert [] == list(ProjectTypes(places.project))
    with pytest.raises(Refused) as refused:
        remove_type(places, "review")
    assert "TR960" == refused.value.problem.code
    assert (tmp_path / "elsewhere" / "review.yml").exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("review", "TR749"),
        ("../review", "TR748"),
        ("shell", "TR748"),
        ("", "TR748"),
        ("a/b", "TR748"),
        (".cache", "TR748"),
        ("step-registry.json", "TR748"),
    ],
)
def test_what_is_no_type_of_the_project_cannot_be_removed(
    places: Places, name: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        remove_type(places, name)
    assert code == refused.value.problem.code


@pytest.mark.parametrize("name", ["review", "Review"])
def test_a_type_takes_the_place_of_another_one_only_when_that_is_wanted(
    places: Places, name: str
) -> None:
    (places.of(name)).mkdir(parents=True)
    with pytest.raises(Refused) as refused:
        add_type(places, "review", TYPE, is_forced=True)
    assert "TR972" == refused.value.problem.code
    assert f"remove it first: treadle step remove {name}" == refused.value.problem.hint
    places.of(name).rmdir()
    path = add_type(places, "review", TYPE)
    with pytest.raises(Refused):
        add_type(places, "review", b"other")
    assert TYPE == path.read_bytes()
    add_type(places, "review", b"other", is_forced=True)
    assert b"other" == path.read_bytes()


def test_a_removed_type_is_gone(places: Places) -> None:
    add_type(places, "review", TYPE)
    remove_type(places, "review")
    assert not path_of(places, "review").exists()
