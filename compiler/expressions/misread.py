"""What Spec Kit makes of text that is no expression; lenient mode takes it for the same.

Spec Kit 1.2.3 splits a text at its signs: first at `|`, then at `or`, `and`, `not`, at last at one
comparison. What is left is a literal, a list, a path or the name of a missing value. Its quotes
know no escapes, its brackets close each other whatever their kind, and a filter that it cannot
read fails when it is reached.
"""

import re

from msgspec import Struct

from treadle.compiler.diagnostics import START, Report
from treadle.compiler.expressions.calls import nodes_of
from treadle.compiler.expressions.grammar import balanced
from treadle.compiler.expressions.lexer import MAX_DEPTH, MAX_WORDS, Declared, Fault
from treadle.compiler.expressions.parser import parse
from treadle.compiler.expressions.portability import check_portability
from treadle.plan.expression import Node, Op
from treadle.plan.functions import FILTERS
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.signature import argument_fault, missing_fault

_LONGEST = 4 * MAX_WORDS
_QUOTED = lazy_pattern(r"'[^']*'?|\"[^\"]*\"?")
_QUOTED_OR_BLANK = lazy_pattern(r"'[^']*'?|\"[^\"]*\"?|\s")
_FILTER = lazy_pattern(r"(\w+)(?:\((.+)\))?")
# The first of these that occurs splits a text, the comparisons where they first occur.
_JUNCTIONS = {" +or +": Op.OR, " +and +": Op.AND}
_SIGNS = {
    **{"!=": "!=", "==": "==", ">=": ">=", "<=": "<=", ">": ">", "<": "<"},
    **{"not in": " +not +in +", "in": " +in +"},
}
_HIDDEN = "\0"


class _Part(Struct, frozen=True):
    """A part of a text, without blanks around it.

    Units: `at` is its offset in the whole; `depth` is how deep its tree may be.
    """

    text: str
    at: int
    depth: int
    declared: Declared

    @property
    def shown(self) -> str:
        """The text with all that stands in quotes or brackets hidden."""
        found = []
        level = 0
        for sign in _unquoted(self.text):
            level = max(0, level - (sign in ")]}"))
            found.append(_HIDDEN if level or sign in "([{)]}" else sign)
            level += sign in "([{"
        return "".join(found)

    def cut(self, start: int, end: int, depth: int = 1) -> "_Part":
        """Return a smaller part, whose tree stands `depth` below the one of this part."""
        text = self.text[start:end]
        at = self.at + start + len(text) - len(text.lstrip())
        return _Part(text.strip(), at, self.depth - depth, self.declared)

    def split(self, pattern: str, shown: str, depth: int) -> "list[_Part]":
        """Return the parts between the places where a sign shows."""
        places = [found.span() for found in re.finditer(pattern, shown)]
        starts = (0, *(end for _, end in places))
        ends = (*(start for start, _ in places), len(shown))
        return [self.cut(start, end, depth) for start, end in zip(starts, ends, strict=True)]


def misread(text: str, declared: Declared) -> Node:
    """Return the tree of what Spec Kit reads; text that is far too long is a missing name.

    >>> node = misread("inputs.a !== 'b'", Declared(steps=frozenset(), inputs=frozenset()))
    >>> node.args[1], node.args[2].args
    ('!=', (None,))
    """
    plain = _QUOTED_OR_BLANK.sub(lambda found: found[0] if found[0].strip() else " ", text)
    whole = _Part(plain, 0, MAX_DEPTH if len(text) <= _LONGEST else 0, declared)
    return _tree(whole.cut(0, len(plain), 0))


def _tree(part: _Part) -> Node:
    text, end = part.text, len(part.text)
    if not text or part.depth <= 0:
        return _missing(part)
    if text[0] in "'\"" and text.find(text[0], 1) == end - 1:
        return Node(Op.LITERAL, (text[1:-1],), part.at)
    if _is_group(text, "(", ")"):
        return _tree(part.cut(1, end - 1))
    shown = part.shown
    if "|" in shown:
        return _filtered(part, shown)
    for pattern, op in _JUNCTIONS.items():
        if count := len(re.findall(pattern, shown)):
            return _junction(op, part, part.split(pattern, shown, 2 + count.bit_length()))
    if shown.startswith("not "):
        return Node(Op.NOT, (_tree(part.cut(4, end)),), part.at)
    for sign, pattern in _SIGNS.items():
        if found := re.search(pattern, shown):
            sides = _tree(part.cut(0, found.start())), _tree(part.cut(found.end(), end))
            return Node(Op.COMPARE, (sides[0], sign, sides[1]), part.at)
    if _is_group(text, "[({", "])}"):
        items = part.cut(1, end - 1)
        listed = items.split(",", items.shown, 1)
        return Node(Op.LIST, tuple(_tree(item) for item in listed if item.text), part.at)
    return _operand(part)


def _filtered(part: _Part, shown: str) -> Node:
    """Return a value and its filters; Spec Kit refuses a value with a sign in it."""
    value, *calls = part.split(r"\|", shown, shown.count("|") + 1)
    if value.depth <= 0:
        return _missing(part)
    before = value.shown
    signs = (*_JUNCTIONS, *_SIGNS.values())
    is_ambiguous = before.startswith("not ") or any(re.search(sign, before) for sign in signs)
    node = _tree(value)
    for call in calls:
        node = _refused(node, call) if is_ambiguous else _call(node, call)
    return node


def _call(value: Node, call: _Part) -> Node:
    """Return a filter with no argument or one, as Spec Kit knows it."""
    found = _FILTER.fullmatch(call.text)
    function = FILTERS.get(found[1]) if found is not None else None
    if found is None or function is None or not function.is_portable:
        return _refused(value, call)
    if found[2] is None:
        fault = missing_fault(function, given=frozenset())
        return _refused(value, call) if fault else Node(Op.FILTER, (found[1], value), call.at)
    argument = call.cut(*found.span(2))
    fault = argument_fault(function, positional=1, keywords=frozenset())
    if fault or "," in argument.shown:
        return _refused(value, call)
    return Node(Op.FILTER, (found[1], value, _tree(argument)), call.at)


def _refused(value: Node, call: _Part) -> Node:
    """Return a filter of a name that no filter has, which fails when it is reached."""
    return Node(Op.FILTER, (f"| {call.text}", value), call.at)


def _junction(op: Op, part: _Part, operands: list[_Part]) -> Node:
    """Return operands with ``and`` or ``or`` between them; the result is true or false."""
    leaves = [_tree(operand) for operand in operands]
    node = balanced(op, leaves, [leaf.at for leaf in leaves[1:]])
    return Node(Op.NOT, (Node(Op.NOT, (node,), part.at),), part.at)


def _operand(part: _Part) -> Node:
    """Return a path or a literal; what only treadle reads is the name of a missing value."""
    # Blanks in front of a part let its places be those of the whole.
    text = " " * part.at + part.text
    try:
        parsed = parse(text, part.declared)
    except Fault:
        return _missing(part)
    found = Report(lenient=True)
    check_portability(
        text,
        parsed,
        nodes=nodes_of(parsed.tree),
        is_condition=False,
        declared=part.declared,
        place=lambda at: START,
        report=found,
    )
    return _missing(part) if found.diagnostics else parsed.tree


def _missing(part: _Part) -> Node:
    return Node(Op.LITERAL, (None,), part.at)


def _is_group(text: str, opening: str, closing: str) -> bool:
    """Return whether the bracket that opens a text is closed by its last sign.

    Shapes: the first of `opening` and of `closing` are the ones that a group begins and ends with.
    """
    if text[0] != opening[0] or text[-1] != closing[0]:
        return False
    level = 0
    for place, sign in enumerate(_unquoted(text)):
        level += (sign in opening) - (sign in closing)
        if level == 0:
            return place == len(text) - 1
    return False


def _unquoted(text: str) -> str:
    """Return a text with all that stands in quotes hidden."""
    return _QUOTED.sub(lambda found: _HIDDEN * len(found[0]), text)
