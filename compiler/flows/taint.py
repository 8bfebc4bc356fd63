"""Which values from outside an expression's result is made of, and where they come in.

From outside is what the author of the workflow does not write: the value of an input, what a
program or an agent prints, what a person types at a gate. It is followed through expressions,
items, arguments and fan-ins; what is proven to be the author's own is left out.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.flows.origins import (
    ANY_SIGN,
    Inflow,
    Names,
    Origin,
    followed,
    narrowed,
    opened,
)
from treadle.compiler.flows.printed import is_known
from treadle.compiler.flows.proven import NOTHING, Proven, path_of, proven_at, when_false, when_true
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import Declaration, may_have_run
from treadle.compiler.steps.sites import Site
from treadle.compiler.typed.outputs import ANYTHING, Schema, member
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.types import narrowest_schema
from treadle.compiler.workflow import Workflow
from treadle.plan import steps as plan
from treadle.plan.binding import RESERVED
from treadle.plan.expression import Json, Literal, Node, Op, Text, Value, expressions
from treadle.plan.functions import FILTERS
from treadle.plan.inputs import SECRET_KEY

# A value can be handed on from step to step; what is further away is left out.
MAX_DISTANCE = 12
# One place in a text needs one reason, not all of them.
MAX_ORIGINS = 16

_PLAIN_RESULTS = frozenset(("boolean", "integer", "number"))
_CLEANING = frozenset(("float", "int", "shquote", "urlencode"))
_CHOOSING = frozenset(("first", "last", "max", "min"))
_OPENING = frozenset(("dictsort", "from_json", "groupby", "items"))
_PLAIN_OPERATORS = frozenset(
    (Op.LITERAL, Op.TEST, Op.NOT, Op.COMPARE, Op.SUBTRACT, Op.DIVIDE, Op.FLOOR_DIVIDE, Op.POWER)
)
_QUOTES = ("'", '"')
_PRINTED = ("stdout", "stderr", "data")
_TYPED = ("comment", "by")


class Taint(Struct):
    """Follows values through a workflow; each output is looked at once."""

    workflow: Workflow
    _records: Records
    _known: dict[tuple[int, int, Names], tuple[Origin, ...]] = field(default_factory=dict)
    _own: dict[int, bool] = field(default_factory=dict)
    _distance: int = 0

    @staticmethod
    def of(workflow: Workflow) -> "Taint":
        """Look at what shell steps print in the order of writing: most read earlier ones."""
        taint = Taint(workflow, Records(workflow=workflow))
        for declared in workflow.names.declarations:
            step = workflow.by_path.get(declared.path)
            # What others print is found when somebody asks: they read no further step.
            if isinstance(step, plan.ShellStep) and isinstance(step.run, Text):
                taint._is_own(step.run, declared)
        return taint

    def inflows(self, site: Site) -> tuple[Inflow, ...]:
        """Return the values from outside in the result of an expression, in source order."""
        return self.inflows_of(site.expression.tree, site.step)

    def inflows_of(self, tree: Node, reader: Declaration | None) -> tuple[Inflow, ...]:
        """Return the same for a part of an expression, read by a step."""
        proven = proven_at(self.workflow, reader) if reader is not None else NOTHING
        found = {(i.start, i.origin.span): i for i in self._of_node(tree, reader, proven)}
        return tuple(sorted(found.values(), key=lambda i: i.start))[:MAX_ORIGINS]

    def _of_node(
        self, node: Node, reader: Declaration | None, proven: Proven
    ) -> tuple[Inflow, ...]:
        parts = [part for part in node.args if isinstance(part, Node)]
        match node.op:
            case operator if operator in _PLAIN_OPERATORS:
                return ()
            case Op.NAME | Op.GET | Op.INDEX:
                return self._of_name(node, reader, proven)
            case Op.FILTER:
                return self._of_filter(node, reader, proven)
            case Op.AND:
                # What ends an 'and' early is empty or zero.
                return self._of_node(parts[1], reader, proven | when_true(parts[0]))
            case Op.IF:
                first = self._of_node(parts[1], reader, proven | when_true(parts[0]))
                other = parts[2:] and self._of_node(parts[2], reader, proven | when_false(parts[0]))
                return (*first, *other)
            case Op.SLICE:
                return self._of_node(parts[0], reader, proven)
            case Op.LIST | Op.OBJECT:
                return opened(self._of_nodes(parts, reader, proven))
        return self._of_nodes(parts, reader, proven)

    def _of_nodes(
        self, nodes: Iterable[Node], reader: Declaration | None, proven: Proven
    ) -> tuple[Inflow, ...]:
        return tuple(i for node in nodes for i in self._of_node(node, reader, proven))

    def _of_filter(
        self, node: Node, reader: Declaration | None, proven: Proven
    ) -> tuple[Inflow, ...]:
        name, (value, *arguments) = node.args[0], [a for a in node.args if isinstance(a, Node)]
        known = FILTERS.get(str(name))
        if known is None or known.result in _PLAIN_RESULTS or name in _CLEANING:
            return ()
        if name == "replace" and arguments[0].op is Op.LITERAL and arguments[0].args[0] in _QUOTES:
            # Somebody quotes by hand: whether it is right cannot be told from here.
            return ()
        inflows = self._of_node(value, reader, proven)
        if name in _CHOOSING:
            return narrowed(inflows, (None,))
        if name == "map":
            attribute = arguments[0].args[0] if arguments else None
            names = str(attribute).split(".") if isinstance(attribute, str) else [None]
            return opened(narrowed(inflows, (None, *names)), is_list=True)
        given = (*arguments, *(argument for _, argument in node.keywords))
        inflows += self._of_nodes(given, reader, proven)
        return opened(inflows) if name in _OPENING else inflows

    def _of_name(
        self, node: Node, reader: Declaration | None, proven: Proven
    ) -> tuple[Inflow, ...]:
        path = path_of(node)
        if path is not None and any(path[:end] in proven for end in range(2, len(path) + 1)):
            return ()
        if path in proven:
            return ()
        names: list[str | int | None] = []
        members: list[Node] = []
        while node.op in (Op.GET, Op.INDEX):
            names.append(_name(node))
            members.append(node)
            base = node.args[0]
            assert isinstance(base, Node)
            node = base
        names.reverse()
        if node.op is not Op.NAME:
            return narrowed(self._of_node(node, reader, proven), tuple(names))
        root = str(node.args[0])
        mark, text = node, root
        if root in ("inputs", "steps") and names and isinstance(names[0], str):
            mark, text = members[-1], names[0]
        return tuple(
            Inflow(
                origin=origin, path=_leading(root, names), start=mark.at, end=mark.at + len(text)
            )
            for origin in self._of_root(root, tuple(names), reader)
        )

    def _of_root(self, root: str, names: Names, reader: Declaration | None) -> tuple[Origin, ...]:
        first = names[0] if names else None
        if root == "inputs":
            chosen = (first,) if isinstance(first, str) else self.workflow.input_names
            return followed((o for name in chosen for o in self._of_input(name)), names[1:])
        if root == "steps" and isinstance(first, str) and names[1:2] == ("output",):
            target = self.workflow.names.resolve(first, reader=reader)
            if target is None or not may_have_run(target, reader=reader, key=""):
                return ()
            return self._of_output(target.step, names[2:])
        if root == "item" and reader is not None and reader.space is not None:
            fan_out = self.workflow.by_path.get(reader.space.path)
            if isinstance(fan_out, plan.FanOutStep):
                return self._of_value(fan_out.items, reader.space, (None, *names))
        if root == "fan_in" and reader is not None:
            return self._of_output(reader, names)
        return ()

    def _of_input(self, name: str) -> tuple[Origin, ...]:
        schema = self.workflow.input_schema(name)
        declared = keys.mapping(self.workflow.root, "inputs")
        entry = declared.entry(name) if declared is not None else None
        # A secret outside of 'env' is a finding of its own, and so is a broken declaration.
        if not schema or entry is None or schema.get(SECRET_KEY) is True:
            return ()
        what, remark = f"the input '{name}'", "whoever starts a run may give it any text"
        origin = Origin(what=what, span=entry.key.span, remark=remark, schema=schema, root=schema)
        return (origin,)

    def _of_output(self, step: Declaration, names: Names) -> tuple[Origin, ...]:
        """Return what comes from outside in the output of a step."""
        # How far off a step is decides how far it is followed, so this belongs to the question.
        key = (self._distance, step.order, names)
        if key not in self._known:
            self._known[key] = ()
            if self._distance < MAX_DISTANCE:
                self._distance += 1
                self._known[key] = self._of_step(step, names)[:MAX_ORIGINS]
                self._distance -= 1
        return self._known[key]

    def _of_step(self, declared: Declaration, names: Names) -> tuple[Origin, ...]:
        first = names[0] if names else None
        match self.workflow.by_path.get(declared.path):
            case plan.ShellStep() as step:
                is_own = self._is_own(step.run, declared)
                remark = "what it prints is not known before the run"
                return () if is_own else self._left(declared, names, _PRINTED, remark)
            case plan.CommandStep(input=handed) if first == "input" and names[1:]:
                return self._of_value(handed.get(str(names[1])), declared, names[2:])
            case plan.PromptStep(prompt=text) if first == "prompt":
                return self._of_value(text, declared, names[1:])
            case plan.CommandStep(capture=True) | plan.PromptStep(capture=True):
                return self._left(declared, names, _PRINTED, "an agent may answer anything")
            case plan.WorkflowStep() if first not in RESERVED:
                return self._of_call(declared, names)
            case plan.GateStep(message=text) if first == "message":
                return self._of_value(text, declared, names[1:])
            case plan.GateStep():
                return self._left(declared, names, _TYPED, "a person may type anything here")
            case plan.SwitchStep(expression=value) if first == "expression_value":
                return self._of_value(value, declared, names[1:])
            case plan.FanOutStep(items=items) if first == "items":
                return self._of_value(items, declared, names[1:])
            case plan.FanOutStep() if first == "results":
                template = self.workflow.names.children(declared)[0]
                return self._of_results((template,), names)
            case plan.FanInStep(output=output) if isinstance(first, str) and first in output:
                return self._of_value(output[first], declared, names[1:])
            case plan.FanInStep(wait_for=awaited) if first == "results":
                chosen = awaited
                if names[1:] and isinstance(position := names[1], int):
                    chosen = awaited[position : position + 1] if position >= 0 else awaited
                found = (self.workflow.names.find(each, reader=declared) for each in chosen)
                return self._of_results((step for step in found if step is not None), names)
        return ()

    def _of_results(self, steps: Iterable[Declaration], names: Names) -> tuple[Origin, ...]:
        found = tuple(o for step in steps for o in self._of_output(step, names[2:]))
        if names[1:]:
            return found
        return tuple(replace(o, schema={"type": "array", "items": o.schema}) for o in found)

    def _of_call(self, call: Declaration, names: Names) -> tuple[Origin, ...]:
        """Return what the workflow gives that a step calls, by its outputs' schemas and types."""
        callee = self.workflow.callees.get(call.path)
        schema: Schema = ANYTHING
        if callee is not None:
            known = {
                name: dict(output.schema) if output.schema is not None else narrowest_schema(found)
                for (name, output), found in zip(
                    callee.plan.outputs.items(), callee.output_types.values(), strict=True
                )
            }
            schema = {"type": "object", "properties": known, "additionalProperties": False}
        origin = Origin(
            what=f"the output of step '{call.id}'",
            span=call.span,
            remark="what the workflow gives is not known before the run",
            schema=schema,
            root=ANYTHING,
        )
        return followed((origin,), names)

    def _left(
        self, step: Declaration, names: Names, fields: tuple[str, ...], remark: str
    ) -> tuple[Origin, ...]:
        output = self._records.output(step)
        found = {name: member(output, name) for name in fields}
        known: dict[str, Json] = {n: dict(s) for n, s in found.items() if s is not None}
        data = known.get("data")
        origin = Origin(
            what=f"the output of step '{step.id}'",
            span=step.span,
            remark=remark,
            schema={"type": "object", "properties": known, "additionalProperties": False},
            root=data if names[:1] == ("data",) and isinstance(data, Mapping) else ANYTHING,
        )
        return followed((origin,), names)

    def _of_value(
        self, value: Value | None, reader: Declaration, names: Names
    ) -> tuple[Origin, ...]:
        """Return what comes from outside in a value that a step hands on."""
        found = expressions(value) if value is not None else ()
        origins = tuple(i.origin for e in found for i in self.inflows_of(e.tree, reader))
        return followed(origins, names)

    def _is_own(self, run: Value, step: Declaration) -> bool:
        """Tell whether a shell step prints nothing that comes from outside."""
        known = self._own.get(step.order)
        if known is None:
            # A step that prints what it printed itself in the round before proves nothing.
            self._own[step.order] = False
            known = self._own[step.order] = self._prints_own(run, step)
        return known

    def _prints_own(self, run: Value, step: Declaration) -> bool:
        match run:
            case Literal(str() as text):
                return is_known(text)
            case Text(parts):
                text = "".join(part if isinstance(part, str) else "x" for part in parts)
                origins = self._of_value(run, step, ()) if is_known(text) else ()
                return is_known(text) and not any(o.may_hold(ANY_SIGN) for o in origins)
        return False


def _name(node: Node) -> str | int | None:
    """Return the member that a node reads, None for a computed one."""
    name = node.args[1]
    if node.op is Op.GET:
        return str(name)
    value = name.args[0] if isinstance(name, Node) and name.op is Op.LITERAL else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _leading(root: str, names: Iterable[str | int | None]) -> tuple[str, ...]:
    path = [root]
    for name in names:
        if not isinstance(name, str):
            break
        path.append(name)
    return tuple(path)
