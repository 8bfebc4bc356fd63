"""What is wrong with a condition that is neither true, false nor one whole block.

Only conditions that the shape refuses come here. Quotes protect braces, as everywhere.
"""

import re

from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

_BLOCK = lazy_pattern(
    r"""\{\{((?:[^'"}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\}(?!\}))*)\}\}""", re.DOTALL
)
_OPENING = "{{"
_CLOSE_IT = "close the block and every quote in it"


def fault(condition: Json) -> str:
    """Return what a refused condition is instead, as a noun phrase.

    >>> fault("inputs.count > 100"), fault("{{ a }} and {{ b }}")
    ('text without a block', 'text with 2 blocks')
    """
    match condition:
        case None:
            return "null"
        case int() | float():
            return "a number"
        case str():
            return _fault_of_text(condition)
        case list():
            return "a list"
    return "a mapping"


def remedy(condition: Json) -> str | None:
    """Return the hint that shows the right form of a refused condition.

    >>> print(remedy("inputs.count > 100"))
    wrap it: "{{ inputs.count > 100 }}"
    """
    if not isinstance(condition, str):
        return None
    if not condition.strip():
        return "write false, true or a block"
    blocks, is_open = _blocks(condition)
    if is_open:
        return _CLOSE_IT
    if not blocks:
        return f'wrap it: "{_OPENING} {_single_quoted(condition)} }}}}"'
    if not all(block.strip() for block in blocks):
        return "write an expression between the braces"
    merged = _BLOCK.sub(lambda found: found[1].strip(), condition)
    return f'put all of it into one block: "{_OPENING} {_single_quoted(merged)} }}}}"'


def _fault_of_text(text: str) -> str:
    if not text.strip():
        return "blank text"
    blocks, is_open = _blocks(text)
    if is_open:
        return "a block that is never closed"
    if not blocks:
        return "text without a block"
    if len(blocks) > 1:
        return f"text with {len(blocks)} blocks"
    return "text around a block" if blocks[0].strip() else "an empty block"


def _blocks(text: str) -> tuple[list[str], bool]:
    """Return the insides of the blocks, and whether one of them is never closed."""
    blocks = [found[1] for found in _BLOCK.finditer(text)]
    return blocks, _OPENING in _BLOCK.sub("", text)


def _single_quoted(text: str) -> str:
    """Return an expression on one line that can stand between double quotes."""
    return " ".join(text.split()).replace('"', "'")
