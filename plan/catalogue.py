"""The catalogue of diagnostics: every code that treadle can report, once.

Codes are never reused. 1xx YAML source, 2xx shape, 3xx names and scope, 4xx types and
expressions, 5xx control and data flow, 6xx plan and limits, 7xx inputs and answers refused, 8xx
steps at run time, 9xx journal, replay and versions.
"""

from treadle.plan.call_entries import CALL_ENTRIES
from treadle.plan.entry import Entry as Entry
from treadle.plan.entry import Severity as Severity
from treadle.plan.library_entries import LIBRARY_ENTRIES
from treadle.plan.requirement_entries import REQUIREMENT_ENTRIES
from treadle.plan.run_entries import RUN_ENTRIES
from treadle.plan.source_entries import SOURCE_ENTRIES
from treadle.plan.step_entries import STEP_ENTRIES
from treadle.plan.temporal_entries import TEMPORAL_ENTRIES
from treadle.plan.workflow_entries import WORKFLOW_ENTRIES

ENTRIES: tuple[Entry, ...] = tuple(
    sorted(
        SOURCE_ENTRIES
        + WORKFLOW_ENTRIES
        + CALL_ENTRIES
        + RUN_ENTRIES
        + STEP_ENTRIES
        + REQUIREMENT_ENTRIES
        + LIBRARY_ENTRIES
        + TEMPORAL_ENTRIES,
        key=lambda entry: entry.code,
    )
)

BY_CODE = {entry.code: entry for entry in ENTRIES}


def message(code: str, **fields: object) -> str:
    """Return the message of `code` with its fields filled in.

    Errors: KeyError for a code that is not in the catalogue or a field that is not given.
    """
    return BY_CODE[code].message.format(**fields)


def hint(code: str, **fields: object) -> str | None:
    """Return what to do about `code` with its fields filled in, None where nothing is advised.

    Errors: KeyError as for `message`.
    """
    template = BY_CODE[code].hint
    return template.format(**fields) if template is not None else None


def error_text(code: str, **fields: object) -> str:
    """Return the message of `code` followed by the code itself, as the error of a run shows it.

    Errors: KeyError as for `message`.
    """
    return f"{message(code, **fields)} [{code}]"
