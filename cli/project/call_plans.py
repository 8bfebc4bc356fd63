"""The plans of installed workflows that expressions name, compiled when a run comes to them.

What was compiled is remembered as long as every file that it was made of is what it was.
"""

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from treadle.executor.ports import Unresolved
from treadle.plan.catalogue import error_text
from treadle.plan.plan import Plan

if TYPE_CHECKING:
    from treadle.cli.project.asked_files import AskedFiles, Questions
    from treadle.compiler.composing.callees import CalleeFile
    from treadle.compiler.composing.step_types import Available

_MAX_REMEMBERED = 64


class _Remembered(Struct, frozen=True, kw_only=True):
    """A plan, or why there is none, and what was asked for it."""

    outcome: Plan | str
    questions: "Questions"


class InstalledPlans:
    """The installed workflows of a project as plans, for any number of threads."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._lock = Lock()
        self._known: dict[tuple[str, bool], _Remembered] = {}

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        """Return the plan of an installed workflow. Errors: Unresolved."""
        # Whoever asks for the same one meanwhile gets what this compilation comes to.
        with self._lock:
            outcome = self._outcome(workflow, lenient=lenient)
        if isinstance(outcome, str):
            raise Unresolved(outcome)
        return outcome

    def _outcome(self, workflow: str, *, lenient: bool) -> Plan | str:
        # Few runs come to a call whose workflow is not known before.
        from treadle.cli.project.asked_files import AskedFiles, Questions, asked_types
        from treadle.cli.project.available_types import types_around
        from treadle.cli.project.callees_around import ProjectCallees

        files = ProjectCallees(root=self._project)
        step_types = types_around(self._project / "workflow.yml")
        key = (workflow, lenient)
        known = self._known.pop(key, None)
        if known is None or not known.questions.have_the_same_answers(files, step_types):
            questions = Questions()
            asked = AskedFiles(files, questions)
            outcome = _found(workflow, asked, asked_types(step_types, questions), lenient=lenient)
            known = _Remembered(outcome=outcome, questions=questions)
            while len(self._known) >= _MAX_REMEMBERED:
                del self._known[next(iter(self._known))]
        # What was asked for last stands last.
        self._known[key] = known
        return known.outcome


def _found(
    workflow: str, callees: "AskedFiles", step_types: "Available", *, lenient: bool
) -> Plan | str:
    """Return the plan of an installed workflow, or why there is none."""
    from treadle.compiler.composing.callees import CalleeFile, NotFound  # as above

    file = callees.installed(workflow)
    if isinstance(file, NotFound) and file.reason is not None:
        return error_text("TR335", id=workflow, reason=file.reason)
    if not isinstance(file, CalleeFile):
        return error_text("TR330", id=workflow)
    if file.problem is not None:
        return error_text("TR335", id=workflow, reason=file.problem)
    return _compiled(workflow, file, callees, step_types, lenient=lenient)


def _compiled(
    workflow: str,
    file: "CalleeFile",
    callees: "AskedFiles",
    step_types: "Available",
    *,
    lenient: bool,
) -> Plan | str:
    from treadle.compiler import compile_bytes  # as above

    compilation = compile_bytes(
        file.source,
        path=file.path,
        lenient=lenient,
        overlays=file.overlays,
        step_types=step_types,
        callees=callees,
    )
    plan = compilation.plan
    if plan is None:
        first = compilation.errors[0]
        where = f"{first.path or file.path}:{first.span.line}"
        reason = f"{first.code} at {where}: {first.message}"
        return f"{error_text('TR334', id=workflow)}: {reason}"
    if plan.id != workflow:
        reason = f"its file says that it is '{plan.id}'"
        return error_text("TR335", id=workflow, reason=reason)
    return plan
