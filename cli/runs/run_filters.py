"""The options that choose among the runs of a project."""

from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec import Struct

from treadle.cli.completion import complete_workflows
from treadle.executor.local.index import Row
from treadle.executor.state import RunStatus

StatusesOption = Annotated[
    list[RunStatus] | None,
    typer.Option(
        "--status",
        metavar="STATUS",
        help="Only runs of this status, such as paused or interrupted; may repeat.",
    ),
]
WorkflowOption = Annotated[
    str | None,
    typer.Option(
        "--workflow",
        metavar="ID",
        help="Only runs of this workflow.",
        autocompletion=complete_workflows,
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="AGE", help="Only runs that changed since: 90s, 2h, 3d, 2026-11-01."
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        help="Only the latest N; without it a list for people ends at 100.",
    ),
]


class Filter(Struct, frozen=True, kw_only=True):
    """Which runs are meant. Units: `since` is an ISO 8601 time in UTC."""

    statuses: Sequence[RunStatus] = ()
    workflow: str | None = None
    since: str | None = None
    limit: int | None = None

    def chosen(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """Return the rows that are meant, in their order."""
        statuses = {status.value for status in self.statuses}
        meant = tuple(
            row
            for row in rows
            if (not statuses or row.status in statuses)
            and (self.workflow is None or row.workflow_id == self.workflow)
            and (self.since is None or row.updated_at >= self.since)
        )
        return meant[: self.limit]
