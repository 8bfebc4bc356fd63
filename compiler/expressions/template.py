"""From a scalar to a value of the plan: literal text and the blocks in it.

Only two opening braces are special, and a block ends at the first two closing ones outside
quotes. A scalar that is exactly one block keeps the type of its result.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from treadle.compiler.diagnostics import Fix, Report, Span
from treadle.compiler.expressions.blocks import is_expression
from treadle.compiler.expressions.calls import check_calls, nodes_of
from treadle.compiler.expressions.chains import Chain, chains
from treadle.compiler.expressions.lexer import Declared as Declared
from treadle.compiler.expressions.lexer import Fault
from treadle.compiler.expressions.parser import parse
from treadle.compiler.expressions.plain_path import plain_path
from treadle.compiler.expressions.portability import check_portability
from treadle.compiler.fixes import write_instead
from treadle.compiler.reading.nodes import Scalar
from treadle.plan.evaluate import EvaluationError, evaluate
from treadle.plan.expression import Expression, Literal, Node, Op, Single, Text, Value
from treadle.plan.lazy_pattern import lazy_pattern

Locate: TypeAlias = Callable[[int, int], Span]

# What most texts with a block are, and all that has to be known of them.
_LONE_BLOCK = lazy_pattern(r"\s*\{\{([^{}'\"]*)\}\}\s*")
_QUOTED_OR_END = lazy_pattern(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|['\"]|\}\}", re.DOTALL)


class Block(Struct, frozen=True, kw_only=True, gc=False):
    """One expression of a scalar.

    Shapes: `chains` are those of the expression.
    Units: `offset` is where its text starts in the value.
    """

    expression: Expression
    offset: int
    chains: tuple[Chain, ...]


class Template(Struct, frozen=True, kw_only=True, gc=False):
    """What a scalar means, and its blocks in source order."""

    value: Value
    blocks: tuple[Block, ...] = ()


class _Context(Struct, frozen=True, kw_only=True):
    """What reading a block needs beside its text."""

    declared: Declared
    is_condition: bool
    locate: Locate
    report: Report


def read_template(
    scalar: Scalar,
    *,
    declared: Declared,
    locate: Locate,
    report: Report,
    is_condition: bool = False,
) -> Template:
    """Return what a scalar means.

    Shapes: `locate` maps two offsets into the scalar's value to a span of the source. With
    `is_condition`, only the truth of a lone block counts.
    Errors: TR111, TR217, TR306, TR318, TR401 to TR408, TR414 in the report; the value is then the
    text itself.
    """
    text = scalar.value
    if not isinstance(text, str) or "{{" not in text:
        return Template(value=Literal(text))
    lone = _LONE_BLOCK.fullmatch(text)
    block = _path_block(lone[1], lone.start(1), declared) if lone is not None else None
    if block is not None:
        return Template(value=Single(block.expression), blocks=(block,))
    pieces = _split(text, locate, report)
    if pieces is None:
        return Template(value=Literal(text))
    is_lone = _is_lone(text, pieces)
    _check_brace(pieces, locate, report)
    context = _Context(
        declared=declared, is_condition=is_condition and is_lone, locate=locate, report=report
    )
    parts = _read_pieces(pieces, context)
    if parts is None:
        return Template(value=Literal(text))
    blocks = tuple(part for part in parts if isinstance(part, Block))
    if not blocks:
        return Template(value=Literal("".join(part for part in parts if isinstance(part, str))))
    if is_lone:
        return Template(value=Single(blocks[0].expression), blocks=blocks)
    joined = tuple(part.expression if isinstance(part, Block) else part for part in parts)
    return Template(value=Text(joined), blocks=blocks)


def _path_block(text: str, offset: int, declared: Declared) -> Block | None:
    """Return the block of a plain path, None for any other text."""
    path = plain_path(text, declared)
    if path is None:
        return None
    return Block(expression=path.expression, offset=offset, chains=(path.chain,))


def _read_pieces(
    pieces: list[tuple[int, str, bool]], context: _Context
) -> list[str | Block] | None:
    """Return the pieces with their blocks read, blank ones left out; None after a mistake."""
    parts: list[str | Block] = []
    is_sound = True
    for start, piece, is_block in pieces:
        if not is_block:
            parts.append(piece)
        elif piece.strip():
            block = _path_block(piece, start, context.declared)
            if block is None:
                block = _read_block(piece, start, context)
            is_sound = is_sound and block is not None
            if block is not None:
                parts.append(block)
    return parts if is_sound else None


def _split(text: str, locate: Locate, report: Report) -> list[tuple[int, str, bool]] | None:
    """Return the pieces of a text: their offset, their text and whether they are blocks.

    None when a block's quote is never closed.
    """
    pieces: list[tuple[int, str, bool]] = []
    position = 0
    while (start := text.find("{{", position)) != -1:
        if start > position:
            pieces.append((position, text[position:start], False))
        close = _find_close(text, start + 2)
        if text.find("}}", start + 2) == -1:
            report.add("TR402", locate(start, start + 2), fix=_closing_fix(text, start, locate))
            pieces.append((start, text[start:], False))
            return pieces
        if close is None or text[close] != "}":
            quote = start if close is None else close
            reason = "this quote is never closed"
            report.add("TR401", locate(quote, quote + 1), reason=reason)
            if not report.lenient:
                return None
            close = text.index("}}", start + 2)
        pieces.append((start + 2, text[start + 2 : close], True))
        position = close + 2
    if position < len(text):
        pieces.append((position, text[position:], False))
    return pieces


def _closing_fix(text: str, start: int, locate: Locate) -> Fix | None:
    """Return the fix that doubles the brace which ends the text of a block that is never closed."""
    inner = text[start + 2 :].rstrip()
    if not inner.endswith("}") or "}" in inner[:-1] or not is_expression(inner[:-1]):
        return None
    end = start + 2 + len(inner)
    span = locate(end - 1, end)
    is_brace = span.line == span.end_line and span.end_column - span.column == 1
    return write_instead(span, "}}", is_safe=True) if is_brace else None


def _find_close(text: str, position: int) -> int | None:
    """Return where a block closes or where a quote stands that is never closed."""
    for found in _QUOTED_OR_END.finditer(text, position):
        if found[0] == "}}" or len(found[0]) == 1:
            return found.start()
    return None


def _is_lone(text: str, pieces: list[tuple[int, str, bool]]) -> bool:
    """Return whether a text is one block and nothing else but blanks around it.

    A blank block is no expression: the blanks around it stay.
    """
    blocks = [piece for _, piece, is_block in pieces if is_block]
    rest = "".join(piece for _, piece, is_block in pieces if not is_block)
    if len(blocks) != 1 or rest.strip():
        return False
    return bool(blocks[0].strip())


def _check_brace(pieces: list[tuple[int, str, bool]], locate: Locate, report: Report) -> None:
    """Report a brace behind a lone block: Spec Kit takes it for a part of the expression."""
    shown = [piece for piece in pieces if piece[1].strip()]
    if len(shown) == 2 and shown[0][2] and shown[1][1].strip() == "}":
        at = shown[1][0]
        report.add("TR407", locate(at, at + 1), here="a text behind the block", there="null")


def _read_block(text: str, offset: int, context: _Context) -> Block | None:
    """Return one block; with a report when it is no expression, None in strict mode."""
    expression = _read_expression(text, offset, context)
    if expression is None:
        return None
    return Block(expression=expression, offset=offset, chains=tuple(chains(expression.tree)))


def _read_expression(text: str, offset: int, context: _Context) -> Expression | None:
    try:
        parsed = parse(text, context.declared)
    except Fault as fault:
        span = context.locate(offset + fault.start, offset + fault.end)
        context.report.add(
            fault.code,
            span,
            hint=fault.hint,
            reason=fault.detail,
            limit=fault.detail,
            what=fault.detail,
        )
        return _misread(text, context.declared) if context.report.lenient else None
    ends = {word.start: word.end for word in parsed.words}

    def place(at: int) -> Span:
        # The name of a member in quotes starts behind its quote.
        end = ends.get(at) or ends.get(at - 1, at + 2) - 1
        return context.locate(offset + at, offset + end)

    nodes = nodes_of(parsed.tree)
    check_portability(
        text,
        parsed,
        nodes=nodes,
        is_condition=context.is_condition,
        declared=context.declared,
        place=place,
        report=context.report,
    )
    expression = Expression(text, parsed.tree, _reads(nodes))
    is_sound = check_calls(nodes, place=place, report=context.report)
    for node in nodes:
        if node.op is Op.GET and str(node.args[1]).startswith("__"):
            what = f"the internal name '{node.args[1]}'"
            context.report.add("TR406", place(node.at), what=what)
    if is_sound and not expression.reads:
        _check_constant(expression, place, context.report)
    return expression


def _misread(text: str, declared: Declared) -> Expression:
    """Return what Spec Kit makes of text that is not an expression."""
    # Few workflows hold such text.
    from treadle.compiler.expressions.misread import misread

    tree = misread(text, declared)
    return Expression(text, tree, _reads(nodes_of(tree)))


def _check_constant(expression: Expression, place: Callable[[int], Span], report: Report) -> None:
    """Evaluate an expression that reads nothing: what fails now fails always."""
    try:
        evaluate(expression, {})
    except EvaluationError as error:
        report.add("TR414", place(error.at), reason=error.message)


def _reads(nodes: tuple[Node, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the paths of names that nodes of a tree read, each once, in source order."""
    found: dict[tuple[str, ...], None] = {}
    inner: set[int] = set()
    for node in nodes:
        if node.op in (Op.NAME, Op.GET) and id(node) not in inner:
            path = _path(node, inner)
            if path is not None:
                found[path] = None
    return tuple(found)


def _path(node: Node, inner: set[int]) -> tuple[str, ...] | None:
    """Return the names of a path down from a root, noting its inner nodes."""
    names: list[str] = []
    walked: list[int] = []
    current: object = node
    while isinstance(current, Node) and current.op is Op.GET:
        names.append(str(current.args[1]))
        current = current.args[0]
        walked.append(id(current))
    if not isinstance(current, Node) or current.op is not Op.NAME:
        return None
    inner.update(walked)
    return (str(current.args[0]), *reversed(names))
