"""Values with expressions in them, read from scalars, and the place of every expression.

A site is added for each use: one scalar that several steps share, such as the workflow's own
`integration`, gives each of them a site, because each reads it in its own scope.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from treadle.compiler.composing.callees import Callee, Calls
from treadle.compiler.composing.composites import Composites
from treadle.compiler.composing.step_types import StepTypes
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.chains import Chain
from treadle.compiler.expressions.template import Declared, Template, read_template
from treadle.compiler.reading import nodes
from treadle.compiler.reading.positions import span_of
from treadle.compiler.steps.scope import Declaration
from treadle.plan.expression import Expression, Json, ListOf, Literal, ObjectOf, Value
from treadle.plan.steps import Step

BLOCK_OPENS = "{{"

_TRUTH_TEXTS: Mapping[str, bool] = {"": False, "false": False, "true": True}


class Site(Struct, frozen=True, kw_only=True, gc=False):
    """One expression of a workflow where it stands.

    Shapes: `step` is None in the workflow's outputs. `key` leads to the scalar from the step
    ("run", "input.args") or from `outputs` ("version.value"). `chains` are those of the
    expression, which most rules walk.
    Units: `offset` counts characters of the scalar's value up to the expression's text.
    """

    step: Declaration | None
    key: str
    scalar: nodes.Scalar
    expression: Expression
    offset: int
    document: nodes.Document
    chains: tuple[Chain, ...]

    def span(self, start: int, end: int) -> Span:
        """Return the place of a stretch of the expression's text in the source."""
        return span_of(self.document, self.scalar, self.offset + start, self.offset + end)


class Inherited(Struct, frozen=True, kw_only=True):
    """The workflow's own settings, which steps without theirs have."""

    integration: nodes.Scalar | None
    model: nodes.Scalar | None
    options: Mapping[str, Json]


class Reading(Struct):
    """What is known while a workflow is read, and the sites and callees found so far.

    Shapes: `callees` are by the path of the step that calls them.
    `step_types` are those that treadle does not bring, `composites` compiles those among them
    that are made of steps. `adrift` are the steps inside of broken ones.
    """

    document: nodes.Document
    declared: Declared
    inherited: Inherited
    report: Report
    step_types: StepTypes | None = None
    composites: Composites | None = None
    sites: list[Site] = field(default_factory=list)
    calls: Calls | None = None
    workflow_id: str = ""
    callees: dict[str, Callee] = field(default_factory=dict)
    adrift: list[Step] = field(default_factory=list)
    _templates: dict[tuple[int, bool], Template] = field(default_factory=dict)

    def template(self, scalar: nodes.Scalar, *, is_condition: bool = False) -> Template:
        """Read the text of a scalar; one scalar is read once, however many steps share it."""
        known = self._templates.get((scalar.start, is_condition))
        if known is None:
            known = read_template(
                scalar,
                declared=self.declared,
                locate=lambda start, end: span_of(self.document, scalar, start, end),
                report=self.report,
                is_condition=is_condition,
            )
            self._templates[scalar.start, is_condition] = known
        return known


class Field(Struct, frozen=True, kw_only=True, gc=False):
    """Where a value stands: the reading it belongs to, its step and its key."""

    reading: Reading
    step: Declaration | None
    key: str

    def inner(self, key: str | int) -> "Field":
        """Return the place of a member of the value here."""
        return Field(reading=self.reading, step=self.step, key=f"{self.key}.{key}")


def direct_value(node: nodes.Node, here: Field) -> Value:
    """Return the value of a key that is evaluated when it is text and kept as it is otherwise."""
    if isinstance(node, nodes.Scalar) and _has_block(node):
        return _evaluated(node, here)
    return Literal(nodes.plain(node))


def nested_value(node: nodes.Node, here: Field) -> Value:
    """Return the value of a key whose texts are evaluated at any depth."""
    match node:
        case nodes.Scalar():
            return direct_value(node, here)
        case nodes.Sequence():
            items = tuple(nested_value(item, here.inner(i)) for i, item in enumerate(node.items))
            if all(isinstance(item, Literal) for item in items):
                return Literal(nodes.plain(node))
            return ListOf(items)
        case nodes.Mapping():
            members = nested_members(node, here)
            if all(isinstance(member, Literal) for member in members.values()):
                return Literal(nodes.plain(node))
            return ObjectOf(members)


def nested_members(node: nodes.Mapping, here: Field) -> dict[str, Value]:
    """Return the members of a mapping, their texts evaluated at any depth."""
    return {
        str(entry.key.value): nested_value(entry.value, here.inner(str(entry.key.value)))
        for entry in node.entries
    }


def direct_members(node: nodes.Mapping, here: Field) -> dict[str, Value]:
    """Return the members of a mapping, of which only direct texts are evaluated."""
    return {
        str(entry.key.value): direct_value(entry.value, here.inner(str(entry.key.value)))
        for entry in node.entries
    }


def condition_value(scalar: nodes.Scalar, here: Field) -> Value:
    """Return a condition: a boolean, the text of one, or one whole block."""
    truth = literal_truth(scalar)
    return Literal(truth) if truth is not None else _evaluated(scalar, here, is_condition=True)


def literal_truth(scalar: nodes.Scalar) -> bool | None:
    """Return the boolean that a condition spells out, None when it has to be evaluated.

    >>> literal_truth(nodes.Scalar(" TRUE ", Span(1, 1, 1, 7), '"', 0, 6))
    True
    """
    value: Json = scalar.value
    if isinstance(value, bool):
        return value
    return _TRUTH_TEXTS.get(value.strip().lower()) if isinstance(value, str) else None


def _evaluated(scalar: nodes.Scalar, here: Field, *, is_condition: bool = False) -> Value:
    template = here.reading.template(scalar, is_condition=is_condition)
    here.reading.sites.extend(
        Site(
            step=here.step,
            key=here.key,
            scalar=scalar,
            expression=block.expression,
            offset=block.offset,
            document=here.reading.document,
            chains=block.chains,
        )
        for block in template.blocks
    )
    return template.value


def _has_block(scalar: nodes.Scalar) -> bool:
    return isinstance(scalar.value, str) and BLOCK_OPENS in scalar.value
