"""The limits that only treadle knows: retries, what a gate does in time, runs of a group.

What was found malformed is not there any more: it was told, and is read as not given.
"""

from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import Field, Reading, direct_value
from treadle.plan.plan import Concurrency, OnConflict
from treadle.plan.steps import Retry, match_option

# The key of the one expression that stands outside of steps and outputs.
GROUP_KEY = "concurrency.group"


def retry(step: Declaration) -> Retry | None:
    """Return how a step is tried again, None for one that is not.

    >>> Retry(max_attempts=3, delay_s=2.0, backoff=2.0)  # waits of 2 and 4 seconds
    Retry(max_attempts=3, delay_s=2.0, backoff=2.0, max_delay_s=None, on_exit_codes=None)
    """
    node = keys.mapping(step.node, "retry")
    attempts = keys.whole(node, "max_attempts") if node is not None else None
    if node is None or attempts is None:
        return None
    factor = keys.seconds(node, "backoff")
    return Retry(
        max_attempts=attempts,
        delay_s=keys.seconds(node, "delay") or 0.0,
        backoff=factor if factor is not None else 1.0,
        max_delay_s=keys.seconds(node, "max_delay"),
        on_exit_codes=_exit_codes(node),
    )


def choice_in_time(gate: Declaration, options: tuple[str, ...]) -> str | None:
    """Return the option that a gate chooses when its time is over, None when it aborts.

    The option is spelled as under `options`; without a time limit nothing is chosen.
    """
    wanted = chosen(gate)
    if wanted is None or keys.seconds(gate.node, "timeout") is None:
        return None
    return match_option(options, str(wanted.value))


def chosen(gate: Declaration) -> nodes.Scalar | None:
    """Return the option under `on_timeout` as it is written."""
    node = keys.mapping(gate.node, "on_timeout")
    return keys.text_scalar(node, "choose") if node is not None else None


def concurrency(root: nodes.Mapping, reading: Reading) -> Concurrency | None:
    """Return how many runs of a group may be at work, None without a limit.

    Before and after::

        concurrency: deploy      Concurrency(group=Literal("deploy"), limit=1, on_conflict="wait")
    """
    node = root.get("concurrency")
    settings = node if isinstance(node, nodes.Mapping) else None
    group = settings.get("group") if settings is not None else node
    if group is None:
        return None
    value = direct_value(group, Field(reading=reading, step=None, key=GROUP_KEY))
    if settings is None:
        return Concurrency(group=value)
    return Concurrency(
        group=value,
        limit=keys.whole(settings, "limit") or 1,
        on_conflict=OnConflict(keys.text(settings, "on_conflict") or OnConflict.WAIT),
    )


def _exit_codes(node: nodes.Mapping) -> tuple[int, ...] | None:
    listed = keys.sequence(node, "on_exit_codes")
    if listed is None:
        return None
    codes = (nodes.plain(item) for item in listed.items)
    return tuple(dict.fromkeys(code for code in codes if isinstance(code, int)))
