"""TR501: an input that nothing reads.

Somebody who gives it a value expects it to matter, so this is mostly a misspelt or forgotten use.
"""

from collections.abc import Iterator
from functools import lru_cache

from treadle.compiler.diagnostics import Report
from treadle.compiler.expressions.lexer import ROOTS
from treadle.compiler.flows.plain_blocks import plain_blocks
from treadle.compiler.reading import keys
from treadle.compiler.suggestions import closest
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import GateStep

# What such an expression reads is not known.
_UNREAD = frozenset({"TR111", "TR401", "TR402", "TR403", "TR404", "TR406"})


def check_unused_inputs(workflow: Workflow, report: Report) -> None:
    """Report every declared input that no expression and no gate reads.

    Before and after::

        inputs:
          ticket: {type: string}    # TR501: nothing reads the input 'ticket'
        steps:
          - {id: build, type: shell, run: make}
    """
    declared = keys.mapping(workflow.root, "inputs")
    gaps = workflow.document.gaps
    if gaps.hides_reads or declared is None:
        return
    if any(found.code in _UNREAD for found in report.diagnostics):
        return
    read = set(_names_read(workflow)) | gaps.words
    if None in read:
        return
    known = set(workflow.input_names)
    # An input that is read under a misspelt name is not unused; that finding says what to write.
    meant = {closest(name, known) for name in read if name is not None and name not in known}
    unread = [e for e in declared.entries if e.key.value not in read and e.key.value not in meant]
    # Nor is one that a block names which stays text; that finding says where to write it.
    texts = [block.expression for block in plain_blocks(workflow)] if unread else []
    for entry in unread:
        if not any(str(entry.key.value) in text for text in texts):
            report.add("TR501", entry.key.span, name=entry.key.value)


def _names_read(workflow: Workflow) -> Iterator[str | None]:
    """Yield the names of the inputs that are read; None where all of them are read at once."""
    for site in workflow.sites:
        for path in site.expression.reads:
            if path[0] != "inputs":
                # `{{ name }}` for `{{ inputs.name }}`: the name is unknown, the input is meant.
                yield path[0]
            if _is_of_inputs(path[0]):
                yield path[1] if len(path) > 1 else None
    for step in workflow.by_path.values():
        if isinstance(step, GateStep) and step.verdict_input is not None:
            yield step.verdict_input


@lru_cache(maxsize=1000)
def _is_of_inputs(root: str) -> bool:
    """Whether a name is `inputs`, or looks most like it: `{{ input.name }}`."""
    return root == "inputs" or (root not in ROOTS and closest(root, ROOTS) == "inputs")
