"""Step types that are made of steps: each is compiled once, as a workflow that its steps call.

Before and after::

    step_types:                                 workflow: {id: greet, name: greet}
      greet:                                    inputs: {who: {}}
        inputs: {who: {}}                  →    steps: [{id: say, …}]
        steps: [{id: say, …}]
    steps: [{id: hello, type: greet, …}]        steps: [{id: hello, type: workflow, …}]

The places stay those of the declaration, so that what is found there is told there.
"""

from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.composing.callees import Callee
from treadle.compiler.composing.step_types import STEP_TYPES
from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import keys, nodes
from treadle.plan.binding import MAX_DEPTH

_PARTS = ("inputs", "outputs", "steps")


class Composites(Struct, frozen=True, kw_only=True):
    """The step types of one workflow that are made of steps.

    Shapes: `compile` gives None for one with errors, which are in the report then; `around` are
    the types that are being compiled, outermost first; `known` are those that were.
    """

    compile: "CompileComposite"
    around: tuple[str, ...] = ()
    known: dict[str, Callee | None] = field(default_factory=dict)

    def named(
        self, entry: nodes.Entry, *, document: nodes.Document, at: nodes.Scalar, report: Report
    ) -> Callee | None:
        """Return the type that an entry declares, for the step that names it.

        Errors: TR333, TR351, and everything that compiling it reports.
        """
        name = str(entry.key.value)
        chain = (*self.around, name)
        if name in self.around:
            circle = " → ".join(chain[self.around.index(name) :])
            report.add("TR351", at.span, type=name, chain=circle)
            return None
        if len(chain) > MAX_DEPTH:
            report.add("TR333", at.span, id=name, chain=" → ".join(chain))
            return None
        if name not in self.known:
            inner = replace(self, around=chain)
            alone = replace(document, root=_as_workflow(document.root, entry))
            self.known[name] = self.compile(alone, inner, report)
        return self.known[name]


CompileComposite = Callable[[nodes.Document, Composites, Report], Callee | None]


def _as_workflow(root: nodes.Node, entry: nodes.Entry) -> nodes.Mapping:
    """Return the declaration of a type as the workflow that it is."""
    assert isinstance(root, nodes.Mapping) and isinstance(entry.value, nodes.Mapping)
    node, name = entry.value, entry.key
    head = [nodes.Entry(key=replace(name, value=key), value=name) for key in ("id", "name")]
    described = node.entry("description")
    head += [described] if described is not None else []
    types = root.entry(STEP_TYPES)
    assert types is not None and keys.mapping(root, STEP_TYPES) is not None
    return nodes.Mapping(
        entries=(
            nodes.Entry(
                key=replace(name, value="workflow"),
                value=nodes.Mapping(entries=tuple(head), span=name.span),
            ),
            *(found for key in _PARTS if (found := node.entry(key)) is not None),
            types,
        ),
        span=node.span,
    )
