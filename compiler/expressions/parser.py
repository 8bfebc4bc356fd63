"""From the words of an expression to its tree.

Nothing is parsed before its depth is known to be bounded. A path of names, which most
expressions are, is its own tree; the grammar of all else is Jinja2's.
"""

from functools import lru_cache

from msgspec import Struct

from treadle.compiler.expressions.lexer import MAX_DEPTH, Declared, Fault, Word, read_words
from treadle.plan.expression import Node, Op

_OPENING = frozenset(("lparen", "lbracket", "lbrace"))
_CLOSING = frozenset(("rparen", "rbracket", "rbrace"))
_OPERAND_ENDS = _CLOSING.union(("name", "string", "integer", "float"))
_KEYWORDS = frozenset(("and", "or", "not", "in", "is", "if", "else"))
_NO_ROOTS = _KEYWORDS.union(("true", "false", "none", "True", "False", "None"))


class Parsed(Struct, frozen=True, kw_only=True):
    """A tree with the words it was made of.

    Shapes: `grouped` holds the places of the filters that stand in parentheses of their own.
    """

    tree: Node
    words: tuple[Word, ...]
    grouped: frozenset[int]


@lru_cache(maxsize=4096)
def parse(text: str, declared: Declared) -> Parsed:
    """Return the tree of an expression; blank text is the empty text.

    Workflows repeat themselves: what was parsed last is remembered.
    Errors: Fault (TR111, TR401, TR403, TR404, TR406).
    """
    words = read_words(text, declared)
    if not words:
        return Parsed(tree=Node(Op.LITERAL, ("",), 0), words=(), grouped=frozenset())
    path = _path(words)
    if path is not None:
        return Parsed(tree=path, words=words, grouped=frozenset())
    _check_depth(words)
    # Jinja2 takes long to import, and many workflows hold nothing but paths.
    from treadle.compiler.expressions.grammar import grown

    tree, grouped = grown(text, words)
    return Parsed(tree=tree, words=words, grouped=grouped)


def _path(words: tuple[Word, ...]) -> Node | None:
    """Return the tree of names and positions with dots between them, None for anything else."""
    root = words[0]
    if root.kind != "name" or root.value in _NO_ROOTS or len(words) > MAX_DEPTH:
        return None
    node = Node(Op.NAME, (root.value,), root.start)
    for dot, member in zip(words[1::2], words[2::2], strict=False):
        if dot.kind != "dot":
            return None
        if member.kind == "name":
            node = Node(Op.GET, (node, member.value), member.start)
        elif member.kind == "integer":
            position = Node(Op.LITERAL, (member.value,), member.start)
            node = Node(Op.INDEX, (node, position), member.start)
        else:
            return None
    return node if len(words) % 2 else None


def _check_depth(words: tuple[Word, ...]) -> None:
    """Bound what makes the parser call itself: brackets, signs before operands, and ``else``."""
    outer: list[tuple[int, int]] = []
    floor = level = 0
    before: Word | None = None
    for word in words:
        keyword = keyword_of(word, before)
        if word.kind in _OPENING:
            outer.append((floor, level))
            floor = level = level + 1
        elif word.kind in _CLOSING and outer:
            floor, level = outer.pop()
        elif word.kind == "comma":
            floor = level = outer[-1][1] + 1 if outer else 0
        elif keyword in ("and", "or"):
            level = floor
        elif keyword == "else":
            floor = level = floor + 1
        elif keyword == "not" or (word.kind in ("sub", "add") and needs_operand(before)):
            level += 1
        if level > MAX_DEPTH:
            raise Fault("TR403", word.start, word.end, MAX_DEPTH)
        before = Word(word.start, word.end, "sign", keyword) if keyword else word


def keyword_of(word: Word, before: Word | None) -> str:
    """Return the keyword that a word is, or "" for anything else."""
    is_member = before is not None and before.kind == "dot"
    is_keyword = word.kind == "name" and word.value in _KEYWORDS and not is_member
    return str(word.value) if is_keyword else ""


def needs_operand(before: Word | None) -> bool:
    """Return whether a sign behind a word, which is no keyword, is that of a number."""
    return before is None or before.kind not in _OPERAND_ENDS
