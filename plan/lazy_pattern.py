"""Regular expressions that are compiled when they are first used.

A command uses few of those that its modules have: to compile them all took a tenth of the time in
which a small file is validated.
"""

import re
from typing import Any, cast


class _LazyPattern:
    """Stands for a pattern, whose methods it keeps once they were asked for."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled by its first use, where a mistake in it shows."""
    return cast("re.Pattern[str]", _LazyPattern(text, flags))
