"""The table of tests: what may stand behind ``is`` and in ``select`` and its kin."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from treadle.plan.comparison import compare, is_member
from treadle.plan.limits import Refusal
from treadle.plan.signature import ANY, Function, Parameter
from treadle.plan.text_filters import bounded_text

_NUMBER = ("number",)


def _test(
    name: str,
    call: Callable[..., bool],
    summary: str,
    *,
    accepts: tuple[str, ...] = ANY,
    argument: Parameter | None = None,
) -> Function:
    return Function(
        name=name,
        summary=summary,
        accepts=accepts,
        result="boolean",
        parameters=() if argument is None else (argument,),
        call=call,
    )


def _comparing(name: str, sign: str, summary: str) -> Function:
    """Return a test that compares the value with its argument."""
    other = Parameter(name="other", is_required=True)
    return _test(name, lambda value, other: compare(sign, value, other), summary, argument=other)


def _divides(value: int | float, num: int | float) -> bool:
    if num == 0:
        raise Refusal("division by zero")
    return _remainder(value, num) == 0


def _remainder(value: int | float, by: int | float) -> int | float:
    try:
        return value % by
    except OverflowError:
        raise Refusal("the number is too large") from None


_ROWS = (
    _test("boolean", lambda v: isinstance(v, bool), "true or false"),
    _test("defined", lambda v: v is not None, "neither null nor missing"),
    _test(
        "divisibleby",
        _divides,
        "a multiple of a number",
        accepts=_NUMBER,
        argument=Parameter(name="num", types=_NUMBER, is_required=True),
    ),
    _comparing("eq", "==", "equal to a value"),
    _comparing("==", "==", "equal to a value"),
    _comparing("equalto", "==", "equal to a value"),
    _test("even", lambda v: _remainder(v, 2) == 0, "an even number", accepts=_NUMBER),
    _test("false", lambda v: v is False, "false itself"),
    _test("float", lambda v: isinstance(v, float), "a number with a fraction"),
    _comparing("ge", ">=", "greater than or equal to a value"),
    _comparing(">=", ">=", "greater than or equal to a value"),
    _comparing("gt", ">", "greater than a value"),
    _comparing(">", ">", "greater than a value"),
    _comparing("greaterthan", ">", "greater than a value"),
    _test(
        "in",
        lambda value, container: is_member(value, container),
        "in a list, a text or the keys of an object",
        argument=Parameter(name="container", is_required=True),
    ),
    _test(
        "integer",
        lambda v: isinstance(v, int) and not isinstance(v, bool),
        "a number without a fraction",
    ),
    _test("iterable", lambda v: isinstance(v, str | list | Mapping), "text, a list or an object"),
    _comparing("le", "<=", "less than or equal to a value"),
    _comparing("<=", "<=", "less than or equal to a value"),
    _test("lower", lambda v: bounded_text(v).islower(), "in small letters"),
    _comparing("lt", "<", "less than a value"),
    _comparing("<", "<", "less than a value"),
    _comparing("lessthan", "<", "less than a value"),
    _test("mapping", lambda v: isinstance(v, Mapping), "an object"),
    _comparing("ne", "!=", "not equal to a value"),
    _comparing("!=", "!=", "not equal to a value"),
    _test("none", lambda v: v is None, "null or missing"),
    _test("number", lambda v: isinstance(v, int | float), "a number, or a boolean as 0 or 1"),
    _test("odd", lambda v: _remainder(v, 2) == 1, "an odd number", accepts=_NUMBER),
    _test("sequence", lambda v: isinstance(v, str | list | Mapping), "text, a list or an object"),
    _test("string", lambda v: isinstance(v, str), "text"),
    _test("true", lambda v: v is True, "true itself"),
    _test("undefined", lambda v: v is None, "null or missing"),
    _test("upper", lambda v: bounded_text(v).isupper(), "in capitals"),
)

TESTS: Mapping[str, Function] = MappingProxyType({row.name: row for row in _ROWS})
