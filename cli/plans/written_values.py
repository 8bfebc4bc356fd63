"""How a condition or value is shown in one line."""

from treadle.cli.text.visible import one_line
from treadle.plan.expression import Json, Literal, Single, Text, Value
from treadle.plan.text import notation


def written(value: Value) -> str:
    """Return a condition or value as its author wrote it, in one line and without its braces."""
    match value:
        case Single(expression):
            return one_line(expression.text)
        case Text(parts):
            return one_line(
                "".join(p if isinstance(p, str) else "{{" + p.text + "}}" for p in parts)
            )
        case Literal(literal):
            return one_line(_literal(literal))
        case _:
            return "…"


def _literal(value: Json) -> str:
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return notation(value)
