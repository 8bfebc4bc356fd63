"""One entry of the catalogue of diagnostics, and the weights that an entry can have."""

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How much a finding weighs; OFF findings are never shown."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


class Entry(Struct, frozen=True, kw_only=True):
    """One diagnostic: its code, name, weight in both modes, message template and hint."""

    code: str
    name: str
    message: str
    hint: str | None
    strict: Severity
    lenient: Severity

    def severity(self, *, lenient: bool) -> Severity:
        """Return the weight of this finding in the given mode."""
        return self.lenient if lenient else self.strict


def error(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """An error in both modes: Spec Kit refuses it as well, or nobody could mean it."""
    return _weighed(Severity.ERROR, Severity.ERROR, code, name, message, hint)


def strict(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """An error in strict mode, a warning in lenient mode: Spec Kit lets it pass."""
    return _weighed(Severity.ERROR, Severity.WARNING, code, name, message, hint)


def warning(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """A warning in both modes."""
    return _weighed(Severity.WARNING, Severity.WARNING, code, name, message, hint)


def lenient(code: str, name: str, message: str, hint: str | None = None) -> Entry:
    """A warning in lenient mode only: about files that should also run under Spec Kit."""
    return _weighed(Severity.OFF, Severity.WARNING, code, name, message, hint)


def _weighed(
    strictly: Severity,
    leniently: Severity,
    code: str,
    name: str,
    message: str,
    hint: str | None,
) -> Entry:
    return Entry(
        code=code, name=name, message=message, hint=hint, strict=strictly, lenient=leniently
    )
