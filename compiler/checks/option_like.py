"""TR534: a prompt that begins with a value from outside could begin with a dash.

It is one word of the agent's command line, so nothing in it is split or run; but where an option
could stand as well, a word such as ``--yolo`` is one. Only command lines that are certain count.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.taint import Taint
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Literal, Single, Text, Value
from treadle.plan.integrations import Line, integration
from treadle.plan.steps import CommandStep, PromptStep

DASH = frozenset("-")
ARGUMENTS = "input.args"

# Options as a whole, with their values.
_OPTIONS = frozenset(("{extra}", "{options}", "{permission}"))


def check_option_like(workflow: Workflow, report: Report) -> None:
    """Report every value from outside with which a word of an agent's command line begins.

    Before and after::

        - {id: ask, type: prompt, integration: codex, prompt: "{{ inputs.task }}"}     # TR534
        - {id: ask, type: prompt, integration: codex, prompt: "Task: {{ inputs.task }}"}
    """
    exposed = [(site, _exposed_agent(site, workflow)) for site in workflow.sites]
    if not any(name for _, name in exposed):
        return
    taint = Taint.of(workflow)
    for site, name in exposed:
        if name is None:
            continue
        for inflow in taint.inflows(site):
            if inflow.origin.may_begin_with(DASH):
                source = Related(span=inflow.origin.span, message=inflow.origin.remark)
                span = site.span(inflow.start, inflow.end)
                what = inflow.origin.what
                report.add("TR534", span, related=(source,), what=what, name=name)


def _exposed_agent(site: Site, workflow: Workflow) -> str | None:
    """Return the agent that takes the first block of a text where an option could stand."""
    step = workflow.by_path.get(site.step.path) if site.step is not None else None
    text: Value | None = None
    if isinstance(step, PromptStep) and site.key == "prompt":
        text, blank = step.prompt, "{prompt}"
    elif isinstance(step, CommandStep) and site.key == ARGUMENTS:
        text, blank = step.input.get("args"), "{rest}"
    if text is None or not isinstance(step, PromptStep | CommandStep):
        return None
    name = step.integration.value if isinstance(step.integration, Literal) else None
    known = integration(name) if isinstance(name, str) else None
    if known is None or not _begins_with(text, site):
        return None
    line = known.line
    if isinstance(step, CommandStep):
        line = known.slash.line if known.slash is not None else None
    return known.key if line is not None and _is_free(line, blank) else None


def _begins_with(text: Value, site: Site) -> bool:
    match text:
        case Single(expression):
            return expression is site.expression
        case Text((first, *_)):
            return first is site.expression
    return False


def _is_free(line: Line, blank: str) -> bool:
    """Tell whether a blank certainly stands where an option could.

    Behind a word with a dash it may be that option's value; words in brackets stand for
    themselves.
    """
    before = ""
    for word in line:
        if isinstance(word, tuple):
            if blank in word:
                return word[0] == blank and not before.startswith("-")
        elif word == blank:
            return not before.startswith("-")
        elif word not in _OPTIONS:
            before = word
    return False
