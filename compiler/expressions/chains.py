"""The names that an expression reads, each with the members that follow it and their places.

A chain is as long as its members are known when the workflow is compiled; what is computed ends
it, and is looked through for chains of its own.
"""

from collections.abc import Iterator

from msgspec import Struct

from treadle.plan.expression import Node, Op


class Member(Struct, frozen=True, gc=False):
    """One member of a chain: a name, a list position, or None for a computed one.

    Units: `start` and `end` are character offsets into the text of the expression.
    """

    name: str | int | None
    start: int
    end: int


class Chain(Struct, frozen=True, gc=False):
    """A root name and the members that are read from it: ``steps``, then ``scan``, ``output``."""

    root: Member
    members: tuple[Member, ...]


def chains(tree: Node) -> Iterator[Chain]:
    """Yield every chain of an expression, outermost first.

    >>> from treadle.plan.expression import Node, Op
    >>> [chain.root.name for chain in chains(Node(Op.NAME, ("item",), 0))]
    ['item']
    """
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.op not in (Op.NAME, Op.GET, Op.INDEX):
            pending.extend(reversed(_parts(node)))
            continue
        members: list[Member] = []
        while node.op in (Op.GET, Op.INDEX):
            member, computed = _member(node)
            members.append(member)
            if computed is not None:
                pending.append(computed)
            base = node.args[0]
            assert isinstance(base, Node)
            node = base
        if node.op is Op.NAME:
            yield Chain(root=_named(node, str(node.args[0])), members=tuple(reversed(members)))
        else:
            pending.append(node)


def _parts(node: Node) -> list[Node]:
    return [arg for arg in node.args if isinstance(arg, Node)] + [v for _, v in node.keywords]


def _member(node: Node) -> tuple[Member, Node | None]:
    """Return the member that a node reads, and the expression that computes it if one does."""
    name = node.args[1]
    if node.op is Op.GET:
        return _named(node, str(name)), None
    assert isinstance(name, Node)
    value = name.args[0] if name.op is Op.LITERAL else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Member(name=value, start=name.at, end=name.at + len(str(value))), None
    return Member(name=None, start=name.at, end=name.at + 1), name


def _named(node: Node, name: str) -> Member:
    return Member(name=name, start=node.at, end=node.at + len(name))
