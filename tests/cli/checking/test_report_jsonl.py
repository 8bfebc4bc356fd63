"""`--format json` and `jsonl`: what stands in each finding, by the schema of the report."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas
from treadle.cli.checking.check_file import check_files
from treadle.cli.checking.report_json import report_object
from treadle.cli.checking.report_jsonl import finding_objects

CASES = sorted((Path(__file__).parent.parents[1] / "cases" / "bad").glob("*.yml"))
SCHEMA = schemas.load("report")
REPORT = Draft202012Validator(SCHEMA)
FINDING = Draft202012Validator({**SCHEMA["$defs"]["diagnostic"], "$defs": SCHEMA["$defs"]})
FLOW = """workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs: {stage: {type: boolean, default: true}}
steps:
  - {id: a, type: shell, run: '{{ inputs.stgae }}'}
  - {id: a, type: shell, run: 'true'}
"""
GOOD = FLOW.replace("stgae", "stage").replace(
    "{id: a, type: shell, run: 'true'}", "{id: b, command: x}"
)

Write = Callable[[str, str], Path]


def test_the_report_of_every_bad_case_fits_its_schema() -> None:
    checked = [check_files(str(path), lenient=False)[0] for path in CASES]
    report = report_object(checked, lenient=False)
    assert [] == [error.message for error in REPORT.iter_errors(report)]
    findings = list(finding_objects(checked))
    assert report["diagnostics"] == findings
    assert [] == [error.message for each in findings for error in FINDING.iter_errors(each)]


def test_a_line_is_a_finding_with_its_fix_its_related_places_and_its_doc(
    treadle, write: Write
) -> None:
    write("flow.yml", FLOW)
    ended = treadle("validate", "--format", "jsonl")
    first, second = map(json.loads, ended.out.splitlines())
    assert (1, "") == (ended.code, ended.err)
    place = {"line": 4, "column": 42, "end_line": 4, "end_column": 47}
    assert {
        "title": "write 'stage'",
        "is_safe": True,
        "edits": [{**place, "text": "stage"}],
    } == first["fix"]
    assert "treadle explain TR302" == first["doc"]
    assert [4] == [related["line"] for related in second["related"]]


def test_files_without_a_finding_have_no_line(treadle, write: Write) -> None:
    write("flow.yml", GOOD)
    ended = treadle("validate", "--format", "jsonl")
    assert (0, "") == (ended.code, ended.out)


def test_a_terminal_that_lacks_a_letter_gets_an_escape(
    treadle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("flow.yml", FLOW.replace("stgae", "stägë"))
    ended = subprocess.run(
        [sys.executable, "-m", "treadle.cli", "validate", "--format", "jsonl"],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
    )
    assert b"st\\u00e4g\\u00eb" in ended.stdout
