"""TR320: a secret reaches a step through its environment only.

Everything else that an expression makes is stored with the run and shown to people.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.workflow import Workflow

SECRET = "x-secret"
ENVIRONMENT = "env."


def check_secrets(workflow: Workflow, report: Report) -> None:
    """Report every secret that is read outside of `env`.

    Before and after::

        run: deploy --token {{ inputs.token }}    # TR320: the secret 'token' …
        env: {TOKEN: "{{ inputs.token }}"}        # fine
    """
    secrets = {
        name
        for name in workflow.input_names
        if (workflow.input_schema(name) or {}).get(SECRET) is True
    }
    if not secrets:
        return
    for site in workflow.sites:
        if site.step is not None and site.key.startswith(ENVIRONMENT):
            continue
        for chain in site.chains:
            first = chain.members[0] if chain.members else None
            if chain.root.name == "inputs" and first is not None and first.name in secrets:
                report.add("TR320", site.span(first.start, first.end), name=first.name)
