"""How values stand in messages."""

import pytest

from treadle.plan.expression import Json
from treadle.plan.problems import shown_change

LONG = "make all tests and everything else that the project has to offer today"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("make", "make all", "'make' → 'make all'"),
        (None, 3, "none → 3"),
        (f"{LONG} -j1", f"{LONG} -j2", "'…o offer today -j1' → '…o offer today -j2'"),
        (LONG, f"{LONG}!", "'…s to offer today' → '…s to offer today!'"),
        (f"a{LONG}", f"b{LONG}", f"'a{LONG[:59]}…' → 'b{LONG[:59]}…'"),
    ],
)
def test_a_long_text_is_shown_where_it_differs(old: Json, new: Json, expected: str) -> None:
    assert expected == shown_change(old, new)
