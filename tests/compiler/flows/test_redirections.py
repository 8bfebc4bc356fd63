"""What files a shell script writes under a fixed name."""

import pytest

from treadle.compiler.flows.redirections import files_written

WRITTEN = {
    "make > out.txt": ["out.txt"],
    "make>out.txt 2>err.txt": ["out.txt", "err.txt"],
    "make >| 'out.txt'; date > \"out.txt\"": ["out.txt", "out.txt"],
    "make 2>&1 | tee build/log.txt | head": ["build/log.txt"],
    "make | tee -i log.txt": ["log.txt"],
}
NOT_WRITTEN = (
    "make >> out.txt",
    "make | tee -a out.txt",
    "make | tee --append out.txt",
    "make > /dev/null 2>&1 >&2",
    "echo 'a > b' \"c > d\" \\> e  # > f",
    "make > $OUT; make > out-$N.txt; make > $DIR/out.txt; make > out*",
    "cat <<END\na > b\nEND",
    "[[ a > b ]]",
    "(( a > 1 ))",
    "cd x && make > out.txt",
    "f=$(mktemp); make > out.txt",
    "",
)


@pytest.mark.parametrize(("script", "names"), WRITTEN.items())
def test_a_file_of_a_fixed_name_is_seen(script: str, names: list[str]) -> None:
    assert names == [found.name for found in files_written(script)]


def test_a_file_is_found_at_its_place() -> None:
    (found,) = files_written("make > out.txt")
    assert (7, 14) == (found.start, found.end)


@pytest.mark.parametrize("script", NOT_WRITTEN)
def test_what_is_not_surely_a_new_file_is_left_alone(script: str) -> None:
    assert [] == list(files_written(script))
