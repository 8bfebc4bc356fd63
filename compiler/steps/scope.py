"""Who can read whom: the declared steps of a workflow, their id spaces, and what has run where.

Each fan-out template is an id space of its own inside the space of its fan-out; a name is looked
up from the inside out. An id without its static parts declared is never known.
"""

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading import nodes
from treadle.compiler.shapes.broken_steps import (
    as_mapping,
    seeming_branches,
    seeming_kind,
    written_id,
)
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import Kind

LOOPS = frozenset({Kind.WHILE.value, Kind.DO_WHILE.value})
FAN_OUT = Kind.FAN_OUT.value
LOOP_CONDITION = "condition"
CLOSING = "finally"

_ORDINAL = lazy_pattern(r"0|[1-9][0-9]{0,8}")


class Declaration(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """One entry under `steps`, wherever it stands.

    Shapes: `path` is the step's address in the plan; `order` counts entries as they are written;
    `segment` is the branch of `parent` that holds it ("then", "case:KEY", … or ""); `space` is
    the fan-out whose template it belongs to, None for the workflow's own ids. `is_closing` says
    that it stands under `finally`, however deep. Of a step with `is_broken` the author's mistake
    hides what it does: its `kind` is what it seems to be, its `id` is empty if it has none.
    """

    id: str
    kind: str
    path: str
    span: Span
    order: int
    parent: "Declaration | None"
    segment: str
    space: "Declaration | None"
    node: nodes.Mapping
    is_closing: bool = False
    is_broken: bool = False

    def ancestors(self) -> "Iterator[Declaration]":
        """Yield the steps around this one, from the inside out."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    def spaces(self) -> "Iterator[Declaration | None]":
        """Yield the id spaces that this step can see, from the inside out."""
        space = self.space
        while space is not None:
            yield space
            space = space.space
        yield None


class Target(Struct, frozen=True, kw_only=True, gc=False):
    """What ``steps.NAME`` stands for.

    Shapes: `step` is the step whose record is read. `awaited` is the step that must have run for
    it; `is_item` says that all of `awaited` must have: its items have records of their own.
    """

    step: Declaration
    awaited: Declaration
    is_item: bool = False


class Names(Struct, frozen=True, kw_only=True):
    """The declared steps of a workflow in the order of writing.

    Shapes: `_targets` holds what names were found to stand for, by the space of their reader.
    """

    declarations: tuple[Declaration, ...]
    _children: Mapping[int, tuple[Declaration, ...]]
    _by_id: Mapping[tuple[int, str], Declaration]
    _private: Mapping[str, Declaration]
    _ids: Mapping[int, tuple[str, ...]]
    _targets: dict[tuple[int, str], Target | None] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """Every declared id, of whatever space."""
        return frozenset(found for some in self._ids.values() for found in some)

    def children(self, parent: Declaration | None, segment: str = "") -> tuple[Declaration, ...]:
        """Return the steps of one branch of `parent`; the workflow's own steps for None."""
        found = self._children.get(_number(parent), ())
        return tuple(child for child in found if child.segment == segment)

    def inside(self, parent: Declaration) -> tuple[Declaration, ...]:
        """Return the steps of all branches of `parent`."""
        return self._children.get(parent.order, ())

    def find(self, step_id: str, *, reader: Declaration | None) -> Declaration | None:
        """Return the step that `reader` means by an id; the workflow's outputs read as None."""
        for space in reader.spaces() if reader is not None else (None,):
            found = self._by_id.get((_number(space), step_id))
            if found is not None:
                return found
        return None

    def resolve(self, name: str, *, reader: Declaration | None) -> Target | None:
        """Return what ``steps.NAME`` stands for, None for a name that nothing can have.

        A generated id, ``loop:step:1`` or ``fan:template:0``, is known when its steps are.
        """
        # Every rule about steps asks, and all readers of one space see the same steps.
        key = (_number(reader.space if reader is not None else None), name)
        if key not in self._targets:
            self._targets[key] = self._resolved(name, reader)
        return self._targets[key]

    def _resolved(self, name: str, reader: Declaration | None) -> Target | None:
        first, *generated = name.split(":")
        found = self.find(first, reader=reader)
        if found is None or not generated:
            return Target(step=found, awaited=found) if found is not None else None
        step, fan_out = found, None
        for child_id, ordinal in zip(generated[::2], generated[1::2], strict=False):
            child = self._repeated(step, child_id, ordinal)
            if child is None:
                return None
            fan_out = fan_out or (step if step.kind == FAN_OUT else None)
            step = child
        if len(generated) % 2:
            return None
        return Target(step=step, awaited=fan_out or step, is_item=fan_out is not None)

    def private(self, name: str) -> Declaration | None:
        """Return a step of that id in the template of some fan-out."""
        return self._private.get(name)

    def visible(self, reader: Declaration | None) -> tuple[str, ...]:
        """Return the ids that `reader` can see, those of the innermost space first."""
        found: tuple[str, ...] = ()
        for space in reader.spaces() if reader is not None else (None,):
            found += self._ids.get(_number(space), ())
        return found

    def _repeated(self, step: Declaration, child_id: str, ordinal: str) -> Declaration | None:
        # The first round of a loop has the plain ids, so its rounds count from 1 here.
        is_repeated = step.kind == FAN_OUT or (step.kind in LOOPS and ordinal != "0")
        if not is_repeated or _ORDINAL.fullmatch(ordinal) is None:
            return None
        return next((c for c in self.children(step) if c.id == child_id), None)


def declare(root: nodes.Mapping, *, broken: Set[Span] = frozenset()) -> Names:
    """Return the declared steps of a workflow whose shape was checked.

    Shapes: `broken` are the places of the steps whose shape is wrong.
    """
    found: list[Declaration] = []
    for key, segment in (("steps", ""), (CLOSING, CLOSING)):
        branch = root.get(key)
        _declare(branch, parent=None, segment=segment, space=None, found=found, broken=broken)
    children: dict[int, list[Declaration]] = {}
    by_id: dict[tuple[int, str], Declaration] = {}
    private: dict[str, Declaration] = {}
    ids: dict[int, list[str]] = {}
    for declaration in found:
        children.setdefault(_number(declaration.parent), []).append(declaration)
        if not declaration.id:
            continue
        by_id.setdefault((_number(declaration.space), declaration.id), declaration)
        ids.setdefault(_number(declaration.space), []).append(declaration.id)
        if declaration.space is not None:
            private.setdefault(declaration.id, declaration)
    return Names(
        declarations=tuple(found),
        _children=MappingProxyType({number: tuple(some) for number, some in children.items()}),
        _by_id=MappingProxyType(by_id),
        _private=MappingProxyType(private),
        _ids=MappingProxyType({number: tuple(some) for number, some in ids.items()}),
    )


def may_have_run(target: Target, *, reader: Declaration | None, key: str) -> bool:
    """Say whether a step can have its record when `key` of the step `reader` is evaluated.

    In a loop a step that comes later is the round before, which may be missing. A control step
    has its record from its entry on. The steps under `finally` run behind all others.
    """
    awaited = target.awaited
    if is_behind(target, reader):
        return False
    if reader is None:
        return True
    if awaited.parent is None and reader.parent is None and awaited is not reader:
        return awaited.order < reader.order
    around = (reader, *reader.ancestors())
    if key == LOOP_CONDITION and reader.kind in LOOPS and _is_inside(awaited, reader):
        return True
    if any(loop in around[1:] for loop in _loops(awaited)):
        return True
    if awaited in around:
        return awaited is not reader and not target.is_item
    return awaited.order < reader.order and other_branch(awaited, reader) is None


def is_behind(target: Target, reader: Declaration | None) -> bool:
    """Say whether a step under `finally` is read outside of it."""
    return target.awaited.is_closing and (reader is None or not reader.is_closing)


def other_branch(step: Declaration, reader: Declaration) -> Declaration | None:
    """Return the `if` or `switch` that runs only one of the two steps, None when there is none."""
    taken = {above.order: segment for above, segment in _branches(step)}
    for above, segment in _branches(reader):
        if taken.get(above.order, segment) != segment:
            return above
    return None


def cases_of(node: nodes.Mapping) -> tuple[tuple[str, nodes.Entry], ...]:
    """Return the cases of a switch by their texts; of equal ones only the first counts.

    Shapes: the text of a key that is not text is Python's: an unquoted true is ``True``.
    """
    cases = node.get("cases")
    first: dict[str, nodes.Entry] = {}
    for entry in cases.entries if isinstance(cases, nodes.Mapping) else ():
        first.setdefault(str(entry.key.value), entry)
    return tuple(first.items())


def _declare(
    steps: nodes.Node | None,
    *,
    parent: Declaration | None,
    segment: str,
    space: Declaration | None,
    found: list[Declaration],
    broken: Set[Span],
) -> None:
    for item in steps.items if isinstance(steps, nodes.Sequence) else ():
        node = as_mapping(item)
        step = _declaration(node, parent, segment=segment, space=space, order=len(found))
        if item.span in broken:
            # Whatever its id is, its path is its own.
            path = f"{parent.path if parent is not None else ''}/{step.order}?"
            step = replace(step, kind=seeming_kind(node), path=path, is_broken=True)
        found.append(step)
        inner = step if step.kind == FAN_OUT else space
        for name, branch in seeming_branches(node) if step.is_broken else _inner(step):
            _declare(branch, parent=step, segment=name, space=inner, found=found, broken=broken)


def _declaration(
    node: nodes.Mapping,
    parent: Declaration | None,
    *,
    segment: str,
    space: Declaration | None,
    order: int,
) -> Declaration:
    named, kind = node.get("id"), node.get("type")
    step_id = written_id(node)
    above = parent.path if parent is not None else ""
    branch = f"/{_escaped(segment)}" if segment else ""
    return Declaration(
        id=step_id,
        kind=str(kind.value) if isinstance(kind, nodes.Scalar) else Kind.COMMAND.value,
        path=f"{above}{branch}/{_escaped(step_id)}",
        span=(named or node).span,
        order=order,
        parent=parent,
        segment=segment,
        space=space,
        node=node,
        is_closing=parent.is_closing if parent is not None else segment == CLOSING,
    )


def _inner(step: Declaration) -> Iterator[tuple[str, nodes.Node | None]]:
    """Yield the lists of steps inside a step with their segments, in the order of the plan."""
    node = step.node
    match step.kind:
        case "if":
            yield "then", node.get("then")
            yield "else", node.get("else")
        case "switch":
            for text, entry in cases_of(node):
                yield f"case:{text}", entry.value
            yield "default", node.get("default")
        case "while" | "do-while":
            yield "", node.get("steps")
        case "fan-out":
            template = node.get("step")
            if template is not None:
                yield "", nodes.Sequence(items=(template,), span=template.span)


def _is_inside(step: Declaration, loop: Declaration) -> bool:
    return step is loop or loop in _loops(step)


def _loops(step: Declaration) -> tuple[Declaration, ...]:
    """Return the loops whose next round still sees the step: those of its own id space."""
    return tuple(a for a in step.ancestors() if a.kind in LOOPS and a.space is step.space)


def _branches(step: Declaration) -> Iterator[tuple[Declaration, str]]:
    child = step
    for above in step.ancestors():
        if child.segment:
            yield above, child.segment
        child = above


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _number(declaration: Declaration | None) -> int:
    return declaration.order if declaration is not None else -1
