"""What the tests of the checks share: a workflow in, its findings with the words they mark out."""

from collections.abc import Callable
from textwrap import dedent

import pytest

from treadle.compiler import Diagnostic, compile_text

HEAD = "workflow: {id: probe, name: Probe}\n"

Findings = Callable[..., list[tuple[str, str, str | None]]]


def marked(text: str, found: Diagnostic) -> str:
    """Return the source under a span of one line."""
    line = text.splitlines()[found.span.line - 1]
    return line[found.span.column - 1 : found.span.end_column - 1]


@pytest.fixture
def findings() -> Findings:
    """Give a function from a workflow without its head to (code, marked words, hint).

    What is said about flow (TR5xx) is left out: few short probes are without it.
    """

    def compile_body(
        body: str, *, lenient: bool = False, but: str = "TR5"
    ) -> list[tuple[str, str, str | None]]:
        text = HEAD + dedent(body)
        result = compile_text(text, lenient=lenient)
        found = (d for d in result.diagnostics if not but or not d.code.startswith(but))
        return [(d.code, marked(text, d), d.hint) for d in found]

    return compile_body
