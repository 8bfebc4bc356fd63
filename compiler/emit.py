"""The last stage: from a checked workflow to its plan.

The same source gives the same plan on every machine: nothing of the path, the time or the mode
of the compilation is in it.
"""

from msgspec.structs import replace

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading.layers import part_of, place_in
from treadle.compiler.reading.nodes import Document
from treadle.compiler.workflow import Workflow
from treadle.plan.plan import Place, Plan
from treadle.plan.plan_file import plan_digest, step_digests


def emit(workflow: Workflow) -> Plan:
    """Return the plan of a workflow in which the checks found no error.

    Before and after::

        steps:                        Plan(steps=(ShellStep(path="/build", …),),
          - id: build                      source_map={"/build": Place(line=2, column=9)},
            type: shell                    step_digests={"/build": "sha256:…"},
            run: make                      digest="sha256:…", …)
    """
    spans = workflow.step_spans
    plan = Plan(
        id=workflow.id,
        name=workflow.name,
        version=workflow.version,
        description=workflow.description,
        inputs=workflow.inputs,
        defaults=workflow.defaults,
        steps=workflow.steps,
        closing=workflow.closing,
        timeout_s=workflow.timeout_s,
        concurrency=workflow.concurrency,
        requires=workflow.requires,
        outputs=workflow.outputs,
        step_digests=step_digests((*workflow.steps, *workflow.closing)),
        source_map={path: _place(workflow.document, spans[path]) for path in workflow.by_path},
        digest="",
        callees=_callees(workflow),
    )
    return replace(plan, digest=plan_digest(plan))


def _callees(workflow: Workflow) -> dict[str, Plan]:
    """Return the plans of everything that is called, at any depth, by their digests."""
    found: dict[str, Plan] = {}
    for callee in workflow.callees.values():
        found |= {callee.plan.digest: callee.plan, **callee.callees}
    return {digest: found[digest] for digest in sorted(found)}


def _place(document: Document, span: Span) -> Place:
    part = part_of(document, span)
    if part is None:
        return Place(line=span.line, column=span.column)
    own = place_in(part, span)
    return Place(line=own.line, column=own.column, layer=part.layer)
