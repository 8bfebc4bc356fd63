"""Values as text, and the words for kinds of values in messages.

Text is what a value becomes inside other text: nothing for null, Python's notation for the rest.
"""

from collections.abc import Mapping

from treadle.plan.expression import Json


def as_text(value: Json) -> str:
    """Return a value as it stands inside other text.

    >>> as_text(None), as_text(True), as_text(2.0), as_text(["a", None])
    ('', 'True', '2.0', "['a', None]")
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return notation(value)


def notation(value: Json) -> str:
    """Return a value in Python's notation, with quotes around text and ``None`` for null."""
    if isinstance(value, list):
        return "[" + ", ".join(notation(item) for item in value) + "]"
    if isinstance(value, Mapping):
        members = (f"{key!r}: {notation(member)}" for key, member in value.items())
        return "{" + ", ".join(members) + "}"
    return repr(value)


def kind_of(value: Json) -> str:
    """Return what a value is, in the words of messages.

    >>> kind_of([]), kind_of(1.5), kind_of(False), kind_of("x")
    ('a list', 'a number', 'a boolean', 'text')
    """
    if value is None:
        return "null"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
