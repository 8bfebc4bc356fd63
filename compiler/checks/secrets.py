"""TR320: a secret reaches a step through its environment only.

Everything else that an expression makes is stored with the run and shown to people.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.binding import input_read
from treadle.plan.inputs import SECRET_KEY, InputSet
from treadle.plan.steps import WorkflowStep

ENVIRONMENT = "env."


def check_secrets(workflow: Workflow, report: Report) -> None:
    """Report every secret that is read outside of `env`.

    Before and after::

        run: deploy --token {{ inputs.token }}    # TR320: the secret 'token' …
        env: {TOKEN: "{{ inputs.token }}"}        # fine

    A call hands one on to a secret of the workflow that it calls.
    """
    secrets = {
        name
        for name in workflow.input_names
        if (workflow.input_schema(name) or {}).get(SECRET_KEY) is True
    }
    if not secrets:
        return
    for site in workflow.sites:
        if site.step is not None and site.key.startswith(ENVIRONMENT):
            continue
        if _is_handed_on(site, workflow):
            continue
        for chain in site.chains:
            first = chain.members[0] if chain.members else None
            if chain.root.name == "inputs" and first is not None and first.name in secrets:
                report.add("TR320", site.span(first.start, first.end), name=first.name)


def _is_handed_on(site: Site, workflow: Workflow) -> bool:
    """Say whether an expression is the whole of a secret input of a workflow that is called."""
    callee = workflow.callees.get(site.step.path) if site.step is not None else None
    step = workflow.by_path.get(site.step.path) if site.step is not None else None
    if callee is None or not isinstance(step, WorkflowStep):
        return False
    name = site.key.removeprefix("input.")
    is_secret = name in InputSet(callee.plan.inputs).secrets
    return is_secret and name in step.input and input_read(step.input[name]) is not None
