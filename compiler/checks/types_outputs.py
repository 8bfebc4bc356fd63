"""TR435: an output of the workflow that is never what its schema promises."""

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import keys, nodes
from treadle.compiler.typed.misfit import misfit
from treadle.compiler.typed.typed_sites import TypedWorkflow


def check_outputs_of_types(workflow: TypedWorkflow, report: Report) -> None:
    """Report every output whose value never fits its schema.

    Before and after::

        inputs:
          count: {type: integer, default: 3}
        outputs:
          tag: {value: "{{ inputs.count }}", schema: {type: string}}   # TR435
    """
    declared = keys.mapping(workflow.workflow.root, "outputs")
    for entry in declared.entries if declared is not None else ():
        name = str(entry.key.value)
        output = workflow.workflow.outputs.get(name)
        value = entry.value.get("value") if isinstance(entry.value, nodes.Mapping) else None
        if output is None or output.schema is None or value is None:
            continue
        reason = misfit(output.value, workflow.roots.value(output.value, None), output.schema)
        if reason is not None:
            report.add("TR435", value.span, name=name, reason=reason)
