"""Checking what the paths of a command name: files, folders of files, or the whole project.

An installed workflow that is found is checked with its overlays, as it would run; a workflow
that is named is checked as it stands. An overlay that is named is told what it breaks.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from treadle.cli.checking.check_file import check_bytes, check_files
from treadle.cli.checking.findings import Checked
from treadle.cli.checking.workflow_files import find_workflow_files, has_keys
from treadle.cli.settings import Settings
from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.source import read_source
from treadle.library.ids import id_fault
from treadle.library.places import WORKFLOW_FILE, Places

if TYPE_CHECKING:
    # Files outside `.specify` do not wait for what knows overlays.
    from treadle.cli.checking.check_stack import Stack
    from treadle.library.overlay_files import Home

STDIN = "-"

_SPECIFY = ".specify"
_SUFFIXES = (".yml", ".yaml")


class Checking(Struct, kw_only=True):
    """The checks of one command, and how each file is checked again with other content."""

    settings: Settings
    lenient: bool
    _seen: set[str] = field(default_factory=set)
    _looks: dict[str, Callable[[bytes], Checked]] = field(default_factory=dict)

    def of(self, paths: Sequence[str]) -> Iterator[Checked]:
        """Yield what is found in the files that the paths name; the project for no path."""
        if not paths:
            paths = (os.path.relpath(self.settings.find_project()),)
        for named in paths:
            path = self._meant(named)
            if path == STDIN:
                yield check_bytes(sys.stdin.buffer.read(), path="<stdin>", lenient=self.lenient)
            elif os.path.isdir(path):
                yield from self._below(path)
            elif self._is_new(path):
                # Who names an id means what would run.
                yield from self._named(path) if path == named else self._found(Path(path))

    def again(self, source: bytes, path: str) -> Checked:
        """Return what would be found in a file with another content."""
        look = self._looks.get(path)
        return look(source) if look else check_bytes(source, path=path, lenient=self.lenient)

    def _meant(self, path: str) -> str:
        """Return the file of an installed workflow for its id, disabled or not."""
        if path == STDIN or os.path.lexists(path) or id_fault(path) is not None:
            return path
        file = Places(project=self.settings.find_project()).of(path) / WORKFLOW_FILE
        return os.path.relpath(file) if file.is_file() else path

    def _below(self, folder: str) -> Iterator[Checked]:
        found = find_workflow_files(Path(folder))
        if not found:
            self.settings.talk.say(f"no workflow files below {folder}")
        for path in found:
            if self._is_new(str(path)):
                yield from self._found(path)

    def _found(self, path: Path) -> Iterator[Checked]:
        stack = self._stack_found(path)
        if stack is None:
            yield from self._alone(str(path))
            return
        for checked in stack.files():
            self._is_new(checked.path)
            yield self._remembered(checked, stack)

    def _alone(self, path: str) -> Iterator[Checked]:
        """Yield a file, and those of its step types that have not been told of."""
        own, *types = check_files(path, lenient=self.lenient)
        yield own
        yield from (each for each in types if self._is_new(each.path))

    def _stack_found(self, path: Path) -> "Stack | None":
        """Return the overlays that a file is one of, or that its workflow has; None without."""
        if not _is_in_project(path):
            return None
        from treadle.library.overlay_files import home_of_overlay, home_of_workflow

        home = home_of_overlay(path)
        if home is not None:
            return self._stack(home, str(path))
        home = home_of_workflow(path)
        stack = self._stack(home, str(path)) if home is not None else None
        return stack if stack is not None and stack.overlays else None

    def _named(self, path: str) -> Iterator[Checked]:
        stack = self._stack_named(path) if os.path.isfile(path) else None
        if stack is None:
            yield from self._alone(path)
            return
        for checked in stack.caused_by(stack.candidate or stack.shown(Path(os.path.abspath(path)))):
            yield self._remembered(checked, stack)

    def _stack_named(self, path: str) -> "Stack | None":
        """Return the overlays with the one that is named, None for a file that is none."""
        if _is_in_project(Path(path)):
            from treadle.library.overlay_files import home_of_overlay

            home = home_of_overlay(Path(path))
            if home is not None:
                return self._stack(home, path)
        home = self._home_of_candidate(path)
        return self._stack(home, path, candidate=path) if home is not None else None

    def _home_of_candidate(self, path: str) -> "Home | None":
        """Return where an overlay would be kept that stands somewhere, None for another file."""
        source = read_source(Path(path), report=Report()) if path.endswith(_SUFFIXES) else None
        if source is None or b"extends" not in source or b"edits" not in source:
            return None
        text = source.decode("utf-8", "replace").removeprefix("\ufeff")
        if not has_keys(text, "extends", "edits") or has_keys(text, "workflow", "steps"):
            return None
        from treadle.compiler.composing.stack import declared
        from treadle.compiler.reading.layers import OverlayFile
        from treadle.library.overlay_files import Home

        overlay = declared(OverlayFile(path=path, source=source)).overlay
        extended = overlay.extends if overlay is not None else ""
        return Home(project=self.settings.find_project(), workflow=extended)

    def _stack(self, home: "Home", path: str, *, candidate: str | None = None) -> "Stack":
        from treadle.cli.checking.check_stack import Stack

        is_relative = candidate is not None or not os.path.isabs(path)
        return Stack(home=home, is_relative=is_relative, lenient=self.lenient, candidate=candidate)

    def _remembered(self, checked: Checked, stack: "Stack") -> Checked:
        path = checked.path

        def look(content: bytes) -> Checked:
            return stack.with_content(path, content).of(path)

        self._looks[path] = look
        return checked

    def _is_new(self, path: str) -> bool:
        whole = os.path.abspath(path)
        is_new = whole not in self._seen
        self._seen.add(whole)
        return is_new


def _is_in_project(path: Path) -> bool:
    return _SPECIFY in Path(os.path.abspath(path)).parts
