"""The report of ``treadle doctor``: what was looked for, whether it is here, and which version.

Source: schemas/doctor.schema.json for the JSON form.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from treadle.cli.text.marks import ROLES, Mark, sign
from treadle.cli.text.outline import Outline
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import one_line
from treadle.plan.expression import Json
from treadle.plan.problems import Problem

REPORT_VERSION = 1
_MARKS = {"found": Mark.DONE, "missing": Mark.FAILED, "open": Mark.SKIPPED}
_MAX_STEPS = 4


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was looked for.

    Shapes: `need` is its kind, by which checks are grouped; `status` is found, missing or open.
    `doubt` is why something that is missing may do no harm; `note` is for people.
    """

    need: str
    name: str
    status: str
    found: str | None = None
    version: str | None = None
    steps: tuple[str, ...] = ()
    integration: str | None = None
    problem: Problem | None = None
    doubt: str | None = None
    note: str | None = None

    @property
    def is_firm(self) -> bool:
        """Whether this alone is a reason not to begin."""
        return self.status == "missing" and self.doubt is None


class Report(Struct, frozen=True, kw_only=True):
    """Everything that was looked for.

    Shapes: `title` and `about` say of what; `workflow` is the id and version of the plan; `own`
    is the integration that the project was set up with.
    """

    title: str
    about: str
    project: Path
    own: str | None
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    workflow: tuple[str, str] | None = None

    @property
    def missing(self) -> tuple[Check, ...]:
        """The checks that are a reason not to begin."""
        return tuple(check for check in self.checks if check.is_firm)


def report_object(report: Report) -> dict[str, Json]:
    """Return a report as JSON data."""
    workflow = report.workflow
    return {
        "version": REPORT_VERSION,
        "ready": not report.missing,
        "project": str(report.project),
        "workflow": None if workflow is None else {"id": workflow[0], "version": workflow[1]},
        "auto_integration": report.own,
        "checks": [_check_object(check) for check in report.checks],
    }


def report_outline(report: Report, paint: Paint, sections: Sequence[tuple[str, str]]) -> Outline:
    """Return a report as a tree.

    Shapes: `sections` are the kinds of checks in the order of showing, with their headings.
    """
    children = []
    for need, heading in sections:
        checks = [check for check in report.checks if check.need == need]
        if checks:
            width = max(len(one_line(check.name, 40)) for check in checks)
            lines = tuple(_outline(check, paint, width=width) for check in checks)
            children.append(Outline(title=paint(heading, Role.QUIET), children=lines))
    title = f"{paint(report.title, Role.NAME)} {paint(report.about, Role.QUIET)}".rstrip()
    nothing = () if children else ("needs nothing but a shell",)
    notes = (*(paint(note, Role.QUIET) for note in report.notes), *nothing)
    return Outline(title=title, notes=notes, children=tuple(children))


def verdict(report: Report) -> str:
    """Return the last sentence: ``nothing is missing``, ``2 of 5 are missing: gh, claude``."""
    missing = report.missing
    if not missing:
        return "nothing is missing" if report.checks else "nothing was looked for"
    names = ", ".join(dict.fromkeys(one_line(check.name, 40) for check in missing))
    verb = "is" if len(missing) == 1 else "are"
    return f"{len(missing)} of {len(report.checks)} {verb} missing: {names}"


def _check_object(check: Check) -> dict[str, Json]:
    problem = check.problem
    return {
        "need": check.need,
        "name": check.name,
        "status": check.status,
        "found": check.found,
        "version": check.version,
        "steps": list(check.steps),
        "integration": check.integration,
        "doubt": check.doubt,
        "code": problem.code if problem is not None else None,
        "message": problem.message if problem is not None else None,
        "hint": problem.hint if problem is not None else None,
    }


def _outline(check: Check, paint: Paint, *, width: int) -> Outline:
    mark = _MARKS[check.status]
    role = ROLES[mark]
    if check.status == "missing" and check.doubt is not None:
        mark, role = Mark.SKIPPED, Role.WARNING
    name = one_line(check.name, 40)
    title = f"{paint(sign(mark, sys.stdout), role)} {paint(name, Role.NAME)}"
    about = "  ".join(part for part in _about(check) if part)
    padding = " " * (width - len(name))
    return Outline(
        title=f"{title}{padding}  {paint(about, Role.QUIET)}" if about else title,
        notes=tuple(_notes(check, paint)),
    )


def _about(check: Check) -> Iterator[str]:
    yield check.version or ""
    yield one_line(check.found, 400) if check.found is not None else ""
    yield check.note or ""
    if check.steps and check.problem is None:
        names = [path.removeprefix("/") for path in check.steps[:_MAX_STEPS]]
        more = len(check.steps) - len(names)
        yield f"for {', '.join(map(one_line, names))}" + (f" and {more} more" if more else "")


def _notes(check: Check, paint: Paint) -> Iterator[str]:
    problem = check.problem
    if problem is None:
        return
    is_error = check.is_firm
    word = paint(problem.code, Role.ERROR if is_error else Role.WARNING)
    doubt = "" if check.doubt is None else f"; {check.doubt}"
    yield f"{word} {one_line(problem.message, 400)}{doubt}"
    if problem.hint is not None:
        yield f"{paint('hint:', Role.WAITING)} {one_line(problem.hint, 400)}"
