"""Who reads what of whom: every read of a step's record, and every step that a fan-in awaits.

It is made once, when the names are known, and is what the rules about data and control flow look
at. What cannot be known when a workflow is compiled makes it open, and then nothing counts as
unread.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.chains import Chain, Member
from treadle.compiler.expressions.lexer import ROOTS
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import LOOPS, Declaration, Target
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Value, expressions
from treadle.plan.steps import IfStep, Kind, LoopStep, Step, SwitchStep

# What such an expression reads is not known.
UNREADABLE = frozenset({"TR111", "TR401", "TR402", "TR403", "TR404", "TR406"})

Path = tuple[str, ...]


class Read(Struct, frozen=True, kw_only=True, gc=False):
    """One ``steps.NAME…`` of an expression whose step is known.

    Shapes: `fields` are the members behind the name, as far as they are known.
    """

    site: Site
    chain: Chain
    target: Target
    at: Member
    fields: tuple[Member, ...]

    @property
    def span(self) -> Span:
        """The place of the step's name."""
        return self.site.span(self.at.start, self.at.end)

    @property
    def path(self) -> tuple[str | int | None, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)


class Wait(Struct, frozen=True, kw_only=True):
    """One entry of `wait_for` with the step that it names."""

    fan_in: Declaration
    target: Declaration
    span: Span


class Flow(Struct, frozen=True, kw_only=True):
    """A workflow with its reads and waits.

    Shapes: `steps` are those of the plan, as they are written. `_of` maps the order of a
    declaration to the reads of its record. `is_misread` says that an expression could not be
    read, `is_open` that there may be more reads for that reason, because a name is computed or
    because a step is broken.
    """

    workflow: Workflow
    steps: tuple[tuple[Declaration, Step], ...]
    reads: tuple[Read, ...]
    waits: tuple[Wait, ...]
    is_misread: bool
    is_open: bool
    _of: Mapping[int, tuple[Read, ...]]
    _awaited: frozenset[int]
    _kinds: frozenset[Kind]

    def reads_of(self, step: Declaration) -> tuple[Read, ...]:
        """Return the reads of a step's record, those of its rounds and items included."""
        return self._of.get(step.order, ())

    def is_read(self, step: Declaration) -> bool:
        """Say whether anything reads a step's record or awaits it, as far as can be known."""
        return bool(self.is_open or self.reads_of(step) or step.order in self._awaited)

    def step(self, declaration: Declaration) -> Step | None:
        """Return the step of the plan, None for one that was left out."""
        return self.workflow.by_path.get(declaration.path)

    def declared(self, *kinds: Kind) -> Iterator[tuple[Declaration, Step]]:
        """Yield the steps of these kinds with their declarations, as they are written."""
        if self.has(*kinds):
            yield from (pair for pair in self.steps if pair[1].kind in kinds)

    def has(self, *kinds: Kind) -> bool:
        """Say whether there are steps of any of these kinds."""
        return not self._kinds.isdisjoint(kinds)


def read_flow(workflow: Workflow, report: Report) -> Flow:
    """Return the flow of a workflow. Errors: none."""
    reads, is_computed = _reads(workflow)
    is_misread = any(found.code in UNREADABLE for found in report.diagnostics)
    of: dict[int, list[Read]] = {}
    for read in reads:
        of.setdefault(read.target.step.order, []).append(read)
        if read.target.awaited is not read.target.step:
            of.setdefault(read.target.awaited.order, []).append(read)
    waits = tuple(_waits(workflow))
    steps = tuple(_steps(workflow))
    return Flow(
        workflow=workflow,
        steps=steps,
        reads=reads,
        waits=waits,
        is_misread=is_misread,
        is_open=is_misread or is_computed or workflow.document.gaps.is_open,
        _of=MappingProxyType({order: tuple(some) for order, some in of.items()}),
        _awaited=frozenset(wait.target.order for wait in waits),
        _kinds=frozenset(step.kind for _, step in steps),
    )


def decision(step: Step) -> Value | None:
    """Return what a step decides its branches or rounds by, None for the other kinds."""
    match step:
        case IfStep() | LoopStep():
            return step.test
        case SwitchStep():
            return step.expression
        case _:
            return None


def paths(value: Value | None) -> frozenset[Path]:
    """Return the paths that a value reads."""
    found = expressions(value) if value is not None else ()
    return frozenset(path for expression in found for path in expression.reads)


def loops_around(step: Declaration) -> Iterator[Declaration]:
    """Yield the loops around a step whose next round still sees it, from the inside out."""
    for above in step.ancestors():
        if above.kind in LOOPS and above.space is step.space:
            yield above


def is_within(step: Declaration, above: Declaration) -> bool:
    """Say whether a step stands inside another one, however deep."""
    return any(each is above for each in step.ancestors())


def _steps(workflow: Workflow) -> Iterator[tuple[Declaration, Step]]:
    for declaration in workflow.names.declarations:
        step = workflow.by_path.get(declaration.path)
        if step is not None:
            yield declaration, step


def _reads(workflow: Workflow) -> tuple[tuple[Read, ...], bool]:
    """Return the reads of all steps, and whether there are some whose step is computed."""
    found: list[Read] = []
    is_computed = False
    for site in workflow.sites:
        for chain in site.chains:
            if chain.root.name != "steps":
                # As with a misspelt step, what was meant is not known.
                is_computed = is_computed or chain.root.name not in ROOTS
                continue
            first = chain.members[0] if chain.members else None
            if first is None or not isinstance(first.name, str):
                is_computed = True
                continue
            target = workflow.names.resolve(first.name, reader=site.step)
            if target is None:
                # A misspelt name is reported elsewhere; what it was meant to read is not known.
                is_computed = True
            else:
                fields = chain.members[1:]
                read = Read(site=site, chain=chain, target=target, at=first, fields=fields)
                found.append(read)
    return tuple(found), is_computed


def _waits(workflow: Workflow) -> Iterator[Wait]:
    for step in workflow.names.declarations:
        awaited = keys.sequence(step.node, "wait_for") if step.kind == Kind.FAN_IN else None
        for item in awaited.items if awaited is not None else ():
            name = str(item.value) if isinstance(item, nodes.Scalar) else ""
            found = workflow.names.find(name, reader=step)
            if found is not None and found.order < step.order:
                yield Wait(fan_in=step, target=found, span=item.span)
