"""Expressions as trees, and the values of a plan that are made of them.

A tree reaches nothing but the names it reads. Offsets count characters from the start of the
expression's text (between the braces), so that a message about an expression can point into it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

Json: TypeAlias = (
    "None | bool | int | float | str | list[Json] | dict[str, Json] | Mapping[str, Json]"
)


class Op(StrEnum):
    """The operators of an expression tree; `Node.args` holds what each one takes."""

    LITERAL = "literal"  # (value,): null, boolean, number or text
    LIST = "list"  # (node, ...)
    OBJECT = "object"  # (key node, value node, ...) in pairs
    NAME = "name"  # (text,): a root such as inputs, steps, item, fan_in, context
    GET = "get"  # (node, text): the member of that name
    INDEX = "index"  # (node, node): list position, text position or member
    SLICE = "slice"  # (node, start node | None, stop node | None, step node | None)
    FILTER = "filter"  # (text, node, argument node, ...): name, value, arguments
    TEST = "test"  # (text, node, argument node, ...): value is name(arguments)
    NOT = "not"  # (node,)
    AND = "and"  # (node, node): the deciding operand
    OR = "or"  # (node, node): the deciding operand
    IF = "if"  # (condition node, then node, else node | None)
    COMPARE = "compare"  # (node, text, node, text, node, ...): a chain with its operators
    CONCAT = "concat"  # (node, ...): as text, joined
    ADD = "add"  # (node, node), and so the rest
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
    FLOOR_DIVIDE = "floor_divide"
    REMAINDER = "remainder"
    POWER = "power"
    NEGATE = "negate"  # (node,)
    PLUS = "plus"  # (node,)


class Node(Struct, frozen=True, gc=False):
    """One operator of a tree with its arguments and its place.

    Units: `at` is a character offset into the text of the expression. A filter's or test's
    keyword arguments follow its positional ones as pairs in `keywords`.
    """

    op: Op
    args: tuple["Node | None | bool | int | float | str", ...]
    at: int
    keywords: tuple[tuple[str, "Node"], ...] = ()


class Expression(Struct, frozen=True, gc=False):
    """One ``{{ … }}`` block: its text between the braces, its tree and the paths it reads.

    Shapes: each path of `reads` is a tuple of names, such as ("steps", "scan", "output"); it
    ends where the tree goes on with something that is not a plain name.
    """

    text: str
    tree: Node
    reads: tuple[tuple[str, ...], ...]


class Literal(Struct, frozen=True, gc=False):
    """A value that is taken as it stands."""

    value: Json


class Single(Struct, frozen=True, gc=False):
    """A scalar that is exactly one block: the result keeps its type."""

    expression: Expression


class Text(Struct, frozen=True, gc=False):
    """Text with blocks in it: the result is text."""

    parts: tuple[str | Expression, ...]


class ObjectOf(Struct, frozen=True):
    """A mapping whose values are evaluated."""

    members: Mapping[str, "Value"]


class ListOf(Struct, frozen=True):
    """A list whose items are evaluated."""

    items: tuple["Value", ...]


Value: TypeAlias = Literal | Single | Text | ObjectOf | ListOf


def expressions(value: Value) -> tuple[Expression, ...]:
    """Return every expression of a value, in source order."""
    match value:
        case Literal():
            return ()
        case Single(expression):
            return (expression,)
        case Text(parts):
            return tuple(part for part in parts if isinstance(part, Expression))
        case ObjectOf(members):
            return tuple(e for member in members.values() for e in expressions(member))
        case ListOf(items):
            return tuple(e for item in items for e in expressions(item))
