"""TR420, TR422, TR425, TR426, TR430: what filters, tests and operators cannot work on.

Only what fails in every run is reported: a value that may also be of a fitting kind is left alone.
"""

from collections.abc import Iterator, Mapping

from treadle.compiler.checks.types_members import meant
from treadle.compiler.diagnostics import Report
from treadle.compiler.expressions.calls import check_calls
from treadle.compiler.expressions.constants import STAND_INS, refusal
from treadle.compiler.typed import types
from treadle.compiler.typed.infer import calculated
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow, describe
from treadle.compiler.typed.types import Type
from treadle.plan.expression import Node, Op
from treadle.plan.functions import FILTERS, TESTS
from treadle.plan.signature import ANY, Function, Parameter

_VERBS: Mapping[Op, str] = {
    Op.ADD: "added",
    Op.SUBTRACT: "subtracted",
    Op.MULTIPLY: "multiplied",
    Op.DIVIDE: "divided",
    Op.FLOOR_DIVIDE: "divided",
    Op.REMAINDER: "divided",
    Op.POWER: "raised to a power",
}
_WORDS = {"array": "a list", "boolean": "a boolean", "integer": "a whole number"}
_WORDS |= {"number": "a number", "object": "an object", "string": "text"}
_DIVISIONS = frozenset({Op.DIVIDE, Op.FLOOR_DIVIDE, Op.REMAINDER})
# What these take as they stand, but have no use for: they give nothing or false.
_USELESS_BUT_FOR: Mapping[str, tuple[str, ...]] = {
    "contains": ("array", "string"),
    "map": ("array",),
}
_HINTS = {
    "upper": "write '| string' before it",
    "lower": "write '| string' before it",
    "split": "write '| string' before it",
}


def check_calls_of_types(workflow: TypedWorkflow, report: Report) -> None:
    """Report every filter, test and operator that cannot take what it is given.

    Before and after::

        inputs:
          count: {type: integer, default: 3}
        steps:
          - {id: say, type: shell, run: "echo {{ inputs.count | upper }}"}   # TR425
    """
    for typed in workflow.sites:
        for node in typed.nodes:
            if node.op in (Op.FILTER, Op.TEST):
                table = FILTERS if node.op is Op.FILTER else TESTS
                function = table.get(str(node.args[0]))
                if function is not None:
                    _check_call(node, function, typed, report)
            elif node.op in _VERBS:
                _check_operands(node, typed, report)
            elif node.op is Op.SLICE:
                _check_slice(node, typed, report)
            elif node.op in (Op.NEGATE, Op.PLUS):
                _check_sign(node, typed, report)


def takes(kinds: tuple[str, ...], value: Type) -> bool:
    """Return whether a value can be of one of the kinds of a signature.

    >>> takes(("number",), types.INTEGER), takes(("number",), types.BOOLEAN)
    (True, False)
    """
    if kinds == ANY:
        return True
    wanted = frozenset(kinds)
    if wanted & types.NUMBERS:
        wanted |= types.NUMBERS
    return bool(value.kinds & wanted)


def _check_call(node: Node, function: Function, typed: TypedSite, report: Report) -> None:
    value = typed.part(node, 1)
    wanted = _USELESS_BUT_FOR.get(function.name, function.accepts)
    if value.kinds - {"null"} and not takes(wanted, types.present(value)):
        takes_words, found = _listed(wanted), describe(value)
        hint = _HINTS.get(function.name)
        report.add(
            "TR425",
            typed.last_word(node),
            hint=hint,
            name=function.name,
            wanted=takes_words,
            found=found,
        )
        return
    is_right = True
    for parameter, argument in _arguments(node, function):
        given = typed.of(argument)
        kinds = parameter.types
        if function.name == "contains" and value.kinds == {"string"}:
            kinds = ("string",)
        if given.kinds - {"null"} and not takes(kinds, types.present(given)):
            is_right = False
            what = f"'{parameter.name}' of '{function.name}'"
            reason = f"{what} must be {_listed(kinds)}, not {describe(given)}"
            report.add("TR426", typed.span(argument), reason=reason)
    if is_right:
        _check_written(node, function, typed, report)
        _check_attribute(node, function, typed, report)


def _check_written(node: Node, function: Function, typed: TypedSite, report: Report) -> None:
    """Report arguments that are refused whatever the value is."""
    given = [part for part in node.args[2:] if isinstance(part, Node)]
    given += [argument for _, argument in node.keywords]
    # How many arguments 'format' takes depends on its text; what reads nothing fails as a whole.
    if not given or function.takes_keywords or not typed.site.expression.reads:
        return
    kinds = function.accepts if function.accepts != ANY else tuple(STAND_INS)
    reason = refusal(node, kinds)
    if reason is None:
        return
    span = typed.span(given[0]) if len(given) == 1 else typed.last_word(node)
    # How many arguments there are, and whether there is such a test, was told with the grammar.
    if check_calls((node,), place=lambda _: span, report=Report()):
        report.add("TR426", span, reason=reason)


def _check_attribute(node: Node, function: Function, typed: TypedSite, report: Report) -> None:
    """Report an attribute that no item of a list has."""
    named = [a for parameter, a in _arguments(node, function) if parameter.name == "attribute"]
    path = named[0].args[0] if named and named[0].op is Op.LITERAL else None
    if not isinstance(path, str):
        return
    items = types.items_of(typed.part(node, 1))
    for part in path.split(",") if function.name == "sort" else (path,):
        found = items
        for name in part.split("."):
            is_object = found.kinds - {"null"} == types.OBJECT.kinds
            if is_object and found.is_closed and name not in found.members:
                hint, _ = meant(name, found)
                what = f"an item of {typed.words(_value(node))}"
                report.add("TR420", typed.span(named[0]), hint=hint, what=what, field=part)
                break
            found = found.members.get(name, types.ANYTHING)


def _value(node: Node) -> Node:
    found = node.args[1]
    assert isinstance(found, Node)
    return found


def _check_slice(node: Node, typed: TypedSite, report: Report) -> None:
    given = [part for part in node.args[1:] if isinstance(part, Node)]
    reason = refusal(node, ("string",)) if typed.site.expression.reads else None
    if reason is not None:
        span = typed.span(given[0]) if len(given) == 1 else typed.last_word(node)
        report.add("TR422", span, reason=reason)


def _arguments(node: Node, function: Function) -> Iterator[tuple[Parameter, Node]]:
    given = [part for part in node.args[2:] if isinstance(part, Node)]
    yield from zip(function.parameters, given, strict=False)
    by_name = {parameter.name: parameter for parameter in function.parameters}
    for name, argument in node.keywords:
        if name in by_name:
            yield by_name[name], argument


def _check_operands(node: Node, typed: TypedSite, report: Report) -> None:
    left, right = types.present(typed.part(node, 0)), types.present(typed.part(node, 1))
    second = node.args[1]
    assert isinstance(second, Node)
    if not left.kinds or not right.kinds:
        return
    if calculated(node.op, left, right).kinds:
        is_open = node.op in _DIVISIONS and typed.site.expression.reads
        reason = refusal(node, ("number",)) if is_open else None
        if reason is not None:
            report.add("TR430", typed.span(second), reason=reason)
        return
    hint = None
    if "string" in left.kinds | right.kinds:
        is_joining = node.op is Op.ADD and left.kinds | right.kinds != {"string"}
        hint = "make a number of the text with '| int'"
        hint += ", or join texts with '~'" if is_joining else ""
    report.add(
        "TR430",
        typed.span(second),
        hint=hint,
        reason=f"{describe(left)} and {describe(right)} cannot be {_VERBS[node.op]}",
    )


def _check_sign(node: Node, typed: TypedSite, report: Report) -> None:
    value = types.present(typed.part(node, 0))
    operand = node.args[0]
    if value.kinds and not value.kinds & types.NUMERIC and isinstance(operand, Node):
        reason = f"a sign needs a number, not {describe(value)}"
        report.add("TR430", typed.span(operand), reason=reason)


def _listed(kinds: tuple[str, ...]) -> str:
    return " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds if kind in _WORDS))
