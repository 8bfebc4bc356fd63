"""Text that its author meant as an expression and forgot to put between braces.

Only text that reads something of a workflow counts: `yes please` is no expression, and a word
alone could be anything.
"""

from treadle.compiler.expressions.chains import chains
from treadle.compiler.expressions.lexer import Declared, Fault
from treadle.compiler.expressions.parser import parse

_ROOTS = frozenset({"inputs", "steps", "item", "fan_in", "context"})
_NOTHING_DECLARED = Declared(steps=frozenset(), inputs=frozenset())


def as_block(text: str) -> str | None:
    """Return a text as one block that can stand between double quotes, None when it is none.

    >>> as_block("inputs.count > 3"), as_block("approved"), as_block("{{ inputs.a }}")
    ('{{ inputs.count > 3 }}', None, None)
    """
    is_quotable = not ('"' in text and "'" in text) and not any(sign in text for sign in "\\{}")
    if not is_quotable or not is_expression(text):
        return None
    inner = " ".join(text.split()).replace('"', "'")
    return f"{{{{ {inner} }}}}"


def is_expression(text: str) -> bool:
    """Whether a text is an expression that reads names of the workflow and no others."""
    try:
        found = tuple(chains(parse(text, _NOTHING_DECLARED).tree))
    except Fault:
        return False
    return bool(found) and all(chain.root.name in _ROOTS for chain in found)
