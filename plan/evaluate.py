"""The evaluator: expression trees over plain JSON data.

It reaches nothing but the names it is given. A missing value is null; what cannot be done is an
EvaluationError and never another exception.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.plan.arithmetic import calculate, negate, plus
from treadle.plan.comparison import compare
from treadle.plan.expression import (
    Expression,
    Json,
    ListOf,
    Literal,
    Node,
    ObjectOf,
    Op,
    Single,
    Text,
    Value,
)
from treadle.plan.functions import FILTERS, TESTS
from treadle.plan.limits import Refusal, check_text_size
from treadle.plan.signature import Function, invoke
from treadle.plan.text import kind_of
from treadle.plan.text_filters import bounded_text

_Names: TypeAlias = Mapping[str, Json]
_Argument: TypeAlias = Node | None | bool | int | float | str


class EvaluationError(Exception):
    """An expression that cannot be evaluated with these values.

    Units: `at` is a character offset into the text of the expression.
    """

    def __init__(self, message: str, at: int, expression: Expression | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.expression = expression


def evaluate(expression: Expression, names: _Names) -> Json:
    """Return the value of an expression.

    Shapes: `names` maps the roots (inputs, steps, item, …) to JSON data or views of it.
    Errors: EvaluationError.
    """
    try:
        return _RULES[expression.tree.op](expression.tree, names)
    except EvaluationError as error:
        error.expression = expression
        raise
    except RecursionError:
        message = "these values are nested too deeply"
        raise EvaluationError(message, expression.tree.at, expression) from None


def render(value: Value, names: _Names) -> Json:
    """Return what a value of a plan comes to; text with blocks comes to text.

    Errors: EvaluationError.
    """
    match value:
        case Literal():
            return value.value
        case Single():
            return evaluate(value.expression, names)
        case Text():
            return _text(value, names)
        case ObjectOf():
            return {key: render(member, names) for key, member in value.members.items()}
        case ListOf():
            return [render(item, names) for item in value.items]


def holds(value: Value, names: _Names) -> bool:
    """Return whether a condition holds; text that reads true or false counts as that.

    Errors: EvaluationError.
    """
    result = render(value, names)
    if isinstance(result, str):
        word = result.strip().lower()
        if word in ("true", "false"):
            return word == "true"
    return bool(result)


def _text(value: Text, names: _Names) -> str:
    """Return text with every block replaced by the text of its value."""
    parts: list[str] = []
    size = 0
    for part in value.parts:
        if isinstance(part, str):
            parts.append(part)
        else:
            result = evaluate(part, names)
            try:
                parts.append(bounded_text(result))
                check_text_size(size + len(parts[-1]))
            except (Refusal, RecursionError) as refusal:
                message = str(refusal) if isinstance(refusal, Refusal) else "nested too deeply"
                raise EvaluationError(message, part.tree.at, part) from None
        size += len(parts[-1])
    return "".join(parts)


def _of(node: _Argument, names: _Names) -> Json:
    """Return the value of a node."""
    return _RULES[node.op](node, names)  # type: ignore[union-attr, arg-type] # a tree holds nodes here


def _literal(node: Node, names: _Names) -> Json:
    return node.args[0]  # type: ignore[return-value] # a literal holds a value, not a node


def _name(node: Node, names: _Names) -> Json:
    return names.get(node.args[0])  # type: ignore[arg-type] # a name holds text


def _get(node: Node, names: _Names) -> Json:
    value = _of(node.args[0], names)
    if type(value) is dict or isinstance(value, Mapping):
        return value.get(node.args[1])  # type: ignore[arg-type] # a member's name is text
    return None


def _index(node: Node, names: _Names) -> Json:
    value, key = _of(node.args[0], names), _of(node.args[1], names)
    if isinstance(value, Mapping):
        return value.get(str(key)) if isinstance(key, str | int) else None
    if isinstance(value, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else None
    return None


def _slice(node: Node, names: _Names) -> Json:
    value = _of(node.args[0], names)
    bounds: list[int | None] = []
    for argument in node.args[1:]:
        bound = None if argument is None else _of(argument, names)
        if bound is not None and not isinstance(bound, int):
            raise EvaluationError(f"a slice needs whole numbers, not {kind_of(bound)}", node.at)
        bounds.append(bound)
    if bounds[2] == 0:
        raise EvaluationError("the step of a slice must not be 0", node.at)
    return value[slice(*bounds)] if isinstance(value, list | str) else None


def _list(node: Node, names: _Names) -> Json:
    return [_of(item, names) for item in node.args]


def _object(node: Node, names: _Names) -> Json:
    members: dict[str, Json] = {}
    for position in range(0, len(node.args), 2):
        key = _of(node.args[position], names)
        if not isinstance(key, str):
            raise EvaluationError(f"a key must be text, not {kind_of(key)}", node.at)
        members[key] = _of(node.args[position + 1], names)
    return members


def _not(node: Node, names: _Names) -> Json:
    return not _of(node.args[0], names)


def _and(node: Node, names: _Names) -> Json:
    return _of(node.args[0], names) and _of(node.args[1], names)


def _or(node: Node, names: _Names) -> Json:
    return _of(node.args[0], names) or _of(node.args[1], names)


def _if(node: Node, names: _Names) -> Json:
    condition, then, otherwise = node.args
    if _of(condition, names):
        return _of(then, names)
    return None if otherwise is None else _of(otherwise, names)


def _compare(node: Node, names: _Names) -> Json:
    args = node.args
    left = _of(args[0], names)
    for position in range(1, len(args), 2):
        right = _of(args[position + 1], names)
        if not compare(args[position], left, right):  # type: ignore[arg-type] # a sign is text
            return False
        left = right
    return True


def _concat(node: Node, names: _Names) -> Json:
    parts: list[str] = []
    size = 0
    for argument in node.args:
        value = _of(argument, names)
        try:
            parts.append(bounded_text(value))
            size += len(parts[-1])
            check_text_size(size)
        except Refusal as refusal:
            raise EvaluationError(str(refusal), node.at) from None
    return "".join(parts)


def _calculate(node: Node, names: _Names) -> Json:
    left, right = _of(node.args[0], names), _of(node.args[1], names)
    try:
        return calculate(node.op, left, right)
    except Refusal as refusal:
        raise EvaluationError(str(refusal), node.at) from None


def _signed(node: Node, names: _Names) -> Json:
    value = _of(node.args[0], names)
    try:
        return negate(value) if node.op is Op.NEGATE else plus(value)
    except Refusal as refusal:
        raise EvaluationError(str(refusal), node.at) from None


def _filter(node: Node, names: _Names) -> Json:
    return _call(FILTERS, node, names)


def _test(node: Node, names: _Names) -> Json:
    return _call(TESTS, node, names)


def _call(table: Mapping[str, Function], node: Node, names: _Names) -> Json:
    """Call a filter or test with the values of its arguments."""
    function = table.get(node.args[0])  # type: ignore[arg-type] # a function's name is text
    if function is None:
        raise EvaluationError(f"nothing is called '{node.args[0]}'", node.at)
    value, *arguments = [_of(argument, names) for argument in node.args[1:]]
    keywords = {name: _of(argument, names) for name, argument in node.keywords}
    try:
        return invoke(function, value, arguments=tuple(arguments), keywords=keywords)
    except Refusal as refusal:
        raise EvaluationError(str(refusal), node.at) from None


_RULES: Mapping[Op, Callable[[Node, _Names], Json]] = {
    Op.LITERAL: _literal,
    Op.LIST: _list,
    Op.OBJECT: _object,
    Op.NAME: _name,
    Op.GET: _get,
    Op.INDEX: _index,
    Op.SLICE: _slice,
    Op.FILTER: _filter,
    Op.TEST: _test,
    Op.NOT: _not,
    Op.AND: _and,
    Op.OR: _or,
    Op.IF: _if,
    Op.COMPARE: _compare,
    Op.CONCAT: _concat,
    Op.ADD: _calculate,
    Op.SUBTRACT: _calculate,
    Op.MULTIPLY: _calculate,
    Op.DIVIDE: _calculate,
    Op.FLOOR_DIVIDE: _calculate,
    Op.REMAINDER: _calculate,
    Op.POWER: _calculate,
    Op.NEGATE: _signed,
    Op.PLUS: _signed,
}
