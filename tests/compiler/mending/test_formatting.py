"""The one form of workflow files: what is moved, what stays, what it means."""

import random
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.compiler import compile_text
from treadle.compiler.diagnostics import Report
from treadle.compiler.mending.formatting import formatted
from treadle.compiler.reading.document import load

ROOT = Path(__file__).parent.parent.parent.parent
FILES = [
    path
    for folder in ("examples", "tests/cases", "tests/conformance/cases")
    for path in sorted((ROOT / folder).rglob("*.yml"))
]


def form(text: str) -> str | None:
    document = load(text.encode("utf-8"), path="flow.yml", report=Report())
    return formatted(document) if document is not None else None


def check(before: str, after: str) -> None:
    before, after = dedent(before), dedent(after)
    assert after == form(before)
    assert after == form(after)


def test_keys_of_a_workflow_and_its_steps_have_the_order_of_the_format() -> None:
    check(
        """\
        steps:
          - run: make
            timeout: 5
            type: shell
            id: build
        outputs:
          made: {value: 1}
        inputs:
          stage:
            default: test
            type: string
        workflow:
          name: A
          id: a
        """,
        """\
        workflow:
          id: a
          name: A
        inputs:
          stage:
            type: string
            default: test
        steps:
          - id: build
            type: shell
            run: make
            timeout: 5
        outputs:
          made: {value: 1}
        """,
    )


@pytest.mark.parametrize(
    "step",
    [
        """\
          - id: a  # treadle: ignore[TR530]
            run: echo {{ inputs.v }}
            type: shell
        """,
        """\
          - id: a
            run: echo {{ inputs.v }}  # treadle: ignore[TR530]
            type: shell
        """,
        """\
          # treadle: ignore[TR530] for the line below
          - run: echo {{ inputs.v }}
            id: a
            type: shell
        """,
        """\
          - timeout: 5
            type: shell
            run: make
            id: a  # treadle: ignore[TR530]
          - id: b
            type: shell
            run: echo {{ inputs.v }}
        """,
    ],
)
def test_keys_stay_where_a_comment_would_ignore_another_line(step: str) -> None:
    text = f"        steps:\n{step}"
    check(text, text)


def test_keys_move_around_a_comment_that_ignores_the_same_lines_as_before() -> None:
    check(
        """\
        steps:
          - type: shell
            id: a
            timeout: 5
            # treadle: ignore[TR530]
            run: echo {{ inputs.v }}
        """,
        """\
        steps:
          - id: a
            type: shell
            # treadle: ignore[TR530]
            run: echo {{ inputs.v }}
            timeout: 5
        """,
    )


def test_limits_stand_before_the_inputs_and_the_end_behind_the_steps() -> None:
    check(
        """\
        outputs:
          made: {value: 1}
        finally:
          - retry: {max_attempts: 2}
            run: make clean
            type: shell
            id: clean
        steps:
          - id: build
            type: shell
            run: make
        inputs: {}
        concurrency: build
        timeout: 60
        workflow: {id: a, name: A}
        """,
        """\
        workflow: {id: a, name: A}
        timeout: 60
        concurrency: build
        inputs: {}
        steps:
          - id: build
            type: shell
            run: make
        finally:
          - id: clean
            type: shell
            run: make clean
            retry: {max_attempts: 2}
        outputs:
          made: {value: 1}
        """,
    )


def test_lists_and_mappings_are_indented_by_two() -> None:
    check(
        """\
        steps:
        -   id: many
            type: if
            condition: true
            then:
                  - id: a
                    type: shell
                    run: |
                          one
                            two
                    env:
                     A:   b
                     LIST:
                     - 1
                     -
                       - 2
                       - - 3
        """,
        """\
        steps:
          - id: many
            type: if
            condition: true
            then:
              - id: a
                type: shell
                env:
                  A: b
                  LIST:
                    - 1
                    - - 2
                      - - 3
                run: |
                      one
                        two
        """,
    )


def test_comments_go_with_what_they_stand_before() -> None:
    check(
        """\
        # The file.

        steps:
        # First of all.
        - run: make  # with make
          # The name.
          id: a
              # deeper
          type: shell
          # At the end of the step.

        # Behind all.
        workflow: {id: a, name: A}   # flow
        # The end.
        """,
        """\
        # The file.

        # Behind all.
        workflow: {id: a, name: A}   # flow

        steps:
          # First of all.
          # The name.
          - id: a
                # deeper
            type: shell
            run: make  # with make
            # At the end of the step.
        # The end.
        """,
    )


def test_words_quotes_and_texts_over_several_lines_stay() -> None:
    text = """\
        workflow:
          id: 'a'
          name: "\\u0041 \\
            long"
          description: plain
            and more
        steps:
          - id: a
            type: shell
            run: >-
              folded
              text

                kept
            timeout: 0x10
          - {id: b,
             type: shell, run: ''}
          - id: c
            type: shell
            run: |2-
                two
              one
        """
    check(text, text)


def test_the_order_of_the_authors_own_data_stays() -> None:
    text = """\
        steps:
          - id: a
            command: speckit.plan
            input:
              name: z
              id: y
            options: {type: 1, id: 2}
        """
    check(text, text)


def test_keys_that_are_not_known_stay_behind_the_key_before_them() -> None:
    check(
        """\
        steps:
          - type: shell
            note: of the type
            run: make
            x-more: 1
            id: a
        """,
        """\
        steps:
          - id: a
            type: shell
            note: of the type
            run: make
            x-more: 1
        """,
    )


def test_an_anchor_stays_before_its_alias() -> None:
    text = """\
        x-base: &base
          timeout: 5
        steps:
          - run: make
            id: a
            <<: *base
            type: shell
          - {id: b, type: shell, run: ls, env: &env {A: b}}
          - env: *env
            id: c
        """
    check(text, text)


def test_empty_lines_stand_alone() -> None:
    check(
        "\n\nworkflow: {id: a, name: A}   \n\n\n\nsteps: \n\n  - id: a\n\n\n  - id: b\n\n\n",
        "\n\nworkflow: {id: a, name: A}\n\nsteps:\n  - id: a\n\n  - id: b\n",
    )


def test_line_ends_stay_and_the_last_line_gets_one() -> None:
    assert "steps:\r\n  - id: a\r\n" == form("steps:\r\n- id: a")
    assert "steps:\n  - run: |\n      make" == form("steps:\n- run: |\n    make")


@pytest.mark.parametrize(
    "text",
    [
        "{steps: [], workflow: {}}\n",
        "--- {steps: []}\n",
        "? steps\n: - id: a\n",
        "!!map\nsteps:\n- id: a\n",
    ],
)
def test_what_is_not_one_line_a_member_is_left_as_it_is(text: str) -> None:
    assert text == form(text)


def test_the_marks_of_a_document_stay() -> None:
    assert "%YAML 1.2\n---\nsteps:\n  - id: a\n...\n" == form(
        "%YAML 1.2\n---\nsteps:\n- id: a\n...\n"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.parts[-3:]))
def test_formatting_keeps_the_plan_and_is_stable(path: Path) -> None:
    document = load(path.read_bytes(), path=path.name, report=Report())
    if document is None:
        return
    text = formatted(document)
    assert text is not None
    assert text == form(text)
    before, after = (compile_text(each, lenient=True).plan for each in (document.text, text))
    assert (before and before.digest) == (after and after.digest)


READABLE = [
    text for path in FILES if form(text := path.read_bytes().decode("utf-8", "replace")) is not None
]


def jumbled(text: str, chance: random.Random) -> str:
    """Return a text with lines moved, indented otherwise, or made into comments."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(lines))
        match chance.choice(("swap", "indent", "comment", "blank", "block")):
            case "swap":
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = " " * chance.randint(1, 4) + lines[at]
            case "comment":
                lines.insert(at, " " * chance.randint(0, 12) + "# remark: - x")
            case "blank":
                lines.insert(at, " " * chance.randint(0, 6))
            case _:
                deeper = chance.randint(1, 3)
                lines[at:] = [" " * deeper + line for line in lines[at:]]
    return "\n".join(lines)


@given(st.sampled_from(READABLE), st.integers(0, 2**32))
@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
def test_whatever_can_be_read_is_formatted_once_and_for_all(text: str, seed: int) -> None:
    mixed = jumbled(text, random.Random(seed))
    once = form(mixed)
    if once is not None:
        assert once == form(once)
