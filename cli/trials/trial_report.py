"""The report of tests: lines for people, an object for programs, JUnit XML for CI.

Source: the XML of Ant's JUnit task as Jenkins and GitLab read it; schemas/outcome.schema.json for
the object.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from msgspec import Struct

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_junit import as_xml_text
from treadle.cli.checking.report_text import report_lines
from treadle.cli.text.counted import counted
from treadle.cli.text.marks import ROLES, Mark, sign
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import visible
from treadle.cli.trials.coverage import Coverage
from treadle.cli.trials.trial import Verdict
from treadle.cli.trials.trial_file import TrialFile
from treadle.plan.expression import Json

_KINDS = (("step", "steps"), ("branch", "branches"), ("option", "gate options"))
_MOST_MISSED = 12


class Tried(Struct, frozen=True, kw_only=True):
    """A file of tests that was gone through; `refusal` says why that was not possible."""

    file: TrialFile
    verdicts: tuple[Verdict, ...] = ()
    refusal: str | None = None

    @property
    def failures(self) -> int:
        """How many tests failed; a file that cannot be used is one failure."""
        if self.refusal is not None or self.file.diagnostics:
            return 1
        return sum(bool(verdict.problems) for verdict in self.verdicts)


class Covered(Struct, frozen=True, kw_only=True):
    """The coverage of one workflow by all files of tests about it."""

    workflow: Path
    coverage: Coverage


def tried_lines(tried: Tried, paint: Paint, stream: TextIO) -> Iterator[str]:
    """Yield the lines about one file of tests."""
    yield paint(visible(str(tried.file.path)), Role.NAME)
    if tried.file.diagnostics:
        checked = Checked(
            path=str(tried.file.path), text=tried.file.text, diagnostics=tried.file.diagnostics
        )
        yield from report_lines(checked, paint)
        return
    if tried.refusal is not None:
        yield _marked(Mark.FAILED, tried.refusal, paint, stream)
    for verdict in tried.verdicts:
        mark = Mark.FAILED if verdict.problems else Mark.DONE
        yield _marked(mark, verdict.trial.name, paint, stream)
        for problem in verdict.problems:
            place = paint(f"line {verdict.trial.line}:", Role.QUIET)
            yield f"      {place} {visible(problem)}"


def covered_lines(covered: Covered, paint: Paint) -> Iterator[str]:
    """Yield the lines about what the tests of a workflow have been through."""
    parts = []
    for kind, words in _KINDS:
        done, every = covered.coverage.counts(kind)
        if every:
            parts.append(f"{done} of {every} {words}")
    yield f"{paint(visible(str(covered.workflow)), Role.NAME)}  {', '.join(parts)}"
    missed = covered.coverage.missed
    for target in missed[:_MOST_MISSED]:
        line = f"line {target.place.line}" if target.place is not None else ""
        shown = f"{visible(target.shown)}  {paint(line, Role.QUIET)}"
        yield f"    {paint('missed', Role.WAITING)} {shown}"
    if len(missed) > _MOST_MISSED:
        yield f"    {paint(f'and {len(missed) - _MOST_MISSED} more', Role.QUIET)}"


def summary(tried: Sequence[Tried]) -> str:
    """Return the last line for people."""
    verdicts = [verdict for each in tried for verdict in each.verdicts]
    failed = sum(bool(verdict.problems) for verdict in verdicts)
    passed = len(verdicts) - failed
    parts = [f"{passed} of {len(verdicts)} tests passed"] if verdicts else []
    unusable = sum(bool(_unusable(each)) for each in tried)
    if unusable:
        parts.append(f"{counted(unusable, 'file')} cannot be used")
    return ", ".join(parts) or "no test has that in its name"


def tests_object(tried: Sequence[Tried], covered: Sequence[Covered]) -> dict[str, Json]:
    """Return the report as JSON data that fits `tests` of schemas/outcome.schema.json."""
    count = sum(len(each.verdicts) for each in tried)
    failed = sum(each.failures for each in tried)
    return {
        "passed": count - sum(bool(v.problems) for each in tried for v in each.verdicts),
        "failed": failed,
        "files": [_file_object(each) for each in tried],
        "coverage": [
            {
                "workflow": str(each.workflow),
                "share": round(each.coverage.share, 4),
                "missed": [
                    {"kind": t.kind, "path": t.path, "way": t.way or None}
                    for t in each.coverage.missed
                ],
            }
            for each in covered
        ],
    }


def junit_of_tests(tried: Sequence[Tried]) -> str:
    """Return the report as XML text with its declaration; a file is a suite."""
    root = ElementTree.Element("testsuites")
    for each in tried:
        path = as_xml_text(str(each.file.path))
        suite = ElementTree.SubElement(root, "testsuite", {"name": path})
        for verdict in each.verdicts:
            _case(suite, path, verdict.trial.name, verdict.problems)
        unusable = _unusable(each)
        if unusable:
            _case(suite, path, "the file of tests", unusable)
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(suite: ElementTree.Element, path: str, name: str, problems: tuple[str, ...]) -> None:
    attributes = {"classname": path, "name": as_xml_text(name), "file": path}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if problems:
        failure = ElementTree.SubElement(case, "failure", {"message": as_xml_text(problems[0])})
        failure.text = as_xml_text("\n".join(problems))


def _file_object(tried: Tried) -> dict[str, Json]:
    return {
        "path": str(tried.file.path),
        "workflow": str(tried.file.workflow),
        "problems": list(_unusable(tried)),
        "tests": [
            {
                "name": verdict.trial.name,
                "line": verdict.trial.line,
                "status": verdict.status,
                "problems": list(verdict.problems),
            }
            for verdict in tried.verdicts
        ],
    }


def _unusable(tried: Tried) -> tuple[str, ...]:
    found = tuple(
        f"{d.span.line}:{d.span.column}: {d.code}: {d.message}" for d in tried.file.diagnostics
    )
    return found if tried.refusal is None else (*found, tried.refusal)


def _marked(mark: Mark, text: str, paint: Paint, stream: TextIO) -> str:
    return f"  {paint(sign(mark, stream), ROLES[mark])} {visible(text)}"
