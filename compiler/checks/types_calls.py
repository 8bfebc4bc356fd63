"""TR425, TR426, TR430: filters, tests and operators that are given what they cannot work on.

Only what fails in every run is reported: a value that may also be of a fitting kind is left alone.
"""

from collections.abc import Iterator, Mapping

from treadle.compiler.diagnostics import Report
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
    for parameter, argument in _arguments(node, function):
        given = typed.of(argument)
        kinds = parameter.types
        if function.name == "contains" and value.kinds == {"string"}:
            kinds = ("string",)
        if given.kinds - {"null"} and not takes(kinds, types.present(given)):
            report.add(
                "TR426",
                typed.span(argument),
                name=function.name,
                argument=parameter.name,
                wanted=_listed(kinds),
                found=describe(given),
            )


def _arguments(node: Node, function: Function) -> Iterator[tuple[Parameter, Node]]:
    given = [part for part in node.args[2:] if isinstance(part, Node)]
    yield from zip(function.parameters, given, strict=False)
    by_name = {parameter.name: parameter for parameter in function.parameters}
    for name, argument in node.keywords:
        if name in by_name:
            yield by_name[name], argument


def _check_operands(node: Node, typed: TypedSite, report: Report) -> None:
    left, right = types.present(typed.part(node, 0)), types.present(typed.part(node, 1))
    if not left.kinds or not right.kinds or calculated(node.op, left, right).kinds:
        return
    hint = None
    if "string" in left.kinds | right.kinds:
        is_joining = node.op is Op.ADD and left.kinds | right.kinds != {"string"}
        hint = "make a number of the text with '| int'"
        hint += ", or join texts with '~'" if is_joining else ""
    second = node.args[1]
    assert isinstance(second, Node)
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
