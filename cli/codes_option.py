"""Codes as they are given on the command line: ``--select TR5,TR302 --select TR2``."""

from collections.abc import Sequence

import typer

from treadle.cli.checking.selection import code_meant, is_firm, is_known
from treadle.plan.catalogue import BY_CODE

SELECT = "--select"
IGNORE = "--ignore"


def read_codes(given: Sequence[str] | None, *, option: str) -> tuple[str, ...] | None:
    """Return the codes of an option that may repeat, None when it was not given.

    Errors: typer.BadParameter for what is neither a code nor the beginning of one, and for an
    error of both modes that is to be ignored.
    """
    if given is None:
        return None
    codes = [code.strip().upper() for words in given for code in words.split(",") if code.strip()]
    for code in codes:
        if not is_known(code):
            hint = code_meant(code) or "'treadle explain' lists all codes"
            raise typer.BadParameter(f"'{code}' is no code; {hint}", param_hint=option)
        if option == IGNORE and code in BY_CODE and is_firm(code):
            reason = f"'{code}' is an error in both modes, which cannot be ignored"
            raise typer.BadParameter(reason, param_hint=option)
    return tuple(codes)
