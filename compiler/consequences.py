"""Which findings could be no more than a consequence of a mistake of shape; on doubt all of them.

What is broken is not judged, and nothing that depends on it. A finding about a name or about the
grammar of an expression holds wherever it stands, as long as the names are all there.
"""

from bisect import bisect_right

from msgspec import Struct

from treadle.compiler.diagnostics import Diagnostic, Report, Span
from treadle.compiler.shapes.shape_gaps import is_firm
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow

# They look at nothing but the place itself, and at what is declared elsewhere.
_OF_PLACES = frozenset(
    {
        *("TR107", "TR111", "TR114", "TR217", "TR219", "TR224", "TR301", "TR302", "TR303"),
        *("TR305", "TR306", "TR307", "TR308", "TR309", "TR312", "TR313", "TR317", "TR318"),
        *("TR320", "TR322", "TR323", "TR324", "TR401", "TR402", "TR403", "TR404", "TR405"),
        *("TR406", "TR407", "TR408"),
    }
)
# They look for an id among those that there are.
_OF_IDS = frozenset({"TR303", "TR304", "TR305", "TR308", "TR312", "TR317", "TR322", "TR326"})
# They look for an input among those that there are.
_OF_INPUTS = frozenset({"TR302", "TR310", "TR338"})
# They follow what runs and who reads it, in the order of the steps.
_OF_FLOW = frozenset(
    {
        *("TR502", "TR503", "TR505", "TR506", "TR507", "TR508", "TR509"),
        *("TR510", "TR513", "TR514", "TR515", "TR516", "TR517"),
    }
)


class Consequences(Struct, frozen=True, kw_only=True):
    """The steps of a workflow that are broken or touched by one that is.

    Shapes: `_inside` are the orders of the steps that are broken or stand in a broken one,
    `_around` those of the steps in which one stands. `_places` are all steps by the beginning
    of their text. `_vague` have an addition that is ignored in lenient mode.
    """

    workflow: Workflow
    _inside: frozenset[int]
    _around: frozenset[int]
    _vague: frozenset[int]
    _places: tuple[Declaration, ...]
    _starts: tuple[tuple[int, int], ...]

    def may_follow(self, found: Diagnostic) -> bool:
        """Say whether a finding could go away when what is broken is mended."""
        gaps, code = self.workflow.document.gaps, found.code
        if gaps.hides_inputs and code in _OF_INPUTS:
            return True
        if gaps.hides_ids and (code in _OF_IDS or code in _OF_FLOW):
            return True
        if code in _OF_PLACES:
            return False
        touched = self._inside | self._around if code in _OF_FLOW else self._inside
        spans = (found.span, *(each.span for each in found.related if each.path is None))
        orders = {self._order_at(span) for span in spans}
        # What is an error in lenient mode is one in strict mode.
        return bool(orders & touched or (orders & self._vague and not is_firm(code)))

    def _order_at(self, span: Span) -> int | None:
        """Return the order of the innermost step around a place."""
        index = bisect_right(self._starts, (span.line, span.column))
        step: Declaration | None = self._places[index - 1] if index else None
        while step is not None and not _holds(step.node.span, span):
            step = step.parent
        return step.order if step is not None else None


def consequences(workflow: Workflow) -> Consequences:
    """Return what the gaps of a workflow touch."""
    inside: set[int] = set()
    around: set[int] = set()
    for step in workflow.names.declarations:
        if step.is_broken:
            around |= {above.order for above in step.ancestors()}
        if step.is_broken or (step.parent is not None and step.parent.order in inside):
            inside.add(step.order)
    places = sorted(workflow.names.declarations, key=lambda step: (step.node.span, step.order))
    vague = workflow.document.gaps.vague
    return Consequences(
        workflow=workflow,
        _vague=frozenset(step.order for step in places if step.node.span in vague),
        _inside=frozenset(inside),
        _around=frozenset(around),
        _places=tuple(places),
        _starts=tuple((step.node.span.line, step.node.span.column) for step in places),
    )


def without_consequences(workflow: Workflow, found: Report, report: Report) -> None:
    """Record in `report` what was found in a workflow and follows from none of its gaps."""
    known = consequences(workflow)
    for each in found.diagnostics:
        if not known.may_follow(each):
            report.adopt(each)


def _holds(outer: Span, inner: Span) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
