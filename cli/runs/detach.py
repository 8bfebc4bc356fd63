"""``--detach``: the run goes on in a process of its own, and the command ends once it has begun.

The process is a copy of this one in a session of its own. Until the run is recorded, what it says
is passed on here, and a refusal is this command's; from then on it speaks to a file of the run.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.exit_codes import ExitCode, of_signal
from treadle.cli.project.find_project import command_line
from treadle.cli.runs.drive import Drive
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role
from treadle.executor.decide import Decision
from treadle.executor.local.store import Store
from treadle.executor.outcome import run_object
from treadle.executor.state import Run
from treadle.plan.expression import Json

_CHUNK = 65_536


class Parting(Struct, kw_only=True):
    """Where the two processes are. Shapes: `code` is None in the one that does the run."""

    code: int | None = None
    _news: int | None = None

    def attach(self, drive: Drive) -> None:
        """Let a drive begin here and go on in the background."""
        watch, project = drive.host.watch, drive.host.project

        def watch_from_afar(decision: Decision) -> None:
            if self._news is not None:
                news, self._news = self._news, None
                _leave(decision.run, Store(project), news)
            watch(decision)

        drive.host = replace(drive.host, watch=watch_from_afar)
        drive.may_ask = False


def part_ways(settings: Settings, project: Path, *, as_json: bool) -> Parting:
    """Go on twice: in the background without a code, and here with one when the run has begun.

    Errors: KeyboardInterrupt, after the other process was interrupted as well.
    """
    news, news_end = os.pipe()
    voice, voice_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(news)
        os.close(voice)
        os.setsid()
        os.dup2(voice_end, sys.stderr.fileno())
        os.close(voice_end)
        return Parting(_news=news_end)
    os.close(news_end)
    os.close(voice_end)
    try:
        told = _listen(news, voice)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGINT)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(news)
        os.close(voice)
    if not told:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        return Parting(code=code if code >= 0 else of_signal(-code))
    _tell(json.loads(told), settings, project, as_json=as_json)
    return Parting(code=ExitCode.OK)


def _listen(news: int, voice: int) -> bytes:
    """Pass on what the other process says; return its news, nothing when it has ended."""
    told = b""
    is_open = {news, voice}
    while is_open:
        ready, _, _ = select.select(sorted(is_open), [], [])
        for pipe in ready:
            data = os.read(pipe, _CHUNK)
            if not data:
                is_open.discard(pipe)
            elif pipe == voice:
                sys.stderr.buffer.write(data)
                sys.stderr.flush()
            else:
                told += data
    return told


def _leave(run: Run, store: Store, news: int) -> None:
    """Turn from the terminal to the file of the run, and send word that it has begun."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    log = os.open(store.runs / run.id / "detached.log", flags, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    sys.stdout.flush()
    sys.stderr.flush()
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    with os.fdopen(news, "w", encoding="utf-8") as pipe:
        json.dump(run_object(run, run.status), pipe)


def _tell(run: dict[str, Json], settings: Settings, project: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(run)
        return
    print(run["run_id"])
    for verb, *options in (("logs", "--follow"), ("wait",), ("cancel",)):
        command = command_line(project, verb, str(run["run_id"]), *options)
        settings.talk.say(f"{settings.talk.paint('next:', Role.WAITING)} {command}")
