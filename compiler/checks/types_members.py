"""TR420, TR421, TR422: a name or a position that a value cannot have.

What the schema of a step's record says of plain names is told in `references`; here the rest, such
as alternatives in a schema and what a called workflow gives.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.expressions.chains import chains
from treadle.compiler.fixes import respell
from treadle.compiler.hints import listed
from treadle.compiler.suggestions import Guess, closest, judged
from treadle.compiler.typed import types
from treadle.compiler.typed.outputs import Schema, member
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow, describe
from treadle.compiler.typed.types import Type
from treadle.plan.expression import Node, Op

# Among more names than this, none is looked for that was meant: it would take too long.
MAX_GUESSES = 64
# Whose first names other rules know: a mistake there is reported once.
_KNOWN_ROOTS = frozenset({"inputs", "context", "fan_in"})


def check_members(workflow: TypedWorkflow, report: Report) -> None:
    """Report every member that its value never has, and every index into what has no places.

    Before and after::

        inputs:
          target: {type: object, properties: {host: {type: string}}, additionalProperties: false}
        steps:
          - {id: ping, type: shell, run: 'ping {{ inputs.target.hots | shquote }}'}  # TR420
    """
    for typed in workflow.sites:
        for node in typed.nodes:
            if node.op is Op.GET:
                _check_name(node, typed, workflow, report)
            elif node.op is Op.INDEX:
                _check_index(node, typed, workflow, report)


def is_known(root: str, depth: int) -> bool:
    """Return whether another rule looks at the member of a root that is so many names away."""
    return root in _KNOWN_ROOTS and depth <= 1


def _is_told(node: Node, typed: TypedSite, workflow: TypedWorkflow) -> bool:
    """Return whether another rule tells that there is no such member."""
    base: object = node
    depth = 0
    while isinstance(base, Node) and base.op in (Op.GET, Op.INDEX):
        base, depth = base.args[0], depth + 1
    if not isinstance(base, Node) or base.op is not Op.NAME:
        return False
    if base.args[0] != "steps":
        return is_known(str(base.args[0]), depth)
    first, *fields = next(chains(node)).members
    target = workflow.workflow.names.resolve(str(first.name), reader=typed.site.step)
    if target is None:
        return True
    schema: Schema | None = workflow.roots.records.record(target.step)
    for field in fields:
        schema = member(schema, field.name) if schema is not None else None
    return schema is None


def _check_name(node: Node, typed: TypedSite, workflow: TypedWorkflow, report: Report) -> None:
    base, name = typed.part(node, 0), str(node.args[1])
    kinds = base.kinds - {"null"}
    is_there = "object" in kinds and (not base.is_closed or name in base.members)
    if not kinds or is_there or _is_told(node, typed, workflow):
        return
    what = typed.words(_base(node))
    if "object" not in kinds:
        report.add("TR421", typed.last_word(node), what=what, kind=describe(base), field=name)
    else:
        span = typed.last_word(node)
        hint, guess = meant(name, base)
        fix = respell(span, name, guess)
        report.add("TR420", span, hint=hint, fix=fix, what=what, field=name)


def meant(name: str, base: Type) -> tuple[str | None, Guess | None]:
    """Return the hint about a field that objects of a type do not have, and the one meant."""
    known = tuple(base.members)
    guess = judged(name, closest(name, known), known) if len(known) <= MAX_GUESSES else None
    hint = f"did you mean '{guess.name}'?" if guess is not None else None
    return hint or listed(known, what="its fields"), guess


def _check_index(node: Node, typed: TypedSite, workflow: TypedWorkflow, report: Report) -> None:
    base, key = typed.part(node, 0), typed.part(node, 1)
    kinds = base.kinds - {"null"}
    what = typed.words(_base(node))
    if not kinds or not key.kinds - {"null"}:
        return
    if not kinds & {"array", "object", "string"}:
        reason = f"{what} is {describe(base)}: it has no places"
    elif "object" not in kinds and not key.kinds & types.NUMERIC:
        reason = f"a place in {describe(base)} is a number, not {describe(key)}"
    elif base.places is not None and kinds == {"array"} and _is_outside(node, len(base.places)):
        count = len(base.places)
        reason = f"{what} has {count} item{'s' if count != 1 else ''}, counted from 0"
    else:
        return
    if not _is_told(node, typed, workflow):
        report.add("TR422", typed.last_word(node), reason=reason)


def _is_outside(node: Node, count: int) -> bool:
    key = node.args[1]
    at = key.args[0] if isinstance(key, Node) and key.op is Op.LITERAL else None
    return isinstance(at, int) and not -count <= at < count


def _base(node: Node) -> Node:
    found = node.args[0]
    assert isinstance(found, Node)
    return found
