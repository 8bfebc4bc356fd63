"""Goes back in a run, goes on with it under an edited plan, or forks it: what the verbs share."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.cli.checking.plan_source import load_plan
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.consent import Consent
from treadle.cli.runs.drive import Drive, exit_code, tell
from treadle.cli.runs.given import from_environment
from treadle.cli.runs.going_on import Mending
from treadle.cli.settings import Settings
from treadle.executor.local.drive import Rested
from treadle.executor.local.fork import fork
from treadle.executor.local.mending import Request, go_back, replace_plan
from treadle.executor.local.store import RunFolder, Store
from treadle.plan.inputs import Given
from treadle.plan.plan import Plan
from treadle.plan.plan_file import read_plan

Begin: TypeAlias = Callable[[Request, Consent], Rested]


def mend(settings: Settings, drive: Drive, folder: RunFolder, mending: Mending) -> int:
    """Go on with a run from a step, or under an edited plan, or both."""
    if mending.source is not None:
        return _under_new_plan(settings, drive, folder, mending, mending.source)
    step = mending.step or ""

    def begin(request: Request, consent: Consent) -> Rested:
        return go_back(request, step, host=drive.host, approve=consent)

    return _driven(drive, folder, mending, begin, lambda: read_plan(folder.plan))


def fork_run(drive: Drive, folder: RunFolder, mending: Mending, *, run_id: str | None) -> int:
    """Go on with a copy of a run from a step."""
    step = mending.step or ""

    def begin(request: Request, consent: Consent) -> Rested:
        return fork(request, step, host=drive.host, approve=consent, run_id=run_id)

    return _driven(drive, folder, mending, begin, lambda: read_plan(folder.plan))


def _under_new_plan(
    settings: Settings, drive: Drive, folder: RunFolder, mending: Mending, source: str
) -> int:
    store = Store(drive.host.project)
    with rejecting_refusals():
        is_lenient = mending.lenient or store.load(folder)[1].lenient
    plan = load_plan(source, settings, project=lambda: store.project, lenient=is_lenient).plan

    def begin(request: Request, consent: Consent) -> Rested:
        return replace_plan(
            request,
            plan,
            host=drive.host,
            approve=consent,
            step=mending.step,
            accepts_changes=mending.accepts_changes,
        )

    return _driven(drive, folder, mending, begin, lambda: plan)


def _driven(
    drive: Drive, folder: RunFolder, mending: Mending, begin: Begin, plan: Callable[[], Plan]
) -> int:
    with rejecting_refusals():
        rested, consent = mended(drive, folder.id, mending, begin, plan)
    tell(drive, rested, as_json=mending.as_json, beside=consent.to_json())
    return exit_code(drive, rested, is_detailed=mending.is_detailed)


def mended(
    drive: Drive, run_id: str, mending: Mending, begin: Begin, plan: Callable[[], Plan]
) -> tuple[Rested, Consent]:
    """Begin where somebody allows it, and go on until the run rests. Errors: Refused."""
    consent = Consent(
        talk=drive.talk,
        is_given=mending.is_confirmed or (mending.accepts_changes and mending.step is None),
        may_ask=drive.may_ask,
    )

    def begun(given: Mapping[str, Given]) -> Rested:
        request = Request(
            name=run_id,
            given=given,
            choices=mending.choices,
            comment=mending.comment,
            lenient=mending.lenient,
            environment=from_environment,
        )
        return begin(request, consent)

    return drive.until_rest(begun, plan), consent
