"""``treadle test``: rehearses workflows against their tests; nothing is run or written."""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.checking.plan_source import load_plan, near_path
from treadle.cli.checking.workflow_files import TEST_SUFFIXES, find_files, has_keys
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption, LenientOption
from treadle.cli.project.call_plans import InstalledPlans
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import painter
from treadle.cli.trials.coverage import coverage
from treadle.cli.trials.trial import try_out
from treadle.cli.trials.trial_file import open_trials, read_trials, workflow_of
from treadle.cli.trials.trial_report import (
    Covered,
    Tried,
    covered_lines,
    junit_of_tests,
    summary,
    tests_object,
    tried_lines,
)
from treadle.plan.plan import Plan


def test(
    settings: Settings,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Workflows, files of tests, or folders to search; nothing is the whole project.",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("-k", metavar="TEXT", help="Only tests with this in their name.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit-xml", metavar="FILE", help="Write a JUnit report.")
    ] = None,
    least: Annotated[
        float | None,
        typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="The least coverage."),
    ] = None,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
) -> int:
    """Rehearse workflows against the tests beside them; exit with 1 when one fails."""
    if least is not None and math.isnan(least):
        raise typer.BadParameter("it is no number", param_hint="--fail-under")
    trying = _Trying(settings, only=only, lenient=lenient)
    tried = [trying.file(path) for path in _files(paths or [], settings)]
    if only is not None and not any(each.verdicts or each.failures for each in tried):
        # A misspelt name would be green for ever.
        raise typer.BadParameter(f"no test has '{only}' in its name", param_hint="-k")
    covered = tuple(trying.covered())
    _print(tried, covered, settings, as_json=as_json)
    if junit is not None:
        _write(junit, junit_of_tests(tried))
    is_thin = least is not None and any(100 * c.coverage.share < least for c in covered)
    if is_thin:
        settings.talk.insist(f"error: less than {least:g} % of a workflow is covered")
    failures = sum(each.failures for each in tried)
    return ExitCode.FAILED if failures or is_thin else ExitCode.OK


class _Trying:
    """The files of tests of one command, and what they have been through."""

    def __init__(self, settings: Settings, *, only: str | None, lenient: bool) -> None:
        self._settings = settings
        self._lenient = lenient
        self._only = only
        self._plans: dict[Path, Plan] = {}
        self._tried: dict[Path, list[Tried]] = {}
        self._installed = InstalledPlans(settings.find_project())

    def file(self, path: Path) -> Tried:
        """Go through a file of tests."""
        try:
            file, root = open_trials(path)
        except OSError as error:
            raise Rejected.because("TR101", path=path, reason=error.strerror) from error
        if root is None:
            return Tried(file=file)
        try:
            plan = self._plan(file.workflow)
        except Rejected as rejected:
            for problem in rejected.problems:
                self._settings.talk.error(problem)
            return Tried(file=file, refusal=f"'{file.workflow}' gives no plan")
        file = read_trials(file, root, plan)
        chosen = [trial for trial in file.trials if self._only is None or self._only in trial.name]
        verdicts = tuple(
            try_out(plan, trial, self._installed, lenient=self._lenient) for trial in chosen
        )
        tried = Tried(file=file, verdicts=verdicts)
        self._tried.setdefault(file.workflow, []).append(tried)
        return tried

    def covered(self) -> Iterator[Covered]:
        """Yield the coverage of each workflow that was rehearsed."""
        for workflow, tried in self._tried.items():
            verdicts = [verdict for each in tried for verdict in each.verdicts]
            if verdicts:
                found = coverage(self._plans[workflow], verdicts)
                yield Covered(workflow=workflow, coverage=found)

    def _plan(self, workflow: Path) -> Plan:
        if workflow not in self._plans:
            settings = self._settings
            source = os.path.join(os.curdir, workflow)
            loaded = load_plan(
                source, settings, project=settings.find_project, lenient=self._lenient
            )
            self._plans[workflow] = loaded.plan
        return self._plans[workflow]


def _files(paths: Sequence[str], settings: Settings) -> list[Path]:
    """Return the files of tests that some paths mean. Errors: Rejected with TR101."""
    named = [Path(path) for path in paths] or [settings.find_project()]
    found: dict[Path, None] = {}
    for path in named:
        if path.is_dir():
            inside = tuple(file for file in find_files(path, TEST_SUFFIXES) if _has_tests(file))
        elif not path.is_file():
            raise Rejected.because("TR101", path=path, reason="no such file or directory")
        elif path.name.lower().endswith(TEST_SUFFIXES):
            inside = (path,)
        else:
            inside = _beside(path)
        if not inside:
            stem = "NAME" if path.is_dir() else path.stem
            hint = f"tests of '{stem}.yml' stand in '{stem}.test.yml' beside it"
            raise Rejected.because("TR101", path=path, reason="it has no tests", hint=hint)
        found |= dict.fromkeys(near_path(each) for each in inside)
    return list(found)


def _beside(workflow: Path) -> tuple[Path, ...]:
    """Return the files of tests that are named after a workflow."""
    named = (
        path for path in workflow.parent.iterdir() if path.name.lower().endswith(TEST_SUFFIXES)
    )
    own = (path for path in named if path.name.startswith(f"{workflow.stem}."))
    return tuple(path for path in sorted(own) if workflow_of(path, None) == workflow)


def _has_tests(path: Path) -> bool:
    """Whether a file that was only found is one of ours: other tools have such names as well."""
    try:
        return has_keys(path.read_text(encoding="utf-8", errors="replace"), "tests")
    except OSError:
        return False


def _print(
    tried: Sequence[Tried], covered: Sequence[Covered], settings: Settings, *, as_json: bool
) -> None:
    if as_json:
        print_json(tests_object(tried, covered))
        return
    paint = painter(sys.stdout, os.environ)
    for each in tried:
        for line in tried_lines(each, paint, sys.stdout):
            print(line)
    if covered:
        print()
    for one in covered:
        for line in covered_lines(one, paint):
            print(line)
    settings.talk.say(summary(tried))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Rejected.because("TR908", path=path, reason=error.strerror) from error
