"""The project that a run belongs to: its root, and what Spec Kit keeps there."""

import json
from collections.abc import Mapping
from pathlib import Path

_MARKS = (".treadle", ".specify")


def find_root(start: Path, environment: Mapping[str, str]) -> Path:
    """Return the root of the project around a folder.

    The folder itself when it has a mark, else the nearest folder upwards that has one, up to the
    root of the git work tree and never the home folder or above; `SPECIFY_INIT_DIR` wins.
    """
    named = environment.get("SPECIFY_INIT_DIR", "").strip()
    if named:
        return (start / named).resolve()
    start = start.resolve()
    home = Path(environment["HOME"]).resolve() if environment.get("HOME") else None
    for folder in (start, *start.parents):
        if folder != start and home is not None and (folder == home or folder in home.parents):
            return start
        if any((folder / mark).is_dir() for mark in _MARKS):
            return folder
        if (folder / ".git").exists():
            return start
    return start


def default_integration(project: Path) -> str | None:
    """Return the integration that the project was set up with, None when it does not say.

    Source: ``.specify/integration.json``, its `default_integration` or `integration`.
    """
    try:
        text = (project / ".specify" / "integration.json").read_text(encoding="utf-8")
        data = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    for key in ("default_integration", "integration"):
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None
