"""Blocks that nothing evaluates: they stand where a value is taken as it is.

Only a block that reads something of the workflow counts: a text may well hold braces for another
program, and `${{ … }}` is that of GitHub Actions.
"""

from collections.abc import Iterator

from msgspec import Struct

from treadle.compiler.diagnostics import Span
from treadle.compiler.expressions.blocks import is_expression
from treadle.compiler.reading import keys, nodes
from treadle.compiler.reading.positions import span_of
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import BLOCK_OPENS
from treadle.compiler.workflow import Workflow
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import Kind

_BLOCK = lazy_pattern(r"(?<!\$)\{\{([^{}]*)\}\}")
_NESTED = "make all of it one block"


class PlainBlock(Struct, frozen=True, kw_only=True):
    """One block with its expression; `place` is what is taken as it is, `hint` what to write."""

    span: Span
    expression: str
    place: str
    hint: str


class _Place(Struct, frozen=True):
    """What stands somewhere and is not evaluated."""

    node: nodes.Node | None
    name: str
    hint: str


def plain_blocks(workflow: Workflow) -> Iterator[PlainBlock]:
    """Yield the blocks of a workflow that stay text.

    Before and after::

        items: ["{{ inputs.first }}", second]     inputs.first
        items: "{{ [inputs.first, 'second'] }}"
    """
    for place in _places(workflow):
        for scalar in _scalars(place.node):
            if isinstance(scalar.value, str) and BLOCK_OPENS in scalar.value:
                for found in _BLOCK.finditer(scalar.value):
                    if is_expression(found[1]):
                        span = span_of(workflow.document, scalar, found.start(), found.end())
                        yield PlainBlock(
                            span=span, expression=found[1], place=place.name, hint=place.hint
                        )


def _places(workflow: Workflow) -> Iterator[_Place]:
    for entry in _entries(workflow.root, "inputs"):
        if isinstance(entry.value, nodes.Mapping):
            hint = f"leave it out, and read 'inputs.{entry.key.value} | default(…)'"
            yield _Place(entry.value.get("default"), "the default of an input", hint)
    for entry in _entries(workflow.root, "outputs"):
        if isinstance(entry.value, nodes.Mapping):
            hint = f"{_NESTED}, or an output of its own"
            yield _Place(_inside(entry.value.get("value")), "what an output holds inside", hint)
    for step in workflow.names.declarations:
        yield from _places_of(step)


def _places_of(step: Declaration) -> Iterator[_Place]:
    match step.kind:
        case Kind.FAN_OUT:
            hint = "write the list as one block: \"{{ [inputs.first, 'second'] }}\""
            yield _Place(_inside(step.node.get("items")), "a list under 'items'", hint)
        case Kind.FAN_IN:
            hint = f"{_NESTED}, or a member of 'output' of its own"
            for entry in _entries(step.node, "output"):
                yield _Place(_inside(entry.value), "what a member of 'output' holds inside", hint)
        case Kind.COMMAND:
            hint = "write it under 'integration_options'"
            yield _Place(step.node.get("options"), "what stands under 'options'", hint)
        case Kind.GATE:
            hint = "write every option as it is to be shown"
            yield _Place(step.node.get("options"), "an option of a gate", hint)


def _entries(node: nodes.Mapping, key: str) -> tuple[nodes.Entry, ...]:
    found = keys.mapping(node, key)
    return found.entries if found is not None else ()


def _inside(node: nodes.Node | None) -> nodes.Node | None:
    """Return a list or mapping: text that stands there itself is evaluated."""
    return None if isinstance(node, nodes.Scalar) else node


def _scalars(node: nodes.Node | None) -> Iterator[nodes.Scalar]:
    match node:
        case nodes.Scalar():
            yield node
        case nodes.Sequence():
            for item in node.items:
                yield from _scalars(item)
        case nodes.Mapping():
            for entry in node.entries:
                yield from _scalars(entry.value)
