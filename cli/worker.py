"""``treadle worker``: carries runs that are kept on Temporal, and performs their steps here."""

import asyncio
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from treadle.cli.exit_codes import ExitCode
from treadle.cli.project.call_plans import InstalledPlans
from treadle.cli.project.run_settings import run_settings
from treadle.cli.project.temporal_settings import TemporalSettings
from treadle.cli.project.temporal_site import target_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.given import InputOptions, read_given
from treadle.cli.settings import Settings
from treadle.cli.text.paint import Role

if TYPE_CHECKING:
    from treadle.executor.temporal.activities import Workplace
    from treadle.executor.temporal.messages import Order
    from treadle.executor.temporal.worker import Staffing

_SIGNS = {"started": "→", "completed": "✓", "failed": "✗", "ended": "·"}


def worker(
    settings: Settings,
    address: Annotated[
        str | None,
        typer.Option("--temporal", metavar="HOST:PORT", help="The Temporal server to work for."),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAME", help="A namespace of the server.")
    ] = None,
    task_queue: Annotated[
        str | None,
        typer.Option("--task-queue", metavar="NAME", help="Where work is taken from."),
    ] = None,
    project: Annotated[
        list[Path] | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="A folder that steps run in; it may be given several times.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(
            "--secrets", metavar="FILE", help="A JSON or YAML mapping of the secret inputs."
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option("--steps", min=1, help="How many steps may be at work at once.")
    ] = 64,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label", metavar="LABEL", help="Take steps with this 'runs_on' as well; repeatable."
        ),
    ] = None,
    is_labelled_only: Annotated[
        bool, typer.Option("--labels-only", help="Take no steps but those with a label.")
    ] = False,
    beat_s: Annotated[
        float,
        typer.Option(
            "--heartbeat",
            metavar="SECONDS",
            min=0.5,
            help="How often it says that a step runs, and learns that it is to end.",
        ),
    ] = 5.0,
    deployment: Annotated[
        str | None,
        typer.Option("--deployment", metavar="NAME", help="The worker deployment it belongs to."),
    ] = None,
    build_id: Annotated[
        str | None,
        typer.Option("--build-id", metavar="ID", help="The version of it in that deployment."),
    ] = None,
) -> int:
    """Work for a Temporal server until SIGINT or SIGTERM.

    Steps get the environment of this process. Those that do not end within ten seconds of a
    signal are ended, and handed to another worker.
    """
    if (deployment is None) != (build_id is None):
        raise typer.BadParameter("both or neither", param_hint="--deployment, --build-id")
    if is_labelled_only and not labels:
        raise typer.BadParameter("it goes with --label", param_hint="--labels-only")
    said = TemporalSettings(address=address, namespace=namespace, task_queue=task_queue).over(
        run_settings(settings, os.environ).temporal
    )
    target = target_for(said)
    folders = tuple(each.resolve() for each in project or ())
    if not folders:
        from treadle.cli.project.find_project import find_project  # tells which folder it is

        folders = (find_project(settings),)
    texts = read_given(InputOptions(input_file=secrets, file_option="--secrets"))
    from treadle.executor.temporal.worker import Staffing  # an extra, and slow to import

    staffing = Staffing(
        steps=steps,
        labels=tuple(labels or ()),
        is_labelled_only=is_labelled_only,
        beat_s=beat_s,
        deployment=deployment,
        build_id=build_id,
    )
    from treadle.executor.temporal.connection import connect
    from treadle.executor.temporal.worker import work, workers_of
    from treadle.executor.temporal.worker_log import log_to

    log_to(settings.talk.say)

    async def work_for_it(workplace: "Workplace") -> None:
        client = await connect(target, os.environ)
        where = ", ".join(str(each) for each in folders)
        settings.talk.say(
            f"working for {target.address}, namespace {target.namespace}, "
            f"task queue {target.task_queue}{_labels(staffing)}; steps run in {where}"
        )
        await work(workers_of(client, target.task_queue, workplace, staffing))

    with rejecting_refusals(), tempfile.TemporaryDirectory(prefix="treadle-worker-") as folder:
        place = _workplace(settings, folders, staffing, Path(folder) / "groups")
        known = {name: str(given.value) for name, given in texts.items()}
        try:
            asyncio.run(work_for_it(replace(place, secrets=known)))
        finally:
            place.threads.shutdown(wait=True)
            place.guardian.close()
    settings.talk.say("done: what was not finished is for other workers")
    return ExitCode.OK


def _labels(staffing: "Staffing") -> str:
    labels = ", ".join(staffing.labels)
    if not labels:
        return ""
    return f" (only labels {labels})" if staffing.is_labelled_only else f" (and labels {labels})"


def _workplace(
    settings: Settings, folders: tuple[Path, ...], staffing: "Staffing", groups: Path
) -> "Workplace":
    from treadle.executor.local.guardian import Guardian
    from treadle.executor.local.step_types import installed_step_type
    from treadle.executor.temporal.activities import Workplace
    from treadle.executor.temporal.worker import threads

    paint = settings.talk.paint

    def tell(word: str, order: "Order") -> None:
        sign = paint(_SIGNS.get(word, "·"), Role.QUIET)
        settings.talk.say(f"{sign} {order.run_id} {order.address} {paint(word, Role.QUIET)}")

    return Workplace(
        projects=folders,
        environment=dict(os.environ),
        threads=threads(staffing),
        beat_s=staffing.beat_s,
        guardian=Guardian(groups),
        tell=tell,
        plans=cache(InstalledPlans),
        find_step_type=installed_step_type,
    )
