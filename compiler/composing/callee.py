"""From a compiled workflow to what its callers need of it: its plan, its types, its places."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from treadle.compiler.composing.callees import Broken, Callee, Calls, told
from treadle.compiler.diagnostics import Diagnostic, Related, Span
from treadle.compiler.reading import nodes
from treadle.compiler.reading.layers import part_of, place_in
from treadle.compiler.typed import types
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.roots import Roots
from treadle.compiler.typed.types import Type
from treadle.compiler.workflow import Workflow
from treadle.plan.plan import Plan

# What holds for a run as a whole, and so for no call.
_IDLE = ("timeout", "concurrency", "finally")
_ABOUT_CALLS = ("TR332", "TR333")


def callee_of(workflow: Workflow, plan: Plan) -> Callee:
    """Return a workflow without errors as its callers see it."""
    inside = workflow.callees.values()
    return Callee(
        plan=replace(plan, callees={}),
        callees=plan.callees,
        inputs=_places(workflow, "inputs"),
        outputs=_places(workflow, "outputs"),
        output_types=_output_types(workflow),
        idle={
            key: _related(workflow, entry.key.span, "it stands here")
            for key in _IDLE
            if (entry := workflow.root.entry(key)) is not None
        },
        deepest=max(((c.plan.id, *c.deepest) for c in inside), key=len, default=()),
    )


def broken(calls: Calls, workflow: Workflow | None, errors: tuple[Diagnostic, ...]) -> Broken:
    """Return a workflow with errors as its callers see it.

    A circle of calls is told at every call that leads into it.
    """
    if calls.circles and all(error.code in _ABOUT_CALLS for error in errors):
        return calls.circles[0]
    problems = [(error.path, error.span, f"{error.code}: {error.message}") for error in errors]
    id = workflow.id if workflow is not None else None
    return Broken(id=id, related=told(calls.path, problems))


def _places(workflow: Workflow, key: str) -> Mapping[str, Related]:
    """Return where each member of a mapping at the top is declared, and under "" all of them."""
    entry = workflow.root.entry(key)
    if entry is None:
        top = workflow.root.entry("workflow")
        span = top.key.span if top is not None else workflow.root.span
        return {"": _related(workflow, span, f"it declares no {key}")}
    found = {"": _related(workflow, entry.key.span, f"its {key} are declared here")}
    return found | dict(_members(workflow, entry.value))


def _members(workflow: Workflow, node: nodes.Node) -> Iterator[tuple[str, Related]]:
    for entry in node.entries if isinstance(node, nodes.Mapping) else ():
        name = str(entry.key.value)
        yield name, _related(workflow, entry.key.span, f"'{name}' is declared here")


def _related(workflow: Workflow, span: Span, message: str) -> Related:
    part = part_of(workflow.document, span)
    if part is None:
        return Related(span=span, message=message, path=workflow.document.path)
    return Related(span=place_in(part, span), message=message, path=part.path)


def _output_types(workflow: Workflow) -> Mapping[str, Type]:
    roots = Roots(workflow=workflow, records=Records(workflow=workflow))
    return {
        name: types.from_schema(output.schema)
        if output.schema is not None
        else roots.value(output.value, None)
        for name, output in workflow.outputs.items()
    }
