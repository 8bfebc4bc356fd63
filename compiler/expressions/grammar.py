"""Jinja2's grammar over the words of an expression.

Jinja2's parser decides; only the nodes listed here become part of a tree, each with its exact
place. Imported only for expressions that are more than a path, since Jinja2 is slow to import.
"""

from collections.abc import Iterator, Mapping

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TOKEN_EOF, Token, TokenStream
from jinja2.parser import Parser

from treadle.compiler.expressions.lexer import MAX_DEPTH, Fault, Word
from treadle.plan.expression import Node, Op
from treadle.plan.lazy_pattern import lazy_pattern

_EXPECTED = lazy_pattern(r"\bexpected (?:token )?'(.+?)'")
_RUN_OF_SIGNS = lazy_pattern(r"[=!<>|]+")
# What signs of other languages are here.
_MEANT = {"=": "==", "===": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<=", "||": "or"}
_SIGNS = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "gteq": ">=",
    "lt": "<",
    "lteq": "<=",
    "in": "in",
    "notin": "not in",
}
_ARITHMETIC: Mapping[type[nodes.Node], Op] = {
    nodes.Add: Op.ADD,
    nodes.Sub: Op.SUBTRACT,
    nodes.Mul: Op.MULTIPLY,
    nodes.Div: Op.DIVIDE,
    nodes.FloorDiv: Op.FLOOR_DIVIDE,
    nodes.Mod: Op.REMAINDER,
    nodes.Pow: Op.POWER,
}


def grown(text: str, words: tuple[Word, ...]) -> tuple[Node, frozenset[int]]:
    """Return the tree of words, and the places of the filters in parentheses of their own.

    Shapes: there is a word, and the words are of bounded depth.
    Errors: Fault (TR401, TR403, TR406).
    """
    grammar = _Grammar(words, len(text))
    try:
        parsed = grammar.parse_expression()
        if grammar.stream.current.type != TOKEN_EOF:
            grammar.fail("something follows the expression")
    except TemplateSyntaxError as error:
        raise _syntax_fault(text, words, error) from None
    except RecursionError:
        raise Fault("TR403", words[0].start, words[0].end, MAX_DEPTH) from None
    return _Converter(words).convert(parsed, 1), frozenset(grammar.grouped)


def _syntax_fault(text: str, words: tuple[Word, ...], error: TemplateSyntaxError) -> Fault:
    """Return what Jinja2 found, in our words and at its place."""
    found = next((word for word in words if word.start >= error.lineno), None)
    expected = _EXPECTED.search(error.message or "")
    wanted = ""
    if expected is not None and "end of" not in expected[1]:
        wanted = ", expected " + ("a name" if expected[1] == "name" else f"'{expected[1]}'")
    if found is None:
        hint = None
        if text.count("{") > text.count("}"):
            hint = "put a blank between two '}' that do not end the block"
        end = len(text)
        return Fault("TR401", end, end + 2, f"the expression ends early{wanted}", hint=hint)
    sign = text[found.start : found.end]
    runs = (run for run in _RUN_OF_SIGNS.finditer(text) if run.start() <= found.start < run.end())
    meant = next((_MEANT.get(run[0]) for run in runs), None)
    hint = f"write '{meant}'" if meant is not None else None
    reason = f"unexpected '{sign[:40]}'{wanted}"
    return Fault("TR401", found.start, found.end, reason, hint=hint)


class _Grammar(Parser):
    """Jinja2's parser over our words; a token's line number is its offset."""

    def __init__(self, words: tuple[Word, ...], end: int) -> None:
        self.stream = TokenStream(_tokens(words, end), None, None)
        self.name = self.filename = None
        self.closed = False
        self.grouped: set[int] = set()

    def parse_primary(self, with_namespace: bool = False) -> nodes.Expr:
        is_group = self.stream.current.type == "lparen"
        node = super().parse_primary(with_namespace)
        if is_group and isinstance(node, nodes.Filter):
            self.grouped.add(node.lineno)
        return node

    def parse_compare(self) -> nodes.Expr:
        start = self.stream.current.lineno
        node = super().parse_compare()
        # Jinja2 notes where a comparison ends.
        if isinstance(node, nodes.Compare):
            node.lineno = start
        return node


def _tokens(words: tuple[Word, ...], end: int) -> Iterator[Token]:
    for word in words:
        yield Token(word.start, word.kind, word.value)  # type: ignore[arg-type] # numbers as Jinja2
    yield Token(end, TOKEN_EOF, "")


class _Converter:
    """Turns Jinja2's nodes into ours, counting the depth of the tree."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self._words = words
        self._index = {word.start: index for index, word in enumerate(words)}

    def convert(self, node: nodes.Node, depth: int) -> Node:
        """Return our node for one of Jinja2's, with everything below it."""
        at = node.lineno
        if depth > MAX_DEPTH:
            raise self._fault(at, "TR403", MAX_DEPTH)
        match node:
            case nodes.Const():
                return self._constant(node, at)
            case nodes.Name():
                return Node(Op.NAME, (node.name,), at)
            case nodes.Getattr():
                return Node(
                    Op.GET, (self.convert(node.node, depth + 1), node.attr), self._after(at)
                )
            case nodes.Getitem():
                return self._subscript(node, depth)
            case nodes.Filter():
                return self._function(Op.FILTER, node, at, depth)
            case nodes.Test():
                return self._function(Op.TEST, node, self._test_name(at), depth)
            case nodes.Compare():
                args: list[Node | str] = [self.convert(node.expr, depth + 1)]
                for operand in node.ops:
                    args += (_SIGNS[operand.op], self.convert(operand.expr, depth + 1))
                return Node(Op.COMPARE, tuple(args), at)
            case nodes.And() | nodes.Or():
                return self._junction(node, depth)
            case nodes.BinExpr() if type(node) in _ARITHMETIC:
                return self._branch(_ARITHMETIC[type(node)], (node.left, node.right), at, depth)
            case _:
                return self._rare(node, at, depth)

    def _rare(self, node: nodes.Node, at: int, depth: int) -> Node:
        """Convert the kinds of nodes that expressions seldom hold."""
        match node:
            case nodes.Not():
                return self._branch(Op.NOT, (node.node,), at, depth)
            case nodes.List() | nodes.Tuple():
                return self._branch(Op.LIST, node.items, at, depth)
            case nodes.Dict():
                pairs = [part for pair in node.items for part in (pair.key, pair.value)]
                return self._branch(Op.OBJECT, pairs, at, depth)
            case nodes.Neg() | nodes.Pos():
                return self._signed(node, at, depth)
            case nodes.Concat():
                return self._branch(Op.CONCAT, node.nodes, at, depth)
            case nodes.CondExpr():
                parts = self._branch(Op.IF, (node.test, node.expr1), at, depth).args
                other = None if node.expr2 is None else self.convert(node.expr2, depth + 1)
                return Node(Op.IF, (*parts, other), at)
            case nodes.Call():
                raise self._fault(at, "TR406", "a call", hint=_call_hint(node))
            case _:
                raise self._fault(at, "TR406", "this")

    def _branch(
        self, op: Op, children: "list[nodes.Expr] | tuple[nodes.Expr, ...]", at: int, depth: int
    ) -> Node:
        return Node(op, tuple(self.convert(child, depth + 1) for child in children), at)

    def _constant(self, node: nodes.Const, at: int) -> Node:
        value: None | bool | int | float | str = node.value
        return Node(Op.LITERAL, (value,), at)

    def _signed(self, node: nodes.Neg | nodes.Pos, at: int, depth: int) -> Node:
        """Return a sign and its operand; a number with a sign is a number."""
        inner = self.convert(node.node, depth + 1)
        is_negative = isinstance(node, nodes.Neg)
        number = inner.args[0] if inner.op is Op.LITERAL else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            return Node(Op.LITERAL, (-number if is_negative else number,), at)
        return Node(Op.NEGATE if is_negative else Op.PLUS, (inner,), at)

    def _subscript(self, node: nodes.Getitem, depth: int) -> Node:
        """Return a member, a position or a slice; a name in quotes is a member like any other."""
        at = node.lineno
        value = self.convert(node.node, depth + 1)
        match node.arg:
            case nodes.Const(value=str() as name):
                return Node(Op.GET, (value, name), node.arg.lineno + 1)
            case nodes.Slice():
                bounds = (node.arg.start, node.arg.stop, node.arg.step)
                args = [None if one is None else self.convert(one, depth + 1) for one in bounds]
                return Node(Op.SLICE, (value, *args), at)
            case nodes.Tuple():
                raise self._fault(at, "TR401", "the brackets need one index")
            case _:
                # In ``tags.0`` the position stands for itself, in ``tags[0]`` its bracket.
                place = self._after(at) if self._words[self._index[at]].kind == "dot" else at
                return Node(Op.INDEX, (value, self.convert(node.arg, depth + 1)), place)

    def _function(self, op: Op, node: nodes.Filter | nodes.Test, at: int, depth: int) -> Node:
        """Return a filter or a test with its arguments."""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._fault(at, "TR406", "'*'")
        value = self.convert(node.node, depth + 1)  # type: ignore[arg-type] # only blocks lack one
        arguments = (self.convert(argument, depth + 1) for argument in node.args)
        keywords = tuple(
            (str(pair.key), self.convert(pair.value, depth + 1))
            for pair in node.kwargs
            if isinstance(pair, nodes.Keyword)
        )
        return Node(op, (node.name, value, *arguments), at, keywords)

    def _junction(self, node: nodes.And | nodes.Or, depth: int) -> Node:
        """Return a chain of ``and`` or ``or`` as a balanced tree: it means the same."""
        kind = type(node)
        operands: list[nodes.Expr] = []
        places: list[int] = []
        rest: nodes.Expr = node
        while isinstance(rest, kind):
            operands.append(rest.right)
            places.append(rest.lineno)
            rest = rest.left
        operands = [rest, *reversed(operands)]
        places.reverse()
        below = depth + (len(operands) - 1).bit_length()
        leaves = [self.convert(operand, below) for operand in operands]
        return balanced(Op.AND if kind is nodes.And else Op.OR, leaves, places)

    def _after(self, at: int) -> int:
        """Return where the word after the one at `at` starts."""
        return self._words[self._index[at] + 1].start

    def _test_name(self, at: int) -> int:
        """Return where the name of a test starts whose ``is`` stands at `at`."""
        index = self._index[at] + 1
        return self._words[index + 1 if self._words[index].value == "not" else index].start

    def _fault(self, at: int, code: str, detail: str | int, *, hint: str | None = None) -> Fault:
        return Fault(code, at, self._words[self._index[at]].end, detail, hint=hint)


def balanced(op: Op, leaves: list[Node], places: list[int]) -> Node:
    """Return a tree of little depth over operands; `places` are those of what joins them."""
    if len(leaves) == 1:
        return leaves[0]
    middle = len(leaves) // 2
    left = balanced(op, leaves[:middle], places[: middle - 1])
    right = balanced(op, leaves[middle:], places[middle:])
    return Node(op, (left, right), places[middle - 1])


def _call_hint(node: nodes.Call) -> str:
    if isinstance(node.node, nodes.Getattr):
        return f"is there a filter for it, as in '| {node.node.attr}'?"
    return "use filters: 'VALUE | FILTER'"
