"""The folder of the project that a command works on."""

import os
import shlex
from pathlib import Path

from treadle.cli.settings import Settings
from treadle.executor.local.project import find_root


def find_project(settings: Settings) -> Path:
    """Return the root of the project, and tell it when it is not the working directory."""
    here = Path.cwd()
    root = settings.project or find_root(here, os.environ)
    if root != here:
        settings.talk.say(f"project: {root}")
    return root


def command_line(project: Path, *words: str) -> str:
    """Return a command of this program that can be pasted into a shell.

    >>> command_line(Path.cwd(), "resume", "1a2b3c4d", "--choice", "go on")
    "treadle resume 1a2b3c4d --choice 'go on'"
    """
    where = () if project == Path.cwd() else ("--project", str(project))
    return shlex.join(("treadle", *words, *where))
