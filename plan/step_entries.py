"""The diagnostics about step types of your own: TR346 to TR359, TR745 to TR749, TR820 to TR829."""

from treadle.plan.entry import Entry, error, strict, warning

STEP_ENTRIES: tuple[Entry, ...] = (
    error("TR346", "unknown-step-input", "step type '{type}' has no input '{name}'"),
    error("TR347", "missing-step-input", "step type '{type}' needs the input '{name}'"),
    error("TR348", "wrong-step-input", "the input '{name}' of step type '{type}' {reason}"),
    error("TR349", "refused-step-type", "'{type}' cannot be a step type: {reason}"),
    error(
        "TR350",
        "other-step-type",
        "the package '{package}' has another step type '{type}' than is declared here",
        "'treadle step info {type} --declare' prints what it takes and gives",
    ),
    error(
        "TR351",
        "circular-step-type",
        "step type '{type}' is made of itself: {chain}",
    ),
    warning("TR352", "unused-step-type", "no step is of the type '{type}'"),
    strict(
        "TR353",
        "idle-step-key",
        "'{key}' has no effect here: '{type}' is made of steps",
        "write it at the steps inside",
    ),
    error(
        "TR745",
        "step-type-missing",
        "nothing that is installed has the step type '{type}'",
        "install the package that brings it beside treadle",
    ),
    error(
        "TR746",
        "step-type-changed",
        "the installed step type '{type}' differs from the one that the plan was made with",
        "install the version that the plan was made with, or compile the workflow again",
    ),
    error(
        "TR747",
        "unusable-step-type",
        "the step type '{type}' of the package '{package}' cannot be used: {reason}",
    ),
    error("TR748", "not-a-step-type", "'{source}' cannot be added: {reason}"),
    error(
        "TR749",
        "no-such-step-type",
        "no step type is called '{type}'",
        "'treadle step list' lists them",
    ),
    error("TR820", "custom-step-failed", "{reason}"),
    error("TR821", "wrong-custom-input", "the input does not fit: {reason}"),
    error("TR822", "wrong-custom-output", "the output does not fit: {reason}"),
    error(
        "TR823",
        "custom-step-abandoned",
        "timed out after {timeout_s} s and went on: given up after another {grace_s} s",
    ),
)
