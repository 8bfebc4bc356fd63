"""``treadle verify``: whether what is installed is what the lock file says."""

import sys
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.visible import one_line
from treadle.library import installed
from treadle.library.kinds import STEPS, WORKFLOWS
from treadle.library.lockfile import Standing, Verdict
from treadle.library.places import Places
from treadle.plan.expression import Json


def verify(
    settings: Settings,
    is_accepting: Annotated[
        bool, typer.Option("--accept", help="Lock what is installed now, as it is.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Compare installed workflows and step packages with their treadle.lock.

    Exit 0 when every file is as it was installed, 1 when one is not.
    """
    found: dict[str, tuple[Verdict, ...]] = {}
    with rejecting_library():
        project = places_of(settings).project
        for kind in (WORKFLOWS, STEPS):
            places = Places(project=project, kind=kind)
            if is_accepting and (installed.list_installed(places) or places.lock.exists()):
                installed.accept(places)
            found[kind.key] = installed.verify(places)
    verdicts = [verdict for each in found.values() for verdict in each]
    wrong = [verdict for verdict in verdicts if verdict.standing is not Standing.SAME]
    if as_json:
        told: dict[str, Json] = {key: [*map(_object, each)] for key, each in found.items()}
        print_json({"ok": not wrong, **told})
    else:
        for verdict in verdicts:
            if verdict.standing is Standing.SAME:
                print(f"{verdict.id}: as locked", file=sys.stdout)
    for verdict in wrong:
        problem = Rejected.because("TR966", id=verdict.id, reason=_reason(verdict))
        settings.talk.error(problem.problems[0])
    if not verdicts:
        settings.talk.say("no workflows are installed")
    return ExitCode.FAILED if wrong else ExitCode.OK


def _reason(verdict: Verdict) -> str:
    match verdict.standing:
        case Standing.MISSING:
            return "its files are missing"
        case Standing.UNLOCKED:
            return "it is not locked"
        case _:
            parts = (
                ("changed", verdict.changed),
                ("added", verdict.added),
                ("missing", verdict.missing),
            )
            told = (f"{word} {', '.join(map(one_line, names))}" for word, names in parts if names)
            return one_line("; ".join(told), 300)


def _object(verdict: Verdict) -> dict[str, Json]:
    return {
        "id": verdict.id,
        "standing": verdict.standing.value,
        "changed": list(verdict.changed),
        "added": list(verdict.added),
        "missing": list(verdict.missing),
    }
