"""Differences are those that ``patch`` applies."""

import subprocess
from pathlib import Path

import pytest

from treadle.cli.text.unified_diff import diff_lines


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\u2028c\n", "a\nd\u2028c\n"),
        ("a\x85b\nc", "a\x85b\nd"),
        ("a\rb\rc", "a\rb\rd"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\n", ""),
    ],
)
def test_a_difference_can_be_applied_whatever_ends_lines(
    tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(before.encode())
    lines = diff_lines(before.encode(), after.encode(), path="f.yml")
    patch = "".join(f"{line}\n" for line in lines).encode()
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    assert after.encode() == path.read_bytes()
