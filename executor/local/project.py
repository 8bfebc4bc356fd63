"""The project that a run belongs to: its root, and what Spec Kit keeps there."""

import json
from collections.abc import Mapping
from pathlib import Path

from treadle.plan.expression import Json

MARKS = (".treadle", ".specify")
ROOT_VARIABLE = "SPECIFY_INIT_DIR"
_STATE_FORM = 1  # the form of integration.json that Spec Kit 1.2.3 writes


def find_root(start: Path, environment: Mapping[str, str]) -> Path:
    """Return the root of the project around a folder.

    The folder itself when it has a mark, else the nearest folder upwards that has one, up to the
    root of the git work tree and never the home folder or above; `SPECIFY_INIT_DIR` wins.
    """
    named = environment.get(ROOT_VARIABLE, "").strip()
    if named:
        return (start / named).resolve()
    start = start.resolve()
    home = Path(environment["HOME"]).resolve() if environment.get("HOME") else None
    for folder in (start, *start.parents):
        if folder != start and home is not None and (folder == home or folder in home.parents):
            return start
        if any((folder / mark).is_dir() for mark in MARKS):
            return folder
        if (folder / ".git").exists():
            return start
    return start


def make_own_folder(project: Path) -> None:
    """Make the folder that treadle has in a project, ignored by git. Errors: OSError."""
    folder = project / ".treadle"
    if not folder.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def default_integration(project: Path) -> str | None:
    """Return the integration that the project was set up with, None when it does not say.

    Source: ``.specify/integration.json`` as Spec Kit reads it: its `default_integration`, else
    `integration`, else the first of those installed; a file of a later form says nothing.
    """
    state = _integration_state(project)
    installed = state.get("installed_integrations")
    others = installed if isinstance(installed, list) else []
    for value in (state.get("default_integration"), state.get("integration"), *others):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def speckit_version(project: Path) -> str | None:
    """Return the version of Spec Kit that set the project up, None when it does not say.

    Source: `speckit_version` of ``.specify/init-options.json``, `version` of
    ``.specify/integration.json``: the one that was written last stands in the latter.
    """
    options = _object(project / ".specify" / "init-options.json")
    for value in (_integration_state(project).get("version"), options.get("speckit_version")):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _integration_state(project: Path) -> Mapping[str, Json]:
    state = _object(project / ".specify" / "integration.json")
    form = state.get("integration_state_schema")
    is_later = isinstance(form, int) and not isinstance(form, bool) and form > _STATE_FORM
    return {} if is_later else state


def _object(path: Path) -> Mapping[str, Json]:
    """Return the object in a file, an empty one when there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
