"""TR420 to TR433: what no value of the declared types can do, each with what stays silent."""

import pytest

from tests.compiler.checks.conftest import marked
from treadle.compiler import compile_text
from treadle.compiler.mending.fixing import apply_fixes

INPUTS = """
inputs:
  stage: {enum: [dev, prod], default: dev}
  mode: {enum: [fast, slow]}
  count: {type: integer, default: 3, minimum: 1, maximum: 9}
  ratio: {type: number, default: 0.5}
  flag: {type: boolean, default: false}
  title: {type: string, default: none}
  note: {type: string}
  slug: {type: string, default: a, pattern: "^[a-z]+$"}
  hosts: {type: array, items: {type: string}, default: []}
  target:
    type: object
    properties: {host: {type: string}, port: {type: integer}}
    required: [host]
    additionalProperties: false
    default: {host: web}
  open: {type: object, properties: {host: {type: string}}, default: {}}
  ports:
    type: array
    items:
      type: object
      properties:
        port: {type: integer}
        at: {type: object, properties: {name: {}}, additionalProperties: false}
      additionalProperties: false
    default: []
"""
NOT_GIVEN = "a value that is not given is null: write 'is not defined'"
LEFT = "what is asked before it leaves only '%s'"
CAN_BE = "it can be 'dev', 'prod'"
NEEDS_DEFAULT = "give a value for that case: '| default(…)'"
OUTPUT = """steps:
  - {id: scan, type: shell, run: ./scan, output_format: json, output_schema: {type: object}}
  - {id: build, type: shell, run: make, continue_on_error: true}
  - {id: ask, type: gate, message: "Go on?", options: [Ship, Wait], on_reject: skip}
  - id: probe
    type: shell
    env: {VALUE: "{{ %s }}"}
    run: echo "$VALUE"
"""


def found(findings, expression: str) -> list[tuple[str, str, str | None]]:
    """Return the findings about types in a workflow that evaluates an expression."""
    every = findings(INPUTS + OUTPUT % expression)
    return [row for row in every if "TR420" <= row[0] <= "TR449" or row[0] in ("TR405", "TR408")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.target.hots", ("TR420", "hots", "did you mean 'host'?")),
        ("(inputs.target).hots", ("TR420", "hots", "did you mean 'host'?")),
        ("(fan_in or {'a': 1}).b", None),
        ("{'a': 1}.b", ("TR420", "b", "the only one is 'a'")),
        ("inputs.title.size", ("TR421", "size", None)),
        ("inputs.hosts.size", ("TR421", "size", None)),
        ("inputs.count[0]", ("TR422", "[0]", None)),
        ("['a', 'b'][2]", ("TR422", "[2]", None)),
        ("inputs.stage == 'prd'", ("TR423", "'prd'", "did you mean 'prod'?")),
        ("'prd' == inputs.stage", ("TR423", "'prd'", "did you mean 'prod'?")),
        ("inputs.stage != 'test'", ("TR423", "'test'", "it can be 'dev', 'prod'")),
        ("inputs.flag == 'true'", ("TR423", "'true'", "write true without quotes")),
        ("inputs.count == '3'", ("TR423", "'3'", "write 3 without quotes")),
        ("inputs.title == 3", ("TR423", "3", "write '3' in quotes")),
        ("inputs.slug == 'A1'", ("TR423", "'A1'", None)),
        ("inputs.count > 9", ("TR433", "9", None)),
        ("0 >= inputs.count", ("TR433", "0", None)),
        ("inputs.stage is eq 'prd'", ("TR423", "'prd'", "did you mean 'prod'?")),
        ("inputs.stage in ['prd']", ("TR423", "'prd'", "did you mean 'prod'?")),
        ("inputs.count in inputs.hosts", ("TR423", "inputs.count", None)),
        ("inputs.count in inputs.title", ("TR423", "inputs.count", None)),
        ("steps.build.status == 'success'", ("TR423", "'success'", None)),
        ("steps.ask.output.choice == 'ship'", ("TR423", "'ship'", "did you mean 'Ship'?")),
        ("steps.build.output.exit_code == '0'", ("TR423", "'0'", "write 0 without quotes")),
        ("inputs.mode == ''", ("TR423", "''", NOT_GIVEN)),
        ("inputs.flag and not inputs.flag == 'a'", ("TR423", "'a'", None)),
        ("inputs.stage == 'dev' and inputs.stage == 'prod'", ("TR423", "'prod'", LEFT % "dev")),
        ("inputs.title != 'a' or inputs.title != 'b'", ("TR423", "'b'", LEFT % "a")),
        ("inputs.title == 'a' and inputs.title in ['a', 'b']", ("TR432", "'b'", LEFT % "a")),
        ("inputs.stage == 'dev' and inputs.stage == 'test'", ("TR423", "'test'", CAN_BE)),
        ("inputs.hosts < 3", ("TR424", "3", None)),
        ("inputs.stage > 3", ("TR424", "3", None)),
        ("inputs.count | upper", ("TR425", "upper", "write '| string' before it")),
        ("inputs.title | map('a')", ("TR425", "map", None)),
        ("inputs.count is divisibleby 'a'", ("TR426", "'a'", None)),
        ("inputs.title | contains(12)", ("TR426", "12", None)),
        ("inputs.note | upper", ("TR429", "inputs.note", NEEDS_DEFAULT)),
        ("inputs.mode + 'x'", ("TR429", "inputs.mode", NEEDS_DEFAULT)),
        ("inputs.hosts * inputs.hosts", ("TR430", "inputs.hosts", None)),
        ("-inputs.title", ("TR430", "inputs.title", None)),
        ("inputs.count % 0", ("TR430", "0", None)),
        ("inputs.ratio / (2 - 2)", ("TR430", "2", None)),
        ("inputs.title | split('')", ("TR426", "''", None)),
        ("inputs.ratio | round(method='up')", ("TR426", "'up'", None)),
        ("inputs.hosts | batch(-1)", ("TR426", "-1", None)),
        ("inputs.title | truncate(2)", ("TR426", "2", None)),
        ("inputs.title | truncate(2, end='....')", ("TR426", "truncate", None)),
        ("inputs.count is divisibleby 0", ("TR426", "0", None)),
        ("inputs.title[1:'x']", ("TR422", "[1:'x']", None)),
        ("inputs.hosts[::0]", ("TR422", "0", None)),
        ("inputs.hosts | select('eq')", ("TR405", "'eq'", None)),
        ("inputs.title | replace('a')", ("TR405", "replace", None)),
        ("inputs.title | split(',', 1)", ("TR408", "split", None)),
        ("inputs.hosts | select('odd', 1)", ("TR408", "'odd'", None)),
        ("inputs.ports | map('prot')", ("TR420", "'prot'", "did you mean 'port'?")),
        ("inputs.ports | selectattr('at.zone', 'eq', 1)", ("TR420", "'at.zone'", None)),
        ("inputs.ports | sort(attribute='port,host')", ("TR420", "'port,host'", None)),
        ("inputs.stage in ['prod', 'test']", ("TR432", "'test'", "it can be 'dev', 'prod'")),
    ],
)  # fmt: skip
def test_what_can_never_be_meant_is_reported_at_its_word(
    findings, expression: str, expected: tuple[str, str, str | None] | None
) -> None:
    rows = found(findings, expression)
    if expected is None:
        assert [] == rows
        return
    code, words, hint = expected
    assert [(code, words)] == [(row[0], row[1]) for row in rows]
    assert hint is None or hint == rows[0][2]


@pytest.mark.parametrize(
    "expression",
    [
        "inputs.target.host ~ inputs.target.port",
        "inputs.open.other",
        "steps.scan.output.data.anything.at.all[3]",
        "inputs.hosts[99]",
        "inputs.stage == 'prod'",
        "inputs.stage == inputs.title",
        "inputs.mode == none",
        "inputs.stage != ''",
        "inputs.stage != none",
        "inputs.flag == 1",
        "inputs.count == 3.0",
        "inputs.slug == 'abc'",
        "inputs.count > 8",
        "inputs.count < '10'",
        "inputs.title < 3",
        "1 == 2",
        "2 in [1, 3]",
        "steps.build.output.stdout == '0'",
        "steps.build.status in ['failed', 'skipped']",
        "steps.ask.output.choice == 'Ship'",
        "steps.scan.output.data.n | upper",
        "inputs.title | upper",
        "inputs.note | default('x') | upper",
        "inputs.note is defined and inputs.note | upper == 'A'",
        "inputs.note | upper if inputs.note else ''",
        "(inputs.note or 'none') | upper",
        "inputs.title | contains(inputs.open.host)",
        "inputs.hosts | contains(12)",
        "inputs.count + inputs.ratio",
        "inputs.hosts + ['a']",
        "inputs.title * 2",
        "inputs.note ~ 1",
        "inputs.hosts | first | upper",
        "inputs.count % 2",
        "inputs.count / inputs.ratio",
        "inputs.title | split(inputs.slug)",
        "inputs.title | format(1, 2)",
        "inputs.title | truncate(2, end='')",
        "inputs.title | from_json",
        "inputs.title[1:inputs.count]",
        "inputs.hosts | select('eq', 'a')",
        "inputs.hosts | select(inputs.slug)",
        "inputs.ports | map('at.name')",
        "inputs.hosts | map('name')",
        "[inputs.open] | map('port')",
    ],
)
def test_what_may_be_meant_stays_silent(findings, expression: str) -> None:
    assert [] == found(findings, expression)


def steps_of(findings, steps: str) -> list[tuple[str, str]]:
    rows = findings(INPUTS + steps)
    return [(row[0], row[1]) for row in rows if "TR420" <= row[0] <= "TR449"]


def test_items_that_are_never_a_list_are_reported(findings) -> None:
    body = """
steps:
  - {id: all, type: fan-out, items: "{{ %s }}", step: {id: one, type: shell, run: ls}}
"""
    assert [("TR427", "inputs.title")] == steps_of(findings, body % "inputs.title")
    assert [] == steps_of(findings, body % "inputs.hosts")
    assert [] == steps_of(findings, body % "inputs.title | from_json")


def test_a_case_that_its_value_never_has_is_reported(findings) -> None:
    body = """
steps:
  - {id: pick, type: switch, expression: "{{ %s }}", cases: {%s: []}}
"""
    assert [("TR428", "prd")] == steps_of(findings, body % ("inputs.stage", "prd"))
    assert [("TR428", "'true'")] == steps_of(findings, body % ("inputs.flag", "'true'"))
    assert [("TR428", "ship")] == steps_of(findings, body % ("inputs.mode", "ship"))
    assert [] == steps_of(findings, body % ("inputs.stage", "prod"))
    assert [] == steps_of(findings, body % ("inputs.flag", "true"))
    assert [] == steps_of(findings, body % ("inputs.title", "prd"))
    assert [] == steps_of(findings, body % ("inputs.count", "3"))


@pytest.mark.parametrize(
    ("expression", "never"),
    [
        ("inputs.scale", ["'1.0'", "'3'"]),  # a whole number that is given loses its point
        ("inputs.scales[0]", ["'3'"]),
        ("steps.load.output.data", ["'3'"]),  # a program may print 1 or 1.0
        ("1.0 if inputs.flag else 2", ["'3'"]),
    ],
)
def test_a_number_is_compared_in_every_form_that_it_can_have(
    findings, expression: str, never: list[str]
) -> None:
    body = """
  scale: {type: number, enum: [0.5, 1.0, 2], default: 1.0}
  scales: {type: array, items: {enum: [1, 2]}, default: [1.0]}
steps:
  - {id: load, type: shell, run: ./l, output_format: json, output_schema: {enum: [1.0, 2]}}
  - {id: pick, type: switch, expression: "{{ %s }}", cases: {'1': [], '1.0': [], '3': []}}
"""
    assert [("TR428", key) for key in never] == steps_of(findings, body % expression)


def test_an_item_has_the_fields_of_the_items_that_are_written_out(findings) -> None:
    body = """
steps:
  - id: all
    type: fan-out
    items: [{name: a, port: 1}, {name: b}]
    step: {id: one, type: shell, env: {A: "{{ item.%s }}"}, run: ls}
"""
    assert [("TR420", "nmae")] == steps_of(findings, body % "nmae")
    assert [] == steps_of(findings, body % "port")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("load.output.data.owner.nme", ("TR420", "nme")),
        ("load.output.data.owner.name", None),
        ("load.output.data.either.valu", ("TR420", "valu")),
        ("load.output.data.either.error", None),
        ("load.output.data.kind.name", ("TR421", "name")),
        ("load.output.data.open.name", None),
        ("load.output.data.unknown.name", ("TR305", "unknown")),
        ("all.output.items[0].nmae", ("TR420", "nmae")),
        ("all.output.items[0].port", None),
        ("all.output.items[9].port", None),
        ("all.output.item_count.name", ("TR305", "name")),
        ("count.output.results.name", ("TR305", "name")),
        ("count.output.sum.name", ("TR421", "name")),
    ],
)
def test_a_field_that_no_step_leaves_is_reported_once(
    findings, path: str, expected: tuple[str, str] | None
) -> None:
    body = """
steps:
  - id: load
    type: shell
    run: ./load
    output_format: json
    output_schema:
      type: object
      additionalProperties: false
      properties:
        owner: {anyOf: [{properties: {name: {}}, additionalProperties: false}, {type: 'null'}]}
        either:
          oneOf:
            - {type: object, properties: {value: {}}, additionalProperties: false}
            - {type: object, properties: {error: {}}, additionalProperties: false}
        kind: {enum: [a, b]}
        open: {anyOf: [{type: object}, {type: string}]}
  - id: all
    type: fan-out
    items: [{name: a, port: 1}, {name: b}]
    step: {id: one, type: shell, run: ls}
  - {id: count, type: fan-in, wait_for: [all], output: {sum: "{{ fan_in.results | length }}"}}
  - {id: show, type: shell, env: {A: "{{ steps.%s }}"}, run: ls}
"""
    rows = [(row[0], row[1]) for row in findings(body % path)]
    assert ([expected] if expected is not None else []) == rows


def test_an_item_is_typed_by_the_list_that_it_comes_from(findings) -> None:
    body = """
steps:
  - id: all
    type: fan-out
    items: "{{ inputs.hosts }}"
    step: {id: one, type: shell, env: {A: "{{ item.name }}"}, run: ls}
"""
    assert [("TR421", "name")] == steps_of(findings, body)


def test_a_condition_on_an_item_says_nothing_of_the_items_of_an_inner_fan_out(findings) -> None:
    body = """
steps:
  - id: all
    type: fan-out
    items: [{kind: a, parts: [{kind: b}, {other: 1}]}]
    step:
      id: known
      type: if
      condition: "{{ item.kind }}"
      then:
        - {id: own, type: switch, expression: "{{ item.kind }}", cases: {'': []}}
        - id: inner
          type: fan-out
          items: "{{ item.parts }}"
          step: {id: part, type: switch, expression: "{{ item.kind }}", cases: {b: [], '': []}}
"""
    assert [("TR428", "''")] == steps_of(findings, body)


@pytest.mark.parametrize(
    ("value", "schema", "words"),
    [
        ('"{{ inputs.count }}"', "{type: string}", '"{{ inputs.count }}"'),
        ('"{{ inputs.count }}"', "{type: number}", None),
        ('"{{ inputs.count | string }}"', "{type: string}", None),
        ('"{{ inputs.mode }}"', "{type: integer}", '"{{ inputs.mode }}"'),
        ('"{{ inputs.mode }}"', "{type: [integer, 'null']}", None),
        ('"n = {{ inputs.count }}"', "{type: integer}", '"n = {{ inputs.count }}"'),
        ('"{{ steps.build.output.exit_code }}"', "{type: boolean}", "steps"),
        ('"{{ steps.scan.output.data.n }}"', "{type: boolean}", None),
        ("3", "{type: string}", "3"),
        ("3", "{type: integer, maximum: 3}", None),
        ("{a: 1}", "{required: [b]}", "{a: 1}"),
    ],
)
def test_an_output_that_never_fits_its_schema_is_reported(
    findings, value: str, schema: str, words: str | None
) -> None:
    rows = steps_of(
        findings, OUTPUT % "1" + f"outputs:\n  out: {{value: {value}, schema: {schema}}}\n"
    )
    assert [] == rows if words is None else [("TR435", True)] == [(c, words in w) for c, w in rows]


def test_a_model_that_is_never_text_is_reported(findings) -> None:
    body = """
steps:
  - {id: ask, type: prompt, integration: claude, model: "{{ inputs.%s }}", prompt: Go on}
"""
    assert [("TR431", "inputs.count")] == steps_of(findings, body % "count")
    assert [] == steps_of(findings, body % "title")
    assert [] == steps_of(findings, body % "note")


@pytest.mark.parametrize(
    ("key", "value", "is_wrong"),
    [
        ("label", "inputs.count", True),
        ("label", "inputs.note", False),
        ("repository", "inputs.hosts", True),
        ("repository", "inputs.title", False),
        ("number", "inputs.flag", True),
        ("number", "inputs.count", False),
        ("number", "inputs.title", False),
        ("number", "steps.scan.output.data.number", False),
    ],
)
def test_a_label_that_github_never_takes_is_reported(
    findings, key: str, value: str, is_wrong: bool
) -> None:
    given = {"label": "bug", "repository": "ann/app", "number": "12"} | {key: f"{{{{ {value} }}}}"}
    keys = "".join(f"    {name}: '{text}'\n" for name, text in given.items())
    body = "  - id: mark\n    type: github\n    operation: add-label\n    target: issue\n" + keys
    assert [("TR431", value)] * is_wrong == steps_of(findings, OUTPUT % "1" + body)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ('- {id: a, type: shell, run: "{{ inputs.note }}"}', [("TR429", "inputs.note")]),
        ('- {id: a, type: shell, run: "echo {{ inputs.note }}"}', []),
        ('- {id: a, type: shell, run: "{{ inputs.title }}"}', []),
        ('- {id: a, type: shell, if: "{{ inputs.note }}", run: "{{ inputs.note }}"}', []),
        (
            '- {id: a, type: if, condition: "{{ inputs.note is defined }}",'
            ' then: [{id: b, type: shell, run: "{{ inputs.note }}"}],'
            ' else: [{id: c, type: shell, run: "echo {{ inputs.note }}"}]}',
            [],
        ),
    ],
)
def test_a_needed_value_that_may_be_missing_is_reported(
    findings, steps: str, expected: list[tuple[str, str]]
) -> None:
    assert expected == steps_of(findings, f"\nsteps:\n  {steps}\n")


@pytest.mark.parametrize(
    ("line", "fixed", "is_safe"),
    [
        ('env: {A: "{{ inputs.target.hots }}"}', 'env: {A: "{{ inputs.target.host }}"}', True),
        (
            "env: {A: \"{{ inputs.stage == 'prd' }}\"}",
            "env: {A: \"{{ inputs.stage == 'prod' }}\"}",
            False,
        ),
    ],
)
def test_a_misspelt_field_or_value_has_a_fix(line: str, fixed: str, is_safe: bool) -> None:
    head = "workflow: {id: probe, name: Probe}" + INPUTS + "steps:\n  - id: a\n    type: shell\n"
    text = head + f"    run: ls\n    {line}\n"
    (fix,) = [d.fix for d in compile_text(text).diagnostics if d.code in ("TR420", "TR423")]
    assert fix is not None
    assert (is_safe, True) == (fix.is_safe, fixed in apply_fixes(text, (fix,)).text)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.title[0]", [("[", "an index of a text")]),
        ("inputs.note[-1]", [("[", "an index of a text")]),
        ("steps.build.output.stdout[0]", [("[", "an index of a text")]),
        ("inputs.title.0", [("0", "an index of a text")]),
        ("inputs.hosts[0]", []),
        ("inputs.hosts.0", [("0", "a place in a list")]),
        ("steps.scan.output.data.tags[0]", []),
        ("steps.scan.output.data.tags.10", [("10", "a member of an object or a place in a list")]),
        ("steps.scan.output.data.2024.07", []),
        ("inputs.open.3", []),
    ],
)
def test_an_index_is_told_when_its_value_may_be_what_spec_kit_does_not_look_into(
    expression: str, expected: list[tuple[str, str]]
) -> None:
    text = "workflow: {id: probe, name: Probe}" + INPUTS + OUTPUT % expression
    told = (one for one in compile_text(text).diagnostics if one.code == "TR407")
    assert expected == [(marked(text, one), one.message.split(" here; ")[0]) for one in told]
