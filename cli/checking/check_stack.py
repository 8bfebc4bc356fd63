"""Checking an installed workflow together with its overlays: what would run is what is checked.

Each file has its own findings, whichever file is to blame for them. The stack is read anew for
each look, so that a file that was fixed meanwhile is seen as it is now.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.cli.checking.check_file import checked_file
from treadle.cli.checking.findings import Checked
from treadle.cli.project.available_types import types_around
from treadle.cli.project.callees_around import callees_around
from treadle.cli.project.library_access import rejecting_library
from treadle.compiler import Compilation, compile_bytes, compile_file
from treadle.compiler.composing.stack import Declared, declared
from treadle.compiler.diagnostics import Diagnostic, Report
from treadle.compiler.reading.layers import OverlayFile, SourceFile
from treadle.compiler.reading.source import read_overlay_file, read_source
from treadle.compiler.suggestions import did_you_mean
from treadle.library.installed import known_ids
from treadle.library.overlay_files import Home, overlay_paths
from treadle.plan.catalogue import Severity


class Stack(Struct, frozen=True, kw_only=True):
    """An installed workflow and its overlays.

    Shapes: `candidate` is an overlay that stands elsewhere and is applied with them, in the place
    of one that has its id. `is_relative` says how paths are shown. `instead` holds contents that
    count in the place of what is in a file, by the path that is shown.
    """

    home: Home
    is_relative: bool
    lenient: bool
    candidate: str | None = None
    instead: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The path of the workflow's file as it is shown."""
        return self.shown(self.home.base)

    @property
    def overlays(self) -> tuple[str, ...]:
        """The paths of the overlays' files as they are shown. Errors: Rejected for a link."""
        with rejecting_library():
            kept = tuple(self.shown(path) for path in overlay_paths(self.home))
        if self.candidate is None or self.candidate in kept:
            return kept
        own = self.declared(self.candidate).id
        return (*(path for path in kept if self.declared(path).id != own), self.candidate)

    def declared(self, path: str) -> Declared:
        """Return what the overlay in a file declares."""
        return declared(self._file(path), lenient=self.lenient)

    def files(self) -> Iterator[Checked]:
        """Yield the workflow and its overlays with everything that is found in them."""
        overlays = self.overlays
        if not os.path.isfile(self.base):
            for path in overlays:
                yield self._checked(self._without_base(path))
            return
        compilation = self._compilation(overlays)
        for file in compilation.files:
            is_layer = file.path in overlays
            if is_layer and not self.declared(file.path).is_enabled:
                file = replace(file, diagnostics=self._of_disabled(file.path))
            yield self._checked(file)

    def of(self, path: str) -> Checked:
        """Return one of the files with what is found in it."""
        return next(checked for checked in self.files() if checked.path == path)

    def caused_by(self, path: str) -> Iterator[Checked]:
        """Yield an overlay's file, and of the others those with findings that it brings about."""
        overlays = self.overlays
        if not os.path.isfile(self.base):
            yield self._checked(self._without_base(path))
            return
        others = tuple(other for other in overlays if other != path)
        without = self._compilation(others)
        if without.workflow is None:
            # The others are not right themselves, and would hide what this one does.
            others, without = (), self._compilation(())
        # Of a workflow that nobody can read, nothing else would be told.
        whole = without.files if without.workflow is not None else ()
        known = {_key(file, found) for file in whole for found in file.diagnostics}
        files = self._compilation((*others, path), forced=path).files
        # The overlay may not have been looked at: its workflow is no YAML.
        own = next((file for file in files if file.path == path), None)
        yield self._checked(own or self.declared(path).file)
        for file in files:
            brought = tuple(d for d in file.diagnostics if _key(file, d) not in known)
            if file is not own and brought:
                yield self._checked(replace(file, diagnostics=brought))

    def with_content(self, path: str, content: bytes) -> "Stack":
        """Return the stack as it is when a file has another content."""
        return replace(self, instead={**self.instead, path: content})

    def _of_disabled(self, path: str) -> tuple[Diagnostic, ...]:
        """Return what is wrong with an overlay that is not applied: none of it stops a run."""
        forced = self._compilation((path,), forced=path)
        found = next(file.diagnostics for file in forced.files if file.path == path)
        return tuple(replace(each, severity=Severity.WARNING) for each in found)

    def _without_base(self, path: str) -> SourceFile:
        """Return the file of an overlay whose workflow is not installed."""
        found = self.declared(path)
        report = Report(lenient=self.lenient)
        for diagnostic in found.file.diagnostics:
            report.adopt(diagnostic)
        if found.overlay is not None:
            tell_not_installed(found, self.home, report)
        return replace(found.file, diagnostics=report.diagnostics)

    def _compilation(self, overlays: tuple[str, ...], *, forced: str | None = None) -> Compilation:
        files = tuple(replace(self._file(path), is_forced=path == forced) for path in overlays)
        source = self.instead.get(self.base)
        if source is None:
            source = read_source(Path(self.base), report=Report())
        if source is None:
            return compile_file(self.base, lenient=self.lenient)
        return compile_bytes(
            source,
            path=self.base,
            lenient=self.lenient,
            overlays=files,
            step_types=types_around(self.base),
            callees=callees_around(self.base),
        )

    def _file(self, path: str) -> OverlayFile:
        content = self.instead.get(path)
        if content is not None:
            return OverlayFile(path=path, source=content)
        return read_overlay_file(path)

    def _checked(self, file: SourceFile) -> Checked:
        return checked_file(file, lenient=self.lenient)

    def shown(self, path: Path) -> str:
        """Return a path as it is shown."""
        return os.path.relpath(path) if self.is_relative else str(path)


def tell_not_installed(found: Declared, home: Home, report: Report) -> None:
    """Report that the workflow of an overlay is not there, or that it extends another one."""
    overlay = found.overlay
    assert overlay is not None
    if overlay.extends != home.workflow:
        report.add(
            "TR135",
            overlay.extends_span,
            overlay=overlay.id,
            extends=overlay.extends,
            workflow=home.workflow,
        )
        return
    hint = did_you_mean(overlay.extends, known_ids(home.project))
    report.add("TR136", overlay.extends_span, hint=hint, extends=overlay.extends)


def _key(file: SourceFile, found: Diagnostic) -> tuple[object, ...]:
    return file.path, found.code, found.span, found.message
