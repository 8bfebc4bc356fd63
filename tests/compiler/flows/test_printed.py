"""What a shell text prints, as far as that is known."""

import pytest

from treadle.compiler.flows.printed import is_known


@pytest.mark.parametrize(
    "run",
    [
        "echo done",
        "printf '%s\\n' a b",
        "mkdir -p out && echo out >> log.txt 2>&1",
        "wc -l < notes.txt",
        "cat a | wc -l",
        "cat a.txt | wc -l | tr -d ' '",
        "git rev-parse --short HEAD",
        "date -u +%Y-%m-%d",
        "exit 3",
    ],
)
def test_own_words_and_numbers_are_known(run: str) -> None:
    assert is_known(run)


@pytest.mark.parametrize(
    "run",
    [
        "echo $HOME",
        "echo `ls`",
        "echo *",
        "ls",
        "git branch --show-current",
        "git rev-parse --abbrev-ref HEAD",
        "echo a; ls",
        "echo a & ls",
        "wc -l a | cat",
        "echo a | wc -l; ls",
    ],
)
def test_what_a_program_prints_is_not_known(run: str) -> None:
    assert not is_known(run)
