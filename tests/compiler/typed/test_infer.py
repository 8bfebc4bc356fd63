"""The types of expressions, and that what comes out of an expression is always of its type."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.compiler.checks.types import check_types
from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.document import load
from treadle.compiler.shapes import shape
from treadle.compiler.typed.typed_sites import TypedWorkflow, describe, type_sites
from treadle.compiler.typed.types import Type, fits
from treadle.compiler.workflow import Workflow, read_workflow
from treadle.plan.evaluate import EvaluationError, evaluate
from treadle.plan.expression import Json, Node
from treadle.plan.inputs import Given, InputSet

HEAD = """
workflow: {id: probe, name: Probe}
inputs:
  stage: {enum: [dev, prod, ""], default: dev}
  mode: {anyOf: [{enum: [fast, 2, true]}, {type: boolean}]}
  count: {type: integer, minimum: 0, maximum: 5, default: 3}
  ratio: {type: number, default: 0.5}
  flag: {type: boolean, default: false}
  title: {type: string, default: none}
  note: {type: string}
  tags: {type: array, items: {enum: [a, b]}, default: [a]}
  target:
    type: object
    properties: {host: {type: string}, port: {type: integer}}
    required: [host]
    additionalProperties: false
    default: {host: web}
steps:
  - id: scan
    type: shell
    run: ./scan
    output_format: json
    output_schema:
      type: object
      properties:
        size: {enum: [small, large]}
        files: {type: array, items: {type: object, properties: {name: {type: string}}}}
      required: [size]
  - {id: ask, type: gate, message: Ready, options: [go, wait], on_reject: skip}
  - id: probe
    type: shell
    run: "true"
    env:
"""


def read(*expressions: str) -> tuple[Workflow, Report]:
    """Return a workflow that evaluates expressions, as the lenient mode reads it."""
    lines = [f'      V{index}: "{{{{ {text} }}}}"' for index, text in enumerate(expressions)]
    report = Report(lenient=True)
    document = load((HEAD + "\n".join(lines)).encode(), path="flow.yml", report=report)
    assert document is not None
    workflow = read_workflow(shape.check(document, report), report)
    assert not report.has_errors
    return workflow, report


def typed(expression: str) -> Type:
    """Return the type of an expression."""
    site = type_sites(read(expression)[0]).sites[0]
    return site.of(site.site.expression.tree)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.stage", "text"),
        ("inputs.count + 1", "a number"),
        ("inputs.title ~ 1", "text"),
        ("inputs.tags", "a list"),
        ("inputs.tags | first", "text"),
        ("inputs.target.port", "a number"),
        ("steps.scan.output.exit_code", "a number"),
        ("steps.scan.output.data.size", "text"),
        ("steps.scan.output.data.files | map('name') | first", "text"),
        ("steps.ask.output.choice", "text"),
        ("inputs.count if inputs.flag else inputs.title", "text or a number"),
        ("inputs.note or inputs.count", "text or a number"),
        ("inputs.count > 1", "a boolean"),
        ("inputs.title | length", "a number"),
        ("inputs.title | split(',') | last", "text"),
        ("inputs.count | default('x') | string", "text"),
        ("[1, 'a'][1]", "text"),
        ("{'a': [1]}.a[0]", "a number"),
    ],
)
def test_an_expression_has_the_type_of_its_values(expression: str, expected: str) -> None:
    assert expected == describe(typed(expression))


@pytest.mark.parametrize(
    ("expression", "may_be_missing"),
    [
        ("inputs.note", True),
        ("inputs.title", False),
        ("inputs.note | default('x')", False),
        ("inputs.note or 'x'", False),
        ("inputs.note if inputs.note is defined else 'x'", False),
        ("inputs.note if inputs.note is not defined else 'x'", True),
        ("'x' if inputs.note is none else inputs.note", False),
        ("'x' if not inputs.note else inputs.note", False),
        ("inputs.note if inputs.flag and inputs.note else 'x'", False),
        ("inputs.note if inputs.flag or inputs.note else 'x'", True),
        ("inputs.note if inputs.note == 'a' else 'x'", False),
        ("inputs.note if inputs.note in ['a', 'b'] else 'x'", False),
        ("inputs.target.port", True),
        ("inputs.target.host", False),
    ],
)
def test_a_condition_tells_what_is_there(expression: str, may_be_missing: bool) -> None:
    assert may_be_missing is ("null" in typed(expression).kinds)


def test_a_condition_cuts_a_value_down_to_what_it_allows() -> None:
    assert ("prod", "") == typed("inputs.stage if inputs.stage != 'dev' else ''").values
    assert ("dev",) == typed("inputs.stage if inputs.stage == 'dev' else 'dev'").values


ATOMS = st.sampled_from(
    (
        "inputs.stage", "inputs.mode", "inputs.count", "inputs.ratio", "inputs.flag",
        "inputs.title", "inputs.note", "inputs.tags", "inputs.target", "inputs.target.host",
        "inputs.target.port", "inputs", "steps.scan.status", "steps.scan.output",
        "steps.scan.output.exit_code", "steps.scan.output.data", "steps.scan.output.data.size",
        "steps.scan.output.data.files", "steps.ask.output.choice", "'dev'", "'fast'", "'a'", "''",
        "'2'", "0", "1", "-1", "2.5", "true", "false", "none", "[]", "['a', 'b']", "{'a': 1}",
    )
)  # fmt: skip
FILTERS = (
    "default('x')", "default", "join(',')", "map('name')", "contains('a')", "length", "upper",
    "first", "last", "sort", "unique", "reverse", "list", "string", "int", "int('x')", "float",
    "abs", "round", "min", "max", "sum", "select", "reject('none')", "split('a')", "trim",
    "batch(2)", "slice(2)", "items", "dictsort", "to_json", "shquote", "groupby('name')",
    "title", "d(1)",
)  # fmt: skip
TESTS = ("defined", "none", "not defined", "string", "number", "boolean", "mapping", "eq 'a'")
MEMBERS = (".name", "[0]", "[-1]", "['b']", "[1:]")
BINARY = (
    "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or", "+", "-", "*", "/", "//", "%",
    "~", "and", "or", "==",
)  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions that are made of others."""
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.builds(lambda p, sign: f"({p[0]}) {sign} ({p[1]})", pair, st.sampled_from(BINARY)),
        st.builds(lambda e, name: f"({e}) | {name}", inner, st.sampled_from(FILTERS)),
        st.builds(lambda e, test: f"({e}) is {test}", inner, st.sampled_from(TESTS)),
        st.builds(lambda e: f"not ({e})", inner),
        st.builds(lambda e: f"-({e})", inner),
        st.builds(lambda p, c: f"({p[0]}) if ({c}) else ({p[1]})", pair, inner),
        st.builds(lambda p, c: f"({p[0]}) if ({c}) else ({p[0]})", pair, inner),
        st.builds(lambda p: f"[{p[0]}, {p[1]}]", pair),
        st.builds(lambda p: f"{{'name': {p[0]}, 'b': {p[1]}}}", pair),
        st.builds(lambda e, key: f"({e}){key}", inner, st.sampled_from(MEMBERS)),
        st.builds(lambda p: f"({p[0]})[{p[1]}]", pair),
    )  # fmt: skip


EXPRESSIONS = st.recursive(ATOMS, compound, max_leaves=6)
TEXTS = st.sampled_from(("", "a", "dev", "2", "0.5", "false", "x,y", "[1]"))
FILES = st.lists(
    st.one_of(
        st.builds(lambda name: {"name": name}, TEXTS), st.builds(lambda n: {"other": n}, TEXTS)
    ),
    max_size=3,
)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "stage": st.sampled_from(("dev", "prod", "")),
        "mode": st.sampled_from(("fast", 2, True)),
        "count": st.integers(0, 5),
        "ratio": st.sampled_from((0.5, 2, -1.5, 0)),
        "flag": st.booleans(),
        "title": TEXTS,
        "note": TEXTS,
        "tags": st.lists(st.sampled_from(("a", "b")), max_size=3),
        "target": st.sampled_from(({"host": ""}, {"host": "a", "port": 1})),
    },
)
DATA = st.fixed_dictionaries(
    {"size": st.sampled_from(("small", "large"))},
    optional={"files": FILES, "extra": st.one_of(st.none(), TEXTS, st.integers(0, 2))},
)
SCANNED = st.one_of(
    st.none(),
    st.builds(
        lambda data: {"exit_code": 0, "stdout": "x", "stderr": "", "data": data},
        DATA,
    ),
    st.just({"exit_code": 1, "stdout": "", "stderr": "no"}),
)


def names(
    workflow: Workflow, values: Mapping[str, Json], scanned: Json, choice: Json
) -> dict[str, Json]:
    """Return what the expressions read in a run with these inputs and outputs."""
    inputs = {name: Given(value=value, is_text=False) for name, value in values.items()}
    resolved = InputSet(workflow.inputs).resolve(inputs, lenient=False, integration=None)
    assert () == resolved.problems
    record: dict[str, Json] = {"type": "shell", "status": "completed", "error": None}
    steps: dict[str, Json] = {
        "scan": {**record, "output": scanned},
        "ask": {**record, "type": "gate", "output": {"choice": choice, "message": "Ready"}},
    }
    context: Json = {"run_id": "r1", "workflow_dir": None}
    return {"inputs": resolved.values, "steps": steps, "context": context}


@settings(max_examples=100, deadline=None)
@given(
    expressions=st.lists(EXPRESSIONS, min_size=1, max_size=4),
    values=GIVEN,
    scanned=SCANNED,
    choice=st.sampled_from((None, "go", "wait")),
)
def test_every_value_is_of_the_type_of_its_expression(
    expressions: list[str], values: dict[str, Json], scanned: Json, choice: Json
) -> None:
    workflow, report = read(*expressions)
    found = type_sites(workflow)
    roots = names(workflow, values, scanned, choice)
    check_types(workflow, report)
    _check_values(found, roots)
    _check_findings(found, report, roots)


def _check_values(found: TypedWorkflow, roots: Mapping[str, Json]) -> None:
    for site in found.sites:
        expression = site.site.expression
        try:
            value = evaluate(expression, roots)
        except EvaluationError:
            continue
        assert fits(site.of(expression.tree), value), (expression.text, value)


def _check_findings(found: TypedWorkflow, report: Report, roots: Mapping[str, Json]) -> None:
    """Check that a comparison between two values that is called constant is."""
    constant = {d.span: d.message for d in report.diagnostics if d.code == "TR423"}
    for site in found.sites:
        expression = site.site.expression
        tree = expression.tree
        if tree.op != "compare" or len(tree.args) != 3:
            continue
        spans = [site.span(part) for part in tree.args if isinstance(part, Node)]
        said = {constant[span].split()[1] for span in spans if span in constant}
        inner = [d for d in report.diagnostics if d.code == "TR423" and d.span not in spans]
        if len(said) == 1 and not inner:
            try:
                outcome = evaluate(expression, roots)
            except EvaluationError:
                continue
            assert (said == {"always"}) is outcome, expression.text
