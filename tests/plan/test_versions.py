import pytest

from treadle.plan.versions import allows, read_version


@pytest.mark.parametrize(
    ("range_", "version"),
    [
        (">=0.8.5", "1.2.3"),
        (">=0.8.5, <2", "1.2.3"),
        ("==1.2.3", "v1.2.3"),
        ("==1.2", "1.2.0"),
        ("==1.2.*", "1.2.9"),
        ("!=1.2.*", "1.3"),
        ("~=1.2.0", "1.2.7"),
        (">=1.2.3", "1.2.3+local"),
        ("<2.0", "2.0rc1"),
    ],
)
def test_a_version_lies_in_a_range(range_: str, version: str) -> None:
    assert allows(range_, version) is True


@pytest.mark.parametrize(
    ("range_", "version"),
    [(">=2", "1.2.3"), (">=0.10", "0.9.9"), ("~=1.2.0", "1.3"), (">=2.0", "2.0.dev1")],
)
def test_a_version_lies_outside_of_a_range(range_: str, version: str) -> None:
    assert allows(range_, version) is False


@pytest.mark.parametrize("range_", ["", "latest", "1.2", ">=", "==1.x.*", ">=1, newest", "~=1"])
def test_a_range_that_cannot_be_read_allows_and_forbids_nothing(range_: str) -> None:
    assert allows(range_, "1.2.3") is None


def test_what_is_no_version_is_none() -> None:
    assert (None, None) == (read_version("newest"), allows(">=1", "newest"))
