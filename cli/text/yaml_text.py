"""YAML and JSON of inputs and answers; the YAML is read like a workflow's own."""

from typing import TYPE_CHECKING

from treadle.plan.expression import Json
from treadle.plan.json_text import parse_distinct_json

if TYPE_CHECKING:
    from treadle.compiler.reading.nodes import Node


def parse_data(text: str) -> Json:
    """Return the data of JSON or YAML. Errors: ValueError with what YAML finds wrong with it."""
    try:
        return parse_distinct_json(text)
    except ValueError:
        return parse_yaml(text)


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
    if composition.root is None:
        return None
    _check_keys(composition.root)
    return plain(composition.root)


def _check_keys(node: "Node") -> None:
    """Refuse keys that are told apart by their types only, such as 1 and '1': JSON has text."""
    from treadle.compiler.reading.nodes import Mapping, Sequence

    if isinstance(node, Sequence):
        for item in node.items:
            _check_keys(item)
    elif isinstance(node, Mapping):
        seen = set[str]()
        for entry in node.entries:
            key = str(entry.key.value)
            if key in seen:
                raise ValueError(f"key '{key}' is given twice")
            seen.add(key)
            _check_keys(entry.value)
