"""What of a workflow its tests have been through: steps, branches, and the options of gates."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from treadle.cli.trials.trial import Verdict
from treadle.executor.events import StepStatus
from treadle.executor.state import Occurrence
from treadle.plan.plan import Place, Plan, every_step
from treadle.plan.steps import GateStep, IfStep, Step, SwitchStep


class Target(Struct, frozen=True, kw_only=True):
    """One thing that a test can go through. Shapes: `kind` is "step", "branch" or "option"."""

    kind: str
    path: str
    way: str
    place: Place | None = None

    @property
    def shown(self) -> str:
        """The target in words."""
        return f"{self.path}: {self.way}" if self.way else self.path


class Coverage(Struct, frozen=True, kw_only=True):
    """The targets of a workflow, and which of them no test has been through."""

    targets: tuple[Target, ...]
    missed: tuple[Target, ...]

    @property
    def share(self) -> float:
        """How much was gone through. Units: 0 to 1."""
        return 1 - len(self.missed) / len(self.targets) if self.targets else 1.0

    def counts(self, kind: str) -> tuple[int, int]:
        """Return how many targets of a kind were gone through, and how many there are."""
        of_kind = [target for target in self.targets if target.kind == kind]
        missed = [target for target in self.missed if target.kind == kind]
        return len(of_kind) - len(missed), len(of_kind)


def coverage(plan: Plan, verdicts: Iterable[Verdict]) -> Coverage:
    """Return what the tests of a workflow have been through."""
    seen: set[tuple[str, str, str]] = set()
    for verdict in verdicts:
        seen |= {("option", path, choice) for path, choice in verdict.choices}
        if verdict.run is not None:
            for occurrence in verdict.run.occurrences.values():
                if not verdict.run.sequences[occurrence.sequence].plan:
                    seen |= set(_seen(occurrence))
    targets = tuple(target for step in every_step(plan) for target in _targets(plan, step))
    missed = tuple(t for t in targets if (t.kind, t.path, t.way) not in seen)
    return Coverage(targets=targets, missed=missed)


def _targets(plan: Plan, step: Step) -> Iterator[Target]:
    place = plan.source_map.get(step.path)
    yield Target(kind="step", path=step.path, way="", place=place)
    ways: tuple[str, ...] = ()
    match step:
        case IfStep():
            ways = ("then", "else")
        case SwitchStep():
            ways = (*(f"case {case.key}" for case in step.cases), "default")
        case GateStep():
            for option in step.options:
                yield Target(kind="option", path=step.path, way=option, place=place)
        case _:
            pass
    if step.condition is not None:
        ways = (*ways, "if true", "if false")
    for way in ways:
        yield Target(kind="branch", path=step.path, way=way, place=place)


def _seen(occurrence: Occurrence) -> Iterator[tuple[str, str, str]]:
    step, path = occurrence.step, occurrence.step.path
    output = occurrence.output or {}
    if step.condition is not None and occurrence.status is StepStatus.SKIPPED:
        yield ("branch", path, "if false")
        return
    yield ("step", path, "")
    if step.condition is not None:
        yield ("branch", path, "if true")
    match step:
        case IfStep() if "condition_result" in output:
            yield ("branch", path, "then" if output.get("condition_result") else "else")
        case SwitchStep():
            matched = output.get("matched_case")
            is_default = matched == "__default__"
            yield ("branch", path, "default" if is_default else f"case {matched}")
        case GateStep() if output.get("choice") is not None:
            # Also what a verdict input or a deadline chose.
            yield ("option", path, str(output["choice"]))
        case _:
            pass
