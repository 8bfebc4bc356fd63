"""What somebody asks of a run on Temporal: judged before anything becomes of it.

These are the questions that a resume on one machine asks, with the same answers: a request that
is refused leaves no event.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from treadle.executor.commands import Perform
from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.events import CancelRequested, RunResumed
from treadle.executor.generations import idempotency_key
from treadle.executor.local.answers import as_answers, read_answers, refuse_late_answers
from treadle.executor.names import names
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal.excerpt import excerpt
from treadle.executor.temporal.messages import (
    REFUSED,
    CancelAsk,
    Order,
    Reasons,
    ResumeAsk,
    Secret,
    Value,
    plain,
)
from treadle.plan.codec import fields_to_json
from treadle.plan.coercion import TextParser
from treadle.plan.expression import Json
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem
from treadle.plan.reads import inputs_read
from treadle.plan.steps import ActionStep

HOLDER = "Temporal"


def resumed(run: Run, ask: ResumeAsk, *, at: str, holder: str | None = HOLDER) -> RunResumed:
    """Return the event by which somebody goes on with a run.

    Shapes: `holder` is who works on a run that runs, None when nobody does any more.
    Errors: Refused with TR903, TR905, TR710 to TR717 or everything that is wrong with the inputs.
    """
    if run.status is RunStatus.RUNNING and holder is not None:
        raise Refused.because("TR903", run=run.id, holder=holder)
    if run.status.is_final:
        raise Refused.because("TR905", run=run.id, status=run.status.value)
    resolved = merged(run.program.plan, run, ask)
    refuse_problems(resolved.problems)
    chosen = read_answers(run, ask.choices)
    told = resolved.new_values(ask.given)
    refuse_late_answers(run, chosen, told, at=at)
    return RunResumed(
        at=at,
        by=ask.by,
        inputs=told,
        answers=as_answers(chosen, by=ask.by, at=at, comment=ask.comment),
    )


def merged(plan: Plan, run: Run, ask: ResumeAsk) -> Resolved:
    """Return the values that a run goes on with under a plan, or what is wrong with them."""
    inputs = InputSet(plan.inputs, parse_yaml=_no_yaml)
    resolved = inputs.merge(
        run.inputs,
        as_given(ask.given),
        lenient=ask.lenient or run.lenient,
        integration=ask.integration,
        environment=as_given(ask.environment),
    )
    return resolved.without_secrets(inputs.secrets)  # the workers have them, and nobody else


def cancelled(run: Run, ask: CancelAsk, *, at: str) -> CancelRequested:
    """Return the event by which somebody ends a run. Errors: Refused with TR910."""
    if run.status.is_final:
        raise Refused.because("TR910", run=run.id, status=run.status.value)
    return CancelRequested(at=at, by=ask.by, reason=ask.reason)


def order_of(run: Run, perform: Perform, *, project: str) -> Order:
    """Return the execution of a step, for whichever worker takes it."""
    occurrence = run.occurrences[perform.address]
    step = occurrence.step
    if not isinstance(step, ActionStep):
        raise ValueError(f"{perform.address} is not an acting step")
    scope = run.sequences[occurrence.sequence].scope
    call = run.call(scope)
    return Order(
        run_id=run.id,
        address=perform.address,
        attempt=perform.attempt,
        log=occurrence.log,
        idempotency_key=idempotency_key(run, perform.address),
        step=fields_to_json(step),
        names=excerpt(step, names(run, scope)),
        secrets=_secrets(run, step, None if call is None else call.secrets),
        project=project,
        workflow_dir=run.workflow_dir if call is None else call.workflow_dir,
    )


def as_given(values: Mapping[str, Value]) -> dict[str, Given]:
    """Return values of a message as an InputSet takes them."""
    return {name: Given(value=v.value, is_text=v.is_text) for name, v in values.items()}


def parsed(
    inputs: InputSet, given: Mapping[str, Given], parse_yaml: TextParser | None
) -> dict[str, Given]:
    """Return given values with the YAML in them read: a workflow has no parser for it."""
    found = dict(given)
    for name, each in given.items():
        kind = inputs.declaration(name).get("type") if name in inputs.names else None
        if kind in ("array", "object") and each.is_text and parse_yaml is not None:
            try:
                found[name] = Given(value=parse_yaml(str(each.value)), is_text=False)
            except ValueError:
                continue  # what is wrong with it is for the run to say
    return found


def as_values(given: Mapping[str, Given]) -> dict[str, Value]:
    """Return given values as a message holds them."""
    return {name: Value(value=g.value, is_text=g.is_text) for name, g in given.items()}


def reasons_of(refused: Refused) -> Reasons:
    """Return a refusal as a message."""
    return Reasons(reasons=tuple((p.code, p.message, p.hint, p.field) for p in refused.problems))


@contextmanager
def refusing() -> Iterator[None]:
    """Tell whoever asks why it is refused; the history has nothing of it then."""
    try:
        yield
    except Refused as refused:
        raise ApplicationError(
            str(refused), plain(reasons_of(refused)), type=REFUSED, non_retryable=True
        ) from refused


def refusal_of(reasons: Reasons) -> Refused:
    """Return the refusal that a message tells of."""
    each = reasons.reasons
    return Refused(*(Problem(code=c, message=m, hint=h, field=f or "") for c, m, h, f in each))


def _secrets(run: Run, step: ActionStep, of_call: Mapping[str, str] | None) -> dict[str, Secret]:
    """Return the secrets that a step reads, by the names it has for them."""
    inputs = InputSet(run.program.plan.inputs)
    known = {name: name for name in inputs.names if name in inputs.secrets}
    if of_call is not None:
        known = {name: source for name, source in of_call.items() if source in known}
    read = inputs_read(step)
    return {
        name: Secret(source=source, is_required=source in inputs.required)
        for name, source in known.items()
        if read is None or name in read
    }


def _no_yaml(text: str) -> Json:
    raise ValueError("the client has read all the YAML that there is")
