"""Checks that every filter and test of an expression exists and gets arguments that it takes."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TypeAlias

from treadle.compiler.diagnostics import Fix, Report, Span
from treadle.compiler.fixes import respell
from treadle.compiler.suggestions import judged
from treadle.plan.expression import Node, Op
from treadle.plan.functions import FILTERS, TESTS, Function
from treadle.plan.signature import argument_fault, missing_fault

_Place: TypeAlias = Callable[[int], Span]

# Filters whose argument at this position names a test.
_TEST_NAMED_AT = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}


def check_calls(nodes: tuple[Node, ...], *, place: _Place, report: Report) -> bool:
    """Report unknown filters and tests and wrong arguments; return whether there are none.

    Errors: TR306, TR318, TR405, TR408 in the report.
    """
    is_sound = True
    for node in nodes:
        if node.op is Op.FILTER:
            is_sound &= _check_call(node, FILTERS, "TR306", place, report)
            is_sound &= _check_named_test(node, place, report)
        elif node.op is Op.TEST:
            is_sound &= _check_call(node, TESTS, "TR318", place, report)
    return is_sound


def nodes_of(tree: Node) -> tuple[Node, ...]:
    """Return every node of a tree, each before those below it, from left to right."""
    found: list[Node] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        found.append(node)
        for _, argument in reversed(node.keywords):
            pending.append(argument)
        for part in reversed(node.args):
            if isinstance(part, Node):
                pending.append(part)
    return tuple(found)


def _check_call(
    node: Node, table: Mapping[str, Function], code: str, place: _Place, report: Report
) -> bool:
    """Check one filter or test against its signature."""
    name = str(node.args[0])
    function = table.get(name)
    if function is None:
        span = place(node.at)
        report.add(
            code, span, hint=_suggestion(name, table), fix=_fix(name, table, span), name=name
        )
        return False
    keywords = frozenset(keyword for keyword, _ in node.keywords)
    fault = _fault(function, positional=len(node.args) - 2, keywords=keywords)
    if fault is not None:
        report.add(fault[0], place(node.at), reason=fault[1])
    return fault is None


def _fault(
    function: Function, *, positional: int, keywords: frozenset[str] = frozenset()
) -> tuple[str, str] | None:
    """Return the code and the reason of wrong arguments, None for right ones."""
    fault = argument_fault(function, positional=positional, keywords=keywords)
    if fault is not None:
        return "TR408", fault
    given = keywords.union(p.name for p in function.parameters[:positional])
    fault = missing_fault(function, given=given)
    return ("TR405", fault) if fault is not None else None


def _check_named_test(node: Node, place: _Place, report: Report) -> bool:
    """Check the test that ``select('odd')`` and its kin name."""
    position = _TEST_NAMED_AT.get(str(node.args[0]))
    if position is None or len(node.args) <= position + 2:
        return True
    argument = node.args[position + 2]
    name = argument.args[0] if isinstance(argument, Node) and argument.op is Op.LITERAL else None
    if not isinstance(argument, Node) or not isinstance(name, str):
        return True
    if name in TESTS:
        # What the test takes stands behind its name.
        fault = _fault(TESTS[name], positional=len(node.args) - position - 3)
        if fault is not None:
            report.add(fault[0], place(argument.at), reason=fault[1])
        return fault is None
    span, hint = place(argument.at), _suggestion(name, TESTS)
    report.add("TR318", span, hint=hint, fix=_fix(name, TESTS, span), name=name)
    return False


def _fix(name: str, table: Mapping[str, Function], span: Span) -> Fix | None:
    close = get_close_matches(name.lower(), table, n=1)
    return respell(span, name, judged(name, close[0] if close else None, tuple(table)))


def _suggestion(name: str, table: Mapping[str, Function]) -> str:
    close = get_close_matches(name.lower(), table, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known: " + ", ".join(sorted(known for known in table if known.isidentifier()))
