"""What the compiler has to say about a workflow: spans, diagnostics and the report.

`Report.add` is the only way to complain. A report keeps one finding per span and code.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from treadle.plan.catalogue import BY_CODE, Severity


class Span(Struct, frozen=True, order=True, gc=False):
    """A stretch of a source text.

    Units: lines and columns count from 1, columns in characters; the end is exclusive.
    """

    line: int
    column: int
    end_line: int
    end_column: int


START = Span(1, 1, 1, 1)


class Related(Struct, frozen=True, kw_only=True):
    """Another place that belongs to a finding, such as the first of two equal keys.

    Shapes: `path` is None for a place in the file of the finding.
    """

    span: Span
    message: str
    path: str | None = None


class Edit(Struct, frozen=True, kw_only=True):
    """A stretch of the source and the text to put in its place; an empty span inserts."""

    span: Span
    text: str


class Fix(Struct, frozen=True, kw_only=True):
    """What would mend a finding: all edits or none.

    Shapes: `title` says it in a few words ("write 'stage'"). A safe fix cannot change what a
    workflow that works does; the others want to be looked at.
    """

    title: str
    edits: tuple[Edit, ...]
    is_safe: bool


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One finding about a workflow, with its place, its weight and what to write instead.

    Shapes: `path` is None for a place in the file that was compiled, not in an overlay of it.
    """

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    hint: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    path: str | None = None


class Report(Struct):
    """The findings of one compilation, in the mode that gives them their severity."""

    lenient: bool = False
    _found: dict[tuple[Span, str], Diagnostic] = field(default_factory=dict)

    def add(
        self,
        code: str,
        span: Span,
        *,
        hint: str | None = None,
        related: Iterable[Related] = (),
        fix: Fix | None = None,
        **fields: object,
    ) -> None:
        """Record a finding; a second one with the same span and code is dropped.

        Errors: KeyError for a code that is not in the catalogue (a bug of the caller).
        """
        entry = BY_CODE[code]
        severity = entry.severity(lenient=self.lenient)
        if severity is Severity.OFF or (span, code) in self._found:
            return
        known = entry.hint.format(**fields) if entry.hint is not None else None
        self._found[span, code] = Diagnostic(
            code=code,
            name=entry.name,
            severity=severity,
            message=entry.message.format(**fields),
            span=span,
            hint=hint if hint is not None else known,
            related=tuple(related),
            fix=fix,
        )

    def copy(self) -> "Report":
        """Return a report with the same findings so far, which goes its own way from here."""
        return Report(lenient=self.lenient, _found=dict(self._found))

    def adopt(self, found: Diagnostic) -> None:
        """Record a finding of another report, unless there is one with its span and code."""
        self._found.setdefault((found.span, found.code), found)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings, sorted by place and code."""
        return tuple(sorted(self._found.values(), key=lambda d: (d.span, d.code)))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings for which there is no plan."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def has_errors(self) -> bool:
        """Whether anything found is an error in this mode, so that there is no plan."""
        return any(d.severity is Severity.ERROR for d in self._found.values())

    @property
    def forbids_going_on(self) -> bool:
        """Whether anything found is an error in both modes, so that later stages cannot look on.

        What lenient mode only warns about is left in a state that they can work with.
        """
        return any(
            BY_CODE[d.code].severity(lenient=True) is Severity.ERROR for d in self._found.values()
        )
