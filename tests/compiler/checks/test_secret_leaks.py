"""TR535: inputs with the names of secrets."""

import pytest

from treadle.compiler import compile_text


def reported(declaration: str, *, lenient: bool = False) -> list[tuple[str, int]]:
    name = declaration.partition(":")[0]
    text = f"""\
schema_version: "1.0"
workflow: {{id: probe, name: Probe}}
inputs:
  {declaration}
steps:
  - {{id: a, type: shell, env: {{A: "{{{{ inputs.{name} }}}}"}}, run: ls}}
"""
    compiled = compile_text(text, lenient=lenient)
    return [(d.code, d.span.line) for d in compiled.diagnostics if d.code == "TR535"]


@pytest.mark.parametrize(
    "declaration",
    ["token: {}", "GITHUB_TOKEN: {type: string}", "api-key: {required: true}", "dbPassword: {}"],
)
def test_a_secret_by_its_name_is_declared_as_one(declaration: str) -> None:
    assert [("TR535", 4)] == reported(declaration)
    assert [] == reported(declaration, lenient=True)


@pytest.mark.parametrize(
    "declaration",
    [
        "token: {secret: true}",
        "token: {secret: false}",
        "token: {type: boolean}",
        "token: {type: string, default: none-needed}",
        "token: {type: string, enum: [a, b]}",
        "max_tokens: {type: string}",
        "token_file: {type: string}",
        "key: {type: string}",
        "secretary: {type: string}",
    ],
)
def test_other_inputs_are_fine(declaration: str) -> None:
    assert [] == reported(declaration)
