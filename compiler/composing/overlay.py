"""One overlay as its author declared it: which workflow it extends, and what it does to it.

The steps that it brings are not looked into: they are checked where they come to stand.
"""

from collections.abc import Mapping as Table
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading import keys, nodes
from treadle.compiler.shapes.shape import plain_outline
from treadle.compiler.shapes.shape_messages import Subject, describe, tell
from treadle.compiler.shapes.shape_rules import breaches

DEFAULT_PRIORITY = 10

_OPERATION = "operation"


class Operation(StrEnum):
    """What an edit does with the step that is its anchor."""

    INSERT_AFTER = "insert_after"
    INSERT_BEFORE = "insert_before"
    REPLACE = "replace"
    REMOVE = "remove"


OPERATIONS = frozenset(operation.value for operation in Operation)
INSERTIONS = frozenset({Operation.INSERT_AFTER, Operation.INSERT_BEFORE})
DEEDS: Table[Operation, str] = MappingProxyType(
    {
        Operation.INSERT_AFTER: "inserts behind",
        Operation.INSERT_BEFORE: "inserts before",
        Operation.REPLACE: "replaces",
        Operation.REMOVE: "removes",
    }
)


class Edit(Struct, frozen=True, kw_only=True, eq=False):
    """One edit; `span` is the place of the anchor, `step` is None for a removal."""

    operation: Operation
    anchor: str
    span: Span
    step: nodes.Mapping | None


class Overlay(Struct, frozen=True, kw_only=True, eq=False):
    """A declared overlay. Lower priorities win; of equal ones the last id does."""

    id: str
    extends: str
    priority: int
    edits: tuple[Edit, ...]
    id_span: Span
    extends_span: Span


def is_enabled(root: nodes.Node) -> bool:
    """Whether an overlay is to be applied: one that is disabled may be wrong in every other way."""
    enabled = root.get("enabled") if isinstance(root, nodes.Mapping) else None
    return not (isinstance(enabled, nodes.Scalar) and enabled.value is False)


def read_overlay(root: nodes.Mapping, report: Report) -> Overlay | None:
    """Return the overlay that a document declares, None when the report says why there is none.

    Before and after::

        id: strict                    Overlay(id="strict", extends="build", priority=10,
        extends: build                  edits=(Edit(operation=REPLACE, anchor="lint", …),))
        edits:
          - replace: lint             or the other spelling: {operation: replace, anchor: lint, …}
            step: {id: lint, …}

    Errors: TR137, and those of the shape: TR201 to TR205, TR207, TR222, TR223.
    """
    own = Report(lenient=report.lenient)
    _check(Subject(node=root, definition="overlay", where="this overlay"), own)
    written = keys.sequence(root, "edits")
    edits = [
        _edit(node, f"edits[{index}]", own)
        for index, node in enumerate(written.items if written is not None else ())
    ]
    for found in own.diagnostics:
        report.adopt(found)
    name, extends = keys.text_scalar(root, "id"), keys.text_scalar(root, "extends")
    if own.forbids_going_on or name is None or extends is None:
        return None
    return Overlay(
        id=str(name.value),
        extends=str(extends.value),
        priority=priority(keys.scalar(root, "priority")),
        edits=tuple(edit for edit in edits if edit is not None),
        id_span=name.span,
        extends_span=extends.span,
    )


def priority(written: nodes.Scalar | None) -> int:
    """Return the priority that is written; what is none counts as not given.

    Source: Spec Kit hands the value to Python's int() and takes 10 for what int() refuses.
    """
    value = written.value if written is not None else None
    if isinstance(value, bool) or value is None:
        return DEFAULT_PRIORITY
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return DEFAULT_PRIORITY
    return number if number >= 1 else DEFAULT_PRIORITY


def _check(subject: Subject, report: Report) -> None:
    for breach in breaches(subject.definition, plain_outline(subject.node)):
        tell(breach, subject, report)


def _edit(node: nodes.Node, key: str, report: Report) -> Edit | None:
    if not isinstance(node, nodes.Mapping):
        found = describe(nodes.plain(node))
        report.add("TR203", node.span, key=key, expected="an edit (a mapping)", found=found)
        return None
    _check(Subject(node=node, definition="edit", where="this edit"), report)
    entry = _operation(node, report)
    if entry is None:
        return None
    is_long = entry.key.value == _OPERATION
    named = entry.value.value if is_long and isinstance(entry.value, nodes.Scalar) else None
    name = named if is_long else entry.key.value
    if name not in OPERATIONS:
        return None
    operation = Operation(str(name))
    anchor = keys.text_scalar(node, "anchor" if is_long else operation)
    if is_long and node.entry("anchor") is None:
        report.add("TR201", entry.key.span, where="this edit", key="anchor")
    step = keys.mapping(node, "step")
    _check_step(node, operation, entry.key.span, report)
    if anchor is None:
        return None
    return Edit(operation=operation, anchor=str(anchor.value), span=anchor.span, step=step)


def _operation(node: nodes.Mapping, report: Report) -> nodes.Entry | None:
    """Return the entry that says what an edit does: there is exactly one."""
    found = [e for e in node.entries if e.key.value == _OPERATION or e.key.value in OPERATIONS]
    if len(found) == 1:
        return found[0]
    span = found[1].key.span if found else node.entries[0].key.span if node.entries else node.span
    told = " and ".join(f"'{entry.key.value}'" for entry in found) or "none"
    report.add("TR137", span, found=told)
    return None


def _check_step(node: nodes.Mapping, operation: Operation, span: Span, report: Report) -> None:
    entry = node.entry("step")
    is_given = entry is not None and nodes.plain(entry.value) is not None
    if operation is Operation.REMOVE:
        if is_given and entry is not None:
            report.add("TR222", entry.key.span, where="an edit that removes", key="step")
    elif not is_given:
        report.add("TR201", span, where="this edit", key="step")
    elif isinstance(step := keys.mapping(node, "step"), nodes.Mapping) and step.get("id") is None:
        report.add(
            "TR201",
            (step.entries[0].key if step.entries else step).span,
            where="the step of this edit",
            key="id",
        )
