"""From the options and settings of a command to the Temporal server that it works with."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from treadle.cli.project.run_settings import run_settings
from treadle.cli.project.temporal_settings import (
    ADDRESS,
    NAMESPACE,
    TASK_QUEUE,
    Place,
    TemporalSettings,
)
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.executor.errors import Refused

if TYPE_CHECKING:
    from treadle.executor.temporal.connection import Target
    from treadle.executor.temporal.session import Site

OnOption = Annotated[
    Place | None,
    typer.Option("--on", help="Where the run is kept: on this machine, or on a Temporal server."),
]


def site_for(settings: Settings, on: Place | None, *, waits: bool = True) -> "Site | None":
    """Return the Temporal server that a command works with, None for this machine.

    Errors: Rejected with TR876 where the extra is not installed, or for wrong settings.
    """
    said = _said(settings)
    if (on or said.on or Place.LOCAL) != Place.TEMPORAL:
        return None
    target = target_for(said)
    from treadle.executor.temporal.session import Site  # an extra, and slow to import

    return Site(target=target, waits=waits, tell=settings.talk.say)


def target_for(said: TemporalSettings) -> "Target":
    """Return the server that is meant. Errors: Rejected with TR876."""
    if find_spec("temporalio") is None:
        raise Rejected.because("TR876")
    from treadle.executor.temporal.connection import Target  # an extra, and slow to import

    return Target(
        address=said.address or ADDRESS,
        namespace=said.namespace or NAMESPACE,
        task_queue=said.task_queue or TASK_QUEUE,
        payloads=said.payloads,
        tls=said.tls is True,
        tls_ca=said.tls_ca,
        tls_cert=said.tls_cert,
        tls_key=said.tls_key,
    )


def refuse_on_temporal(*used: tuple[object, str]) -> None:
    """Refuse options that only runs on this machine have. Errors: Refused with TR874."""
    reasons = [
        reason
        for value, what in used
        if value
        for reason in Refused.because("TR874", what=what).problems
    ]
    if reasons:
        raise Refused(*reasons)


def _said(settings: Settings) -> TemporalSettings:
    return run_settings(settings, os.environ).temporal
