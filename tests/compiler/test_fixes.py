"""Which findings offer which fix, how safe it is, and where there is none."""

from textwrap import dedent

import pytest

from treadle.compiler import compile_text
from treadle.compiler.mending.fixing import apply_fixes

# The fixes of other rules have tests of their own.
CODES = ("TR1", "TR2", "TR3", "TR402")
HEAD = "workflow: {id: probe, name: Probe}\n"
SHELL = "{id: a, type: shell, run: 'true'}"


def fixed(body: str) -> tuple[str, list[bool]]:
    """Return a workflow after one round of all fixes, and whether each is safe."""
    result = compile_text(HEAD + dedent(body))
    found = [found for found in result.diagnostics if found.code.startswith(CODES)]
    fixes = [each.fix for each in found if each.fix is not None]
    text = apply_fixes(result.text, fixes).text
    return text.removeprefix(HEAD), [fix.is_safe for fix in fixes]


def step(**keys: str) -> str:
    lines = "".join(f"    {key.rstrip('_')}: {value}\n" for key, value in keys.items())
    return f"steps:\n  - id: a\n{lines}"


@pytest.mark.parametrize(
    ("before", "after", "is_safe"),
    [
        (step(type="shel", run="make"), step(type="shell", run="make"), True),
        (step(type='"shel"', run="make"), step(type='"shell"', run="make"), True),
        (
            step(type="shell", run="make", timout="5"),
            step(type="shell", run="make", timeout="5"),
            True,
        ),
        (
            step(type="shell", run="make", timeoutt_="5"),
            step(type="shell", run="make", timeout="5"),
            True,
        ),
        (
            step(type="shell", run="make", timeout_ms="5"),
            step(type="shell", run="make", timeout="5"),
            False,
        ),
        (
            step(type="gate", message="Go?", on_reject="abrot"),
            step(type="gate", message="Go?", on_reject="abort"),
            True,
        ),
        (
            step(type="prompt", integration="claud", prompt="Go"),
            step(type="prompt", integration="claude", prompt="Go"),
            True,
        ),
        (
            step(type="shell", run="echo {{ context.run_ID }}"),
            step(type="shell", run="echo {{ context.run_id }}"),
            True,
        ),
        (
            step(type="shell", run='"echo {{ 3 | uper }}"'),
            step(type="shell", run='"echo {{ 3 | upper }}"'),
            True,
        ),
        (step(type="init", integration="yes"), step(type="init", integration='"yes"'), False),
        ("schema_version: 1\n" + step(type="shell", run="make"), None, True),
    ],
)
def test_a_finding_offers_its_fix(before: str, after: str | None, is_safe: bool) -> None:
    text, safe = fixed(before)
    assert (after or before.replace("version: 1", 'version: "1.0"')) == text
    assert safe[:1] == [is_safe]


def test_misspelt_names_of_inputs_and_steps_are_written_right() -> None:
    body = f"""\
        inputs: {{version: {{type: string}}}}
        steps:
          - {SHELL.replace("id: a", "id: build")}
          - {{id: b, type: shell, run: "{{{{ inputs.verison }}}} {{{{ steps['buidl'].status }}}}"}}
        """
    text, safe = fixed(body)
    assert "{{ inputs.version }} {{ steps['build'].status }}" in text
    assert [True, True] == safe


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("version", "inputs.version"),
        ("build.status", "steps.build.status"),
        ("steps.build.stdout", "steps.build.output.stdout"),
        ("steps.build.output.stdou", "steps.build.output.stdout"),
        ("steps.build.statsu", "steps.build.status"),
    ],
)
def test_a_path_that_leaves_something_out_is_completed(wrong: str, right: str) -> None:
    body = f"""\
        inputs: {{version: {{type: string, default: x}}}}
        steps:
          - {{id: build, type: shell, run: make}}
          - {{id: b, type: shell, run: "echo {{{{ {wrong} }}}} {{{{ inputs.version }}}}"}}
        """
    text, safe = fixed(body)
    assert (f"echo {{{{ {right} }}}}" in text, [True]) == (True, safe)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("inputs.count > 3", '"{{ inputs.count > 3 }}"'),
        ('inputs.name == "x"', "\"{{ inputs.name == 'x' }}\""),
        ("'inputs.count > 3'", '"{{ inputs.count > 3 }}"'),
    ],
)
def test_a_condition_without_braces_gets_them(wrong: str, right: str) -> None:
    body = "inputs: {count: {type: number, default: 1}, name: {type: string, default: x}}\n" + step(
        type="if", condition=wrong, then="[]"
    )
    assert (body.replace(wrong, right), [True]) == fixed(body)


@pytest.mark.parametrize(
    "condition", ["approved", "yes please", '"{{ inputs.a }} and {{ inputs.b }}"', "3 > 2"]
)
def test_a_condition_that_could_mean_anything_is_left_alone(condition: str) -> None:
    body = step(type="if", condition=condition, then="[]")
    text, _ = fixed(body)
    assert condition in text


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.0", '"1.0.0"'), ("2", '"2.0.0"'), ('"1.2"', '"1.2.0"'), ("v1.2.3", '"1.2.3"')],
)
def test_a_version_gets_three_numbers_in_quotes(version: str, expected: str) -> None:
    text = f"workflow: {{id: probe, name: Probe, version: {version}}}\nsteps: [{SHELL}]\n"
    result = compile_text(text)
    (fix,) = (found.fix for found in result.diagnostics)
    assert fix is not None and fix.is_safe
    assert (
        text.replace(f"version: {version}", f"version: {expected}")
        == apply_fixes(text, (fix,)).text
    )


@pytest.mark.parametrize("version", ["1.10", "0x10", '"1.2.3-beta"', "latest"])
def test_a_version_that_is_not_spelt_as_it_is_read_is_left_alone(version: str) -> None:
    text = f"workflow: {{id: probe, name: Probe, version: {version}}}\nsteps: [{SHELL}]\n"
    assert [None] == [found.fix for found in compile_text(text).diagnostics]


@pytest.mark.parametrize(
    "name",
    [
        "step_3",  # a number is no slip of the pen
        "stage",  # two names are as near
    ],
)
def test_a_name_that_could_be_another_has_no_safe_fix(name: str) -> None:
    body = f"""\
        steps:
          - {{id: step_2, type: shell, run: make}}
          - {{id: stages, type: shell, run: make}}
          - {{id: state, type: shell, run: make}}
          - {{id: b, type: shell, run: "echo {{{{ steps.{name}.output.stdout }}}}"}}
        """
    assert [False] == fixed(body)[1]


def test_a_key_whose_right_form_is_there_as_well_has_no_fix() -> None:
    body = step(type="shell", run="make", timeout="5", timout="6")
    assert (body, []) == fixed(body)


def test_a_block_that_lacks_a_brace_at_its_end_gets_it() -> None:
    body = "inputs: {a: {type: string, default: x}}\n" + step(
        type="shell", run='"echo {{ inputs.a }}, {{ inputs.a }"'
    )
    text, safe = fixed(body)
    assert (True, [True]) == ("{{ inputs.a }}, {{ inputs.a }}" in text, safe)


def test_a_name_inside_an_escaped_text_is_found() -> None:
    body = "inputs: {name: {type: string, default: x}}\n" + step(
        type="shell", run='"echo \\"{{ inputs.nmae }}\\""'
    )
    assert 'run: "echo \\"{{ inputs.name }}\\""' in fixed(body)[0]
