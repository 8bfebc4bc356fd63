"""What a shell offers behind TAB: ids of runs, steps of a run, names and choices of inputs.

Nothing here may ever print or fail: whoever presses TAB gets an offer or nothing.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import typer

from treadle.plan.expression import Json
from treadle.plan.inputs import InputSet
from treadle.plan.plan_file import read_plan
from treadle.plan.text import as_text

# Each is imported when TAB is pressed: the option itself is loaded with every command.


def complete_runs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the runs of the project, the latest first."""
    with suppress(Exception):
        from treadle.executor.local.store import Store

        return [
            (row.run_id, f"{row.workflow_id}, {row.status}")
            for row in Store(_project(context)).rows()
            if row.run_id.startswith(incomplete)
        ]
    return []


def complete_installed(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the workflows that are installed in the project."""
    with suppress(Exception):
        from treadle.library.installed import known_ids

        return [id for id in known_ids(_project(context)) if id.startswith(incomplete)]
    return []


def complete_workflows(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the workflows that the runs of the project are of."""
    with suppress(Exception):
        from treadle.executor.local.store import Store

        found = {row.workflow_id for row in Store(_project(context)).rows()}
        return sorted(name for name in found if name.startswith(incomplete))
    return []


def complete_steps(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the steps of the run that stands before."""
    with suppress(Exception):
        from treadle.executor.local.store import Store
        from treadle.executor.outcome import public_results

        store = Store(_project(context))
        _, run = store.load(store.find(_before(context) or ""))
        return [name for name in public_results(run) if name.startswith(incomplete)]
    return []


def complete_inputs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the inputs of the workflow or run that stands before, with their choices."""
    with suppress(Exception):
        declared = _declared(context)
        if declared is not None:
            offers = _assignments(InputSet(declared))
            return [(text, about) for text, about in offers if text.startswith(incomplete)]
    return []


def words_to_complete() -> list[str]:
    """Return the words of a line that a shell asks to have completed, none otherwise."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS") or ""
    return line.split()


def _assignments(inputs: InputSet) -> Iterator[tuple[str, str]]:
    for name in inputs.names:
        question = inputs.describe(name)
        choices = (True, False) if question.type_word == "boolean" else question.choices
        if not choices:
            yield f"{name}=", question.text
        for choice in choices:
            text = as_text(choice)
            yield f"{name}={text.lower() if isinstance(choice, bool) else text}", question.text


def _declared(context: typer.Context) -> Mapping[str, Json] | None:
    """Return the inputs that are declared, those of a workflow with mistakes, too."""
    named = _before(context)
    if named is None:
        return None
    if context.info_name in ("resume", "fork"):
        from treadle.executor.local.store import Store

        return read_plan(Store(_project(context)).find(named).plan).inputs
    if named.endswith(".json"):
        return read_plan(Path(named)).inputs
    from treadle.cli.project.available_types import types_around
    from treadle.compiler import compile_file
    from treadle.compiler.composing.callees import CalleeFile, NotFound

    class Nothing:
        """Finds no workflow that is called: what a workflow takes depends on none."""

        def installed(self, workflow: str) -> CalleeFile | NotFound | None:
            return None

        def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
            return NotFound(reason="nobody looks for it")

    path = Path(named)
    if not path.is_file():
        path = _project(context) / ".specify" / "workflows" / named / "workflow.yml"
    types = types_around(path)
    workflow = compile_file(path, lenient=True, step_types=types, callees=Nothing()).workflow
    return workflow.inputs if workflow is not None else None


def _before(context: typer.Context) -> str | None:
    """Return the run or source that stands before what is completed.

    Behind an option without its value the parser has not come so far: the line tells then.
    """
    known = context.params.get("run") or context.params.get("source")
    if known:
        return str(known)
    words = words_to_complete()
    verb = words.index(context.info_name or "")
    pairs = zip(words[verb:], words[verb + 1 :], strict=False)
    return next((w for option, w in pairs if "-" not in (option[:1], w[:1])), None)


def _project(context: typer.Context) -> Path:
    from treadle.executor.local.project import find_root

    outer = context.parent.params if context.parent is not None else {}
    named = context.params.get("project") or outer.get("project")
    return Path(named) if named else find_root(Path.cwd(), os.environ)
