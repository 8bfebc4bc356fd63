"""TR423, TR424, TR432, TR433: comparisons whose result is known before the run.

A value that may be missing is compared as null; what is compared with null itself, or with empty
text where nothing is missing, is left alone: that is how authors guard a value.
"""

from collections.abc import Iterator

from msgspec import Struct

from treadle.compiler.diagnostics import Fix, Report
from treadle.compiler.fixes import rename
from treadle.compiler.suggestions import closest
from treadle.compiler.typed import types
from treadle.compiler.typed.type_rules import Scalar, admits, bounds
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow, describe
from treadle.compiler.typed.types import Type
from treadle.plan.expression import Node, Op

_SIGNS_OF_TESTS = {"eq": "==", "equalto": "==", "ne": "!=", "in": "in", "gt": ">", "lt": "<"}
_SIGNS_OF_TESTS |= {"greaterthan": ">", "lessthan": "<", "ge": ">=", "le": "<="}
_SIGNS_OF_TESTS |= {sign: sign for sign in ("==", "!=", ">", "<", ">=", "<=")}
MAX_SHOWN = 6


class _Comparison(Struct, frozen=True, kw_only=True):
    """Two operands and the sign between them."""

    left: Node
    sign: str
    right: Node


def check_comparisons(workflow: TypedWorkflow, report: Report) -> None:
    """Report every comparison that never or always holds, whatever the run brings.

    Before and after::

        inputs:
          stage: {enum: [dev, prod], default: dev}
        steps:
          - {id: ship, type: if, condition: "{{ inputs.stage == 'prd' }}", then: []}  # TR423
    """
    for typed in workflow.sites:
        for node in typed.nodes:
            if node.op is Op.COMPARE or node.op is Op.TEST:
                for found in _comparisons(node):
                    _check(found, typed, report)


def _comparisons(node: Node) -> Iterator[_Comparison]:
    args = node.args
    if node.op is Op.COMPARE:
        for index in range(1, len(args), 2):
            left, sign, right = args[index - 1], args[index], args[index + 1]
            if isinstance(left, Node) and isinstance(right, Node):
                yield _Comparison(left=left, sign=str(sign), right=right)
    elif node.op is Op.TEST and len(args) > 2 and str(args[0]) in _SIGNS_OF_TESTS:
        left, right = args[1], args[2]
        if isinstance(left, Node) and isinstance(right, Node):
            yield _Comparison(left=left, sign=_SIGNS_OF_TESTS[str(args[0])], right=right)


def _check(found: _Comparison, typed: TypedSite, report: Report) -> None:
    left, right = typed.of(found.left), typed.of(found.right)
    if (
        (_is_constant(found.left) and _is_constant(found.right))
        or not _is_telling(left)
        or not _is_telling(right)
    ):
        return
    match found.sign:
        case "==" | "!=":
            _check_equality(found, typed, report)
        case "in" | "not in":
            _check_membership(found, typed, report)
        case _:
            _check_order(found, typed, report)


def _is_constant(node: Node) -> bool:
    return _is_literal(node) or (node.op is Op.LIST and all(map(_is_literal_part, node.args)))


def _is_literal_part(part: object) -> bool:
    return isinstance(part, Node) and _is_literal(part)


def _is_telling(type_: Type) -> bool:
    """Return whether a type is more than null: a value that is always missing is another fault."""
    return bool(type_.kinds - {"null"})


def _check_equality(found: _Comparison, typed: TypedSite, report: Report) -> None:
    left, right = typed.of(found.left), typed.of(found.right)
    if can_be_equal(left, right) or _is_guard(left, right) or _is_guard(right, left):
        return
    at, other = (found.left, found.right) if _is_literal(found.left) else (found.right, found.left)
    outcome = "never" if found.sign == "==" else "always"
    reason, hint, fix = _reason(typed, other, at), _hint(typed, other, at), _fix(typed, other, at)
    report.add("TR423", typed.span(at), hint=hint, fix=fix, outcome=outcome, reason=reason)


def _check_membership(found: _Comparison, typed: TypedSite, report: Report) -> None:
    value, container = typed.of(found.left), typed.of(found.right)
    outcome = "never" if found.sign == "in" else "always"
    kinds = container.kinds - {"null"}
    if found.right.op is Op.LIST:
        _check_alternatives(found, typed, report, outcome=outcome)
        return
    reason = None
    if not kinds & {"array", "object", "string"}:
        reason = f"{typed.words(found.right)} is {describe(container)} and holds nothing"
    elif kinds == {"string"} and "string" not in value.kinds:
        reason = f"text holds text only, and {typed.words(found.left)} is {describe(value)}"
    elif kinds == {"array"} and container.item is not None and container.item.kinds:
        if not can_be_equal(value, container.item):
            reason = f"no item of {typed.words(found.right)} equals it"
    if reason is not None:
        report.add("TR423", typed.span(found.left), outcome=outcome, reason=reason)


def _check_alternatives(
    found: _Comparison, typed: TypedSite, report: Report, *, outcome: str
) -> None:
    """Look at each item of a list that is written out: none, or only some, can be met."""
    value = typed.of(found.left)
    items = tuple(item for item in found.right.args if isinstance(item, Node))
    idle = [
        item
        for item in items
        if _is_literal(item)
        and _is_telling(typed.of(item))
        and not can_be_equal(value, typed.of(item))
        and not _is_guard(value, typed.of(item))
    ]
    if not idle:
        return
    if len(idle) == len(items):
        reason = _reason(typed, found.left, items[0])
        hint = _hint(typed, found.left, items[0])
        report.add("TR423", typed.span(items[0]), hint=hint, outcome=outcome, reason=reason)
        return
    for item in idle:
        hint = _hint(typed, found.left, item)
        what, words = typed.words(found.left), typed.words(item)
        if _is_narrowed(typed, found.left, item):
            words = f"{words} where this is asked"
        report.add("TR432", typed.span(item), hint=hint, what=what, value=words)


def _check_order(found: _Comparison, typed: TypedSite, report: Report) -> None:
    left, right = typed.of(found.left), typed.of(found.right)
    if not _can_be_ordered(left, right):
        first, second = describe(left), describe(right)
        at = found.right if _is_literal(found.right) else found.left
        report.add("TR424", typed.span(at), sign=found.sign, left=first, right=second)
        return
    flipped = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    if _is_literal(found.left):
        _check_bounds(found.right, found.left, flipped[found.sign], typed=typed, report=report)
    elif _is_literal(found.right):
        _check_bounds(found.left, found.right, found.sign, typed=typed, report=report)


def _check_bounds(
    node: Node, literal: Node, sign: str, *, typed: TypedSite, report: Report
) -> None:
    value, limit = typed.of(node), literal.args[0]
    least, most = bounds(value.rules)
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return
    if value.kinds - {"null"} - types.NUMBERS or value.values is not None:
        return
    reason = None
    if (
        most is not None
        and sign in (">", ">=")
        and (limit > most or (limit == most and sign == ">"))
    ):
        reason = f"{typed.words(node)} is at most {most}"
    if (
        least is not None
        and sign in ("<", "<=")
        and (limit < least or (limit == least and sign == "<"))
    ):
        reason = f"{typed.words(node)} is at least {least}"
    if reason is not None:
        report.add("TR433", typed.span(literal), reason=reason)


def can_be_equal(left: Type, right: Type) -> bool:
    """Return whether two values can be equal, as ``==`` has it: true is 1, and text is no number.

    >>> can_be_equal(types.TEXT, types.NUMBER), can_be_equal(types.BOOLEAN, types.INTEGER)
    (False, True)
    """
    shared = left.kinds & right.kinds
    if shared & {"null", "array", "object"}:
        return True
    if left.kinds & types.NUMERIC and right.kinds & types.NUMERIC:
        if _values_meet(left, right, texts=False):
            return True
    return "string" in shared and _values_meet(left, right, texts=True)


def _values_meet(left: Type, right: Type, *, texts: bool) -> bool:
    first, second = _values(left, texts=texts), _values(right, texts=texts)
    if first is not None and second is not None:
        return any(value in second for value in first)
    if first is None and second is None:
        return True
    known, rules = (first, right.rules) if first is not None else (second, left.rules)
    return any(admits(rules, value) for value in known or ())


def _values(type_: Type, *, texts: bool) -> tuple[Scalar, ...] | None:
    if type_.values is None:
        is_boolean = not texts and type_.kinds & types.NUMERIC == {"boolean"}
        return (False, True) if is_boolean else None
    return tuple(value for value in type_.values if isinstance(value, str) is texts)


def _can_be_ordered(left: Type, right: Type) -> bool:
    if _may_be_number(left) and _may_be_number(right):
        return True
    return bool(left.kinds & right.kinds & {"string", "array"})


def _may_be_number(type_: Type) -> bool:
    if type_.kinds & types.NUMERIC:
        return True
    return "string" in type_.kinds and (
        type_.values is None or any(_is_numeric(value) for value in type_.values)
    )


def _is_numeric(value: Scalar) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_literal(node: Node) -> bool:
    return node.op is Op.LITERAL


def _is_guard(value: Type, other: Type) -> bool:
    """Return whether `other` is empty text, and nothing is missing that it could stand for."""
    return other.values == ("",) and "null" not in value.kinds and "string" in value.kinds


def _reason(typed: TypedSite, node: Node, other: Node) -> str:
    """Return why the value of a node cannot equal another one."""
    value, second, what = typed.of(node), typed.of(other), typed.words(node)
    are_numbers = value.kinds & types.NUMERIC and second.kinds & types.NUMERIC
    if not value.kinds & second.kinds and not are_numbers:
        return f"{what} is {describe(value)}, {typed.words(other)} is {describe(second)}"
    if _is_narrowed(typed, node, other):
        return f"{what} is never {typed.words(other)} where this is asked"
    if _is_literal(other):
        return f"{what} is never {typed.words(other)}"
    return f"{what} and {typed.words(other)} have no value in common"


def _is_narrowed(typed: TypedSite, node: Node, other: Node) -> bool:
    """Whether a condition before it is why the value of a node cannot equal a literal."""
    return _is_literal(other) and can_be_equal(typed.declared(node), typed.of(other))


def _hint(typed: TypedSite, node: Node, literal: Node) -> str | None:
    """Return what to write instead of a value that the one of a node cannot meet."""
    value, other = typed.of(node), typed.of(literal)
    if _is_narrowed(typed, node, literal):
        shown = _listed(value)
        return f"what is asked before it leaves only {shown}" if shown else None
    wanted = other.values[0] if other.values is not None and len(other.values) == 1 else None
    if isinstance(wanted, str) and "string" not in value.kinds:
        return _unquoted(wanted, value)
    if wanted == "" and "null" in value.kinds:
        return "a value that is not given is null: write 'is not defined'"
    if wanted is not None and not isinstance(wanted, str) and value.kinds - {"null"} == {"string"}:
        return f"write '{str(wanted).lower()}' in quotes"
    texts = [text for text in value.values or () if isinstance(text, str)]
    near = closest(wanted, texts) if isinstance(wanted, str) else None
    if near is not None:
        return f"did you mean '{near}'?"
    shown = _listed(typed.declared(node))
    return f"it can be {shown}" if shown else None


def _listed(value: Type) -> str | None:
    shown = value.values or ()
    return ", ".join(f"'{each}'" for each in shown) if 0 < len(shown) <= MAX_SHOWN else None


def _fix(typed: TypedSite, node: Node, other: Node) -> Fix | None:
    """Return the fix that writes the value that was meant in the place of a misspelt one."""
    word = other.args[0] if _is_literal(other) else None
    texts = tuple(text for text in typed.of(node).values or () if isinstance(text, str))
    if not isinstance(word, str) or not texts or _is_narrowed(typed, node, other):
        return None
    near = closest(word, texts)
    # The branch behind it was never run, or always: what it does is for its author to weigh.
    return rename(typed.span(other), word, near, is_safe=False) if near is not None else None


def _unquoted(text: str, value: Type) -> str | None:
    if "boolean" in value.kinds and text.strip().lower() in ("true", "false"):
        return f"write {text.strip().lower()} without quotes"
    if value.kinds & types.NUMBERS and _is_numeric(text):
        return f"write {text.strip()} without quotes"
    return None
