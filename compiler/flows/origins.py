"""Values from outside: where they come in, where an expression names them, and their members."""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler.diagnostics import Span
from treadle.compiler.typed.alphabet import Schema, may_hold, resolved
from treadle.compiler.typed.outputs import ANYTHING, member

# The members that follow a root; None for one that is computed when the workflow runs.
Names: TypeAlias = tuple[str | int | None, ...]

ANY_SIGN = frozenset("'\"$`;|&<>()\\\n*?[#")


class Origin(Struct, frozen=True, kw_only=True):
    """A value from outside as far as a name reaches into it.

    Shapes: `what` names it ("the input 'title'"), `span` is where it comes in, `remark` says why
    it is not the author's. `root` is where references of `schema` begin.
    """

    what: str
    span: Span
    remark: str
    schema: Schema
    root: Schema

    def may_hold(self, signs: frozenset[str]) -> bool:
        """Tell whether its text can hold one of some signs."""
        return may_hold(self.schema, signs, root=self.root)

    def may_begin_with(self, signs: frozenset[str]) -> bool:
        """Tell whether it is text without a rule for how it begins that can hold some signs."""
        pattern = self.schema.get("pattern")
        is_ruled = isinstance(pattern, str) and pattern.startswith("^")
        is_text = self.schema.get("type") == "string"
        return is_text and not is_ruled and self.may_hold(signs)


class Inflow(Struct, frozen=True, kw_only=True):
    """An origin at the place where an expression names it.

    Shapes: `path` is what the expression reads there, as far as it is names. Units: `start` and
    `end` are character offsets into the text of the expression.
    """

    origin: Origin
    path: tuple[str, ...]
    start: int
    end: int


def followed(origins: Iterable[Origin], names: Names) -> tuple[Origin, ...]:
    """Return the origins of a member; one that is never there has none."""
    found: list[Origin] = []
    for origin in origins:
        schema: Schema | None = resolved(origin.schema, origin.root)
        for name in names:
            if schema is None:
                break
            # A part of a text holds no other signs than the text.
            is_text = schema.get("type") == "string" and not isinstance(name, str)
            inner = schema if is_text else member(schema, name)
            schema = resolved(inner, origin.root) if inner is not None else None
        if schema is not None:
            found.append(replace(origin, schema=schema))
    return tuple(found)


def narrowed(inflows: Iterable[Inflow], names: Names) -> tuple[Inflow, ...]:
    """Return the inflows of a member."""
    return tuple(
        replace(inflow, origin=origin)
        for inflow in inflows
        for origin in followed((inflow.origin,), names)
    )


def opened(inflows: Iterable[Inflow], *, is_list: bool = False) -> tuple[Inflow, ...]:
    """Return inflows inside something new: a list of them, or a value of any form."""
    return tuple(
        replace(
            inflow,
            origin=replace(
                inflow.origin,
                schema={"type": "array", "items": inflow.origin.schema} if is_list else ANYTHING,
            ),
        )
        for inflow in inflows
        if is_list or inflow.origin.may_hold(ANY_SIGN)
    )
