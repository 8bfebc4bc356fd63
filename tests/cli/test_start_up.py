"""What a command imports, how it ends when something breaks, and what a shell completes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  scope: {type: string, enum: [full, quick], default: quick, prompt: 'How much?'}
steps:
  - {id: a, type: shell, run: 'echo {{ inputs.scope }}'}
"""
HEAVY = ("jinja2", "ruamel", "treadle.compiler", "rich.console")
LISTED = "import sys; from treadle.cli import main\ntry: main()\nexcept SystemExit: pass\n"
LISTED += "print(' '.join(sys.modules), file=sys.stderr)"

Write = Callable[[str, str], Path]


def imported(*arguments: str) -> set[str]:
    """Return the modules that a command has imported."""
    ended = subprocess.run(
        [sys.executable, "-c", LISTED, *arguments], capture_output=True, text=True, check=True
    )
    return set(ended.stderr.splitlines()[-1].split())


def test_the_version_imports_nothing_else(project: Path) -> None:
    assert not {"typer", "treadle.cli.app", "treadle.plan"} & imported("--version")


def test_status_and_plan_files_do_without_the_compiler(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    treadle("plan", "flow.yml", "-o", "flow.plan.json")
    for arguments in (("status",), ("run", "flow.plan.json"), ("status", "@latest"), ("--help",)):
        modules = imported(*arguments)
        assert [] == [name for name in HEAVY if name in modules], arguments


def test_data_that_fits_its_schema_needs_no_validator(treadle, write: Write) -> None:
    run, fields = "printf '{\"n\": %s}'", "output_schema: {properties: {n: {type: integer}}}"
    for number, found in (("1", False), ("x", True)):
        quoted = run % number.replace("x", '"x"')
        step = f"id: a, type: shell, run: {json.dumps(quoted)}, {fields}"
        write("flow.yml", f"workflow: {{id: demo, name: Demo}}\nsteps: [{{{step}}}]\n")
        treadle("plan", "flow.yml", "-o", "flow.plan.json")
        assert found is ("jsonschema" in imported("run", "flow.plan.json"))


def test_validate_does_without_the_executor(write: Write) -> None:
    write("flow.yml", FLOW)
    modules = imported("validate", "flow.yml")
    assert [] == [name for name in modules if name.startswith("treadle.executor")]


def test_a_file_of_paths_and_plain_inputs_is_checked_without_the_slow_libraries(
    write: Write,
) -> None:
    write("flow.yml", FLOW)
    assert not {"jsonschema", "jinja2", "treadle.compiler.expressions.grammar"} & imported(
        "validate", "flow.yml"
    )


def test_a_mistake_of_ours_is_one_line_and_a_status(
    treadle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("one\ntwo")

    monkeypatch.setattr("treadle.executor.local.store.Store.listing", broken)
    ended = treadle("status")
    assert (2, "") == (ended.code, ended.out)
    told = "treadle: internal error, please report it: RuntimeError: one two; -v shows where"
    assert ended.err.startswith(told)
    assert "Traceback" in treadle("status", "-v").err


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "treadle.cli", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert b"" == process.stderr.read()
    process.stderr.close()
    assert 141 == process.wait()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("buffered", [{}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("arguments", [["schema"], ["--version"], ["--help"]])
def test_a_disk_without_room_for_the_output_is_told(
    project: Path, arguments: list[str], buffered: dict[str, str]
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"} | buffered
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "treadle.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
        )
    told = "treadle: the output cannot be written: No space left on device\n"
    assert (1, told) == (ended.returncode, ended.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_run_goes_on_when_there_is_no_room_for_what_it_tells(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "treadle.cli", "run", "flow.yml", "--run-id", "r1"],
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )
    assert 0 == ended.returncode
    assert "completed" in treadle("status", "r1").out


def completed(line: str) -> list[str]:
    """Return what bash is offered behind a line."""
    words = line.split(" ")
    ended = subprocess.run(
        [sys.executable, "-c", "from treadle.cli import main; main()"],
        env={
            **os.environ,
            "_TREADLE_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == ended.stderr
    return ended.stdout.split()


def test_a_shell_completes_verbs_runs_steps_and_inputs(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    treadle("run", "flow.yml", "--run-id", "abc")
    assert ["validate"] == completed("treadle val")
    assert ["abc"] == completed("treadle resume a")
    assert ["abc"] == completed("treadle status ")
    assert ["a"] == completed("treadle logs abc ")
    assert ["scope=full", "scope=quick"] == completed("treadle run flow.yml -i ")
    assert ["scope=quick"] == completed("treadle resume abc -i scope=q")
    assert [] == completed("treadle run none.yml -i ")


def test_inputs_are_completed_whatever_is_wrong_with_the_steps(project: Path, write: Write) -> None:
    write("flow.yml", f"{FLOW}  - {{id: b, type: workflow, path: ./none.yml}}\n")
    assert ["scope=full", "scope=quick"] == completed("treadle run flow.yml -i ")
