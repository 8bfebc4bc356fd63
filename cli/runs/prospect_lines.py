"""What going back in a run, or an edited plan, will mean: told before anything happens."""

from collections.abc import Iterator

from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.counted import counted
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import one_line
from treadle.executor.again import Again
from treadle.executor.prospect import Prospect, change_of
from treadle.executor.verdict import Verdict
from treadle.plan.diff import StepChange, StepWord, compare
from treadle.plan.problems import shown_change

_MAX_STEPS = 30
_MAX_NAMES = 8
_ROLES = {
    StepWord.ADDED: Role.GOOD,
    StepWord.REMOVED: Role.ERROR,
    StepWord.CHANGED: Role.WARNING,
    StepWord.MOVED: Role.WARNING,
}
_SIGNS = {
    StepWord.ADDED: "+",
    StepWord.REMOVED: "-",
    StepWord.CHANGED: "~",
    StepWord.MOVED: "~",
}


def prospect_lines(prospect: Prospect, paint: Paint) -> Iterator[str]:
    """Yield what will happen to a run."""
    if prospect.verdict is not None:
        yield from _verdict_lines(prospect, prospect.verdict, paint)
    if prospect.target is None:
        return
    run = prospect.run
    about = paint(f"run {run.id}", Role.NAME)
    if prospect.run_id is not None:
        about = f"{paint(f'run {prospect.run_id}', Role.NAME)}, a copy of {run.id},"
    was = "" if prospect.run_id is not None else paint(f" ({prospect.status.value})", Role.QUIET)
    yield f"{about}{was} goes back to {paint(one_line(prospect.target), Role.NAME)}"
    removed = _removed(prospect)
    steps = [step for step in prospect.returns.again if step.address not in removed]
    yield f"{counted(len(steps), 'step')} {'runs' if len(steps) == 1 else 'run'} again:"
    rows = [_row(step) for step in steps[:_MAX_STEPS]]
    yield from (f"  {line}" for line in columns(rows, paint))
    if len(steps) > _MAX_STEPS:
        yield paint(f"  and {len(steps) - _MAX_STEPS} more", Role.QUIET)
    if prospect.verdict is None:
        yield _kept(prospect.returns.kept, paint)


def _removed(prospect: Prospect) -> frozenset[str]:
    """Return the addresses of steps that the new plan does not have."""
    run = prospect.run
    changes = compare(run.program.plan, prospect.plan).steps
    gone = {change.old_path for change in changes if change.change is StepWord.REMOVED}
    return frozenset(
        step.address
        for step in prospect.returns.again
        if run.occurrences[step.address].step.path in gone
    )


def _row(step: Again) -> list[Cell]:
    times = {0: "", 1: "has run once"}.get(step.attempts, f"has run {step.attempts} times")
    names = [f"{name} (kept)" if name in step.reads_kept else name for name in step.reads]
    reads = f"reads {_names(names)}" if names else ""
    return [
        (one_line(step.address, 60), Role.NAME),
        (step.type, Role.QUIET),
        (times, Role.WARNING if step.attempts else None),
        (reads, Role.QUIET),
    ]


def _kept(kept: tuple[str, ...], paint: Paint) -> str:
    if not kept:
        return "no result is kept"
    verb = "keeps its result" if len(kept) == 1 else "keep their results"
    return f"{counted(len(kept), 'step')} {verb}: {paint(_names(kept), Role.QUIET)}"


def _verdict_lines(prospect: Prospect, verdict: Verdict, paint: Paint) -> Iterator[str]:
    old, new = prospect.run.program.plan, prospect.plan
    version = new.version if old.version == new.version else f"{old.version} → {new.version}"
    yield f"{paint(f'run {prospect.run.id}', Role.NAME)} goes on with {new.id} {version}"
    if old.digest == new.digest:
        yield "the plan is the one it has"
    yield _kept(verdict.kept, paint)
    for conflict in verdict.frozen:
        fields = change_of(conflict).removeprefix("changes ")
        address = one_line(conflict.address)
        yield f"  {_signed(StepWord.CHANGED, paint)} {address} is at work: {fields}"
    for path in verdict.passed_over:
        yield (
            f"  {_signed(StepWord.ADDED, paint)} {one_line(path)}"
            f"  {paint('will not run: the run is past it', Role.WARNING)}"
        )
    told = (*verdict.kept, *(conflict.address for conflict in verdict.frozen))
    done = {prospect.run.occurrences[address].step.path for address in told}
    for change in compare(old, new).steps:
        if not {change.path, change.old_path} & done.union(verdict.passed_over):
            yield _ahead(change, paint)


def _ahead(change: StepChange, paint: Paint) -> str:
    """Return a line about a step that is still to come."""
    told = {
        StepWord.ADDED: "is new",
        StepWord.REMOVED: "is gone",
        StepWord.MOVED: "has moved",
        StepWord.CHANGED: "",
    }[change.change]
    fields = [f"{field.name}: {shown_change(field.old, field.new)}" for field in change.fields]
    about = ", ".join(filter(None, (told, *fields)))
    return f"  {_signed(change.change, paint)} {one_line(change.path)}  {one_line(about, 120)}"


def _signed(word: StepWord, paint: Paint) -> str:
    return paint(_SIGNS[word], _ROLES[word])


def _names(names: "list[str] | tuple[str, ...]") -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(one_line(name, 60) for name in names[:_MAX_NAMES]) + more
