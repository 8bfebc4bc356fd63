from pathlib import Path

import pytest

from treadle.executor.errors import Refused
from treadle.executor.local.step_types import (
    InstalledSignatures,
    Provided,
    installed_signature,
    installed_step_type,
    provided,
)
from treadle.plan.step_types import StepSignature

MODULE = """
from treadle.executor import StepType

notify = StepType(
    name="notify",
    input_schema={"type": "object"},
    output_schema={"type": "object"},
    perform=lambda request: {},
)
odd = "notify"
loose = StepType(name="loose", input_schema={}, output_schema={"type": "object"}, perform=print)
"""


class Site:
    """A folder where packages are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # What was imported once stays imported: each test has a module of its own.
        self.module = f"notify_{folder.parent.name}".replace("-", "_")
        (folder / f"{self.module}.py").write_text(MODULE, encoding="utf-8")

    def install(self, package: str, **points: str) -> None:
        info = self.folder / f"{package.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {package}\nVersion: 1.0\n", encoding="utf-8")
        lines = (f"{name} = {target}" for name, target in points.items())
        text = "\n".join(("[treadle.steps]", *lines))
        (info / "entry_points.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return Site(folder)


def refusal(name: str) -> str:
    with pytest.raises(Refused) as refused:
        installed_step_type(name)
    (reason,) = refused.value.problems
    assert "TR747" == reason.code
    return reason.message.partition("cannot be used: ")[2]


def test_without_a_package_there_is_no_step_type(site: Site) -> None:
    assert () == provided()
    assert installed_step_type("notify") is None
    assert installed_signature("notify") is None


def test_an_entry_point_is_a_step_type(site: Site) -> None:
    site.install("treadle-notify", notify=f"{site.module}:notify")
    assert (Provided(name="notify", packages=("treadle-notify",)),) == provided()
    found = installed_step_type("notify")
    assert found is not None
    assert "notify" == found.name
    signature = installed_signature("notify")
    assert signature is not None
    assert "treadle-notify" == signature.package


def test_two_packages_with_one_name_are_refused(site: Site) -> None:
    site.install("treadle-notify", notify=f"{site.module}:notify")
    site.install("treadle-tell", notify=f"{site.module}:notify")
    assert "has one of that name, too" in refusal("notify")


def test_what_an_entry_point_names_is_checked(site: Site) -> None:
    module = site.module
    site.install(
        "treadle-notify",
        odd=f"{module}:odd",
        other=f"{module}:notify",
        loose=f"{module}:loose",
        gone=f"{module}:gone",
        lost="no_such_module_here:notify",
    )
    assert "it is no treadle.executor.StepType, but str" == refusal("odd")
    assert "it is called 'notify' there" == refusal("other")
    assert "'input_schema': its 'type' must be 'object'" == refusal("loose")
    assert refusal("gone").startswith("AttributeError: ")
    assert "ModuleNotFoundError: No module named 'no_such_module_here'" == refusal("lost")


def test_the_signatures_tell_what_is_wrong_instead_of_raising(site: Site) -> None:
    site.install("treadle-notify", notify=f"{site.module}:notify", odd=f"{site.module}:odd")
    found = InstalledSignatures()
    assert ["notify", "odd"] == list(found)
    assert 2 == len(found)
    assert isinstance(found["notify"], StepSignature)
    assert "it is no treadle.executor.StepType" in str(found["odd"])
    assert "nothing" not in found
