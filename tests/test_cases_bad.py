"""Each file of tests/cases/bad is a workflow with one mistake, named by the code in its name.

The whole report of each is a snapshot, which docs/diagnostics.md quotes.
"""

from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_text import report_lines
from treadle.cli.text.paint import Role
from treadle.compiler import Compilation, compile_bytes, compile_file
from treadle.compiler.composing.callee_files import beside, callee_file
from treadle.compiler.composing.callees import CalleeFile, NotFound
from treadle.compiler.reading.document import MAX_BYTES
from treadle.plan.catalogue import BY_CODE, Severity

ROOT = Path(__file__).parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "bad").glob("*.yml"))
SNAPSHOTS = ROOT / "snapshots" / "cases_bad"
DEEP = """
workflow: {{id: deep-{number}, name: Deep}}
steps: [{{id: on, type: workflow, workflow: deep-{next}}}]
"""


class Callees:
    """The workflows that cases call: those of the folder `callees`, and calls without an end."""

    def installed(self, workflow: str) -> CalleeFile | NotFound:
        known = tuple(path.stem for path in sorted(Path("../callees").glob("*.yml")))
        if workflow in known:
            return callee_file(Path("../callees", f"{workflow}.yml"))
        name, _, number = workflow.rpartition("-")
        if name != "deep":
            return NotFound(known=known)
        source = DEEP.format(number=number, next=int(number) + 1).encode()
        return CalleeFile(path=f"{workflow}.yml", key=workflow, source=source)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        return beside(file, caller=Path(caller), root=Path.cwd().parent)


def plain(text: str, role: Role) -> str:
    return text


def code_of(path: Path) -> str:
    return path.name.partition("-")[0].upper()


def compiled(path: Path) -> Compilation:
    """Compile a case in the mode in which its finding is shown."""
    is_lenient_only = BY_CODE[code_of(path)].strict is Severity.OFF
    with chdir(path.parent):
        return compile_bytes(
            path.read_bytes(), path=path.name, lenient=is_lenient_only, callees=Callees()
        )


def rendered(compilation: Compilation) -> str:
    checked = Checked(
        path=compilation.path, text=compilation.text, diagnostics=compilation.diagnostics
    )
    return "\n".join(report_lines(checked, plain))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bad_workflow_gets_the_report_of_its_snapshot(
    path: Path, snapshot: SnapshotAssertion
) -> None:
    compilation = compiled(path)
    assert code_of(path) in [found.code for found in compilation.diagnostics]
    assert rendered(compilation) == snapshot


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_finding_stands_inside_its_file(path: Path) -> None:
    compilation = compiled(path)
    lines = compilation.text.split("\n")
    outside = [
        found
        for found in compilation.diagnostics
        if not 1 <= found.span.line <= len(lines)
        or not 1 <= found.span.column <= len(lines[found.span.line - 1]) + 1
    ]
    assert [] == outside


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_no_other_errors_than_its_own(path: Path) -> None:
    assert {code_of(path)} >= {found.code for found in compiled(path).errors}


def test_every_snapshot_belongs_to_a_case() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in SNAPSHOTS.iterdir()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file that no case can hold: what makes it, and the report about it."""

    code: str
    make: Callable[[Path], object]
    expected: str


UNREADABLE = (
    Unreadable(
        code="TR101",
        make=Path.mkdir,
        expected="flow.yml:1:1: error TR101: cannot read 'flow.yml': it is not a plain file",
    ),
    Unreadable(
        code="TR104",
        make=lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)),
        expected="flow.yml:1:1: error TR104: the file has 16777217 bytes,"
        " more than the 16777216 that are allowed\n    hint: split the workflow",
    ),
)


@pytest.mark.parametrize("row", UNREADABLE, ids=lambda row: row.code)
def test_a_file_that_cannot_be_read_gets_its_report(
    row: Unreadable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    row.make(Path("flow.yml"))
    compilation = compile_file("flow.yml")
    assert row.expected == rendered(compilation).rstrip("\n")
    assert [row.code] == [found.code for found in compilation.diagnostics]
