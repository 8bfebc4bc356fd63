"""The layout: what ships, who may import whom, and how imports are written."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("cli", "compiler", "executor", "library", "plan", "schemas")
MAY_IMPORT = {
    "schemas": set(),
    "plan": {"schemas"},
    "compiler": {"plan", "schemas"},
    "executor": {"plan", "schemas"},
    "library": {"plan", "compiler", "schemas"},
    "cli": {"plan", "compiler", "executor", "library", "schemas"},
}
# Stages and the core take what they need as arguments: no clock, chance, environment or files.
PURE = (
    *sorted(path for path in (ROOT / "plan").glob("*.py") if path.name != "plan_file.py"),
    *sorted(
        path
        for path in (ROOT / "compiler").rglob("*.py")
        if path.name not in ("source.py", "callee_files.py")
    ),
    *sorted(path for path in (ROOT / "executor").glob("*.py") if path.name != "api.py"),
)
IMPURE = {"os", "time", "random", "secrets", "socket", "subprocess", "shutil"}
CLOCKS = {"now", "today", "utcnow"}
MAX_LINES = 400


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level


def test_every_package_of_the_tree_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {
        "treadle." + ".".join(path.parent.relative_to(ROOT).parts)
        for path in modules()
        if path.name == "__init__.py"
    }
    assert set(project["tool"]["setuptools"]["packages"]) == found


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_imports_only_what_stands_below_it(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name, _ in imports_of(path)
        if name.startswith("treadle.") and name.split(".")[1] not in allowed
    ]
    assert wrong == []


def test_imports_are_absolute_and_go_through_the_namespace() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {'.' * level}{name}"
        for path in modules()
        for name, level in imports_of(path)
        if level > 0 or name.split(".")[0] in FOLDERS
    ]
    assert wrong == []


def test_the_core_and_the_stages_have_no_clock_no_chance_and_no_files() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in PURE
        for name, _ in imports_of(path)
        if name.split(".")[0] in IMPURE
    ]
    assert wrong == []
    read = [
        f"{path.relative_to(ROOT)} reads a clock in line {node.lineno}"
        for path in PURE
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
    ]
    assert read == []


def test_jinja_is_imported_by_the_compiler_only() -> None:
    users = {
        path.relative_to(ROOT).parts[0]
        for path in modules()
        for name, _ in imports_of(path)
        if name.split(".")[0] == "jinja2"
    }
    assert users <= {"compiler"}


def test_modules_stay_small_enough_to_be_read_at_once() -> None:
    long = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules()
    }
    assert {name: lines for name, lines in long.items() if lines > MAX_LINES} == {}


def test_type_checkers_see_the_same_folders() -> None:
    seen = {path.name: path.resolve() for path in (ROOT / "typings" / "treadle").iterdir()}
    assert seen == {folder: ROOT / folder for folder in FOLDERS}
