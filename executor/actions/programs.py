"""Finds programs as the step itself would: on the PATH of its environment, from its folder."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from treadle.executor.actions.process import CannotStart, Discarded, Spawn, run
from treadle.executor.actions.setting import Setting
from treadle.executor.ports import ActionRequest
from treadle.plan.integrations import Plugin

PROBE_S = 10.0


def on_path(program: str, environment: Mapping[str, str], *, cwd: Path) -> str | None:
    """Return the absolute path of a program, or None."""
    if os.sep in program:
        return shutil.which(str(cwd / program))
    found = shutil.which(program, path=environment.get("PATH", os.defpath))
    return None if found is None else os.path.abspath(found)


def find_program(
    words: tuple[str, ...], plugin: Plugin | None, *, place: Setting, request: ActionRequest
) -> str | None:
    """Return the path of the program that `words` start, or None.

    More than one word names a plugin of another program, which has to say that it has it.
    """
    path = on_path(words[0], place.environment, cwd=place.cwd)
    if path is None or len(words) == 1 or plugin is None:
        return path
    probe = Spawn(
        argv=(path, *words[1:], *plugin.probe),
        cwd=place.cwd,
        environment=place.environment,
        timeout_s=PROBE_S,
        keep_stdout=0,
        keep_stderr=0,
    )
    try:
        ended = run(probe, replace(request, log=Discarded()))
    except CannotStart:
        return None
    return path if ended.exit_code == 0 else None
