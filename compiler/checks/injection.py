"""TR530, TR531, TR532, TR533: a value from outside stays a value.

As a part of `run` it is shell code, as `cwd` it chooses the folder, as the name of a `command`
what an agent does. What is proven to hold no sign of the shell's grammar passes.
"""

from collections.abc import Iterator
from itertools import groupby

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.flows.env_form import TAKES_CODE, Splice, env_form, is_mendable, keeps_words
from treadle.compiler.flows.origins import Inflow
from treadle.compiler.flows.shell_text import BLOCK, SIGNS, Place, Quoting, places
from treadle.compiler.flows.taint import Taint
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Node, Op
from treadle.plan.steps import Kind

# Which key of which kind of step is a sink, and what is said there.
SINKS = {"cwd": "TR531", "command": "TR532"}
RUN = "run"

_IN_QUOTES = frozenset((Quoting.DOUBLE, Quoting.SINGLE, Quoting.HEREDOC))


def check_injection(workflow: Workflow, report: Report) -> None:
    """Report every value from outside that becomes shell code, a folder or a command's name.

    Before and after::

        run: grep {{ inputs.word }} notes.txt    # TR530: the input 'word' becomes shell code

        env: {WORD: "{{ inputs.word }}"}
        run: grep "$WORD" notes.txt              # fine
    """
    taint = Taint.of(workflow)
    for site in workflow.sites:
        code = SINKS.get(site.key)
        if code is not None and site.step is not None:
            for inflow in taint.inflows(site):
                if inflow.origin.may_hold(SIGNS[Quoting.BARE]):
                    _add(code, site, inflow, report)
    shell = (s for s in workflow.sites if s.key == RUN and s.step and s.step.kind == Kind.SHELL)
    for step, sites in groupby(shell, key=lambda site: site.step):
        if step is not None:
            _check_run(step, tuple(sites), taint=taint, report=report)


def _check_run(step: Declaration, sites: tuple[Site, ...], *, taint: Taint, report: Report) -> None:
    found: list[tuple[Splice, Inflow]] = []
    for site, place in zip(sites, _places(sites), strict=True):
        for inflow in taint.inflows(site):
            if inflow.origin.may_hold(SIGNS[place.quoting]):
                found.append((Splice(site=site, place=place, path=inflow.path), inflow))
        if place.quoting in _IN_QUOTES:
            _check_filter(site, taint=taint, report=report)
    mendable = list({s.site.offset: s for s, _ in found if is_mendable(s)}.values())
    # Under Spec Kit a step has no 'env'.
    kept = [] if report.lenient else [splice for splice in mendable if keeps_words(splice)]
    safe = env_form(step, kept, is_safe=True) if kept else None
    every = env_form(step, mendable, is_safe=False) if len(mendable) > len(kept) else None
    offsets = {splice.site.offset for splice in mendable}
    kept_offsets = {splice.site.offset for splice in kept}
    for splice, inflow in found:
        offset = splice.site.offset
        fix = safe if offset in kept_offsets else every if offset in offsets else None
        report.add(
            "TR530",
            _span(splice.site, inflow),
            hint=_hint(splice),
            related=_related(inflow),
            fix=fix,
            what=inflow.origin.what,
        )


def _check_filter(site: Site, *, taint: Taint, report: Report) -> None:
    """Report a value that is quoted inside of quotes, which opens what it should close."""
    tree = site.expression.tree
    if tree.op is not Op.FILTER or tree.args[0] != "shquote":
        return
    inner = tree.args[1]
    assert isinstance(inner, Node)
    for inflow in taint.inflows_of(inner, site.step):
        if inflow.origin.may_hold(SIGNS[Quoting.BARE]):
            # The whole filter is the mistake; the name says of what.
            span = site.span(tree.at, tree.at + len("shquote"))
            what = inflow.origin.what
            report.add("TR533", span, related=_related(inflow), what=what)


def _places(sites: tuple[Site, ...]) -> Iterator[Place]:
    """Yield where the block of each site stands in the text of their `run`."""
    scalar = sites[0].scalar
    text, end = "", 0
    value = str(scalar.value).replace(BLOCK, " ")
    for site in sites:
        text += value[end : site.offset - len("{{")] + BLOCK
        end = site.offset + len(site.expression.text) + len("}}")
    yield from places(text + value[end:])


def _add(code: str, site: Site, inflow: Inflow, report: Report) -> None:
    report.add(code, _span(site, inflow), related=_related(inflow), what=inflow.origin.what)


def _hint(splice: Splice) -> str | None:
    """Return what helps where 'shquote' would not; None where it would."""
    place = splice.place
    if place.command in TAKES_CODE:
        return f"hand it over in 'env' and let the code that {place.command} gets read the variable"
    match place.quoting:
        case Quoting.BARE if not place.command:
            return "allow only known commands with 'enum', or choose the step with 'switch'"
        case Quoting.BARE:
            return None
        case Quoting.SINGLE:
            return "hand it over in 'env' and read the variable outside of the single quotes"
    return "hand it over in 'env' and read the variable here"


def _span(site: Site, inflow: Inflow) -> Span:
    return site.span(inflow.start, inflow.end)


def _related(inflow: Inflow) -> tuple[Related, ...]:
    return (Related(span=inflow.origin.span, message=inflow.origin.remark),)
