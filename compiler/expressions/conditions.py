"""What is wrong with a condition that is neither true, false nor one whole block.

Only conditions that the shape refuses come here. Quotes protect braces, as everywhere.
"""

import re

from treadle.compiler.expressions.lexer import Declared, Fault
from treadle.compiler.expressions.parser import parse
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

# With the dollar that GitHub's workflows write in front.
_BLOCK = lazy_pattern(
    r"""\$?\{\{((?:[^'"}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\}(?!\}))*)\}\}""", re.DOTALL
)
_NOTHING_DECLARED = Declared(steps=frozenset(), inputs=frozenset())
# What a neighbour would tear apart.
_LOOSE = lazy_pattern(r"\s(?:and|or|if)\s|^not\s")
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
    """Return the hint that shows the right form of a refused condition, None if nobody knows it.

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
        return _shown("wrap it", condition)
    if not all(block.strip() for block in blocks):
        return "write an expression between the braces"
    merged = _BLOCK.sub(lambda found: _part(found[1].strip()), condition)
    if len(blocks) == 1 and not _BLOCK.sub("", condition).strip():
        merged = blocks[0]
    return _shown("put all of it into one block", merged)


def _part(block: str) -> str:
    """Return a block as a part of a longer expression, whatever stands beside it."""
    return f"({block})" if _LOOSE.search(block) else block


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


def _shown(advice: str, text: str) -> str | None:
    """Return advice with an expression as one block between double quotes, None when it is none."""
    inner = " ".join(text.split())
    try:
        parse(inner, _NOTHING_DECLARED)
    except Fault:
        return None
    if "'" not in inner:
        inner = inner.replace('"', "'")
    escaped = inner.replace("\\", "\\\\").replace('"', '\\"')
    return f'{advice}: "{_OPENING} {escaped} }}}}"'
