import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.executor.actions.masking import Mask


def _through(secrets: tuple[bytes, ...], *chunks: bytes) -> bytes:
    mask = Mask(secrets)
    return b"".join([mask.feed(chunk) for chunk in chunks] + [mask.finish()])


def test_without_secrets_everything_passes_at_once() -> None:
    assert b"abc" == Mask(()).feed(b"abc")


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_secret_cut_by_the_border_of_two_chunks_is_masked(cut: int) -> None:
    text = b"a tok3n b"

    assert b"a *** b" == _through((b"tok3n",), text[:cut], text[cut:])


def test_the_longer_of_two_secrets_with_one_beginning_is_masked_as_a_whole() -> None:
    assert b"***!" == _through((b"abc", b"abcdef"), b"abc", b"def!")


def test_what_only_begins_like_a_secret_is_shown_in_the_end() -> None:
    assert b"x tok3" == _through((b"tok3n",), b"x tok", b"3")


def test_a_mask_tells_whether_it_has_masked_anything() -> None:
    mask = Mask((b"tok3n",))
    mask.feed(b"nothing here")
    before = mask.has_masked
    mask.feed(b"tok3n")

    assert (False, True) == (before, mask.has_masked)


@given(st.lists(st.binary(max_size=6)), st.integers(0, 3))
def test_how_a_stream_is_cut_changes_nothing(chunks: list[bytes], pick: int) -> None:
    whole = b"".join(chunks)
    secrets = (whole[pick : pick + 3], b"\x00\x00")

    assert _through(secrets, whole) == _through(secrets, *chunks)
