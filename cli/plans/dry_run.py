"""What a run would do with the inputs that are known, as an outline; nothing is executed.

Conditions that read only inputs are decided, with the branch they take; all others stay open,
with what they wait for.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.plans.dry_step import call_notes, gate_notes, limit_notes
from treadle.cli.plans.written_values import written
from treadle.cli.text.counted import counted
from treadle.cli.text.outline import Outline
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import one_line
from treadle.plan.evaluate import EvaluationError
from treadle.plan.expression import Json, Value
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.problems import shown
from treadle.plan.reach import known_inside
from treadle.plan.steps import (
    ActionStep,
    FanInStep,
    FanOutStep,
    GateStep,
    IfStep,
    Kind,
    LoopStep,
    OnLimit,
    SlotStep,
    Step,
    SwitchStep,
    WorkflowStep,
    type_name,
)
from treadle.plan.text import as_text, kind_of

MAX_ITEMS = 5


def dry_run(plan: Plan, known: Known, paint: Paint) -> tuple[Outline, ...]:
    """Return one outline for each step at the top of the plan, and one for those at its end."""
    drawing = _DryRun(known=known, paint=paint, callees=plan.callees)
    steps = drawing.steps(plan.steps)
    if not plan.closing:
        return steps
    # The names of sections and steps look alike: only steps have a kind behind them.
    about = paint("finally, however the run ends", Role.QUIET)
    return (*steps, Outline(title=about, children=drawing.steps(plan.closing)))


class _DryRun(Struct, frozen=True, kw_only=True):
    """One place of a dry run: what is known there."""

    known: Known
    paint: Paint
    callees: Mapping[str, Plan]

    def steps(self, steps: Sequence[Step]) -> tuple[Outline, ...]:
        """Return the outlines of a list of steps."""
        return tuple(self._step(step) for step in steps)

    def _step(self, step: Step) -> Outline:
        try:
            if step.condition is not None:
                is_met, reason = self._decision(step.condition)
                if is_met is False:
                    return Outline(
                        title=f"{self._title(step)}  {self._quiet('skipped: ' + reason)}"
                    )
                inside = self._known_step(step)
                return replace(inside, notes=(self._quiet(reason), *inside.notes))
            return self._known_step(step)
        except EvaluationError as error:
            told = self.paint(f"would fail: {one_line(error.message, 200)}", Role.ERROR)
            return Outline(title=self._title(step), notes=(told,))

    def _known_step(self, step: Step) -> Outline:
        match step:
            case IfStep():
                return self._if(step)
            case SwitchStep():
                return self._switch(step)
            case LoopStep():
                return self._loop(step)
            case FanOutStep():
                return self._fan_out(step)
            case GateStep():
                return self._noted(step, gate_notes(step, self.known))
            case FanInStep():
                return self._noted(step, [f"collects {', '.join(step.wait_for)}"])
            case SlotStep():
                return self._noted(step, [f"slot '{one_line(step.slot)}', nothing fills it"])
            case WorkflowStep():
                return self._call(step)
            case _:
                return self._noted(step, [*call_notes(step, self.known), *self._limits(step)])

    def _if(self, step: IfStep) -> Outline:
        is_met, reason = self._decision(step.test)
        title = f"{self._name(step)}  {self._quiet(reason)}"
        if is_met is None:
            branches = (("then", step.then), ("else", step.otherwise))
            return Outline(title=title, children=self._alternatives(branches))
        taken = step.then if is_met else step.otherwise
        word = "then" if is_met else "else"
        return Outline(title=f"{title}: {self._taken(word, taken)}", children=self.steps(taken))

    def _switch(self, step: SwitchStep) -> Outline:
        title, about = self._name(step), written(step.expression)
        reads = self.known.open_reads(step.expression)
        if reads:
            branches = [(f"case '{one_line(c.key, 40)}'", c.steps) for c in step.cases]
            return Outline(
                title=f"{title}  {self._quiet(f'switch {about}: {_open(reads)}')}",
                children=self._alternatives([*branches, ("default", step.default)]),
            )
        value = as_text(self.known.render(step.expression)).strip()
        case = next((case for case in step.cases if case.key == value), None)
        word = f"case '{one_line(case.key, 40)}'" if case is not None else "default"
        taken = case.steps if case is not None else step.default
        decided = self._quiet(f"switch {about} → {shown(value)}")
        return Outline(
            title=f"{title}  {decided}: {self._taken(word, taken)}", children=self.steps(taken)
        )

    def _loop(self, step: LoopStep) -> Outline:
        is_met, reason = self._decision(step.test, word="while")
        most = f"at most {step.max_iterations} rounds"
        most += ", then it fails" if step.on_limit is OnLimit.FAIL else ""
        if step.kind is Kind.DO_WHILE:
            if is_met is False:
                most = "one round"
            title = f"{self._title(step)}  {self._quiet(f'{most}, again {reason}')}"
            return Outline(title=title, children=self.steps(step.steps))
        title = f"{self._name(step)}  {self._quiet(reason)}"
        if is_met is False:
            return Outline(title=f"{title}: {self._taken('', ())}")
        return Outline(title=f"{title}, {most}", children=self.steps(step.steps))

    def _fan_out(self, step: FanOutStep) -> Outline:
        title = self._title(step)
        at_once = f", {step.concurrency} at a time" if step.concurrency > 1 else ""
        reads = self.known.open_reads(step.items)
        if reads:
            inside = replace(self, known=self.known.without_item())
            about = self._quiet(f"each item of {written(step.items)}{at_once}: {_open(reads)}")
            return Outline(title=f"{title}  {about}", children=inside.steps((step.template,)))
        items = self.known.render(step.items)
        if not isinstance(items, list | tuple):
            told = self.paint(f"would fail: {kind_of(items)} is not a list", Role.ERROR)
            return Outline(title=title, notes=(told,))
        count = counted(len(items), "item")
        return Outline(
            title=f"{title}  {self._quiet(count + at_once)}",
            children=tuple(self._items(step.template, items)),
        )

    def _call(self, step: WorkflowStep) -> Outline:
        callee = self.callees.get(step.callee or "")
        if callee is None:
            target = written(step.workflow) if step.workflow is not None else ""
            told = f"calls {target}: known when it runs"
            return Outline(title=f"{self._title(step)}  {self._quiet(told)}")
        title = f"{self._title(step)}  {self._quiet(f'calls {callee.id}')}"
        inside = replace(self, known=known_inside(step, callee, self.known))
        return Outline(title=title, children=inside.steps(callee.steps))

    def _items(self, template: Step, items: Sequence[Json]) -> Iterator[Outline]:
        for index, item in enumerate(items[:MAX_ITEMS]):
            inside = replace(self, known=self.known.with_item(item))
            yield Outline(
                title=self._quiet(f"item {index}: {one_line(shown(item), 60)}"),
                children=inside.steps((template,)),
            )
        if len(items) > MAX_ITEMS:
            yield Outline(title=self._quiet(f"and {len(items) - MAX_ITEMS} more"))

    def _alternatives(
        self, branches: Sequence[tuple[str, tuple[Step, ...]]]
    ) -> tuple[Outline, ...]:
        return tuple(
            Outline(title=self.paint(f"{word}?", Role.WAITING), children=self.steps(steps))
            for word, steps in branches
            if steps
        )

    def _decision(self, test: Value, *, word: str = "if") -> tuple[bool | None, str]:
        """Return whether a condition holds, None when that is open, and how this is told."""
        reads = self.known.open_reads(test)
        if reads:
            return None, f"{word} {written(test)}: {_open(reads)}"
        is_met = self.known.holds(test)
        return is_met, f"{word} {written(test)} → {str(is_met).lower()}"

    def _noted(self, step: Step, notes: Sequence[str]) -> Outline:
        tolerated = (self._quiet("a failure is tolerated"),) if step.continue_on_error else ()
        return Outline(title=self._title(step), notes=(*notes, *tolerated))

    def _limits(self, step: ActionStep) -> list[str]:
        return [self._quiet(note) for note in limit_notes(step)]

    def _title(self, step: Step) -> str:
        return f"{self._name(step)}  {type_name(step)}"

    def _name(self, step: Step) -> str:
        label = f" ({one_line(step.name, 60)})" if step.name else ""
        return f"{self.paint(one_line(step.id), Role.NAME)}{label}"

    def _taken(self, word: str, steps: Sequence[Step]) -> str:
        return self.paint(word if steps else "nothing to do", Role.GOOD)

    def _quiet(self, text: str) -> str:
        return self.paint(text, Role.QUIET)


def _open(reads: Sequence[str]) -> str:
    return f"open, reads {', '.join(reads)}"
