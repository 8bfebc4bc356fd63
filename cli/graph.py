"""``treadle graph``: draws a workflow as a Mermaid flowchart."""

from treadle.cli.checking.plan_source import load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import LenientOption, SourceArgument
from treadle.cli.plans.mermaid import flowchart
from treadle.cli.settings import Settings


def graph(settings: Settings, source: SourceArgument, lenient: LenientOption = False) -> int:
    """Print a Mermaid flowchart of a workflow's steps."""
    loaded = load_plan(source, settings, project=settings.find_project, lenient=lenient)
    for line in flowchart(loaded.plan):
        print(line)
    return ExitCode.OK
