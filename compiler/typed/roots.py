"""What the names of an expression can be at its place: inputs, steps, the item and the rest.

Types are found once for a workflow, when something first reads them. Only an input that need not
be given has a `gap`: every record of a step may be null, whatever its author counts on.
"""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.steps.scope import Declaration
from treadle.compiler.typed import types
from treadle.compiler.typed.infer import infer, member
from treadle.compiler.typed.outputs import ALWAYS_EMPTY, ANYTHING, record_schema
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.types import Type
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Json, ListOf, Literal, ObjectOf, Single, Text, Value
from treadle.plan.inputs import INTEGRATION, SECRET_KEY
from treadle.plan.steps import (
    CommandStep,
    FanInStep,
    FanOutStep,
    GateStep,
    Kind,
    PromptStep,
    ShellStep,
    Step,
    SwitchStep,
    WorkflowStep,
)

# A fan-out may go through what a fan-in collects, and so on; what is further away stays open.
MAX_DISTANCE = 8
STATUSES = ("completed", "failed", "paused", "skipped")
NO_CASE = "__default__"

_CONTEXT = types.object_of({"run_id": types.TEXT, "workflow_dir": types.optional(types.TEXT)})
_ENDS = types.union(
    *(types.literal(status) for status in ("completed", "failed", "aborted", "cancelled"))
)
_CLOSING_CONTEXT = replace(_CONTEXT, members={**_CONTEXT.members, "status": _ENDS})
_EMPTY_OBJECT = types.object_of({})
_EMPTY_LIST = types.list_of(())
_TEXT: Mapping[str, Json] = {"type": "string"}
_RECORD: Mapping[str, Type] = {
    **types.from_schema(record_schema(ANYTHING)).members,
    "status": types.optional(types.union(*(types.literal(status) for status in STATUSES))),
}


class Roots(Struct):
    """The types of a workflow's names, each found once."""

    workflow: Workflow
    records: Records
    _inputs: Type | None = None
    _records: dict[int, Type] = field(default_factory=dict)
    _plain: dict[tuple[Kind, bool], Type] = field(default_factory=dict)
    _optional: dict[int, tuple[Type, Type]] = field(default_factory=dict)
    _items: dict[int, Type] = field(default_factory=dict)
    _distance: int = 0

    def inputs(self) -> Type:
        """Return the type of ``inputs``."""
        if self.workflow.document.gaps.hides_inputs:
            return types.ANYTHING
        if self._inputs is None:
            listed = self.workflow.inputs.get("required")
            required = frozenset(map(str, listed)) if isinstance(listed, list) else frozenset()
            names = self.workflow.input_names
            members = {name: self._input(name, required) for name in names}
            self._inputs = types.object_of(members)
        return self._inputs

    def record(self, step: Declaration) -> Type:
        """Return the type of the record of a step that has one."""
        known = self._records.get(step.order) or self._shared_record(step)
        if known is None:
            if self._distance >= MAX_DISTANCE:
                return types.ANYTHING
            self._records[step.order] = types.ANYTHING  # a step of a loop may read itself
            self._distance += 1
            known = self._record(step)
            self._distance -= 1
            self._records[step.order] = known
        return known

    def optional_record(self, step: Declaration) -> Type:
        """Return the type of the record of a step that may not have run."""
        record = self.record(step)
        known = self._optional.get(id(record))
        if known is None:
            # The record is kept with it, so that nothing else can have its identity.
            known = self._optional[id(record)] = (record, types.optional(record))
        return known[1]

    def item(self, fan_out: Declaration) -> Type:
        """Return the type of ``item`` in the template of a fan-out."""
        known = self._items.get(fan_out.order)
        if known is None:
            step = self.workflow.by_path.get(fan_out.path)
            if not isinstance(step, FanOutStep) or self._distance >= MAX_DISTANCE:
                return types.ANYTHING
            self._items[fan_out.order] = types.ANYTHING
            self._distance += 1
            found = types.only(self.value(step.items, fan_out), types.LIST.kinds)
            self._distance -= 1
            known = replace(found.item, gap=None) if found.item is not None else types.ANYTHING
            known = known if known.kinds else types.ANYTHING
            self._items[fan_out.order] = known
        return known

    def value(self, value: Value, reader: Declaration | None) -> Type:
        """Return the type of a value of the plan that stands in a step."""
        match value:
            case Literal(literal):
                return types.literal(literal)
            case Single(expression):
                scope = Place(roots=self, reader=reader, key="")
                return infer(expression, scope).of(expression.tree)
            case Text():
                return types.TEXT
            case ObjectOf(members):
                return types.object_of({n: self.value(m, reader) for n, m in members.items()})
            case ListOf(items):
                return types.list_of(tuple(self.value(item, reader) for item in items))

    def _input(self, name: str, required: frozenset[str]) -> Type:
        schema = self.workflow.input_schema(name) or {}
        if schema.get(SECRET_KEY) is True:
            # Its value is seen by `env` only, and never by an expression.
            return types.ANYTHING
        found = types.from_schema(_plain(schema))
        if name == INTEGRATION and "string" in found.kinds:
            found = types.union(found, types.TEXT)
        if "default" in schema or name in required:
            return found
        return types.optional(found, f"the input '{name}' need not be given and has no default")

    def _shared_record(self, declared: Declaration) -> Type | None:
        """Return the record that all steps share that leave nothing of their own."""
        step = self.workflow.by_path.get(declared.path)
        if not isinstance(step, ShellStep | CommandStep | PromptStep) or not is_plain(step):
            return None
        key = (step.kind, not isinstance(step, ShellStep) and step.capture)
        if key not in self._plain:
            self._plain[key] = self._record(declared)
        return self._plain[key]

    def _record(self, declared: Declaration) -> Type:
        step = self.workflow.by_path.get(declared.path)
        if step is None:
            return types.ANYTHING
        # A record holds its output one level further down.
        found = types.from_schema(_without_marks(self.records.output(declared)), depth=1)
        output = self._output(step, declared, types.optional(found))
        kind = types.literal(step.kind.value)
        return types.object_of({**_RECORD, "output": output, "type": kind})

    def _output(self, step: Step, declared: Declaration, found: Type) -> Type:
        """Return the type of a step's output as what the author wrote narrows it."""
        refined: dict[str, Type] = {}
        match step:
            case GateStep():
                choices = (types.literal(option) for option in step.options)
                refined["choice"] = types.optional(types.union(*choices))
            case SwitchStep():
                cases = (types.literal(case.key) for case in step.cases)
                matched = types.union(types.literal(NO_CASE), *cases)
                refined["matched_case"] = types.optional(matched)
                refined["expression_value"] = types.ANYTHING
            case FanOutStep():
                results = found.members["results"]
                item = types.optional(results.item or types.ANYTHING)
                refined["results"] = replace(results, item=item)
                items = types.only(self.value(step.items, declared), types.LIST.kinds)
                # There are none where the value was no list.
                refined["items"] = types.optional(types.union(items, _EMPTY_LIST))
            case WorkflowStep():
                callee = self.workflow.callees.get(declared.path)
                if callee is not None:
                    # A call that failed leaves none of them.
                    outputs = callee.output_types.items()
                    refined |= {name: types.optional(found) for name, found in outputs}
            case FanInStep():
                refined |= {
                    name: types.optional(self._collected(value, declared))
                    for name, value in step.output.items()
                }
        return replace(found, members={**found.members, **refined}) if refined else found

    def _collected(self, value: Value, declared: Declaration) -> Type:
        if not isinstance(value, Single):
            return self.value(value, declared)
        scope = Place(roots=self, reader=declared, key="output.")
        return infer(value.expression, scope).of(value.expression.tree)

    def results(self, fan_in: Declaration) -> Type:
        """Return the type of ``fan_in.results``: the awaited outputs, or empty objects."""
        step = self.workflow.by_path.get(fan_in.path)
        if not isinstance(step, FanInStep):
            return types.ANYTHING
        places = []
        for step_id in step.wait_for:
            awaited = self.workflow.names.find(step_id, reader=fan_in)
            is_settled = awaited is not None and awaited.order < fan_in.order
            record = self.record(awaited) if awaited is not None and is_settled else types.ANYTHING
            output = types.present(member(record, "output"))
            places.append(types.union(output, _EMPTY_OBJECT))
        return types.list_of(tuple(places))


class Place(Struct, frozen=True, kw_only=True, gc=False):
    """The names as they are seen at one key of one step.

    Shapes: `reader` is None in the workflow's outputs; `key` is that of the expression's site.
    """

    roots: Roots
    reader: Declaration | None
    key: str

    def root(self, name: str) -> Type:
        """Return the type of a root such as ``inputs``."""
        match name:
            case "inputs":
                return self.roots.inputs()
            case "context":
                is_closing = self.reader is not None and self.reader.is_closing
                return _CLOSING_CONTEXT if is_closing else _CONTEXT
            case "item" if self.reader is not None and self.reader.space is not None:
                return self.roots.item(self.reader.space)
            case "fan_in" if self.reader is not None and self.key.startswith("output."):
                return types.object_of({"results": self.roots.results(self.reader)})
        return types.ANYTHING

    def step(self, name: str) -> Type:
        """Return the type of ``steps.NAME``, which may be missing."""
        names = self.roots.workflow.names
        target = names.resolve(name, reader=self.reader)
        if target is None:
            return types.ANYTHING
        # Whether it has surely run is for the rules of the control flow to say.
        return self.roots.optional_record(target.step)


def is_plain(step: Step | None) -> bool:
    """Say whether a step leaves what every step of its kind does."""
    if not isinstance(step, ShellStep | CommandStep | PromptStep):
        return False
    return step.output_format is None and step.output_schema is None


def _plain(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    return {} if "$ref" in schema else schema


def _without_marks(output: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a schema in which what is always empty is plain text: it has a finding of its own."""
    fields = output.get("properties")
    if not isinstance(fields, Mapping) or fields.get("stdout") != ALWAYS_EMPTY:
        return output
    return {**output, "properties": {**fields, "stdout": _TEXT, "stderr": _TEXT}}
