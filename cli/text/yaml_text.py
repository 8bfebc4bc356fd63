"""YAML given as the value of an input or as a file of inputs, read like a workflow's own YAML."""

from treadle.plan.expression import Json


def parse_yaml(text: str) -> Json:
    """Return the data of a YAML text. Errors: ValueError with what is wrong with it."""
    # Most inputs are JSON or plain text: whoever gives no YAML does not pay for its parser.
    from treadle.compiler.diagnostics import Report
    from treadle.compiler.reading.composer import compose
    from treadle.compiler.reading.nodes import plain
    from treadle.compiler.reading.syntax import control_character

    problem = control_character(text)
    if problem is not None:
        raise ValueError(problem.reason)
    report = Report()
    composition = compose(text, report)
    if report.has_errors or not composition.is_sound:
        raise ValueError(report.diagnostics[0].message if report.diagnostics else "not YAML")
    return plain(composition.root) if composition.root is not None else None
