"""What the shape of a workflow allows, in both modes, and what is said about the rest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.diagnostics import Diagnostic, Report, Span
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import Document, plain
from treadle.compiler.shapes import shape
from treadle.compiler.suggestions import closest
from treadle.plan.catalogue import BY_CODE, Severity

HEAD = "workflow: {id: flow, name: Flow}\n"
OK_STEP = "{id: ok, type: shell, run: 'true'}"
BAD = Path(__file__).parent.parents[1] / "cases" / "bad"
# Equal cases, gates that cannot wait and options are found by checks, when it is known what runs.
CHECKED = ("TR219", "TR224", "TR226", "TR227")
BAD_SHAPES = tuple(
    path for path in sorted(BAD.glob("tr2*.yml")) if path.name[:5].upper() not in CHECKED
)
SHAPE_CODES = tuple(code for code in BY_CODE if code.startswith("TR2") and code not in CHECKED)


def _check(source: str, *, lenient: bool = False) -> tuple[Document, Report]:
    report = Report(lenient=lenient)
    document = load(source.encode(), path="flow.yml", report=report)
    assert document is not None
    return shape.check(document, report), report


def _found(source: str, *, lenient: bool = False) -> tuple[Diagnostic, ...]:
    return _check(source, lenient=lenient)[1].diagnostics


def _step(step: str, *, lenient: bool = False) -> list[str]:
    """The codes of the errors of a workflow with this one step."""
    found = _found(f"{HEAD}steps:\n- {step}\n", lenient=lenient)
    return [each.code for each in found if each.severity is Severity.ERROR]


def _only(source: str, *, lenient: bool = False) -> Diagnostic:
    (only,) = _found(source, lenient=lenient)
    return only


@pytest.mark.parametrize("path", BAD_SHAPES, ids=lambda path: path.stem)
def test_a_bad_case_is_reported_with_its_code(path: Path) -> None:
    code = path.name[:5].upper()
    found = _found(path.read_text(encoding="utf-8"), lenient=code == "TR217")
    assert {code} == {each.code for each in found}


def test_every_code_of_the_shape_has_a_bad_case() -> None:
    assert set(SHAPE_CODES) == {path.name[:5].upper() for path in BAD_SHAPES}


GOOD_STEPS = (
    "{id: a, command: speckit.plan}",
    "{id: a, type: command, command: x, input: {}, options: {}, integration: null, model: ''}",
    "{id: a, command: x, integration_args: [a], integration_options: {a: 1}, timeout: 5}",
    "{id: a, type: prompt, prompt: x, capture: true, capture_max_bytes: -1}",
    "{id: a, type: shell, run: '', timeout: 0.5, output_format: null, continue_on_error: false}",
    "{id: a, type: shell, run: x, env: {A: 1, B: true, C: '{{ inputs.c }}'}, cwd: sub}",
    "{id: a, type: shell, run: x, output_format: json, output_schema: {type: object}}",
    "{id: a, type: shell, run: x, name: Label, if: '{{ inputs.c }}', x-mine: [1]}",
    "{id: a, type: init, here: true, script: '{{ inputs.script }}', force: 'true'}",
    "{id: a, type: gate, message: null}",
    "{id: a, type: gate, message: 5, options: [Go, REJECT], on_reject: retry, verdict_input: v}",
    "{id: a, type: gate, message: m, options: [go], on_reject: skip}",
    "{id: a, type: if, condition: '', then: [], else: null}",
    f"{{id: a, type: if, condition: ' True ', then: [{OK_STEP}]}}",
    "{id: a, type: switch, expression: null, cases: {}, default: null}",
    f"{{id: a, type: switch, expression: x, cases: {{1: [{OK_STEP}], b: []}}, default: []}}",
    "{id: a, type: while, condition: false, steps: [], max_iterations: null}",
    "{id: a, type: do-while, condition: \"{{ '}}' in inputs.x }}\", steps: [], max_iterations: 1}",
    f"{{id: a, type: fan-out, items: '{{{{ inputs.l }}}}', step: {OK_STEP}, max_concurrency: '4'}}",
    "{id: a, type: fan-in, wait_for: [b], output: null}",
    "{id: a, type: slot, name: Here}",
    "{id: a, type: github, operation: add-label, target: issue, repository: o/r,"
    " number: '{{ inputs.n }}', label: bug}",
    "{id: a, type: workflow, workflow: other, input: {a: '{{ inputs.a }}'}}",
)


@pytest.mark.parametrize("step", GOOD_STEPS)
def test_a_step_of_the_format_is_accepted(step: str) -> None:
    assert [] == _step(step)


REFUSED_STEPS = (
    ("{id: a}", ["TR201"]),
    ("{type: shell, run: x}", ["TR201"]),
    ("{id: '', type: shell, run: x}", ["TR205"]),
    ("{id: 5, type: shell, run: x}", ["TR203"]),
    ("{id: 'a:b', type: shell, run: x}", ["TR215"]),
    ("{id: a, type: null}", ["TR203"]),
    ("{id: a, type: [shell], run: x}", ["TR203"]),
    ("{id: a, type: shell, run: null}", ["TR203"]),
    ("{id: a, type: shell, run: x, timeout: 0}", ["TR204"]),
    ("{id: a, type: shell, run: x, timeout: true}", ["TR203"]),
    ("{id: a, type: shell, run: x, timeout: '5'}", ["TR203"]),
    (f"{{id: a, type: shell, run: x, timeout: 1{'0' * 400}}}", ["TR204"]),
    ("{id: a, type: shell, run: x, output_format: JSON}", ["TR204"]),
    ("{id: a, type: shell, run: x, continue_on_error: 'true'}", ["TR203"]),
    ("{id: a, command: x, input: null}", ["TR203"]),
    ("{id: a, command: x, integration: [b]}", ["TR203"]),
    ("{id: a, command: x, integration_args: [1, b, 2]}", ["TR203", "TR203"]),
    ("{id: a, command: x, capture: true, timeout: 0}", ["TR204"]),
    ("{id: a, command: x, capture: true, capture_max_bytes: 0}", ["TR204"]),
    ("{id: a, command: x, capture_max_bytes: 5}", ["TR220"]),
    ("{id: a, type: gate}", ["TR201"]),
    ("{id: a, type: gate, message: m, options: []}", ["TR205"]),
    ("{id: a, type: gate, message: m, options: [yes, 1]}", ["TR203"]),
    ("{id: a, type: gate, message: m, on_reject: null}", ["TR203"]),
    ("{id: a, type: gate, message: m, options: [go], on_reject: retry}", ["TR212"]),
    ("{id: a, type: gate, message: m, verdict_input: ''}", ["TR205"]),
    ("{id: a, type: if, condition: true}", ["TR201"]),
    ("{id: a, type: if, condition: true, then: x}", ["TR203"]),
    ("{id: a, type: switch, expression: x, cases: {a: null}}", ["TR203"]),
    ("{id: a, type: switch, expression: x, cases: {1: null, '1': []}}", ["TR203"]),
    ("{id: a, type: while, condition: true}", ["TR201"]),
    ("{id: a, type: while, condition: true, steps: [], max_iterations: 2.0}", ["TR203"]),
    ("{id: a, type: while, condition: true, steps: [], max_iterations: 0}", ["TR204"]),
    ("{id: a, type: while, condition: true, steps: [], max_iterations: true}", ["TR203"]),
    ("{id: a, type: fan-out, items: [], step: null}", ["TR203"]),
    ("{id: a, type: fan-out, items: [], step: {id: b, type: slot, name: x}}", ["TR218"]),
    ("{id: a, type: fan-in, wait_for: [1]}", ["TR203"]),
    ("{id: a, type: fan-in, wait_for: [b], output: []}", ["TR203"]),
    ("{id: a, type: init, script: bash}", ["TR204"]),
    ("{id: a, type: slot, name: ' '}", ["TR205"]),
    ("{id: a, type: github, operation: add-label, target: pr, repository: ../r,"
     " number: 0, label: ' '}", ["TR204"] * 4),
    ("{id: a, type: workflow, workflow: runs}", ["TR207"]),
)  # fmt: skip


@pytest.mark.parametrize(("step", "codes"), REFUSED_STEPS)
def test_what_spec_kit_refuses_is_an_error_in_both_modes(step: str, codes: list[str]) -> None:
    assert (codes, codes) == (_step(step), _step(step, lenient=True))


PASSED_OVER = (
    ("{id: a b, type: shell, run: x}", ["TR214"]),
    ("{id: a, type: shell, run: x, command: y}", ["TR202"]),
    ("{id: a, type: gate, message: m, timeout: 0}", ["TR216"]),
    ("{id: a, type: gate, message: m, timeout: 5, on_timeout: approve}", ["TR216"]),
    ("{id: a, type: gate, message: m, timeout: 5, on_timeout: {chose: approve}}", ["TR216"]),
    ("{id: a, type: gate, message: m, timeout: 5, on_timeout: {choose: 1}}", ["TR216"]),
    ("{id: a, type: while, condition: true, steps: [], on_limit: stop}", ["TR216"]),
    ("{id: a, type: init, timeout: soon}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: 3}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: null}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {}}", ["TR225"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 0}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, delay: -1}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, backoff: 0.5}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, max_delay: 0}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, on_exit_codes: [0]}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, on_exit_codes: 1}}", ["TR216"]),
    ("{id: a, type: shell, run: x, retry: {max_attempts: 2, delai: 1}}", ["TR202"]),
    ("{id: a, type: gate, message: m, show_file: 3}", ["TR223"]),
    (f"{{id: a, type: fan-out, items: [], max_concurrency: 2.5, step: {OK_STEP}}}", ["TR223"]),
    (f"{{id: a, type: fan-out, items: 5, step: {OK_STEP}}}", ["TR223"]),
    (f"{{id: a, type: fan-out, items: inputs.a, step: {OK_STEP}}}", ["TR223"]),
    ("{id: a, type: prompt, prompt: ''}", ["TR223"]),
    ("{id: a, command: x, timeout: never}", ["TR216"]),
    ("{id: a, command: x, output_format: xml}", ["TR216"]),
    ("{id: a, type: shell, run: x, name: 5}", ["TR216"]),
    ("{id: a, type: shell, run: x, if: inputs.x}", ["TR216"]),
    ("{id: a, type: shell, run: x, env: {A: [1]}}", ["TR216"]),
    ("{id: a, type: shell, run: x, env: {A=B: c}}", ["TR216"]),
    ("{id: a, type: shell, run: x, capture_max_bytes: 0}", ["TR216"]),
)


@pytest.mark.parametrize(("step", "codes"), PASSED_OVER)
def test_what_spec_kit_accepts_is_an_error_in_strict_mode_only(step: str, codes: list[str]) -> None:
    assert (codes, []) == (_step(step), _step(step, lenient=True))


ONE_WHOLE_BLOCK = (
    "{{ inputs.count > 3 }}",
    "  {{a}}\n",
    "{{ '}}' }}",
    "{{ x == '\"' }}",
    "{{ 'it\\'s' }}",
    "FALSE",
    "",
)
NO_CONDITION = (
    ("inputs.count > 100", "text without a block", 'wrap it: "{{ inputs.count > 100 }}"'),
    ('a == "it\'s"', "text without a block", r'''wrap it: "{{ a == \"it's\" }}"'''),
    ("yes please", "text without a block", None),
    ("{inputs.v}", "text without a block", None),
    ("{{ a }} b", "text around a block", None),
    ("${{ a }}", "text around a block", 'put all of it into one block: "{{ a }}"'),
    ("   ", "blank text", "write false, true or a block"),
    ("{{ a }} and {{ b }}", "text with 2 blocks", 'put all of it into one block: "{{ a and b }}"'),
    ("not {{ a }}", "text around a block", 'put all of it into one block: "{{ not a }}"'),
    ("${{ a or b }}", "text around a block", 'put all of it into one block: "{{ a or b }}"'),
    (
        "{{ a or b }} and {{ c }}",
        "text with 2 blocks",
        'put all of it into one block: "{{ (a or b) and c }}"',
    ),
    ("{{ a == 'b }}", "a block that is never closed", "close the block and every quote in it"),
    ("{{ a", "a block that is never closed", "close the block and every quote in it"),
    ("{{ }}", "an empty block", "write an expression between the braces"),
)


def _condition(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{HEAD}steps:\n- {{id: a, type: if, then: [], condition: "{quoted}"}}\n'


@pytest.mark.parametrize("text", ONE_WHOLE_BLOCK)
def test_a_condition_may_be_one_whole_block_or_a_truth_value(text: str) -> None:
    assert () == _found(_condition(text))


@pytest.mark.parametrize(("text", "found", "hint"), NO_CONDITION)
def test_any_other_condition_is_refused_with_its_right_form(
    text: str, found: str, hint: str | None
) -> None:
    only = _only(_condition(text))
    said = f"a condition is true, false or one whole {{{{ }}}} block, not {found}"
    assert ("TR213", said, hint) == (only.code, only.message, only.hint)


@pytest.mark.parametrize(
    ("items", "hint"), [("inputs.hosts", 'wrap it: "{{ inputs.hosts }}"'), ("a b", None)]
)
def test_items_without_braces_are_refused_with_their_right_form(
    items: str, hint: str | None
) -> None:
    step = f"{{id: a, type: fan-out, items: {items}, step: {OK_STEP}}}"
    only = _only(f"{HEAD}steps: [{step}]\n")
    said = f"'items' must be a list or an expression, not '{items}'"
    assert ("TR223", said, hint) == (only.code, only.message, only.hint)


def test_a_wrong_value_is_shown_at_the_value() -> None:
    only = _only(f"{HEAD}steps:\n- id: a\n  type: fan-in\n  wait_for: [b, 5]\n")
    assert ("'wait_for[1]' must be text, not the number 5", Span(5, 17, 5, 18)) == (
        only.message,
        only.span,
    )
    assert 'put it in quotes: "5"' == only.hint


def test_an_empty_value_is_shown_at_its_key() -> None:
    only = _only(f"{HEAD}steps:\n- id: a\n  type: shell\n  run:\n")
    assert ("'run' must be text, not null", Span(5, 3, 5, 6)) == (only.message, only.span)


def test_a_missing_key_is_shown_at_the_id_of_the_step() -> None:
    only = _only(f"{HEAD}steps:\n- type: fan-out\n  id: each\n")
    assert ("step 'each' needs the key 'items' and 'step'", Span(4, 7, 4, 11)) == (
        only.message,
        only.span,
    )


def test_an_unknown_key_is_shown_at_the_key_with_a_suggestion() -> None:
    only = _only(f"{HEAD}steps:\n- {{id: a, type: while, condition: true, steps: [], step: []}}\n")
    assert ("TR202", Span(3, 52, 3, 56), "'step' belongs to steps of type fan-out") == (
        only.code,
        only.span,
        only.hint,
    )


def test_all_mistakes_come_in_one_go_at_any_depth() -> None:
    source = f"""{HEAD}requires: []
inputs:
  a: text
  b: {{type: strin}}
steps:
- type: shel
  then:
  - {{id: b, type: shell}}
- 5
- id: c
  type: switch
  expression: x
  cases:
    one:
    - id: d
      type: fan-out
      items: []
      step: {{id: e, type: gate, message: m, options: [go]}}
"""
    assert ["TR203", "TR203", "TR204", "TR201", "TR206", "TR201", "TR203", "TR212"] == [
        each.code for each in _found(source)
    ]


def test_a_step_without_a_type_is_told_the_one_it_seems_to_need() -> None:
    only = _only(f"{HEAD}steps:\n- {{id: a, condition: true, steps: []}}\n")
    assert "write 'type: while' or 'type: do-while'" == only.hint


@pytest.mark.parametrize("version", ['"1.0"', "1.0"])
def test_the_version_of_the_format_may_be_text_or_a_number(version: str) -> None:
    assert () == _found(f"schema_version: {version}\n{HEAD}steps: [{OK_STEP}]\n")


@pytest.mark.parametrize("version", ["1", '"1"', '"2.0"', "2.0"])
def test_any_other_version_of_the_format_is_refused(version: str) -> None:
    only = _only(f"schema_version: {version}\n{HEAD}steps: [{OK_STEP}]\n", lenient=True)
    shown = version.replace('"', "'")
    assert f"schema_version {shown} is not known" == only.message


@pytest.mark.parametrize(
    ("declaration", "codes"),
    [
        ("{}", []),
        ("{type: null, enum: null}", []),
        ("{type: '', required: true, prompt: Which, description: d, default: x}", []),
        ("{type: object, properties: {a: {type: string}}, required: [a]}", []),
        ("{type: string, secret: true, x-group: one}", []),
        ("{$ref: '#/$defs/a', $defs: {a: {type: string}}}", []),
        ("{type: [string, number]}", ["TR203"]),
        ("{type: text}", ["TR204"]),
        ("{enum: a}", ["TR203"]),
        ("{requried: true}", ["TR202"]),
        ("{required: sure}", ["TR223"]),
        ("{secret: sure}", ["TR216"]),
        ("{description: 5}", ["TR216"]),
    ],
)
def test_the_declaration_of_an_input(declaration: str, codes: list[str]) -> None:
    found = _found(f"{HEAD}inputs: {{a: {declaration}}}\nsteps: [{OK_STEP}]\n")
    assert codes == [each.code for each in found]


def test_keys_that_only_treadle_knows_are_told_in_lenient_mode() -> None:
    source = f"""{HEAD}inputs:
  n: {{type: integer, minimum: 3}}
outputs:
  total: {{value: 1, description: Sum}}
steps: [{{id: a, type: shell, run: x, env: {{A: b}}}}]
"""
    refused = "Spec Kit refuses this"
    assert [
        ("'type: integer' is known to treadle only", f"{refused} type"),
        ("'minimum' is known to treadle only", "Spec Kit ignores this key"),
        ("'description' is known to treadle only", f"{refused} key"),
        ("'env' is known to treadle only", "Spec Kit ignores this key"),
    ] == [(each.message, each.hint) for each in _found(source, lenient=True)]
    assert () == _found(source)


def test_a_malformed_addition_is_left_out_in_lenient_mode() -> None:
    source = f"{HEAD}steps: [{{id: a, type: shell, run: x, env: [A], cwd: sub, show: 1}}]\n"
    document, report = _check(source, lenient=True)
    assert not report.has_errors
    assert {
        "workflow": {"id": "flow", "name": "Flow"},
        "steps": [{"id": "a", "type": "shell", "run": "x", "cwd": "sub", "show": 1}],
    } == plain(document.root)


def test_the_closest_word_is_a_near_one_or_none() -> None:
    assert ("timeout", None) == (
        closest("timout", ("run", "timeout")),
        closest("colour", ("run", "timeout")),
    )


WORDS = st.sampled_from(
    ["id", "type", "run", "shell", "gate", "steps", "then", "step", "cases", "inputs", "workflow"]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(WORDS, children, max_size=5),
    max_leaves=20,
)


@given(steps=TREES, inputs=TREES)
def test_no_document_makes_the_check_raise(steps: object, inputs: object) -> None:
    source = f"workflow: {inputs!r}\ninputs: {inputs!r}\noutputs: {inputs!r}\nsteps: {steps!r}\n"
    _, report = _check(source.replace("None", "null"), lenient=True)
    assert {"TR2"} >= {each.code[:3] for each in report.diagnostics if each.code != "TR114"}


MALFORMED_LIMITS = (
    ("timeout: 0", "TR216"),
    ("timeout: an hour", "TR216"),
    ("finally: {id: a, type: shell, run: x}", "TR216"),
    ("finally: null", "TR216"),
    ("concurrency: 3", "TR216"),
    ("concurrency: ' '", "TR216"),
    ("concurrency: {}", "TR225"),
    ("concurrency: {group: ''}", "TR216"),
    ("concurrency: {group: a, limit: 0}", "TR216"),
    ("concurrency: {group: a, on_conflict: cancel}", "TR216"),
    ("concurrency: {group: a, limits: 2}", "TR202"),
)


@pytest.mark.parametrize(("line", "code"), MALFORMED_LIMITS)
def test_malformed_limits_of_a_workflow_are_errors_in_strict_mode_only(
    line: str, code: str
) -> None:
    source = f"{HEAD}steps: [{OK_STEP}]\n{line}\n"
    assert [code] == [found.code for found in _found(source)]
    weights = {found.severity for found in _found(source, lenient=True)}
    assert {Severity.WARNING} == weights


@pytest.mark.parametrize(
    "line",
    (
        "timeout: 0.5",
        "finally: []",
        f"finally: [{OK_STEP}]",
        "concurrency: deploy",
        "concurrency: {group: '{{ inputs.a }}', limit: 3, on_conflict: replace, x-why: a}",
    ),
)
def test_limits_of_a_workflow_are_known_and_told_to_who_runs_it_elsewhere(line: str) -> None:
    source = f"{HEAD}steps: [{OK_STEP}]\n{line}\n"
    assert () == _found(source)
    assert ["TR217"] == [found.code for found in _found(source, lenient=True)]


def test_what_a_retry_needs_is_ignored_with_it_and_all_else_alone() -> None:
    step = "{{id: a, type: shell, run: x, retry: {}}}"
    kept = {
        "{max_attempts: 2, delay: soon}": {"max_attempts": 2},
        "{max_attempts: two, delay: 5}": None,
        "{delay: 5}": None,
        "3": None,
    }
    for written, left in kept.items():
        document, _ = _check(f"{HEAD}steps: [{step.format(written)}]", lenient=True)
        (found,) = plain(document.root)["steps"]
        assert left == found.get("retry")


def test_a_count_for_a_retry_gets_the_hint_that_spells_it_out() -> None:
    found = _only(f"{HEAD}steps: [{{id: a, type: shell, run: x, retry: 3}}]")
    assert "write 'retry: {max_attempts: 3}'" == found.hint


@pytest.mark.parametrize("key", ["timeout: 5", "finally: []", "concurrency: a"])
def test_a_limit_in_the_header_gets_a_hint_where_it_stands(key: str) -> None:
    found = _only(f"workflow: {{id: flow, name: Flow, {key}}}\nsteps: [{OK_STEP}]\n")
    name = key.partition(":")[0]
    assert ("TR202", f"'{name}' stands at the top of the file, beside 'steps'") == (
        found.code,
        found.hint,
    )
