"""TR506: a failure that is asked about behind a step whose failure ends the run.

Whoever reads `exit_code` or `status` of such a step finds 0 and `completed`, or nothing at all.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.certainty import doubts, is_after_end
from treadle.compiler.flows.flow import Flow, Read, is_within
from treadle.compiler.steps.scope import LOOPS, may_have_run
from treadle.plan.comparison import compare
from treadle.plan.expression import Expression, Json, Node, Op
from treadle.plan.steps import CommandStep, InitStep, PromptStep, ShellStep

_SUCCESS: dict[tuple[str, ...], Json] = {("output", "exit_code"): 0, ("status",): "completed"}
_FAILURES: dict[tuple[str, ...], tuple[Json, ...]] = {
    ("output", "exit_code"): (1, 2, 127, -1, 255),
    ("status",): ("failed",),
}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_SIGNS = frozenset({"==", "!=", "<", ">", "<=", ">="})


def check_tolerated_codes(flow: Flow, report: Report) -> None:
    """Report every comparison that only a failure of a step could decide, and none is seen.

    Before and after::

        - {id: test, type: shell, run: make test}
        - id: mend
          type: prompt
          if: "{{ steps.test.output.exit_code != 0 }}"   # TR506: 'test' ends the run
          prompt: Make the tests pass.
    """
    for read in flow.reads:
        step = flow.step(read.target.step)
        success = _SUCCESS.get(tuple(str(name) for name in read.path))
        is_action = isinstance(step, ShellStep | CommandStep | PromptStep | InitStep)
        if not is_action or step is None or step.continue_on_error or success is None:
            continue
        if is_after_end(read.target.step, read.site.step):
            continue
        asked = _comparison(read)
        if asked is not None and _is_settled(read, asked, success, flow=flow):
            field = ".".join(str(name) for name in read.path)
            related = Related(span=read.target.step.span, message="a failure here ends the run")
            report.add(
                "TR506",
                read.site.span(read.fields[-1].start, read.fields[-1].end),
                related=(related,),
                field=field.removeprefix("output."),
                step=step.id,
                value=success,
            )


def _comparison(read: Read) -> tuple[str, Json] | None:
    """Return the sign and the literal that a read is compared with, as if it stood on the left."""
    pending = [read.site.expression.tree]
    while pending:
        node = pending.pop()
        operands = [arg for arg in node.args if isinstance(arg, Node)]
        pending += operands
        if node.op is not Op.COMPARE or len(node.args) != 3 or node.args[1] not in _SIGNS:
            continue
        sign, (left, right) = str(node.args[1]), operands
        if right.op is Op.LITERAL and _is_read(left, read):
            return sign, _literal(right)
        if left.op is Op.LITERAL and _is_read(right, read):
            return _MIRRORED.get(sign, sign), _literal(left)
    return None


def _is_read(node: Node, read: Read) -> bool:
    return node.op is Op.GET and node.at == read.fields[-1].start


def _literal(node: Node) -> Json:
    value = node.args[0]
    assert not isinstance(value, Node | Expression)
    return value


def _is_settled(read: Read, asked: tuple[str, Json], success: Json, *, flow: Flow) -> bool:
    """Say whether the comparison comes out the same in every run, and a failure would change it."""
    sign, literal = asked
    outcome = compare(sign, success, literal)
    failures = _FAILURES[tuple(str(name) for name in read.path)]
    if all(compare(sign, failure, literal) == outcome for failure in failures):
        return False
    reader, step = read.site.step, read.target.step
    if outcome == compare(sign, None, literal) == compare(sign, "skipped", literal):
        return True
    if reader is not None and reader.kind in LOOPS and is_within(step, reader):
        # Only the look before the first round finds nothing yet.
        return not outcome and not doubts(step, reader=reader, flow=flow)
    is_before = reader is None or step.order < reader.order
    has_run = is_before and may_have_run(read.target, reader=reader, key=read.site.key)
    return has_run and not _may_be_missing(read, flow)


def _may_be_missing(read: Read, flow: Flow) -> bool:
    step = read.target.step
    is_generated = ":" in str(read.at.name)
    in_while = any(above.kind == "while" for above in step.ancestors())
    return is_generated or in_while or bool(doubts(step, reader=read.site.step, flow=flow))
