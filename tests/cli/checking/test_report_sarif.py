"""`--format sarif`: valid by the official schema, with rules that explain themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from treadle.cli.checking.check_file import check_files
from treadle.cli.checking.report_sarif import sarif_object
from treadle.plan.catalogue import BY_CODE

TESTS = Path(__file__).parent.parents[1]
SCHEMA = json.loads((TESTS / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
OFFICIAL = Draft7Validator(SCHEMA, format_checker=FormatChecker())
FLOW = """workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  stage: {type: boolean, default: true}
steps:
  - {id: a, type: shell, run: 'ü {{ inputs.stgae }}'}
"""

Write = Callable[[str, str], Path]


def wrong(report: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in OFFICIAL.iter_errors(report)]


def result(treadle: Any, *arguments: str) -> Any:
    (run,) = treadle("validate", "--format", "sarif", *arguments).data["runs"]
    return run["results"][0]


def test_the_report_of_every_bad_case_fits_the_official_schema() -> None:
    cases = sorted((TESTS / "cases" / "bad").glob("*.yml"))
    checked = [
        check_files(str(path), lenient=lenient)[0] for path in cases for lenient in (False, True)
    ]
    report: Any = sarif_object(checked, version="1.0.0")
    assert [] == wrong(report)
    assert len(cases) <= len(report["runs"][0]["results"])


def test_the_schema_of_the_test_refuses_what_is_not_sarif() -> None:
    assert [] != wrong({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]})


def test_a_report_without_findings_is_valid(treadle, write: Write) -> None:
    write("flow.yml", FLOW.replace("stgae", "stage"))
    ended = treadle("validate", "--format", "sarif")
    assert (0, []) == (ended.code, wrong(ended.data))
    assert [] == ended.data["runs"][0]["results"]


def test_a_result_has_its_place_in_characters(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    (run,) = treadle("validate", "--format", "sarif").data["runs"]
    (found,) = run["results"]
    assert "unicodeCodePoints" == run["columnKind"]
    assert ("TR302", "error") == (found["ruleId"], found["level"])
    assert {
        "artifactLocation": {"uri": "flow.yml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 5, "startColumn": 44, "endLine": 5, "endColumn": 49},
    } == found["locations"][0]["physicalLocation"]


def test_a_fix_is_a_replacement(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    (fix,) = result(treadle)["fixes"]
    (change,) = fix["artifactChanges"]
    assert [{"text": "stage"}] == [each["insertedContent"] for each in change["replacements"]]


def test_a_rule_has_its_page_as_help() -> None:
    path = TESTS / "cases" / "bad" / "tr302-unknown-input.yml"
    report: Any = sarif_object(check_files(str(path), lenient=False), version="1.0.0")
    (rule,) = report["runs"][0]["tool"]["driver"]["rules"]
    assert ("TR302", BY_CODE["TR302"].name) == (rule["id"], rule["name"])
    assert rule["help"]["markdown"].startswith("# TR302: ")
    assert "An expression reads an input that is not declared." == rule["shortDescription"]["text"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [("a b/ü#%.yml", "a%20b/%C3%BC%23%25.yml"), ("c:d.yml", "c%3Ad.yml")],
)
def test_a_path_becomes_a_uri(treadle, write: Write, name: str, uri: str) -> None:
    write(name, FLOW)
    location = result(treadle, name)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert uri == location["uri"]


def test_paths_are_those_of_the_repository(
    treadle, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("part/flow.yml", FLOW)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(project / "part")
    location = result(treadle, "flow.yml")["locations"][0]["physicalLocation"]["artifactLocation"]
    assert "part/flow.yml" == location["uri"]
