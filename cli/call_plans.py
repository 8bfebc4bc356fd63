"""The plans of installed workflows that expressions name, compiled when a run comes to them."""

from pathlib import Path

from msgspec import Struct

from treadle.executor.ports import Unresolved
from treadle.plan.catalogue import error_text
from treadle.plan.plan import Plan


class InstalledPlans(Struct, frozen=True):
    """The installed workflows of a project as plans."""

    project: Path

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        """Return the plan of an installed workflow. Errors: Unresolved."""
        # Few runs come to a call whose workflow is not known before.
        from treadle.cli.available_types import types_around
        from treadle.cli.callees_around import ProjectCallees
        from treadle.compiler import compile_bytes
        from treadle.compiler.callees import CalleeFile, NotFound

        callees = ProjectCallees(root=self.project)
        file = callees.installed(workflow)
        if isinstance(file, NotFound) and file.reason is not None:
            raise Unresolved(error_text("TR335", id=workflow, reason=file.reason))
        if not isinstance(file, CalleeFile):
            raise Unresolved(error_text("TR330", id=workflow))
        if file.problem is not None:
            raise Unresolved(error_text("TR335", id=workflow, reason=file.problem))
        compilation = compile_bytes(
            file.source,
            path=file.path,
            lenient=lenient,
            overlays=file.overlays,
            step_types=types_around(file.path),
            callees=callees,
        )
        plan = compilation.plan
        if plan is None:
            first = compilation.errors[0]
            where = f"{first.path or file.path}:{first.span.line}"
            reason = f"{first.code} at {where}: {first.message}"
            raise Unresolved(f"{error_text('TR334', id=workflow)}: {reason}")
        if plan.id != workflow:
            reason = f"its file says that it is '{plan.id}'"
            raise Unresolved(error_text("TR335", id=workflow, reason=reason))
        return plan
