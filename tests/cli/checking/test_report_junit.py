"""`--format junit`: a test case a file, red exactly when the command is."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_junit import junit_xml
from treadle.compiler.diagnostics import START, Diagnostic
from treadle.plan.catalogue import Severity

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
GOOD = HEAD + "steps: [{id: a, type: shell, run: make}]\n"
BAD = GOOD.replace("make", "'{{ inputs.nope }} {{ steps.nope.output }}'")
WARNED = HEAD + "inputs: {x: {type: string}}\nsteps: [{id: a, type: shell, run: make}]\n"

Write = Callable[[str, str], Path]


def test_each_file_is_a_case_and_each_finding_a_failure(treadle, write: Write) -> None:
    write("good.yml", GOOD)
    write("bad.yml", BAD)
    ended = treadle("validate", "--format", "junit")
    root = ElementTree.fromstring(ended.out)
    assert (1, "testsuites") == (ended.code, root.tag)
    assert ("2", "1") == (root.get("tests"), root.get("failures"))
    bad, good = root.iter("testcase")
    assert ("good.yml", []) == (good.get("name"), list(good))
    assert [
        ("unknown-input", "TR302: no input is called 'nope'"),
        ("unknown-step", "TR303: no step is called 'nope'"),
    ] == [(failure.get("type"), failure.get("message")) for failure in bad]
    text = bad[0].text or ""
    assert text.startswith("bad.yml:2:46: error TR302: no input is called 'nope'")


@pytest.mark.parametrize(
    ("fail_on", "tag"), [("error", "system-out"), ("warning", "failure"), ("never", "system-out")]
)
def test_what_leaves_the_exit_status_alone_is_no_failure(
    treadle, write: Write, fail_on: str, tag: str
) -> None:
    write("flow.yml", WARNED)
    ended = treadle("validate", "--format", "junit", "--fail-on", fail_on)
    (case,) = ElementTree.fromstring(ended.out).iter("testcase")
    assert [tag] == [child.tag for child in case]
    assert (tag == "failure") == (ended.code == 1)


def test_the_report_is_xml_whatever_a_file_holds() -> None:
    text = "<&>\"'\x00\x1b[31m\ufffe\ud800 ]]>"
    found = Diagnostic(
        code="TR302", name="n", severity=Severity.ERROR, message=text, span=START, hint=text
    )
    checked = Checked(path=text, text="", diagnostics=(found,))
    root = ElementTree.fromstring(junit_xml([checked], counted={Severity.ERROR}).encode())
    (case,) = root.iter("testcase")
    assert "<&>\"'\ufffd\ufffd ]]>" == case.get("name")
