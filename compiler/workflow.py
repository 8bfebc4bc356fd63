"""A workflow as its author declared it: typed steps, defaults filled in, expressions read.

Names are not looked up yet: the checks do that, with the sites and declarations kept here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from treadle.compiler.composing.callees import Callee, Calls
from treadle.compiler.composing.composites import Composites
from treadle.compiler.composing.step_types import StepTypes, read_step_types
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.template import Declared
from treadle.compiler.reading import keys, nodes
from treadle.compiler.shapes.json_schema import schema_at
from treadle.compiler.steps.inputs import read_inputs
from treadle.compiler.steps.read_limits import concurrency
from treadle.compiler.steps.read_requires import requires
from treadle.compiler.steps.read_steps import read_closing, read_steps
from treadle.compiler.steps.scope import Names, declare
from treadle.compiler.steps.sites import Field, Inherited, Reading, Site, direct_value
from treadle.plan.expression import Json, Literal
from treadle.plan.inputs import ORDER_KEY
from treadle.plan.plan import Concurrency, Defaults, Output, Requires
from treadle.plan.step_types import StepSignature
from treadle.plan.steps import Step, walk

DEFAULT_VERSION = "0.0.0"


class Workflow(Struct, frozen=True, kw_only=True):
    """What a plan is made of, and what the checks need to point at its mistakes.

    Shapes: `step_spans` and `by_path` are keyed by `Step.path`, the former with the span of the
    id; `names` also holds the entries that were left out of `steps`. `closing` are the steps under
    `finally`. `callees` are the workflows that are called, by the path of the step that does,
    where they are known before a run.
    """

    document: nodes.Document
    id: str
    name: str
    version: str
    description: str | None
    defaults: Defaults
    inputs: Mapping[str, Json]
    steps: tuple[Step, ...]
    closing: tuple[Step, ...]
    timeout_s: float | None
    concurrency: Concurrency | None
    requires: Requires | None
    step_types: StepTypes
    outputs: Mapping[str, Output]
    names: Names
    sites: tuple[Site, ...]
    by_path: Mapping[str, Step]
    step_spans: Mapping[str, Span]
    callees: Mapping[str, Callee]

    @property
    def root(self) -> nodes.Mapping:
        """The top of the document."""
        assert isinstance(self.document.root, nodes.Mapping)
        return self.document.root

    @property
    def input_names(self) -> tuple[str, ...]:
        """The declared inputs, in the order of writing."""
        order = self.inputs.get(ORDER_KEY)
        return tuple(str(name) for name in order) if isinstance(order, list) else ()

    def input_schema(self, name: str) -> Mapping[str, Json] | None:
        """Return the schema of an input, None for a name that is not declared."""
        properties = self.inputs.get("properties")
        found = properties.get(name) if isinstance(properties, Mapping) else None
        return found if isinstance(found, Mapping) else None


def read_workflow(
    document: nodes.Document,
    report: Report,
    *,
    installed: Mapping[str, StepSignature | str] = MappingProxyType({}),
    calls: Calls | None = None,
    composites: Composites | None = None,
) -> Workflow:
    """Read a document whose shape was checked; broken steps are in `names` only.

    Errors: what reading calls and inputs reports and what reading expressions reports.
    """
    root = document.root
    assert isinstance(root, nodes.Mapping)
    head = keys.mapping(root, "workflow") or nodes.Mapping(entries=(), span=root.span)
    inputs = read_inputs(keys.mapping(root, "inputs"), broken=document.gaps.inputs, report=report)
    gaps = document.gaps
    names = declare(root, broken=gaps.steps)
    step_types = read_step_types(root, installed, report)
    reading = Reading(
        document=document,
        declared=_declared(names, inputs),
        inherited=Inherited(
            integration=keys.text_scalar(head, "integration"),
            model=keys.text_scalar(head, "model"),
            options=keys.data(head, "options") or {},
        ),
        report=report,
        calls=calls,
        workflow_id=keys.text(head, "id") or "",
        step_types=step_types,
        composites=composites,
    )
    group = concurrency(root, reading)
    steps, closing = read_steps(names, reading), read_closing(names, reading)
    outputs = _outputs(root, reading)
    return Workflow(
        document=document,
        id=keys.text(head, "id") or "",
        name=keys.text(head, "name") or "",
        version=keys.text(head, "version") or DEFAULT_VERSION,
        description=keys.text(head, "description"),
        defaults=Defaults(
            integration=keys.text(head, "integration"), model=keys.text(head, "model")
        ),
        inputs=inputs,
        steps=steps,
        closing=closing,
        timeout_s=keys.seconds(root, "timeout"),
        concurrency=group,
        requires=requires(root),
        step_types=step_types,
        outputs=MappingProxyType(outputs),
        names=names,
        sites=tuple(reading.sites),
        by_path=MappingProxyType(
            {step.path: step for step in walk((*steps, *closing, *reading.adrift))}
        ),
        step_spans=MappingProxyType({d.path: d.span for d in reversed(names.declarations)}),
        callees=MappingProxyType(reading.callees),
    )


def _declared(names: Names, inputs: Mapping[str, Json]) -> Declared:
    """Return what an expression may name, and what is known of it while it is read."""
    properties, required = inputs["properties"], inputs["required"]
    assert isinstance(properties, Mapping) and isinstance(required, list)
    # An optional input without a default may be null, which is no boolean.
    booleans = (
        name
        for name, schema in properties.items()
        if isinstance(schema, Mapping)
        and schema.get("type") == "boolean"
        and (name in required or isinstance(schema.get("default"), bool))
    )
    return Declared(steps=names.ids, inputs=frozenset(properties), booleans=frozenset(booleans))


def _outputs(root: nodes.Mapping, reading: Reading) -> dict[str, Output]:
    declared = keys.mapping(root, "outputs")
    return {
        str(entry.key.value): _output(str(entry.key.value), entry.value, reading)
        for entry in (declared.entries if declared is not None else ())
        if isinstance(entry.value, nodes.Mapping)
    }


def _output(name: str, node: nodes.Mapping, reading: Reading) -> Output:
    value = node.get("value")
    field = Field(reading=reading, step=None, key=f"{name}.value")
    return Output(
        value=direct_value(value, field) if value is not None else Literal(None),
        schema=schema_at(node, "schema", name=name, report=reading.report),
        description=keys.text(node, "description"),
    )
