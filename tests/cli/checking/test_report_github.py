"""`--format github`: annotations that GitHub reads, and none that it would drop silently."""

from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_github import github_lines
from treadle.compiler.diagnostics import Diagnostic, Span
from treadle.plan.catalogue import Severity

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
FLOW = HEAD + "steps: [{id: a, type: shell, run: '{{ inputs.nope }}'}]\n"

Write = Callable[[str, str], Path]


def finding(
    severity: Severity = Severity.ERROR,
    *,
    message: str = "wrong",
    span: Span = Span(1, 2, 1, 4),  # noqa: B008 # frozen
    hint: str | None = None,
) -> Diagnostic:
    return Diagnostic(
        code="TR302", name="unknown-input", severity=severity, message=message, span=span, hint=hint
    )


def lines(*found: Diagnostic, path: str = "flow.yml") -> list[str]:
    return list(github_lines([Checked(path=path, text="", diagnostics=found)]))


def test_an_annotation_has_place_title_message_and_hint(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    ended = treadle("validate", "--format", "github")
    assert (
        "::error file=flow.yml,line=2,col=46,endLine=2,endColumn=50,title=TR302 unknown-input"
        "::no input is called 'nope'%0Ahint: declare it under 'inputs'\n"
    ) == ended.out
    assert (1, "1 error in 1 file\n") == (ended.code, ended.err)


def test_what_would_end_a_command_is_escaped() -> None:
    assert [
        "::error file=a%2Cb%3Ac%25.yml,line=1,col=2,endLine=1,endColumn=4,"
        "title=TR302 unknown-input::100%25: a, b%0A::set-output"
    ] == lines(finding(message="100%: a, b\r\n::set-output"), path="a,b:c%.yml")


def test_a_place_of_several_lines_has_no_columns() -> None:
    assert ["::error file=flow.yml,line=1,endLine=3,title=TR302 unknown-input::wrong"] == lines(
        finding(span=Span(1, 2, 3, 4))
    )


def test_errors_come_first() -> None:
    told = lines(finding(Severity.WARNING), finding(Severity.ERROR))
    assert ["::error", "::warning"] == [line.split()[0] for line in told]


def test_ten_of_each_severity_are_annotated_without_a_summary() -> None:
    told = lines(*[finding(Severity.WARNING)] * 10, *[finding()] * 10)
    assert 20 == len(told)
    assert not any(line.startswith("::notice") for line in told)


def test_the_rest_is_counted_in_a_notice_and_listed_in_the_log() -> None:
    told = lines(*[finding(Severity.WARNING)] * 12, *[finding()] * 11)
    assert [10, 10] == [
        sum(line.startswith(f"::{word} ") for line in told) for word in ("error", "warning")
    ]
    assert [
        "::notice title=treadle::1 more error and 2 more warnings in the log of this step"
        " (11 errors, 12 warnings in 1 file)",
        "::group::findings without an annotation",
        "error TR302 flow.yml:1:2 wrong",
        "warning TR302 flow.yml:1:2 wrong",
        "warning TR302 flow.yml:1:2 wrong",
        "::endgroup::",
    ] == told[20:]


def test_nothing_in_the_log_reads_as_a_command() -> None:
    told = lines(*[finding(message="a\n::stop-commands::x")] * 11, path="::debug::\n::x")
    commands = {line.partition(" ")[0].partition("::f")[0] for line in told if line[:2] == "::"}
    assert {"::error", "::notice", "::group", "::endgroup::"} == commands


@pytest.mark.parametrize(("folder", "path"), [("part", "part/flow.yml"), ("", "flow.yml")])
def test_paths_are_those_of_the_repository(
    treadle, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch, folder: str, path: str
) -> None:
    write(path, FLOW)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(project / folder)
    ended = treadle("validate", "flow.yml", "--format", "github")
    assert ended.out.startswith(f"::error file={path},")
