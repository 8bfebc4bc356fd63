"""Findings as one JSON object a line, for programs that read while the report is written.

A line is what ``--format json`` has for the finding. Source: ``$defs/diagnostic`` of
schemas/report.schema.json.
"""

from collections.abc import Iterable, Iterator

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_json import finding_object
from treadle.plan.expression import Json


def finding_objects(checked: Iterable[Checked]) -> Iterator[dict[str, Json]]:
    """Yield what was found, by file and place; nothing for files without a finding."""
    for file in checked:
        for diagnostic in file.diagnostics:
            yield finding_object(file.path, diagnostic)
