"""Where blocks stand in the shell's grammar."""

import pytest

from treadle.compiler.flows.shell_text import places


def seen(text: str) -> list[tuple[str, str]]:
    """Return quoting and command of each block; '@' stands for a block."""
    return [(place.quoting.value, place.command) for place in places(text.replace("@", "\0"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grep @ file", [("bare", "grep")]),
        ("@ file", [("bare", "")]),
        ("@@", [("bare", ""), ("bare", "")]),
        ("sudo env A=1 rm @", [("bare", "rm")]),
        ('echo "a @" && @', [("double", "echo"), ("bare", "")]),
        ("echo '@' \"it's @\"", [("single", "echo"), ("double", "echo")]),
        ("ls # @'\nrm @", [("comment", "ls"), ("bare", "rm")]),
        ("echo a#@", [("bare", "echo")]),
        ('x="$(git log "@" | wc -l)" y', [("double", "git")]),
        ("(cd a; make @) && cat <@", [("bare", "make"), ("bare", "cat")]),
        ("a 2>&1 | tee @", [("bare", "tee")]),
        ("for f in @; do cat $f @; done", [("bare", "for"), ("bare", "cat")]),
        ("if test @ = a; then sh -c @; fi", [("bare", "test"), ("bare", "sh")]),
        ("cat <<EOF > out\n@ 'x\nEOF\nls @", [("heredoc", ""), ("bare", "ls")]),
        ("cat <<-'END'\n@\n\tEND\nls @", [("plain heredoc", ""), ("bare", "ls")]),
        ("cat <<< @", [("bare", "cat")]),
        (r"echo \@ " + '"\\@"', [("other", "echo"), ("other", "echo")]),
        ("echo `ls @` $((@ + 1)) ${A:-@} $'@'", [("other", "echo")] * 4),
        ("echo 'never closed @", [("other", "echo")]),
        ('echo "never closed @', [("double", "echo")]),
    ],
)
def test_a_block_is_seen_in_its_quotes_and_its_command(text, expected) -> None:
    assert expected == seen(text)
