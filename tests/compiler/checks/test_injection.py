"""TR530 to TR533: values from outside in shell code, folders and names of commands."""

import pytest

from treadle.compiler import Diagnostic, compile_text
from treadle.compiler.mending.fixing import apply_fixes

HEAD = 'schema_version: "1.0"\nworkflow: {id: probe, name: Probe}\n'
INPUTS = """\
inputs:
  word: {type: string, required: true}
  words: {type: array, items: {type: string}, default: []}
  stage: {type: string, enum: [dev, prod]}
  branch: {type: string, pattern: "^[A-Za-z0-9._/-]+$"}
  loose: {type: string, pattern: "[a-z]+"}
  phrase: {type: string, pattern: "^[a-z' ]+$"}
  day: {type: string, format: date}
  number: {type: number}
  flag: {type: boolean}
"""
STEPS = """\
steps:
  - {id: list, type: shell, run: ls}
  - {id: count, type: shell, run: ls | wc -l}
  - id: scan
    type: shell
    run: ./scan.sh
    output_format: json
    output_schema:
      type: object
      properties: {size: {enum: [small, large]}, file: {type: string}}
      additionalProperties: false
  - {id: ask, type: prompt, integration: claude, capture: true, prompt: "{{ inputs.word }}"}
  - {id: plan, command: speckit.plan, integration: claude, input: {args: "{{ inputs.word }}"}}
  - {id: gate, type: gate, message: "Go on?"}
"""
SINKS = frozenset(("TR530", "TR531", "TR532", "TR533"))


def found_in(text: str, *, lenient: bool = False) -> list[Diagnostic]:
    compiled = compile_text(text, lenient=lenient)
    assert () == compiled.errors
    return [d for d in compiled.diagnostics if d.code in SINKS]


def said(text: str) -> list[tuple[str, str, int]]:
    """Return code, marked words and the line of the source of each finding."""
    lines = text.splitlines()
    return [
        (
            d.code,
            lines[d.span.line - 1][d.span.column - 1 : d.span.end_column - 1],
            d.related[0].span.line,
        )
        for d in found_in(text)
    ]


def running(block: str, key: str = "run") -> str:
    rest = "" if key == "run" else "    run: ls\n"
    step = f"  - id: sink\n    type: shell\n    {key}: |\n      echo {block}\n{rest}"
    return HEAD + INPUTS + STEPS + step


@pytest.mark.parametrize(
    ("block", "marked", "line"),
    [
        ("{{ inputs.word }}", "word", 4),
        ('"{{ inputs.word }}"', "word", 4),
        ("'{{ inputs[\"word\"] | trim | upper }}'", "word", 4),
        ("{{ inputs.words | join(' ') }}", "words", 5),
        ("{{ inputs.words[0] }}", "words", 5),
        ("{{ inputs | to_json }}", "inputs", 4),
        ("{{ inputs.loose }}", "loose", 8),
        ("'{{ inputs.phrase }}'", "phrase", 9),
        ("{{ 'a' ~ inputs.word }}", "word", 4),
        ("{{ inputs.word if inputs.flag else 'none' }}", "word", 4),
        ("{{ inputs.flag and inputs.word }}", "word", 4),
        ("{{ [inputs.word] | to_json }}", "word", 4),
        ("{{ inputs.stage | default(inputs.word) }}", "word", 4),
        ("{{ steps.list.output.stdout }}", "list", 14),
        ("{{ (steps.list.output.stdout | from_json).a }}", "list", 14),
        ("{{ steps.scan.output.data.file }}", "scan", 16),
        ("{{ steps.ask.output.stdout }}", "ask", 24),
        ("{{ steps.plan.output.input.args }}", "plan", 4),
        ("{{ steps.ask.output.prompt }}", "ask", 4),
        ("{{ steps.gate.output.comment }}", "gate", 26),
        ("# {{ inputs.word }}", "word", 4),
    ],
)
def test_a_value_from_outside_becomes_shell_code(block: str, marked: str, line: int) -> None:
    assert [("TR530", marked, line)] == said(running(block))


@pytest.mark.parametrize(
    "block",
    [
        "{{ inputs.stage }}",
        "{{ inputs.branch }}",
        "{{ inputs.branch | replace('/', '-') }}",
        '"{{ inputs.phrase }}"',
        "{{ inputs.day }} {{ inputs.number }} {{ inputs.flag }}",
        "{{ inputs.word | shquote }}",
        "{{ inputs.words | shquote }}",
        "{{ inputs.words | length }}",
        "{{ inputs.word | int }}",
        "{{ inputs.word == 'a' }} {{ not inputs.word }} {{ inputs.word is defined }}",
        "{{ '--fast' if inputs.word else '' }}",
        "{{ inputs.word if inputs.word in ['a', 'b'] else 'a' }}",
        "{{ 'a' if inputs.word != 'b' else inputs.word }}",
        "'{{ inputs.word | replace(\"'\", '') }}'",
        "{{ steps.count.output.stdout }}",
        "{{ steps.list.output.exit_code }} {{ steps.list.status }}",
        "{{ steps.scan.output.data.size }}",
        "{{ steps.gate.output.choice }}",
        "{{ context.run_id }}",
    ],
)
def test_what_cannot_hold_signs_of_the_shell_is_fine(block: str) -> None:
    assert [] == said(running(block))


def test_env_prompts_and_arguments_are_no_sinks() -> None:
    assert [] == said(HEAD + INPUTS + STEPS)


@pytest.mark.parametrize(
    ("key", "code"),
    [("cwd: 'a/{{ inputs.word }}'", "TR531"), ("command: 'speckit.{{ inputs.word }}'", "TR532")],
)
def test_a_folder_and_the_name_of_a_command_are_sinks(key: str, code: str) -> None:
    rest = "command: x, " if code == "TR531" else ""
    step = f"  - {{id: sink, {rest}integration: claude, {key}}}\n"
    text = HEAD + INPUTS + STEPS
    assert [(code, "word", 4)] == said(text + step)
    assert [] == said(text + step.replace("inputs.word", "inputs.stage"))


@pytest.mark.parametrize(
    ("items", "item", "expected"),
    [
        ("[a, b]", "item", []),
        ("'{{ inputs.words }}'", "item", [("TR530", "item", 5)]),
        ("'{{ steps.list.output.stdout | split(\"x\") }}'", "item", [("TR530", "item", 14)]),
        ("'{{ [inputs.stage, inputs.branch] }}'", "item", []),
        ("[{name: a}]", "item.name", []),
    ],
)
def test_an_item_is_what_it_comes_from(items, item, expected) -> None:
    step = f"{{id: each, type: shell, run: 'make {{{{ {item} }}}}'}}"
    text = f"{HEAD}{INPUTS}{STEPS}  - {{id: all, type: fan-out, items: {items}, step: {step}}}\n"
    assert expected == said(text)


def test_results_of_items_are_what_they_print() -> None:
    steps = """\
  - id: all
    type: fan-out
    items: [a]
    step: {id: each, type: shell, run: "./x {{ item }}"}
  - {id: one, type: shell, run: "echo {{ steps.all.output.results | map('stdout') | join }}"}
  - {id: two, type: shell, run: "echo {{ steps.all.output.results | map('exit_code') | join }}"}
  - {id: three, type: shell, run: "echo {{ steps.all.output.results[0].stderr }}"}
  - {id: in, type: fan-in, wait_for: [all, count]}
  - {id: four, type: shell, run: "echo {{ steps.in.output.results[0].results }}"}
  - {id: five, type: shell, run: "echo {{ steps.in.output.results[1] }}"}
"""
    expected = [("TR530", "all", 30), ("TR530", "all", 30), ("TR530", "in", 30)]
    assert expected == said((HEAD + INPUTS + STEPS + steps).replace(" | join", " | join(' ')"))


def test_words_of_the_author_stay_the_authors_when_they_are_printed() -> None:
    steps = """\
  - {id: own, type: shell, run: "echo v{{ inputs.number }} {{ inputs.stage }}"}
  - {id: sink, type: shell, run: "echo {{ steps.own.output.stdout }}"}
"""
    assert [] == said(HEAD + INPUTS + STEPS + steps)


@pytest.mark.parametrize(
    "around",
    [
        "{id: a, type: if, condition: \"{{ inputs.word in ['a', 'b'] }}\", then: [STEP]}",
        "{id: a, type: if, condition: \"{{ inputs.word != 'a' }}\", then: [], else: [STEP]}",
        "{id: a, type: switch, expression: '{{ inputs.word }}', cases: {a: [STEP]}}",
        "{id: a, type: if, condition: \"{{ inputs.word == 'a' and inputs.flag }}\", then: [STEP]}",
    ],
)
def test_a_condition_around_a_step_can_prove_a_value(around: str) -> None:
    step = "{id: sink, type: shell, run: 'echo {{ inputs.word }}'}"
    text = HEAD + INPUTS + STEPS
    assert [] == said(f"{text}  - {around.replace('STEP', step)}\n")
    negated = around.replace("in [", "not in [").replace("!=", "==").replace("and", "or")
    negated = negated.replace("cases: {a: [STEP]}", "cases: {}, default: [STEP]")
    assert [("TR530", "word", 4)] == said(f"{text}  - {negated.replace('STEP', step)}\n")


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ('"{{ inputs.word | shquote }}"', 1),
        ("'{{ inputs.word | shquote }}'", 1),
        ("{{ inputs.word | shquote }}", 0),
        ('"{{ inputs.stage | shquote }}"', 0),
        ("$(ls {{ inputs.word | shquote }})", 0),
    ],
)
def test_shquote_inside_of_quotes_is_reported(block: str, count: int) -> None:
    assert [("TR533", "shquote", 4)] * count == said(running(block))


def test_a_finding_is_a_warning_in_both_modes() -> None:
    text = running("{{ inputs.word }}")
    weights = [d.severity.value for mode in (False, True) for d in found_in(text, lenient=mode)]
    assert ["warning", "warning"] == weights


def test_a_step_that_reads_itself_in_a_loop_is_followed_once() -> None:
    steps = """\
  - id: loop
    type: while
    condition: "{{ inputs.flag }}"
    steps:
      - id: x
        command: speckit.x
        integration: claude
        input: {args: "{{ steps.x.output.input.args }}"}
      - {id: y, type: shell, run: "echo {{ steps.x.output.input.args }}"}
"""
    assert [] == said(HEAD + INPUTS + STEPS + steps)


def test_what_is_printed_on_and_on_stays_what_it_was() -> None:
    line = "  - {{id: s{}, type: shell, run: 'echo {{{{ steps.s{}.output.stdout }}}}'}}\n"
    chain = "".join(line.format(n, n - 1) for n in range(1, 40))
    begin = HEAD + "steps:\n  - {id: s0, type: shell, run: "
    assert 39 == len(said(f"{begin}ls}}\n{chain}"))
    assert [] == said(f"{begin}echo a}}\n{chain}")


def test_long_chains_of_values_handed_on_take_little_time() -> None:
    command = (
        "  - {{id: s{n}, command: x.y, integration: claude, input: {{args: '{{{{ {args} }}}}'}}}}"
    )
    lines = [
        command.format(
            n=n, args=f"steps.s{n - 1}.output.input.args ~ steps.s{n - 1}.output.input.args"
        )
        for n in range(1, 400)
    ]
    lines.insert(0, command.format(n=0, args="inputs.word"))
    lines.append("  - {id: end, type: shell, run: 'echo {{ steps.s399.output.input.args }}'}")
    assert compile_text(HEAD + INPUTS + STEPS + "\n".join(lines)).ok


def fixed(text: str, *, only_safe: bool = True) -> str:
    """Return a text with its fixes in it, which must leave nothing to mend."""
    fixes = [d.fix for d in found_in(text) if d.fix and (d.fix.is_safe or not only_safe)]
    result = apply_fixes(text, fixes)
    assert () == result.skipped
    assert [] == [d for d in found_in(result.text) if d.fix in fixes]
    return result.text.removeprefix(HEAD + INPUTS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "- {id: a, type: shell, run: 'grep {{ inputs.word }} f'}",
            '- {id: a, type: shell, env: {WORD: "{{ inputs.word }}"}, run: \'grep "$WORD" f\'}',
        ),
        (
            '- {id: a, type: shell, run: "grep -{{ inputs.word }}a f"}',
            '- {id: a, type: shell, env: {WORD: "{{ inputs.word }}"}, run: "grep -\\"$WORD\\"a f"}',
        ),
        (
            '- id: a\n  type: shell\n  run: echo "{{ inputs.word }}s {{inputs.word}}"  # why',
            "- id: a\n  type: shell\n"
            '  env: {WORD: "{{ inputs.word }}", WORD_2: "{{inputs.word}}"}\n'
            '  run: echo "${WORD}s $WORD_2"  # why',
        ),
        (
            '- run: |\n    # Says it.\n    echo "{{ inputs.word | trim }}"\n  id: a\n  type: shell',
            '- env: {WORD: "{{ inputs.word | trim }}"}\n'
            '  run: |\n    # Says it.\n    echo "$WORD"\n  id: a\n  type: shell',
        ),
        (
            "- id: a\n  type: shell\n  env:\n    # ours\n    WORD: x\n"
            '  run: echo "{{ inputs.word }}"',
            "- id: a\n  type: shell\n  env:\n    # ours\n"
            '    WORD_2: "{{ inputs.word }}"\n    WORD: x\n'
            '  run: echo "$WORD_2"',
        ),
        (
            '- {id: a, type: shell, env: {}, run: \'echo "{{ inputs["word"] }}"\'}',
            "- {id: a, type: shell, env: {WORD: '{{ inputs[\"word\"] }}'}, run: 'echo \"$WORD\"'}",
        ),
        (
            "- {id: a, type: shell, env: {W: '{{ inputs.word }}'}, run: 'echo {{ inputs.word }}'}",
            "- {id: a, type: shell, env: {W: '{{ inputs.word }}'}, run: 'echo \"$W\"'}",
        ),
        (
            "- id: a\n  type: shell\n  run: >-\n    cat <<END\n    {{ inputs.word }}",
            '- id: a\n  type: shell\n  env: {WORD: "{{ inputs.word }}"}\n'
            '  run: >-\n    cat <<END\n    "$WORD"',
        ),
    ],
)
def test_a_safe_fix_hands_the_value_over_in_env(before: str, after: str) -> None:
    assert f"steps:\n{after}\n" == fixed(f"{HEAD}{INPUTS}steps:\n{before}\n")


def test_a_fix_that_may_join_words_is_not_safe() -> None:
    steps = "steps:\n- {id: list, type: shell, run: ls}\n"
    sink = "- {id: a, type: shell, run: 'rm {{ steps.list.output.stdout }} {{ inputs.words }}'}\n"
    text = HEAD + INPUTS + steps + sink
    assert steps + sink == fixed(text)
    env = 'env: {LIST_STDOUT: "{{ steps.list.output.stdout }}", WORDS: "{{ inputs.words }}"}'
    after = f'- {{id: a, type: shell, {env}, run: \'rm "$LIST_STDOUT" "$WORDS"\'}}\n'
    assert steps + after == fixed(text, only_safe=False)


def test_under_lenient_rules_no_fix_is_safe() -> None:
    (found,) = found_in(running('"{{ inputs.word }}"'), lenient=True)
    assert found.fix is not None and not found.fix.is_safe


@pytest.mark.parametrize(
    "run",
    [
        "echo '{{ inputs.word }}'",
        "{{ inputs.word }} --help",
        'bash -c "{{ inputs.word }}"',
        "for f in {{ inputs.word }}; do cat $f; done",
        'echo "${{ inputs.word }}"',
        'echo "\\{{ inputs.word }}"',
        "echo $(({{ inputs.word }} + 1))",
        "cat <<'END'\n{{ inputs.word }}\nEND",
        "echo {{\n  inputs.word }}",
    ],
)
def test_where_a_variable_would_mean_something_else_there_is_no_fix(run: str) -> None:
    body = "".join(f"      {line}\n" for line in run.splitlines())
    (found,) = found_in(f"{HEAD}{INPUTS}steps:\n  - id: a\n    type: shell\n    run: |\n{body}")
    assert ("TR530", None) == (found.code, found.fix)


def test_text_that_several_steps_share_is_not_changed() -> None:
    text = f"""{HEAD}{INPUTS}steps:
  - {{id: a, type: shell, run: &line 'echo "{{{{ inputs.word }}}}"'}}
  - {{id: b, type: shell, run: *line}}
"""
    assert [None] == [d.fix for d in found_in(text)]


def test_a_variable_that_programs_read_gets_another_name() -> None:
    step = "- {id: a, type: shell, run: 'ls {{ inputs.path }}'}\n"
    text = f"{HEAD}inputs: {{path: {{type: string}}}}\nsteps:\n{step}"
    (found,) = found_in(text)
    assert found.fix is not None
    assert 'env: {INPUT_PATH: "{{ inputs.path }}"}, ' == found.fix.edits[0].text


@pytest.mark.parametrize(
    ("run", "hint"),
    [
        ("grep {{ inputs.word }}", "append '| shquote'"),
        ("grep '{{ inputs.word }}'", "outside of the single quotes"),
        ('grep "{{ inputs.word }}"', "read the variable here"),
        ("{{ inputs.word }}", "with 'switch'"),
        ("bash -c {{ inputs.word }}", "the code that bash gets"),
    ],
)
def test_the_hint_fits_the_place(run: str, hint: str) -> None:
    (found,) = found_in(f"{HEAD}{INPUTS}steps:\n- id: a\n  type: shell\n  run: |\n    {run}\n")
    assert hint in (found.hint or "")
