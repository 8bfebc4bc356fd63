"""Finds out which layout a project has for an agent: skills, or the older command files."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

from treadle.plan.dispatch import Layout
from treadle.plan.integrations import Integration, Manifest


def layout(integration: Integration, project: Path) -> Layout:
    """Return the layout of a project; a new one has skills."""
    commands = integration.commands_layout
    if commands is None:
        return Layout.SKILLS
    if commands.manifest is not None:
        recorded = _recorded(commands.manifest, project, key=integration.key)
        if recorded is not None:
            return recorded
    if _has_any(commands.files, project) and not _has_any(commands.skills, project):
        return Layout.COMMANDS
    return Layout.SKILLS


def _recorded(manifest: Manifest, project: Path, *, key: str) -> Layout | None:
    """Return what the list of installed files says; a damaged or foreign list says nothing."""
    try:
        content = json.loads((project / manifest.path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    is_own = isinstance(content, dict) and content.get("integration") in (None, "", key)
    paths = content.get("files", {}) if is_own else None
    if not isinstance(paths, dict) or not all(isinstance(h, str) for h in paths.values()):
        return None
    if any(fnmatchcase(path, manifest.skills) for path in paths):
        return Layout.SKILLS
    if any(fnmatchcase(path, manifest.files) for path in paths):
        return Layout.COMMANDS
    return None


def _has_any(patterns: tuple[str, ...], project: Path) -> bool:
    return any(True for pattern in patterns for _ in project.glob(pattern))
