"""What strangers write never acts on a terminal, whichever verb shows it."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

EVIL = "\x1b]0;PWNED\x07\x1b[2J\rx"
FLOW = r"""
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  "inEVIL": {type: string, default: "xEVIL"}
steps:
  - {id: "badEVIL", type: shell, run: 'exit 3', continue_on_error: true, retry: {max_attempts: 2}}
  - id: "fanEVIL"
    type: fan-out
    items: [1, 2]
    step: {id: "shEVIL", type: shell, run: 'echo {{ item }}'}
  - {id: "gateEVIL", type: gate, message: "goEVIL", options: ["okEVIL", reject]}
""".replace("EVIL", r"\e]0;PWNED\a\e[2J\rx")

Write = Callable[[str, str], Path]


@pytest.fixture
def run(treadle, write: Write) -> None:
    """A run `r1` that waits at its gate, of a workflow full of escape sequences."""
    write("flow.yml", FLOW)
    assert 0 == treadle("run", "--lenient", "flow.yml", "--run-id", "r1").code


@pytest.mark.parametrize(
    "line",
    [
        "plan --lenient flow.yml",
        "run --lenient flow.yml",
        "status r1",
        "status --pending",
        "logs r1",
        "logs r1 --follow",
        "resume r1",
        "fork r1 --from @latest --yes",
    ],
)
def test_no_escape_sequence_is_shown(treadle, run: None, line: str) -> None:
    target = f"/fan{EVIL}"
    ended = treadle(*(target if word == "@latest" else word for word in line.split()))
    assert 0 == ended.code
    assert [] == re.findall("[\x00-\x08\x0b-\x1f]", ended.out + ended.err)


def test_a_command_that_is_told_means_what_it_ought_to(treadle, run: None) -> None:
    told = treadle("status", "r1").out.splitlines()[-1].removeprefix("next: treadle ")
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {told}"], capture_output=True).stdout
    assert words.split(b"\0")[:-1] == [*b"resume r1 --choice".split(), f"ok{EVIL}".encode()]
    assert "completed" in treadle(*words.decode().split("\0")[:-1]).err


@pytest.mark.parametrize("line", ["fmt --check .", "fmt --diff .", "validate --format github ."])
def test_no_path_acts_on_a_terminal(treadle, write: Write, line: str) -> None:
    write(f"b{EVIL}.yml", 'workflow:   {id: demo, name: Demo, version: "1"}\nsteps: []\n')
    ended = treadle(*shlex.split(line))
    assert 1 == ended.code
    assert [] == re.findall("[\x00-\x08\x0b-\x1f]", ended.out + ended.err)
