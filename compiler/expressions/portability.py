"""Warns where an expression has another result under Spec Kit 1.2.3, or none at all.

One warning a place: what stands inside a part that is reported is reported only for reasons of
its own.
"""

from collections.abc import Callable

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.lexer import Declared, Word
from treadle.compiler.expressions.parser import Parsed
from treadle.plan.expression import Node, Op
from treadle.plan.functions import FILTERS

_ARITHMETIC = frozenset(
    (
        Op.ADD,
        Op.SUBTRACT,
        Op.MULTIPLY,
        Op.DIVIDE,
        Op.FLOOR_DIVIDE,
        Op.REMAINDER,
        Op.POWER,
        Op.NEGATE,
        Op.PLUS,
        Op.CONCAT,
    )
)
_JUNCTIONS = frozenset((Op.AND, Op.OR))
_OPERATORS = frozenset((Op.COMPARE, Op.NOT, *_JUNCTIONS))
_ALWAYS_BOOLEAN = frozenset((Op.COMPARE, Op.NOT, Op.TEST))
_OTHERS = {
    Op.OBJECT: "an object",
    Op.SLICE: "a slice",
    Op.IF: "a conditional value",
}


def check_portability(
    text: str,
    parsed: Parsed,
    *,
    nodes: tuple[Node, ...],
    is_condition: bool,
    declared: Declared,
    place: Callable[[int], Span],
    report: Report,
) -> None:
    """Report what Spec Kit reads otherwise (TR407) or does not know (TR217)."""

    def differs(at: int, here: str, there: str) -> None:
        report.add("TR407", place(at), here=here, there=there)

    _check_words(text, parsed.words, differs)
    _check_results(parsed.tree, not is_condition, declared, differs)
    for node in nodes:
        _check_grouping(node, parsed.grouped, differs)
        _check_form(text, node, differs)
        if node.op is Op.TEST:
            report.add("TR217", place(node.at), key=f"is {node.args[0]}")
        elif node.op is Op.FILTER:
            function = FILTERS.get(str(node.args[0]))
            if function is not None and not function.is_portable:
                report.add("TR217", place(node.at), key=function.name)
    for node in _outermost_arithmetic(nodes):
        differs(node.at, "calculated", "null")


_Differs = Callable[[int, str, str], None]


def _check_words(text: str, words: tuple[Word, ...], differs: _Differs) -> None:
    """Report literals that Spec Kit reads otherwise, and empty parentheses behind a filter."""
    for before, word in zip((None, *words), words, strict=False):
        raw = text[word.start : word.end]
        kind = None if before is None else before.kind
        if word.kind == "string" and word.value != raw[1:-1]:
            differs(word.start, "escapes are resolved", "the text stays as written, or is null")
        elif word.kind == "string" and kind == "string":
            differs(word.start, "texts side by side are one text", "null")
        elif word.kind == "float" and "." not in raw:
            differs(word.start, f"'{raw}' is a number", "a missing name")
        elif word.kind == "rparen" and kind == "lparen":
            differs(word.start, "empty parentheses are allowed", "an error or null")


def _check_results(tree: Node, is_value: bool, declared: Declared, differs: _Differs) -> None:
    """Report each outermost ``and`` and ``or`` whose operand comes out as a value."""
    pending = [(tree, is_value)]
    while pending:
        node, is_value = pending.pop()
        if node.op in _JUNCTIONS and is_value and not _is_boolean(node, declared):
            name = node.op.value
            differs(node.at, f"'{name}' gives the deciding operand", "true or false")
            is_value = False
        below_is_value = is_value if node.op in _JUNCTIONS else node.op is not Op.NOT
        below = [argument for argument in node.args if isinstance(argument, Node)]
        below += (argument for _, argument in node.keywords)
        for index, child in enumerate(below):
            is_test_of_if = node.op is Op.IF and index == 0
            pending.append((child, below_is_value and not is_test_of_if))


def _is_boolean(node: Node, declared: Declared) -> bool:
    """Return whether a node is known to be true or false and nothing else."""
    if node.op in _JUNCTIONS:
        return all(_is_boolean(part, declared) for part in node.args if isinstance(part, Node))
    if node.op is Op.LITERAL:
        return isinstance(node.args[0], bool)
    if node.op is Op.FILTER:
        function = FILTERS.get(str(node.args[0]))
        return function is not None and function.result == "boolean"
    if node.op is Op.GET and node.args[1] in declared.booleans:
        root = node.args[0]
        return isinstance(root, Node) and root.op is Op.NAME and root.args[0] == "inputs"
    return node.op in _ALWAYS_BOOLEAN


def _check_grouping(node: Node, grouped: frozenset[int], differs: _Differs) -> None:
    """Report filters beside an operator without parentheses, and chains of comparisons."""
    if node.op not in _OPERATORS:
        return
    for operand in node.args:
        if not isinstance(operand, Node) or operand.op is not Op.FILTER:
            continue
        if operand.at not in grouped:
            name = operand.args[0]
            differs(operand.at, f"'| {name}' belongs to its operand only", "an error")
    if node.op is Op.COMPARE and len(node.args) > 3:
        differs(node.at, "the comparisons are chained", "the first sign splits the expression")


def _check_form(text: str, node: Node, differs: _Differs) -> None:
    """Report the forms that Spec Kit takes for the name of a missing value."""
    if node.op in _OTHERS:
        differs(node.at, _OTHERS[node.op], "null")
    elif node.op is Op.GET and node.at > 0 and text[node.at - 1] in "'\"":
        differs(node.at, "a name in brackets is a member", "null")
    elif node.op is Op.GET and _is_group(node.args[0]):
        differs(node.at, "a member of a value", "null")
    elif node.op is Op.LIST and text[node.at : node.at + 1] != "[":
        differs(node.at, "a list", "null")
    elif node.op is Op.INDEX:
        base, index = node.args
        is_path = isinstance(base, Node) and base.op in (Op.NAME, Op.GET)
        is_number = isinstance(index, Node) and index.op is Op.LITERAL
        if text[node.at] != "[" or not is_number or not is_path:
            differs(node.at, "an index", "null")


def _is_group(node: object) -> bool:
    """Return whether the base of a member is something else than a path."""
    return isinstance(node, Node) and node.op not in (Op.NAME, Op.GET, Op.INDEX)


def _outermost_arithmetic(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the calculations that are not operands of another one."""
    found = [node for node in nodes if node.op in _ARITHMETIC]
    inner = {id(argument) for node in found for argument in node.args}
    return tuple(node for node in found if id(node) not in inner)
