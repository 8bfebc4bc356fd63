"""Findings as JUnit XML: a file is a test case, a finding that counts is a failure of it.

Findings that leave the exit status alone (``--fail-on``) are output of the case, so that a build
is red in the report exactly when it is red in the shell.

Source: the XML of Ant's JUnit task as Jenkins and GitLab read it.
"""

from collections.abc import Collection, Iterable, Sequence
from xml.etree import ElementTree

from treadle.cli.checking.findings import Checked
from treadle.cli.text.visible import visible
from treadle.compiler.diagnostics import Diagnostic
from treadle.plan.catalogue import Severity
from treadle.plan.lazy_pattern import lazy_pattern

_SUITE = "treadle validate"
# What visible() leaves and XML 1.0 does not allow.
_NOT_XML = lazy_pattern("[\\ud800-\\udfff\\ufffe\\uffff]")


def junit_xml(checked: Sequence[Checked], *, counted: Collection[Severity]) -> str:
    """Return the report as XML text with its declaration.

    Shapes: `counted` are the severities that make the exit status 1.
    """
    cases = [_case(file, counted=counted) for file in checked]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": "0",
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": _SUITE, **counts})
    suite.extend(cases)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(file: Checked, *, counted: Collection[Severity]) -> ElementTree.Element:
    path = as_xml_text(file.path)
    case = ElementTree.Element("testcase", {"classname": _SUITE, "name": path, "file": path})
    for diagnostic in file.diagnostics:
        if diagnostic.severity in counted:
            message = f"{diagnostic.code}: {as_xml_text(diagnostic.message)}"
            attributes = {"type": diagnostic.name, "message": message}
            failure = ElementTree.SubElement(case, "failure", attributes)
            failure.text = _lines(path, (diagnostic,))
    others = [found for found in file.diagnostics if found.severity not in counted]
    if others:
        ElementTree.SubElement(case, "system-out").text = _lines(path, others)
    return case


def _lines(path: str, diagnostics: Iterable[Diagnostic]) -> str:
    lines = []
    for found in diagnostics:
        place = f"{path}:{found.span.line}:{found.span.column}"
        lines.append(f"{place}: {found.severity.value} {found.code}: {as_xml_text(found.message)}")
        if found.hint is not None:
            lines.append(f"    hint: {as_xml_text(found.hint)}")
        for each in found.related:
            place = f"{as_xml_text(each.path or path)}:{each.span.line}:{each.span.column}"
            lines.append(f"    {place}: {as_xml_text(each.message)}")
    return "\n".join(lines)


def as_xml_text(text: str) -> str:
    """Return a text without what XML 1.0 does not allow."""
    return _NOT_XML.sub("\ufffd", visible(text))
