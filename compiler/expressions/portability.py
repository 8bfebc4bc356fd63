"""Warns where an expression has another result under Spec Kit 1.2.3, or none at all.

One warning a place: what stands inside a part that is reported is reported only for reasons of
its own.
"""

from collections.abc import Callable

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.lexer import Declared, Word
from treadle.compiler.expressions.parser import Parsed, keyword_of, needs_operand
from treadle.plan.expression import Node, Op
from treadle.plan.functions import FILTERS
from treadle.plan.lazy_pattern import lazy_pattern

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
# Spec Kit finds these by the blanks beside them.
_SPACED = frozenset(("and", "or", "not", "in"))
_INDEX = lazy_pattern(r"(?<![\s)])\[-?[0-9]+\]")
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
    """Report words that Spec Kit reads otherwise, or not where they stand."""
    before: Word | None = None
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else None
        found = _form(text, before, word, after)
        is_call = word.kind == "lparen" and index > 1 and words[index - 2].kind == "pipe"
        if is_call and _is_blank(text, word.start - 1):
            found = ("a blank before '(' is allowed", "an error")
        if found is not None:
            differs(word.start, *found)
        keyword = keyword_of(word, before)
        before = Word(word.start, word.end, "keyword", keyword) if keyword else word


def _form(text: str, before: Word | None, word: Word, after: Word | None) -> tuple[str, str] | None:
    """Return what a word is here and under Spec Kit where that is not the same."""
    raw = text[word.start : word.end]
    kind = None if before is None else before.kind
    leads, trails = _is_blank(text, word.start - 1), _is_blank(text, word.end)
    match word.kind:
        case "string" if word.value != raw[1:-1]:
            return "escapes are resolved", "the text stays as written, or is null"
        case "string" if kind == "string":
            return "texts side by side are one text", "null"
        case "float" if "." not in raw:
            return f"'{raw}' is a number", "a missing name"
        case "integer" if raw[1:2].isalpha():
            return f"'{raw}' is a number", "a missing name"
        case "rparen" if kind == "lparen":
            return "empty parentheses are allowed", "an error or null"
        case "rparen" if kind == "comma":
            return "a comma before ')' is allowed", "an error or null"
        case "dot" if leads or trails:
            return "blanks beside a point are allowed", "null"
        case "add" | "sub" if needs_operand(before) and not _is_number_at(word.end, after):
            return "calculated", "null"
    keyword = keyword_of(word, before)
    if keyword not in _SPACED or kind == "pipe" or (before is not None and before.value == "is"):
        return None
    is_prefix = keyword == "not" and (after is None or after.value != "in")
    if trails and (leads or is_prefix):
        return None
    return f"'{keyword}' needs no blanks beside it", "part of a missing name"


def _is_blank(text: str, at: int) -> bool:
    """Return whether a blank stands at a place of a text."""
    return text[at : at + 1].isspace() if at >= 0 else False


def _is_number_at(at: int, word: Word | None) -> bool:
    return word is not None and word.start == at and word.kind in ("integer", "float")


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
    elif _is_member(text, node) and (
        _is_group(node.args[0]) or text[node.at - 2 : node.at - 1] == ")"
    ):
        differs(node.at, "a member of a value", "null")
    elif node.op is Op.LIST and text[node.at : node.at + 1] != "[":
        differs(node.at, "a list", "null")
    elif node.op is Op.INDEX and not _is_member(text, node):
        base = node.args[0]
        is_path = isinstance(base, Node) and (base.op is Op.NAME or _is_member(text, base))
        if not _INDEX.match(text, node.at) or not is_path:
            differs(node.at, "an index", "null")


def _is_member(text: str, node: Node) -> bool:
    """Return whether a node reads a name, or digits behind a point.

    What those are depends on the type of the value: see `checks.types_indexes`.
    """
    return node.op is Op.GET or (node.op is Op.INDEX and text[node.at] != "[")


def _is_group(node: object) -> bool:
    """Return whether the base of a member is something else than a path."""
    return isinstance(node, Node) and node.op not in (Op.NAME, Op.GET, Op.INDEX)


def _outermost_arithmetic(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the calculations that are not operands of another one."""
    found = [node for node in nodes if node.op in _ARITHMETIC]
    inner = {id(argument) for node in found for argument in node.args}
    return tuple(node for node in found if id(node) not in inner)
