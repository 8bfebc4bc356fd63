"""A plan as a Mermaid flowchart: the same text for the same plan.

Nodes are numbered in source order, so that no id of an author can be a keyword of Mermaid.
Source: the flowchart syntax of Mermaid 10 and its entity codes (``#35;``).
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from treadle.cli.plans.written_values import written
from treadle.cli.text.visible import one_line
from treadle.plan.plan import Plan
from treadle.plan.steps import (
    REJECTIONS,
    FanInStep,
    FanOutStep,
    GateStep,
    IfStep,
    Kind,
    LoopStep,
    OnLimit,
    OnReject,
    Step,
    SwitchStep,
    WorkflowStep,
)

_ESCAPED = str.maketrans({c: f"#{ord(c)};" for c in '"#<>&`'})
_MAX_LABEL = 60


class _Exit(Struct, frozen=True):
    """Where an arrow to the next step begins, and what stands on it."""

    node: str
    label: str = ""


def flowchart(plan: Plan) -> Iterator[str]:
    """Yield the lines of a flowchart."""
    drawing = _Drawing(callees=plan.callees)
    drawing.line(f'start(["{_label(plan.name)}"])')
    exits = drawing.steps(plan.steps, (_Exit("start"),))
    drawing.line('done(["done"])')
    drawing.arrows(exits, "done")
    if plan.closing:
        drawing.closing(plan.closing)
    yield "flowchart TD"
    yield from drawing.lines


class _Drawing(Struct):
    """The lines so far. Units: `depth` counts the subgraphs around."""

    callees: Mapping[str, Plan]
    lines: list[str] = field(default_factory=list)
    count: int = 0
    depth: int = 1

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def arrows(self, exits: Sequence[_Exit], target: str) -> None:
        for source in exits:
            label = f'|"{_label(source.label)}"|' if source.label else ""
            self.line(f"{source.node} -->{label} {target}")

    def steps(self, steps: Sequence[Step], exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        """Draw a list of steps behind some exits, and return the exits of its last step."""
        for step in steps:
            exits = self._step(step, exits)
        return tuple(exits)

    def closing(self, steps: Sequence[Step]) -> None:
        """Draw the steps under `finally` behind the end of the run, whatever led to it."""
        self.line('subgraph closing["finally"]')
        self.depth += 1
        self.steps(steps, ())
        self.depth -= 1
        self.line("end")
        self.line("done -.-> closing")

    def _step(self, step: Step, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        after = self._known(step, exits)
        if step.condition is None:
            return after
        # A skipped step is passed by: the arrow leaves where the step is reached.
        skipped = tuple(_Exit(e.node, f"unless {written(step.condition)}") for e in exits)
        return (*after, *skipped)

    def _known(self, step: Step, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        match step:
            case IfStep():
                node = self._node(step, exits, "{{", "}}", f"if {written(step.test)}")
                then = self.steps(step.then, (_Exit(node, "true"),))
                return (*then, *self.steps(step.otherwise, (_Exit(node, "false"),)))
            case SwitchStep():
                return self._switch(step, exits)
            case LoopStep():
                return self._loop(step, exits)
            case FanOutStep():
                return self._fan_out(step, exits)
            case GateStep():
                return self._gate(step, exits)
            case FanInStep():
                return (_Exit(self._node(step, exits, "[/", "\\]", ", ".join(step.wait_for))),)
            case WorkflowStep():
                return self._call(step, exits)
            case _:
                shape = ("[", "]") if step.kind is Kind.SHELL else ("(", ")")
                return (_Exit(self._node(step, exits, *shape, step.kind.value)),)

    def _switch(self, step: SwitchStep, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        node = self._node(step, exits, "{{", "}}", f"switch {written(step.expression)}")
        found: list[_Exit] = []
        for case in step.cases:
            found.extend(self.steps(case.steps, (_Exit(node, case.key or "''"),)))
        found.extend(self.steps(step.default, (_Exit(node, "otherwise"),)))
        return tuple(found)

    def _loop(self, step: LoopStep, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        about = f"while {written(step.test)}, at most {step.max_iterations} rounds"
        about += ", then it fails" if step.on_limit is OnLimit.FAIL else ""
        if step.kind is Kind.WHILE:
            node = self._node(step, exits, "{{", "}}", about)
            if step.steps:
                self.arrows(self.steps(step.steps, (_Exit(node, "true"),)), node)
            return (_Exit(node, "done"),)
        first = f"n{self.count + 1}"
        node = self._node(step, self.steps(step.steps, exits), "{{", "}}", about)
        if step.steps:
            self.arrows((_Exit(node, "again"),), first)
        return (_Exit(node, "done"),)

    def _fan_out(self, step: FanOutStep, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        self.count += 1
        node = f"n{self.count}"
        at_once = f", {step.concurrency} at a time" if step.concurrency > 1 else ""
        about = f"{_title(step)}: each item of {written(step.items)}{at_once}"
        self.line(f'subgraph {node}["{_label(about)}"]')
        self.depth += 1
        self.steps((step.template,), ())
        self.depth -= 1
        self.line("end")
        self.arrows(exits, node)
        return (_Exit(node),)

    def _call(self, step: WorkflowStep, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        callee = self.callees.get(step.callee or "")
        if callee is None:
            target = written(step.workflow) if step.workflow is not None else ""
            return (_Exit(self._node(step, exits, "[[", "]]", f"calls {target}")),)
        self.count += 1
        node = f"n{self.count}"
        self.line(f'subgraph {node}["{_label(f"{_title(step)}: calls {callee.id}")}"]')
        self.depth += 1
        self.steps(callee.steps, ())
        self.depth -= 1
        self.line("end")
        self.arrows(exits, node)
        return (_Exit(node),)

    def _gate(self, step: GateStep, exits: Sequence[_Exit]) -> tuple[_Exit, ...]:
        node = self._node(step, exits, "{", "}", written(step.message))
        rejections = [o for o in step.options if o.lower() in REJECTIONS]
        others = [o for o in step.options if o.lower() not in REJECTIONS]
        if not rejections or step.on_reject is OnReject.SKIP:
            return (_Exit(node, ", ".join(step.options)),)
        if step.on_reject is OnReject.RETRY:
            self.arrows((_Exit(node, ", ".join(rejections)),), node)
        else:
            self.line(f'{node}x(["aborted"])')
            self.arrows((_Exit(node, ", ".join(rejections)),), f"{node}x")
        return (_Exit(node, ", ".join(others)),)

    def _node(
        self, step: Step, exits: Sequence[_Exit], opening: str, closing: str, about: str
    ) -> str:
        self.count += 1
        node = f"n{self.count}"
        label = f"{_label(_title(step))}<br/>{_label(about)}"
        self.line(f'{node}{opening}"{label}"{closing}')
        self.arrows(exits, node)
        return node


def _title(step: Step) -> str:
    return f"{step.id}: {step.name}" if step.name else step.id


def _label(text: str) -> str:
    return one_line(text, _MAX_LABEL).translate(_ESCAPED)
