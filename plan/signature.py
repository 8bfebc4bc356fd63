"""Signatures of filters and tests, and calling them with checked arguments.

A function is called only with a value and arguments of the kinds that its signature names.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from treadle.plan.expression import Json
from treadle.plan.limits import Refusal
from treadle.plan.text import kind_of

ANY = ("any",)


class Parameter(Struct, frozen=True, kw_only=True):
    """One argument of a function.

    Shapes: `types` holds JSON Schema's names of types, or "any".
    """

    name: str
    types: tuple[str, ...] = ANY
    is_required: bool = False


class Function(Struct, frozen=True, kw_only=True):
    """A filter or a test: what it takes, what it gives and what it is for.

    Shapes: `accepts` and `result` are names of JSON Schema types, or "any". With `takes_more`
    any number of positional arguments may follow, with `takes_keywords` named ones of any name.
    Spec Kit 1.2.3 has the portable ones; those take no argument by its name.
    """

    name: str
    summary: str
    accepts: tuple[str, ...] = ANY
    result: str = "any"
    parameters: tuple[Parameter, ...] = ()
    takes_more: bool = False
    takes_keywords: bool = False
    is_portable: bool = False
    call: Callable[..., Json]


def invoke(
    function: Function,
    value: Json,
    *,
    arguments: tuple[Json, ...] = (),
    keywords: Mapping[str, Json] | None = None,
) -> Json:
    """Call a filter or a test.

    Errors: Refusal for a value or an argument that the function does not take.
    """
    if not _fits(value, function.accepts):
        raise Refusal(f"'{function.name}' takes {_words(function.accepts)}, not {kind_of(value)}")
    given = dict(zip((p.name for p in function.parameters), arguments, strict=False))
    more = arguments[len(function.parameters) :]
    for name, argument in (keywords or {}).items():
        if name in given:
            raise Refusal(f"'{function.name}' is given '{name}' twice")
        given[name] = argument
    fault = argument_fault(
        function, positional=len(arguments), keywords=frozenset(keywords or ())
    ) or missing_fault(function, given=frozenset(given))
    if fault is not None:
        raise Refusal(fault)
    for parameter in function.parameters:
        _check_argument(function, parameter, given)
    if more:
        return function.call(value, *given.values(), *more)
    return function.call(value, **given)


def argument_fault(function: Function, *, positional: int, keywords: frozenset[str]) -> str | None:
    """Return what is wrong with the arguments that stand in a call, None when nothing is."""
    limit = len(function.parameters)
    if positional > limit and not function.takes_more:
        number = {0: "no argument", 1: "one argument"}.get(limit, f"at most {limit} arguments")
        return f"'{function.name}' takes {number}, not {positional}"
    known = () if function.is_portable else tuple(p.name for p in function.parameters)
    unknown = sorted(keywords.difference(known))
    if unknown and not function.takes_keywords:
        return f"'{function.name}' has no argument called '{unknown[0]}'"
    return None


def missing_fault(function: Function, *, given: frozenset[str]) -> str | None:
    """Return which required argument is missing from `given`, None when none is."""
    for parameter in function.parameters:
        if parameter.is_required and parameter.name not in given:
            return f"'{function.name}' needs its argument '{parameter.name}'"
    return None


def _check_argument(function: Function, parameter: Parameter, given: dict[str, Json]) -> None:
    """Check one argument; a null for an optional one means that it is not given."""
    if parameter.name not in given:
        return
    argument = given[parameter.name]
    if _fits(argument, parameter.types):
        return
    if argument is None and not parameter.is_required:
        # Positions count for what takes more arguments, so there the null stays in its place.
        if not function.takes_more:
            del given[parameter.name]
        return
    raise Refusal(
        f"'{parameter.name}' of '{function.name}' must be {_words(parameter.types)},"
        f" not {kind_of(argument)}"
    )


_TYPES: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("text", str),
    "number": ("a number", (int, float)),
    "integer": ("a whole number", int),
    "boolean": ("a boolean", bool),
    "array": ("a list", list),
    "object": ("an object", Mapping),
    "null": ("null", type(None)),
}


def _fits(value: Json, types: tuple[str, ...]) -> bool:
    """Return whether a value is of one of `types`; a boolean is no number."""
    if types == ANY:
        return True
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _TYPES[name][1]) for name in types)


def _words(types: tuple[str, ...]) -> str:
    return " or ".join(_TYPES[name][0] for name in types if name != "null")
