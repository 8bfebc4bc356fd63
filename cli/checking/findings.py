"""What checking files has found: one entry a file, whatever kind of file it is."""

from collections.abc import Iterable

from msgspec import Struct

from treadle.cli.text.counted import counted
from treadle.compiler.diagnostics import Diagnostic
from treadle.plan.catalogue import Severity


class Checked(Struct, frozen=True, kw_only=True):
    """One file that was checked: its path as it is shown, its text and what was found."""

    path: str
    text: str
    diagnostics: tuple[Diagnostic, ...]


class Summary(Struct, frozen=True, kw_only=True):
    """How much was found in how many files."""

    errors: int
    warnings: int
    files: int

    @staticmethod
    def of(checked: Iterable[Checked]) -> "Summary":
        """Count what was found."""
        files = tuple(checked)
        found = [d.severity for file in files for d in file.diagnostics]
        return Summary(
            errors=found.count(Severity.ERROR),
            warnings=found.count(Severity.WARNING),
            files=len(files),
        )

    def __str__(self) -> str:
        where = f"in {counted(self.files, 'file')}"
        if not self.errors and not self.warnings:
            return f"no problems {where}"
        counts = ((self.errors, "error"), (self.warnings, "warning"))
        return f"{', '.join(counted(n, word) for n, word in counts if n)} {where}"
