"""What runs inside a workflow on Temporal must do the same whenever its history is replayed.

Temporal's sandbox refuses clocks and chance while a workflow runs. It cannot see the order of a
set, which is another one in every process: that is looked for here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FLOW = "treadle.executor.temporal.flow"
CHANCE = frozenset({"random", "secrets", "time", "uuid", "socket", "subprocess", "shutil", "os"})
# Reads and writes plan files; the workflow only asks it to judge bytes.
WITH_FILES = frozenset({"treadle.plan.plan_file"})
CLOCKS = frozenset({"now", "today", "utcnow", "urandom"})
HASHED = frozenset({"occurrences", "sequences", "scopes", "names", "versions", "answered"})


def path_of(module: str) -> Path:
    place = ROOT.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported for more than the types of it."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached() -> dict[str, ast.AST]:
    """Return the modules of ours that the workflow imports, at any depth."""
    found: dict[str, ast.AST] = {}
    pending = [FLOW]
    while pending:
        module = pending.pop()
        if module in found or not module.startswith("treadle.") or not path_of(module).exists():
            continue
        found[module] = ast.parse(path_of(module).read_text(encoding="utf-8"))
        pending += imports_of(found[module])
        pending.append(module.rpartition(".")[0])
    return found


MODULES = reached()
over_modules = pytest.mark.parametrize("module", sorted(MODULES))


def iterated(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Starred):
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("tuple", "list", "next", "iter", "enumerate") and node.args:
                yield node.args[0]


def set_names(tree: ast.AST) -> frozenset[str]:
    """Return the names that hold a set somewhere in a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_set(node.value, frozenset()):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            name = node.target.id if isinstance(getattr(node, "target", None), ast.Name) else None
            name = node.arg if isinstance(node, ast.arg) else name
            text = ast.unparse(node.annotation)
            if name is not None and text.startswith(("set[", "frozenset[", "Set[")):
                found.add(name)
    return frozenset(found)


def is_set(node: ast.expr, names: frozenset[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            # In {*items} of an expression that is iterated only once, too.
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub(), right=right):
            return is_set(left, names) or is_set(right, names)
        case ast.Name(id=name):
            return name in names
        case _:
            return False


def is_hashed_map(node: ast.expr) -> bool:
    """Whether an expression goes through a persistent map of the state by its hashes."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr="items" | "values")):
            return name in HASHED
        case ast.Attribute(attr=name):
            return name in HASHED - {"names"}
        case _:
            return False


def test_the_workflow_reaches_the_core_and_nothing_that_acts() -> None:
    assert "treadle.executor.decide" in MODULES
    acting = [name for name in MODULES if name.startswith("treadle.executor.actions")]
    assert [] == acting
    assert {"treadle.executor.local", "treadle.executor.local.answers"} == {
        name for name in MODULES if name.startswith("treadle.executor.local")
    }


@over_modules
def test_what_the_workflow_imports_has_no_clock_no_chance_and_no_files(module: str) -> None:
    found = {name.split(".")[0] for name in imports_of(MODULES[module])} & CHANCE
    assert (set() if module not in WITH_FILES else {"os"}) == found
    read = [
        f"{ast.unparse(node)} in line {node.lineno}"
        for node in ast.walk(MODULES[module])
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and ast.unparse(node) != "workflow.now"
    ]
    assert [] == read


@over_modules
def test_what_the_workflow_imports_never_goes_through_a_set(module: str) -> None:
    tree = MODULES[module]
    names = set_names(tree)
    wrong = [
        f"{ast.unparse(node)} in line {node.lineno}"
        for node in iterated(tree)
        if is_set(node, names) and not has_no_order(tree, node)
    ]
    assert [] == wrong


def has_no_order(tree: ast.AST, node: ast.expr) -> bool:
    """Whether what is made of an iteration has no order either: a set, a sum, any, all."""
    parents = {
        id(child): parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)
    }
    around: ast.AST | None = node
    for _ in range(3):
        around = parents.get(id(around))
        if isinstance(around, ast.Set | ast.SetComp):
            return True
        if isinstance(around, ast.Call) and isinstance(around.func, ast.Name):
            return around.func.id in ("any", "all", "sum", "sorted", "set", "frozenset", "max")
    return False


@over_modules
def test_what_the_workflow_imports_never_goes_through_a_persistent_map(module: str) -> None:
    wrong = [
        f"{ast.unparse(node)} in line {node.lineno}"
        for node in iterated(MODULES[module])
        if is_hashed_map(node)
    ]
    assert module in ORDERLESS or wrong == []


# What is made of the maps there are maps again, whatever the order in which that happens.
ORDERLESS = frozenset({"treadle.executor.rewind", "treadle.executor.snapshot"})
