"""YAML files that are data, read as workflow files are: bounded, and by YAML 1.2."""

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.composer import compose
from treadle.compiler.reading.nodes import plain
from treadle.plan.expression import Json

MAX_BYTES = 1024 * 1024


def yaml_data(content: bytes) -> Json:
    """Return what a YAML file holds, None for an empty one.

    Errors: ValueError with the reason for which it cannot be read.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    report = Report()
    composition = compose(text, report)
    if report.has_errors or not composition.is_sound:
        raise ValueError(report.diagnostics[0].message if report.diagnostics else "it is not YAML")
    return plain(composition.root) if composition.root is not None else None
