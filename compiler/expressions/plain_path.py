"""The expressions that most workflows are full of: a root and plain names with dots between.

Nothing is to be said about such a path before its names are looked up, so it needs no lexer, no
grammar and no check of its form. What is found here is what `parser` would have made of the text.
"""

from msgspec import Struct

from treadle.compiler.expressions.chains import Chain, Member
from treadle.compiler.expressions.lexer import ROOTS, Declared
from treadle.plan.expression import Expression, Node, Op
from treadle.plan.lazy_pattern import lazy_pattern

# A member with two underscores in front is an internal name, one with a colon may be two words.
_PATH = lazy_pattern(rf"\s*({'|'.join(ROOTS)})((?:\.(?!__)[A-Za-z_][\w-]*){{0,12}})\s*")


class PlainPath(Struct, frozen=True, gc=False):
    """A path as an expression and as the one chain that it is."""

    expression: Expression
    chain: Chain


def plain_path(text: str, declared: Declared) -> PlainPath | None:
    """Return the path that a text is, None when the lexer has to decide.

    >>> known = Declared(steps=frozenset({"a-b"}), inputs=frozenset())
    >>> plain_path(" steps.a-b.output ", known).expression.reads
    (('steps', 'a-b', 'output'),)
    >>> plain_path("inputs.a-1", known) is None
    True
    """
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    root, rest = found.groups()
    names = rest.split(".")[1:]
    if names and not _ends_where_it_seems(root, names[0], declared):
        return None
    at = found.start(1)
    node = Node(Op.NAME, (root,), at)
    end = at + len(root)
    start = Member(root, at, end)
    members = []
    for name in names:
        at, end = end + 1, end + 1 + len(name)
        node = Node(Op.GET, (node, name), at)
        members.append(Member(name, at, end))
    expression = Expression(text, node, ((root, *names),))
    return PlainPath(expression, Chain(start, tuple(members)))


def _ends_where_it_seems(root: str, name: str, declared: Declared) -> bool:
    """Tell whether the first name of a path is not cut short or drawn out by declared names."""
    if root == "inputs":
        return (name in declared.inputs or "-" not in name) and not declared.unusual_inputs
    return root != "steps" or not declared.unusual_steps
