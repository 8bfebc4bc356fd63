import json
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.executor.actions import data
from treadle.executor.ports import Cancellation, Outcome
from treadle.plan.expression import Expression, Literal, Node, Op, Single
from treadle.plan.json_text import MAX_DEPTH
from treadle.plan.steps import ShellStep

Shell = Callable[..., ShellStep]


def test_a_line_runs_in_the_project_with_its_streams_captured(stage, shell: Shell) -> None:
    result = stage.perform(shell("pwd; echo err >&2"))

    assert (Outcome.COMPLETED, None) == (result.outcome, result.error)
    assert {"exit_code": 0, "stdout": f"{stage.project}\n", "stderr": "err\n"} == result.output


def test_an_exit_code_fails_the_step_and_keeps_its_output(stage, shell: Shell) -> None:
    result = stage.perform(shell("echo out; exit 3"))

    assert (Outcome.FAILED, "exited with code 3 [TR803]") == (result.outcome, result.error)
    assert {"exit_code": 3, "stdout": "out\n", "stderr": ""} == result.output


def test_a_time_out_has_its_own_output(stage, shell: Shell) -> None:
    result = stage.perform(shell("echo out; sleep 30", timeout_s=0.2))

    assert "timed out after 0.2 s [TR804]" == result.error
    assert {"exit_code": -1, "stdout": "", "stderr": "timeout"} == result.output


def test_values_are_spliced_into_the_line(stage, shell: Shell, read, text) -> None:
    line = text("echo ", read("word"), " ", read("none"), "!")
    result = stage.perform(shell(line), names={"inputs": {"word": "a  b"}})

    assert "a b !\n" == result.output["stdout"]


def test_a_line_that_is_missing_as_a_whole_fails(stage, shell: Shell, read) -> None:
    result = stage.perform(shell(read("none")), names={"inputs": {}})

    assert "'run' came out as a missing value [TR802]" == result.error
    assert {"exit_code": 1, "stdout": "", "stderr": ""} == result.output


def test_an_empty_line_is_run(stage, shell: Shell) -> None:
    assert Outcome.COMPLETED == stage.perform(shell("")).outcome


def test_an_expression_that_fails_fails_the_step(stage, shell: Shell) -> None:
    zero = Node(Op.LITERAL, (0,), 4)
    tree = Node(Op.DIVIDE, (Node(Op.LITERAL, (1,), 0), zero), 2)
    result = stage.perform(shell(Single(Expression("1 / 0", tree, ()))))

    assert Outcome.FAILED == result.outcome
    assert str(result.error).endswith("[TR801]")
    assert {"exit_code": 1, "stdout": "", "stderr": ""} == result.output


def test_carriage_returns_are_kept(stage, shell: Shell) -> None:
    assert "a\r\nb\r" == stage.perform(shell(r"printf 'a\r\nb\r'")).output["stdout"]


def test_bytes_that_are_no_text_are_replaced_and_stay_in_the_log(stage, shell: Shell) -> None:
    result = stage.perform(shell(r"printf 'caf\351'"))

    assert ("caf\ufffd", b"caf\xe9") == (result.output["stdout"], stage.log.streams["stdout"])


def test_long_output_is_cut_between_characters_and_whole_in_the_log(stage, shell: Shell) -> None:
    step = shell("yes é€ | head -c 5000000; echo e >&2", capture_max_bytes=1_000_003)
    result = stage.perform(step)
    stdout = str(result.output["stdout"])

    assert ("é€\n" * 170_000)[: len(stdout)] == stdout
    assert 999_999 < len(stdout.encode()) <= 1_000_003
    assert True is result.output["stdout_truncated"]
    assert "stderr_truncated" not in result.output
    assert 5_000_000 == len(stage.log.streams["stdout"])


def test_a_limit_of_minus_one_keeps_everything(stage, shell: Shell) -> None:
    step = shell("head -c 3000000 /dev/zero | tr '\\0' x", capture_max_bytes=-1)
    result = stage.perform(step)

    assert 3_000_000 == len(str(result.output["stdout"]))
    assert "stdout_truncated" not in result.output


def test_a_step_knows_its_run_and_its_workflow(stage, shell: Shell) -> None:
    names = "$TREADLE_RUN_ID $TREADLE_STEP $TREADLE_ATTEMPT $TREADLE_IDEMPOTENCY_KEY"
    step = shell(f'echo "{names} $SPECKIT_WORKFLOW_DIR"')
    result = stage.perform(step, workflow_dir="/flows")

    assert "run-1 /build 2 key-1 /flows\n" == result.output["stdout"]


def test_a_workflow_without_a_folder_hides_an_inherited_one(stage, shell: Shell) -> None:
    stage.environment["SPECKIT_WORKFLOW_DIR"] = "/other"
    result = stage.perform(shell('echo "[${SPECKIT_WORKFLOW_DIR-none}]"'))

    assert "[none]\n" == result.output["stdout"]


def test_variables_reach_the_program_and_not_the_line(stage, shell: Shell, read) -> None:
    step = shell(
        'printf %s "$WORD,$COUNT,$NONE"',
        env={"WORD": read("word"), "COUNT": Literal(3), "NONE": Literal(None)},
    )
    result = stage.perform(step, names={"inputs": {"word": "$(date) 'x'"}})

    assert "$(date) 'x',3," == result.output["stdout"]


def test_a_step_runs_in_its_own_folder(stage, shell: Shell) -> None:
    (stage.project / "sub").mkdir()
    result = stage.perform(shell("pwd", cwd=Literal("sub")))

    assert f"{stage.project}/sub\n" == result.output["stdout"]


def test_a_folder_that_is_not_there_fails_the_step(stage, shell: Shell) -> None:
    result = stage.perform(shell("pwd", cwd=Literal("sub")))

    assert "cannot start: the folder 'sub' does not exist [TR813]" == result.error
    assert -1 == result.output["exit_code"]


def test_a_nul_in_a_value_fails_the_step(stage, shell: Shell) -> None:
    result = stage.perform(shell("echo a\0b"))

    assert "cannot start: embedded null byte [TR813]" == result.error


def test_a_line_too_long_for_the_system_fails_the_step(stage, shell: Shell) -> None:
    result = stage.perform(shell(": " + "x" * 3_000_000))

    assert "cannot start: Argument list too long: /bin/sh [TR813]" == result.error


def test_a_secret_is_masked_in_output_and_log(stage, shell: Shell, read) -> None:
    step = shell(
        'printf "%s" "$TOKEN" | cut -c1-4 | tr -d "\\n"; sleep 0.05; printf %s "$TOKEN" | cut -c5-',
        env={"TOKEN": read("token")},
    )
    result = stage.perform(step, names={"inputs": {}}, secrets={"token": "s3cret-9"})

    assert "***\n" == result.output["stdout"]
    assert b"***\n" == stage.log.streams["stdout"]
    assert result.secrets_masked


def test_a_value_made_of_a_secret_is_masked_as_a_whole(stage, shell: Shell, read, text) -> None:
    step = shell('echo "$AUTH"', env={"AUTH": text("Bearer ", read("token"))})
    result = stage.perform(step, names={"inputs": {}}, secrets={"token": "s3cret-9"})

    assert "***\n" == result.output["stdout"]


def test_a_secret_has_no_value_outside_of_variables(stage, shell: Shell, read, text) -> None:
    step = shell(text("echo [", read("token"), "]"))
    result = stage.perform(step, names={"inputs": {}}, secrets={"token": "s3cret-9"})

    assert "[]\n" == result.output["stdout"]


def test_steps_without_the_secret_are_not_masked(stage, shell: Shell) -> None:
    result = stage.perform(shell("echo s3cret-9"), secrets={"token": "s3cret-9"})

    assert ("s3cret-9\n", False) == (result.output["stdout"], result.secrets_masked)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2.5, null]}',
        "7",
        '"x"',
        "true",
        " [] \n",
        pytest.param("1" * 1000, id="digits"),
        '"\\ud83d\\ude00"',
    ],
)
def test_json_is_read_as_it_is(stage, shell: Shell, text: str) -> None:
    Path(stage.project, "out").write_text(text)
    result = stage.perform(shell("cat out", output_format="json"))

    assert json.loads(text) == result.output["data"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "expecting property name"),
        ("", "expecting value"),
        ('{"ratio": NaN}', "NaN is not a JSON value"),
        ("[-Infinity]", "-Infinity is not a JSON value"),
        ("1e999", "1e999 is too large a number"),
        pytest.param("1" * 1001, "an integer has more than 1000 digits", id="digits"),
        pytest.param("[" * 201 + "]" * 201, "nested deeper than 200 levels", id="deep"),
        pytest.param("[" * 50_000, "nested deeper than 200 levels", id="very deep"),
        ('"\\ud800"', "it holds half a surrogate pair"),
    ],
)
def test_what_is_not_json_fails_the_step(stage, shell: Shell, text: str, reason: str) -> None:
    Path(stage.project, "out").write_text(text)
    result = stage.perform(shell("cat out", output_format="json"))

    assert str(result.error).startswith("stdout is not JSON: ")
    assert reason in str(result.error)
    assert (0, False) == (result.output["exit_code"], "data" in result.output)


def test_json_may_be_as_deep_as_the_limit(stage, shell: Shell) -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    result = stage.perform(shell(f"echo '{text}'", output_format="json"))

    assert json.loads(text) == result.output["data"]


def test_json_is_read_beyond_the_captured_text(stage, shell: Shell) -> None:
    step = shell("echo '[1, 2, 3]'", output_format="json", capture_max_bytes=4)
    result = stage.perform(step)

    assert ("[1, ", [1, 2, 3]) == (result.output["stdout"], result.output["data"])


def test_json_is_never_read_from_cut_text(stage, shell: Shell, monkeypatch) -> None:
    monkeypatch.setattr(data, "DATA_LIMIT", 8)
    step = shell("echo '123456789'", output_format="json", capture_max_bytes=4)
    result = stage.perform(step)

    assert "stdout is not JSON: it has 10 bytes, more than 8 [TR805]" == result.error


def test_the_output_of_a_failed_command_is_not_read(stage, shell: Shell) -> None:
    result = stage.perform(shell("echo nonsense; exit 2", output_format="json"))

    assert "exited with code 2 [TR803]" == result.error


def test_data_is_held_against_its_schema(stage, shell: Shell) -> None:
    schema = {"type": "object", "properties": {"port": {"type": "integer"}}}
    step = shell("""echo '{"port": "x"}'""", output_format="json", output_schema=schema)
    result = stage.perform(step)

    expected = (
        "the output does not fit its schema: data.port must be a whole number, not 'x' [TR806]"
    )
    assert expected == result.error
    assert "data" not in result.output


def test_nothing_is_started_after_a_cancellation(stage, shell: Shell) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    result = stage.perform(shell("touch started"), cancellation=cancellation)

    assert (Outcome.CANCELLED, []) == (result.outcome, list(stage.project.iterdir()))
