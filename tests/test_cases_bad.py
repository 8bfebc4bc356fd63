"""Each file of tests/cases/bad is a workflow with one mistake, named by the code in its name.

The whole report of each is a snapshot, which docs/diagnostics.md quotes.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from treadle.cli.findings import Checked
from treadle.cli.paint import Role
from treadle.cli.report_text import report_lines
from treadle.compiler import Compilation, compile_bytes, compile_file
from treadle.compiler.document import MAX_BYTES
from treadle.plan.catalogue import BY_CODE, Severity

CASES = sorted((Path(__file__).parent / "cases" / "bad").glob("*.yml"))


def plain(text: str, role: Role) -> str:
    return text


def code_of(path: Path) -> str:
    return path.name.partition("-")[0].upper()


def compiled(path: Path) -> Compilation:
    """Compile a case in the mode in which its finding is shown."""
    is_lenient_only = BY_CODE[code_of(path)].strict is Severity.OFF
    return compile_bytes(path.read_bytes(), path=path.name, lenient=is_lenient_only)


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


def too_large(folder: Path) -> Path:
    path = folder / "flow.yml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    return path


def missing(folder: Path) -> Path:
    return folder / "flow.yml"


GENERATED = {
    "TR101": (missing, "flow.yml:1:1: error TR101: cannot read 'flow.yml': no such file or folder"),
    "TR104": (
        too_large,
        "flow.yml:1:1: error TR104: the file has 16777217 bytes,"
        " more than the 16777216 that are allowed\n    hint: split the workflow",
    ),
}


@pytest.mark.parametrize("code", GENERATED)
def test_a_file_that_cannot_be_a_case_gets_its_report(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: Callable[[Path], Path] = GENERATED[code][0]
    monkeypatch.chdir(make(tmp_path).parent)
    compilation = compile_file("flow.yml")
    shown = rendered(compilation).rstrip("\n")
    # The words for a missing file are the system's.
    expected = GENERATED[code][1].replace("no such file or folder", "no such file or directory")
    assert expected == shown
    assert [code] == [found.code for found in compilation.diagnostics]
