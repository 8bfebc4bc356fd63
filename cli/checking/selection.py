"""Which findings are shown, and with which weight: codes that are selected, ignored or weighed.

An error of both modes is always shown as it is: a file that has one cannot be compiled at all, and
no report may call it clean.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    # A plan file is run without the compiler, and yet under the settings of its project.
    from treadle.cli.checking.findings import Checked
    from treadle.compiler.diagnostics import Diagnostic

_SELECTOR = lazy_pattern(r"TR\d{0,3}")
# Letters that are taken for digits.
_DIGITS = str.maketrans("OILSB", "01158")


class Weight(Struct, frozen=True, kw_only=True):
    """What the findings of some codes weigh; `codes` is a code or the beginning of codes."""

    codes: str
    severity: Severity


class PathIgnores(Struct, frozen=True, kw_only=True):
    """The codes that are not reported in files whose path fits a pattern."""

    path: str
    ignore: tuple[str, ...]


class Selection(Struct, frozen=True, kw_only=True):
    """What is shown of the findings.

    Shapes: `select` and `ignore` hold codes such as ``TR501`` or beginnings such as ``TR5``;
    `select` is None when everything is shown.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    weights: tuple[Weight, ...] = ()
    per_path: tuple[PathIgnores, ...] = ()

    def of(self, checked: "Checked", *, path: str) -> "Checked":
        """Return a file with the findings that are shown; `path` is what patterns are tried on."""
        ignored = (*self.ignore, *self._ignored_in(path))
        shown = tuple(self._shown(checked.diagnostics, ignored))
        return replace(checked, diagnostics=shown)

    def _shown(
        self, diagnostics: Sequence["Diagnostic"], ignored: Sequence[str]
    ) -> Iterator["Diagnostic"]:
        for found in diagnostics:
            if is_firm(found.code):
                yield found
                continue
            is_selected = self.select is None or _is_among(found.code, self.select)
            severity = self._severity(found)
            if is_selected and not _is_among(found.code, ignored) and severity is not Severity.OFF:
                yield found if severity is found.severity else replace(found, severity=severity)

    def _severity(self, found: "Diagnostic") -> Severity:
        """Return what a finding weighs: the longest beginning of its code decides."""
        fitting = [weight for weight in self.weights if found.code.startswith(weight.codes)]
        longest = max(fitting, key=lambda weight: len(weight.codes), default=None)
        return found.severity if longest is None else longest.severity

    def _ignored_in(self, path: str) -> Iterator[str]:
        for rule in self.per_path:
            if _pattern(rule.path).fullmatch(path):
                yield from rule.ignore


def is_firm(code: str) -> bool:
    """Whether a code is an error in both modes, which nothing can hide."""
    entry = BY_CODE[code]
    return entry.lenient is Severity.ERROR and entry.strict is Severity.ERROR


def is_known(selector: str) -> bool:
    """Whether a text is a code, or the beginning of one."""
    is_code = _SELECTOR.fullmatch(selector) is not None
    return is_code and any(code.startswith(selector) for code in BY_CODE)


def code_meant(word: str) -> str | None:
    """Return the hint that names the code which a word stands for, None when none is near.

    Numbers that differ are never guessed: any other number is as near as any.

    >>> code_meant("TR5O1"), code_meant("unused-inputs"), code_meant("anything")
    ("did you mean 'TR501'?", "did you mean 'TR501'?", None)
    """
    # Needs difflib, for a mistake only.
    from treadle.compiler.suggestions import closest

    upper = word.upper()
    for likely in (upper, upper[:2] + upper[2:].translate(_DIGITS)):
        if is_known(likely):
            return f"did you mean '{likely}'?"
    codes = {entry.name: code for code, entry in BY_CODE.items()}
    name = word.lower() if word.lower() in codes else closest(word, codes)
    return f"did you mean '{codes[name]}'?" if name is not None else None


def _is_among(code: str, selectors: Sequence[str]) -> bool:
    return any(code.startswith(selector) for selector in selectors)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(_regex(pattern))


def _regex(pattern: str) -> str:
    """Return the regular expression of a path pattern.

    >>> _regex("legacy/**/*.yml")
    'legacy/(?:.*/)?[^/]*\\\\.yml'
    """
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(signs.get(part, re.escape(part)) for part in parts)
