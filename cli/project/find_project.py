"""The folder of the project that a command works on."""

import os
import shlex
from pathlib import Path

import typer

from treadle.cli.settings import Settings
from treadle.executor.local.project import MARKS, ROOT_VARIABLE, find_root


def find_project(settings: Settings) -> Path:
    """Return the root of the project, and tell it when it is not the working directory.

    Errors: typer.BadParameter when the environment names a folder that is no project.
    """
    here = Path.cwd()
    root = settings.project or find_root(here, os.environ)
    if settings.project is None and os.environ.get(ROOT_VARIABLE, "").strip():
        _check_named(root)
    if root != here:
        settings.talk.say(f"project: {root}")
    return root


def _check_named(root: Path) -> None:
    """Refuse a folder without a mark: what a variable misspells is not to become a project."""
    if not any((root / mark).is_dir() for mark in MARKS):
        reason = f"'{root}' is no project: it has neither {' nor '.join(MARKS)}"
        raise typer.BadParameter(reason, param_hint=f"the variable {ROOT_VARIABLE}")


def command_line(project: Path, *words: str) -> str:
    """Return a command of this program that can be pasted into a shell.

    >>> command_line(Path.cwd(), "resume", "1a2b3c4d", "--choice", "go on")
    "treadle resume 1a2b3c4d --choice 'go on'"
    """
    where = () if project == Path.cwd() else ("--project", str(project))
    return " ".join(("treadle", *(_quoted(word) for word in (*words, *where))))


def _quoted(word: str) -> str:
    r"""Return a word for a shell, without the characters that would act on a terminal.

    >>> print(_quoted("it's \x1b"))
    $'it\'s \x1b'
    """
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
