"""Overlays applied to a workflow: its steps with those that are inserted, replaced and removed.

Every anchor is a step of the workflow itself, never one that an overlay brings. What is done
to it is decided by all overlays together; the order in which they were read has no part in it.

Source: Spec Kit 1.2.3, specify_cli/workflows/overlay/merge.py and composer.py.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table
from collections.abc import Sequence as Listing

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler.composing.overlay import DEEDS, INSERTIONS, Edit, Operation, Overlay
from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.reading.nodes import Entry, Mapping, Node, Scalar, Sequence
from treadle.compiler.suggestions import did_you_mean

# Where steps stand inside a step; what a fan-out repeats has no place of its own.
_BRANCHES = ("then", "else", "steps", "default")
_LISTS = ("steps", "finally")


class Merged(Struct, frozen=True, kw_only=True):
    """A workflow with its overlays.

    Shapes: `unplaced` are the steps of edits without effect; `removed` says of each id that is no
    longer there which edit took it away.
    """

    root: Mapping
    unplaced: tuple[Mapping, ...]
    removed: Table[str, Related]


class _Planned(Struct, frozen=True, eq=False):
    """An edit and whose it is."""

    overlay: Overlay
    edit: Edit

    @property
    def operation(self) -> Operation:
        return self.edit.operation


class _Anchor(Struct, frozen=True, eq=False):
    """What is done to one step: all edits in the order of merging, and the one that decides."""

    edits: tuple[_Planned, ...]
    fate: _Planned

    @property
    def is_kept(self) -> bool:
        return self.fate.operation in INSERTIONS

    def having(self, operation: Operation) -> list[_Planned]:
        return [planned for planned in self.edits if planned.operation is operation]

    @property
    def lost(self) -> Iterator[_Planned]:
        """The edits that come to nothing, by what the deciding one does."""
        for planned in self.edits:
            is_same = planned.operation is self.fate.operation is Operation.REMOVE
            is_insertion = planned.operation in INSERTIONS
            is_gone = self.fate.operation is Operation.REMOVE
            if planned is not self.fate and not is_same and (is_gone or not is_insertion):
                yield planned


class Placed(Struct, frozen=True, eq=False):
    """A step that can be an anchor, and the ids of the steps around it."""

    step: Mapping
    around: tuple[str, ...]


def in_merge_order(overlays: Iterable[Overlay]) -> tuple[Overlay, ...]:
    """Return overlays in the order in which they are applied: the last one wins."""
    return tuple(sorted(overlays, key=lambda overlay: (-overlay.priority, overlay.id)))


def merge(root: Mapping, overlays: Listing[Overlay], report: Report) -> Merged:
    """Return a workflow with the edits of its overlays.

    Before and after, for ``edits: [{insert_after: build, step: {id: scan}}, {remove: lint}]``::

        steps:                    steps:
          - id: build               - id: build
          - id: lint                - id: scan
          - id: test                - id: test

    Shapes: `overlays` are in the order of merging.
    Errors: TR130, TR131, TR132, TR133.
    """
    places: dict[str, Placed] = {}
    for place in placed_steps(root):
        places.setdefault(str(step_id(place.step)), place)
    planned = [_Planned(overlay, edit) for overlay in overlays for edit in overlay.edits]
    anchors = _anchors([each for each in planned if each.edit.anchor in places])
    for each in planned:
        if each.edit.anchor not in places:
            _tell_unknown(each, places, planned, root, report)
    _tell_nested(anchors, places, report)
    lost = [(each, anchor) for anchor in anchors.values() for each in anchor.lost]
    for each, anchor in lost:
        _tell_lost(each, anchor.fate, report)
    if report.forbids_going_on:
        return Merged(root=root, unplaced=_brought(planned), removed={})
    after = _Traversal(anchors=anchors).root(root)
    return Merged(
        root=after,
        unplaced=_brought(each for each, _ in lost),
        removed=_removed(anchors, places, after),
    )


def placed_steps(root: Mapping) -> Iterator[Placed]:
    """Yield the steps of a workflow that can be anchors, from the outside in."""
    return _places(_steps(root), ())


def step_id(step: Node) -> str | None:
    """Return the id of a step, None for something without one."""
    found = step.get("id") if isinstance(step, Mapping) else None
    value = found.value if isinstance(found, Scalar) else None
    return value if isinstance(value, str) else None


def _steps(root: Mapping) -> Iterator[Node]:
    for key in _LISTS:
        found = root.get(key)
        if isinstance(found, Sequence):
            yield from found.items


def _branches(step: Mapping) -> Iterator[Sequence]:
    """Yield the lists of steps inside a step."""
    for key in _BRANCHES:
        found = step.get(key)
        if isinstance(found, Sequence):
            yield found
    cases = step.get("cases")
    for entry in cases.entries if isinstance(cases, Mapping) else ():
        if isinstance(entry.value, Sequence):
            yield entry.value


def _places(steps: Iterable[Node], around: tuple[str, ...]) -> Iterator[Placed]:
    """Yield the steps that can be anchors, from the outside in."""
    for step in steps:
        if not isinstance(step, Mapping):
            continue
        name = step_id(step)
        if name is not None:
            yield Placed(step, around)
        inside = (*around, name) if name is not None else around
        for branch in _branches(step):
            yield from _places(branch.items, inside)


def _anchors(planned: Iterable[_Planned]) -> dict[str, _Anchor]:
    edits: dict[str, list[_Planned]] = {}
    for each in planned:
        edits.setdefault(each.edit.anchor, []).append(each)
    return {name: _Anchor(tuple(found), _fate(found)) for name, found in edits.items()}


def _fate(edits: Listing[_Planned]) -> _Planned:
    """Return the edit that decides over its anchor: the last one.

    But where that is an insertion, a replacement of the same overlay holds beside it, unless the
    overlay also removes the step: what it wants then is left to the last edit.
    """
    last = edits[-1]
    own = [each for each in edits if each.overlay is last.overlay]
    if last.operation not in INSERTIONS or any(e.operation is Operation.REMOVE for e in own):
        return last
    return next((each for each in reversed(own) if each.operation is Operation.REPLACE), last)


def _brought(planned: Iterable[_Planned]) -> tuple[Mapping, ...]:
    return tuple(each.edit.step for each in planned if each.edit.step is not None)


def _tell_unknown(
    planned: _Planned,
    places: Table[str, Placed],
    all_planned: Iterable[_Planned],
    root: Mapping,
    report: Report,
) -> None:
    anchor = planned.edit.anchor
    hint = did_you_mean(anchor, places)
    related: tuple[Related, ...] = ()
    for other in all_planned:
        step = other.edit.step
        if step is not None and step_id(step) == anchor:
            whose = "this overlay" if other.overlay is planned.overlay else "another overlay"
            hint = f"{whose} brings '{anchor}'; an anchor is a step of the workflow itself"
            related = (Related(span=(step.get("id") or step).span, message="brought here"),)
    template = next((step for step in _templates(_steps(root)) if step_id(step) == anchor), None)
    if template is not None:
        hint = "a fan-out repeats this step: replace the fan-out as a whole"
        related = (Related(span=(template.get("id") or template).span, message="the step"),)
    slot = next((n for n, p in places.items() if _slot_name(p.step) == anchor), None)
    if slot is not None:
        hint = f"'{anchor}' is the name of a slot, whose id is '{slot}'"
    report.add(
        "TR130",
        planned.edit.span,
        hint=hint,
        related=related,
        anchor=anchor,
        overlay=planned.overlay.id,
        workflow=planned.overlay.extends,
    )


def _templates(steps: Iterable[Node]) -> Iterator[Mapping]:
    """Yield the steps that fan-outs repeat, and those inside them."""
    for place in _places(steps, ()):
        template = place.step.get("step")
        if isinstance(template, Mapping):
            yield from (inner.step for inner in _places((template,), ()))
            yield from _templates((template,))


def _slot_name(step: Mapping) -> str | None:
    kind, name = step.get("type"), step.get("name")
    is_slot = isinstance(kind, Scalar) and kind.value == "slot"
    return str(name.value) if is_slot and isinstance(name, Scalar) else None


def _tell_nested(anchors: Table[str, _Anchor], places: Table[str, Placed], report: Report) -> None:
    """Report edits of steps inside a step that is taken away as a whole."""
    for name, anchor in anchors.items():
        for outer_name in places[name].around:
            outer = anchors.get(outer_name)
            if outer is None or outer.is_kept:
                continue
            related = _related(outer.fate)
            for planned in anchor.edits:
                report.add(
                    "TR131",
                    planned.edit.span,
                    related=(related,),
                    anchor=name,
                    outer=outer_name,
                    deed=related.message,
                )


def _tell_lost(planned: _Planned, fate: _Planned, report: Report) -> None:
    code = "TR133" if planned.overlay is fate.overlay else "TR132"
    winner = f"overlay '{fate.overlay.id}' (priority {fate.overlay.priority})"
    report.add(
        code,
        planned.edit.span,
        related=(_related(fate),),
        winner=winner if code == "TR132" else "the same overlay",
        deed=DEEDS[fate.operation],
        operation=planned.operation.value,
        anchor=planned.edit.anchor,
    )


def _related(planned: _Planned) -> Related:
    deed = DEEDS[planned.operation]
    message = f"overlay '{planned.overlay.id}' {deed} '{planned.edit.anchor}'"
    return Related(span=planned.edit.span, message=message)


def _removed(
    anchors: Table[str, _Anchor], places: Table[str, Placed], after: Mapping
) -> dict[str, Related]:
    left = {step_id(place.step) for place in placed_steps(after)}
    found: dict[str, Related] = {}
    for name, place in places.items():
        for gone in (name, *place.around):
            anchor = anchors.get(gone)
            if name not in left and anchor is not None and not anchor.is_kept:
                found.setdefault(name, _related(anchor.fate))
    return found


class _Traversal(Struct, frozen=True):
    """One pass over the steps of the workflow; what overlays bring is not looked into."""

    anchors: Table[str, _Anchor]

    def root(self, root: Mapping) -> Mapping:
        return replace(root, entries=tuple(self._entry(e, _LISTS) for e in root.entries))

    def _entry(self, entry: Entry, lists: tuple[str, ...]) -> Entry:
        value = entry.value
        if entry.key.value in lists and isinstance(value, Sequence):
            return replace(entry, value=self._list(value))
        return entry

    def _list(self, steps: Sequence) -> Sequence:
        return replace(steps, items=tuple(new for step in steps.items for new in self._step(step)))

    def _step(self, step: Node) -> Iterator[Node]:
        if not isinstance(step, Mapping):
            yield step
            return
        anchor = self.anchors.get(step_id(step) or "")
        if anchor is None:
            yield self._inside(step)
            return
        if anchor.fate.operation is Operation.REMOVE:
            return
        yield from _brought(anchor.having(Operation.INSERT_BEFORE))
        if anchor.is_kept:
            yield self._inside(step)
        else:
            yield from _brought((anchor.fate,))
        yield from _brought(_nearest_first(anchor.having(Operation.INSERT_AFTER)))

    def _inside(self, step: Mapping) -> Mapping:
        entries = (self._branch(entry) for entry in step.entries)
        return replace(step, entries=tuple(entries))

    def _branch(self, entry: Entry) -> Entry:
        if entry.key.value == "cases" and isinstance(entry.value, Mapping):
            cases = (replace(case, value=self._case(case.value)) for case in entry.value.entries)
            return replace(entry, value=replace(entry.value, entries=tuple(cases)))
        return self._entry(entry, _BRANCHES)

    def _case(self, steps: Node) -> Node:
        return self._list(steps) if isinstance(steps, Sequence) else steps


def _nearest_first(planned: Iterable[_Planned]) -> list[_Planned]:
    """Return insertions behind a step: those of the overlay that wins stand nearest to it.

    Several of one overlay stay in the order in which they are written.
    """
    groups: list[list[_Planned]] = []
    for each in planned:
        if groups and groups[-1][-1].overlay is each.overlay:
            groups[-1].append(each)
        else:
            groups.append([each])
    return [each for group in reversed(groups) for each in group]
