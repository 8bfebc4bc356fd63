"""TR518, TR519, TR521, TR522: retries and time limits that cannot have the effect they promise."""

import math
from collections.abc import Iterator

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import ActionStep, CustomStep, Retry

# Of more waits than this the others are taken to be as long as the last of them.
MAX_WAITS = 10_000


def check_retries(workflow: Workflow, report: Report) -> None:
    """Report retries that try nothing again, and limits that end behind that of the whole run.

    Before and after::

        timeout: 60
        steps:
          - id: fetch
            type: shell
            run: curl -fsS https://example.com/data
            timeout: 90                                    # TR521: the run may take 60 s
            retry: {max_attempts: 4, delay: 10, backoff: 3}  # TR519: the waits alone take 130 s
    """
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if not isinstance(step, ActionStep):
            continue
        # The limit of the run ends before what runs under `finally`.
        limit = workflow.timeout_s if not declared.is_closing else None
        if limit is not None:
            _check_limit(declared, limit, workflow, report)
        node = keys.mapping(declared.node, "retry")
        if step.retry is None or node is None:
            continue
        if step.retry.max_attempts == 1:
            report.add("TR518", _value_of(node, "max_attempts"))
            continue
        if isinstance(step, CustomStep) and step.retry.on_exit_codes is not None:
            reason = "such a step has no exit code, and would never be tried again"
            report.add("TR522", _key_of(node, "on_exit_codes"), key="on_exit_codes", reason=reason)
        for key, reason in _idle(node, step.retry):
            report.add("TR522", _key_of(node, key), key=key, reason=reason)
        if limit is not None:
            _check_waits(node, step.retry, limit, workflow=workflow, report=report)


def _idle(node: nodes.Mapping, retry: Retry) -> Iterator[tuple[str, str]]:
    """Yield the keys that change no wait, each with the reason."""
    if node.entry("backoff") is not None and retry.backoff > 1:
        if retry.delay_s == 0:
            yield "backoff", "without a 'delay' there is nothing to multiply"
        elif retry.max_attempts == 2:
            yield "backoff", "there is only one wait, the 'delay'"
        elif retry.max_delay_s is not None and retry.max_delay_s <= retry.delay_s:
            yield "backoff", "the first wait is as long as 'max_delay' allows"
    if retry.max_delay_s is not None and retry.delay_s == 0:
        yield "max_delay", "without a 'delay' there is no wait"


def _check_waits(
    node: nodes.Mapping, retry: Retry, limit: float, *, workflow: Workflow, report: Report
) -> None:
    """Report waits that take as long as the run may: nothing is paused while it waits."""
    total = _total(retry)
    if total >= limit:
        key = "delay" if node.entry("delay") is not None else "max_attempts"
        report.add(
            "TR519",
            _value_of(node, key),
            related=_run_limit(workflow),
            total=f"{total:g}",
            limit=f"{limit:g}",
        )


def _total(retry: Retry) -> float:
    """Return the seconds of all waits."""
    total, delay, waits = 0.0, retry.delay_s, retry.max_attempts - 1
    longest = retry.max_delay_s if retry.max_delay_s is not None else math.inf
    for _ in range(min(waits, MAX_WAITS)):
        total += min(delay, longest)
        delay *= retry.backoff
    further = waits - MAX_WAITS
    return total + further * min(delay, longest) if further > 0 else total


def _check_limit(declared: Declaration, limit: float, workflow: Workflow, report: Report) -> None:
    """Report a limit of a step's own that lies behind that of the run."""
    entry, own = declared.node.entry("timeout"), keys.seconds(declared.node, "timeout")
    if entry is not None and own is not None and own > limit:
        related, told = _run_limit(workflow), f"{own:g}"
        report.add("TR521", entry.value.span, related=related, own=told, limit=f"{limit:g}")


def _run_limit(workflow: Workflow) -> tuple[Related, ...]:
    entry = workflow.root.entry("timeout")
    assert entry is not None
    return (Related(span=entry.key.span, message="the limit of the whole run"),)


def _value_of(node: nodes.Mapping, key: str) -> Span:
    found = node.get(key)
    return found.span if found is not None else node.span


def _key_of(node: nodes.Mapping, key: str) -> Span:
    found = node.entry(key)
    return found.key.span if found is not None else node.span
