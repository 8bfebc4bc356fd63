"""The diagnostics about calls of other workflows: TR330 to TR344, before a run and during it."""

from treadle.plan.entry import Entry, error, strict, warning

CALL_ENTRIES: tuple[Entry, ...] = (
    strict("TR330", "unknown-workflow", "no workflow '{id}' is installed"),
    error("TR331", "bad-call-path", "'{path}' cannot be called: {reason}"),
    strict("TR332", "call-cycle", "workflow '{id}' would call itself: {chain}"),
    error("TR333", "calls-too-deep", "calls go deeper than 16 levels: {chain}"),
    strict("TR334", "broken-callee", "workflow '{id}' has errors, so nothing can call it"),
    strict("TR335", "unusable-workflow", "workflow '{id}' cannot be called: {reason}"),
    strict("TR336", "unknown-call-input", "workflow '{id}' has no input '{name}'"),
    strict("TR337", "missing-call-input", "workflow '{id}' needs the input '{name}'"),
    strict("TR338", "wrong-call-input", "input '{name}' of workflow '{id}' {reason}"),
    warning(
        "TR339",
        "idle-in-call",
        "workflow '{id}' is called without its '{key}'",
        "that is for runs of the workflow itself",
    ),
    error("TR341", "bad-call-target", "a call needs the id of a workflow, not {found}"),
    error("TR342", "refused-call-inputs", "workflow '{id}' refuses its inputs: {reasons}"),
    error("TR343", "broken-output", "output '{name}' of workflow '{id}' {reason}"),
    error("TR344", "two-call-targets", "a call has either 'workflow' or 'path', not both"),
)
