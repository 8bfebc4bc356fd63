"""The expressions of a workflow with the types of their nodes and the words for messages."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.diagnostics import Span
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import Site
from treadle.compiler.typed import types
from treadle.compiler.typed.infer import Inference, infer, member, position
from treadle.compiler.typed.narrowing import Narrowed, Path, narrowed, path_of
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.roots import Place, Roots
from treadle.compiler.typed.types import Type
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Literal, Node, Op, Single, Value
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import IfStep, Kind, LoopStep

_WORD = lazy_pattern(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[+-]?\s*\d[\w.]*|[\w:-]*\w|[=!<>*/]+|.""",
    re.S,
)
_CHAIN = (Op.NAME, Op.GET, Op.INDEX)
_WORDS: Mapping[str, str] = {
    "string": "text",
    "number": "a number",
    "integer": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class TypedSite(Struct, frozen=True, kw_only=True, gc=False):
    """One expression where it stands, and what each of its nodes can be."""

    site: Site
    inference: Inference
    roots: Roots

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of the expression."""
        return self.inference.nodes

    def of(self, node: Node) -> Type:
        """Return the type of a node."""
        return self.inference.of(node)

    def declared(self, node: Node) -> Type:
        """Return the type that a node has whatever the conditions before it say of its path."""
        path = path_of(node)
        if path is None:
            return self.of(node)
        return _at(path, Place(roots=self.roots, reader=self.site.step, key=self.site.key))

    def part(self, node: Node, index: int) -> Type:
        """Return the type of one of the nodes that a node works on."""
        found = node.args[index]
        return self.of(found) if isinstance(found, Node) else types.ANYTHING

    def span(self, node: Node) -> Span:
        """Return the place of a node: a path as a whole, else its first word."""
        start, end = self._stretch(node)
        return self.site.span(start, end)

    def last_word(self, node: Node) -> Span:
        """Return the place of the word a node begins with: of a path, its last name."""
        return self.site.span(node.at, _end_of_word(self.site.expression.text, node.at))

    def words(self, node: Node) -> str:
        """Return how a message calls a node: by its path, else by what it does."""
        if node.op in _CHAIN or (node.op is Op.LITERAL and node.args[0] is not None):
            start, end = self._stretch(node)
            text = self.site.expression.text[start:end].strip()
            return text if node.op is Op.LITERAL else f"'{text}'"
        match node.op:
            case Op.FILTER:
                return f"what '{node.args[0]}' gives"
            case Op.LIST:
                return "this list"
            case _:
                return "this"

    def _stretch(self, node: Node) -> tuple[int, int]:
        text = self.site.expression.text
        end = _end_of_word(text, node.at)
        if node.op is Op.GET and text[node.at - 1 : node.at] in ("'", '"'):
            end = text.find("]", node.at) + 1 or end
        start = node
        while start.op in (Op.GET, Op.INDEX):
            base = start.args[0]
            assert isinstance(base, Node)
            start = base
        return (start.at, end) if start.op in (Op.NAME, Op.LITERAL) else (node.at, end)


class TypedWorkflow(Struct, frozen=True, kw_only=True):
    """A workflow with expressions typed. Shapes: `sites` are in the order of `workflow`."""

    workflow: Workflow
    roots: Roots
    sites: tuple[TypedSite, ...]


def type_sites(workflow: Workflow, sites: Iterable[Site] | None = None) -> TypedWorkflow:
    """Return expressions with the types of their nodes, those of the whole workflow for None."""
    roots = Roots(workflow=workflow, records=Records(workflow=workflow))
    branches = _Branches(roots=roots)
    found = []
    for site in workflow.sites if sites is None else sites:
        scope = Place(roots=roots, reader=site.step, key=site.key)
        known = branches.known(site, scope) if site.step is not None else {}
        inference = infer(site.expression, scope, known)
        found.append(TypedSite(site=site, inference=inference, roots=roots))
    return TypedWorkflow(workflow=workflow, roots=roots, sites=tuple(found))


def describe(type_: Type) -> str:
    """Return the words for what a value can be.

    >>> describe(types.TEXT), describe(types.union(types.NUMBER, types.LIST))
    ('text', 'a number or a list')
    """
    kinds = type_.kinds - {"null"} or type_.kinds
    return " or ".join(dict.fromkeys(word for kind, word in _WORDS.items() if kind in kinds))


class _Branches(Struct):
    """What the conditions around a step say is there, once for each branch."""

    roots: Roots
    _facts: dict[tuple[int, str], frozenset[Path]] = field(default_factory=dict)

    def known(self, site: Site, scope: Place) -> Narrowed:
        """Return the paths that cannot be missing at a site, with what else they can be."""
        step = site.step
        assert step is not None
        found: dict[Path, Type] = {}
        child = step
        for above in (step, *step.ancestors()):
            names = ["if"] if above is not step or site.key != "if" else []
            if above is not step and above.kind == Kind.IF:
                names.append(child.segment)
            if above is not step and above.kind == Kind.WHILE:
                names.append("then")
            for name in names:
                for path in self._paths(above, name):
                    # An inner fan-out has an item of its own.
                    if path[0] != "item" or above.space is step.space:
                        found[path] = _there(path, _at(path, scope))
            child = above
        return found

    def _paths(self, above: Declaration, name: str) -> frozenset[Path]:
        facts = self._facts.get((above.order, name))
        if facts is None:
            facts = frozenset(self._present(above, name))
            self._facts[above.order, name] = facts
        return facts

    def _present(self, above: Declaration, name: str) -> Iterator[Path]:
        """Yield the paths that are not missing when a condition comes out as it must."""
        step = self.roots.workflow.by_path.get(above.path)
        test: Value | None = None
        if name == "if":
            test = step.condition if step is not None else None
        elif isinstance(step, IfStep | LoopStep):
            test = step.test
        if test is None or isinstance(test, Literal) or not isinstance(test, Single):
            return
        tree = test.expression.tree
        scope = Place(roots=self.roots, reader=above, key="condition")
        inference = infer(test.expression, scope)
        # Text that reads false makes a condition fail that would else hold.
        if name == "else" and "string" in inference.of(tree).kinds:
            return
        for path, type_ in narrowed(tree, holds=name != "else", typed=inference.of).items():
            if "null" not in type_.kinds:
                yield path


def _at(path: Path, scope: Place) -> Type:
    root, *rest = path
    if root == "steps" and rest:
        found, rest = scope.step(str(rest[0])), rest[1:]
    else:
        found = scope.root(str(root))
    for name in rest:
        found = member(found, name) if isinstance(name, str) else _place(found, name)
    return found


def _place(found: Type, index: int) -> Type:
    return position(found, types.literal(index))


def _there(path: Path, type_: Type) -> Type:
    # The step of a loop may leave another record after the condition was looked at.
    return replace(type_, gap=None) if path[0] == "steps" else types.present(type_)


def _end_of_word(text: str, at: int) -> int:
    found = _WORD.match(text, at)
    return found.end() if found is not None else len(text)
