"""From a package to an installed workflow: judged, shown, agreed to, and only then installed."""

import os
import sys
from enum import StrEnum
from functools import partial

from msgspec import Struct

from treadle.cli.checking.findings import Checked, Summary
from treadle.cli.checking.report_text import report_lines
from treadle.cli.packages.package_outline import package_outline
from treadle.cli.project.available_types import types_around
from treadle.cli.project.library_access import utc_now
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.outline import print_outline
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.prompt import read_line
from treadle.cli.text.visible import one_line
from treadle.library.appraise import Appraisal, appraise, compiled
from treadle.library.install import Installation, install
from treadle.library.obtain import Obtained
from treadle.library.places import Places
from treadle.library.refusal import left_as_it_was
from treadle.library.registry import is_enabled, read_registry
from treadle.plan.plan import Plan


class Agreement(StrEnum):
    """Whether somebody has agreed to what a package brings."""

    GIVEN = "given"
    DENIED = "denied"
    NOBODY = "nobody"


class Installer(Struct, frozen=True, kw_only=True):
    """Installs packages in a project, each after somebody has agreed to it.

    Shapes: `is_agreed` tells that ``--yes`` was given.
    """

    settings: Settings
    places: Places
    is_agreed: bool
    lenient: bool

    def install(self, obtained: Obtained) -> Appraisal | None:
        """Install a package; return what it brought, None when somebody did not agree to it.

        Errors: Rejected; Refused; KeyboardInterrupt.
        """
        with left_as_it_was("the project"):
            appraisal = self._appraisal(obtained)
        self._show(appraisal)
        agreement = self._agreement(appraisal)
        id = appraisal.plan.id
        if agreement is Agreement.NOBODY:
            raise Rejected.because("TR965", what=f"what '{id}' does")
        if agreement is Agreement.DENIED:
            self.settings.talk.say("nothing was installed")
            return None
        new = Installation.of_workflow(
            obtained.package, appraisal.plan, origin=obtained.origin, now=utc_now()
        )
        install(self.places, new, replaces=appraisal.replaces)
        self._tell(appraisal)
        return appraisal

    def _appraisal(self, obtained: Obtained) -> Appraisal:
        return appraise(
            obtained,
            self._plan(obtained),
            places=self.places,
            registry=read_registry(self.places),
            lenient=self.lenient,
            step_types=types_around(self.places.registry),
        )

    def _plan(self, obtained: Obtained) -> Plan:
        """Return the plan of a package; what the compiler found against it is told."""
        look = partial(
            compiled,
            obtained.package,
            places=self.places,
            step_types=types_around(self.places.registry),
        )
        compilation = look(lenient=self.lenient)
        checked = Checked(
            path=compilation.path, text=compilation.text, diagnostics=compilation.diagnostics
        )
        if compilation.plan is not None:
            return compilation.plan
        for line in report_lines(checked, painter(sys.stderr, os.environ)):
            print(line, file=sys.stderr)
        print(Summary.of([checked]), file=sys.stderr)
        # Not all that lenient mode refuses is told in strict mode: a misspelt key explains more.
        would_do = not self.lenient and look(lenient=True).plan is not None
        hint = "'--lenient' lets these errors pass" if would_do else None
        raise Rejected.because("TR955", source=obtained.package.label, hint=hint)

    def _show(self, appraisal: Appraisal) -> None:
        """Show what would be installed; quiet is only who has agreed beforehand."""
        if self.is_agreed and self.settings.is_quiet:
            return
        paint = painter(sys.stderr, os.environ)
        print_outline(package_outline(appraisal, paint), sys.stderr)
        if appraisal.difference is not None and appraisal.difference.breaks_callers:
            word = paint("this update breaks callers", Role.ERROR)
            print(f"{word} of '{appraisal.plan.id}': see 'breaks callers' above", file=sys.stderr)
        if appraisal.breaks:
            word = paint("this update breaks what is installed", Role.ERROR)
            names = ", ".join(f"'{caller.id}'" for caller in appraisal.breaks)
            print(f"{word}: {one_line(names, 200)}", file=sys.stderr)

    def _agreement(self, appraisal: Appraisal) -> Agreement:
        if self.is_agreed or appraisal.is_same:
            return Agreement.GIVEN
        if not self.settings.may_ask:
            return Agreement.NOBODY
        question = "install it instead of the old one?" if appraisal.is_there else "install it?"
        if appraisal.breaks:
            question = "install it all the same?"
        answer = (read_line(f"{question} [y/N] ") or "").strip().lower()
        return Agreement.GIVEN if answer in ("y", "yes") else Agreement.DENIED

    def _tell(self, appraisal: Appraisal) -> None:
        plan, talk = appraisal.plan, self.settings.talk
        place = self.places.of(plan.id).relative_to(self.places.project)
        done = "updated" if appraisal.is_there else "installed"
        talk.say(f"{done}: {plan.id} {plan.version} in {place}")
        if not is_enabled(appraisal.replaces):
            talk.say(f"it stays disabled; 'treadle enable {plan.id}' allows it again")
