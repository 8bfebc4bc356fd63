"""Spec Kit's own program for suites that compare: how it is called, and what it has said."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

VERSION = "1.2.3"
PROGRAM = os.environ.get("TREADLE_SPECIFY") or shutil.which("specify")

needs_spec_kit = pytest.mark.skipif(
    PROGRAM is None, reason=f"needs specify-cli {VERSION} (TREADLE_SPECIFY or PATH)"
)

# So wide that nothing is wrapped, and without colours.
_PLAIN = {"COLUMNS": "500", "NO_COLOR": "1", "TERM": "dumb"}
_ENTRY = re.compile(
    r"^  (?P<name>.+) \((?P<id>[^()]+)\) v(?P<version>\S+)(?P<off> \[disabled\])?"
    r"(?:\n    (?!Tags: )(?P<description>.+))?(?:\n    Tags: (?P<tags>.+))?$",
    re.MULTILINE,
)
_OVERLAY = re.compile(
    r"• (?P<id>\S+) \(priority=(?P<priority>\d+), source=(?P<source>\S+), (?P<standing>\w+)\)"
)
_LAYER = re.compile(r"• \[(?P<tier>[\w-]+)\] (?P<source>\S+) \(priority=(?P<priority>\S+)\)")
_STEP = re.compile(r"^  • (?P<step>[^\[].*): (?P<source>\S+)$", re.MULTILINE)
_CATALOG = re.compile(
    r"^  \[(?P<index>\d+)\] (?P<name>.+) — (?P<allowed>install allowed|discovery only)\n"
    r"      (?P<url>\S+)(?:\n      (?P<description>.+))?$",
    re.MULTILINE,
)
_INPUT = re.compile(r"^    (?P<name>\S+) \((?P<type>\w+)\)", re.MULTILINE)
_TYPE = re.compile(r"^    • (?P<name>.+) \((?P<id>[^()]+)\) v(?P<version>\S+)$", re.MULTILINE)
_BUILT_IN = re.compile(r"^    • (?P<name>\S+)$", re.MULTILINE)
_FACT = re.compile(r"^  (?P<name>Version|Description): +(?P<text>.+)$", re.MULTILINE)
_KIND = re.compile(r"^ +→ (?P<id>\S+) \[(?P<type>[\w-]+)\]", re.MULTILINE)


def specify(
    *words: str, folder: Path, answer: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call `specify workflow` in a folder."""
    assert PROGRAM is not None
    return subprocess.run(
        [PROGRAM, "workflow", *words],
        cwd=folder,
        input=answer,
        capture_output=True,
        text=True,
        env={**os.environ, **_PLAIN, **(environment or {})},
    )


def told(words: Sequence[str], said: str) -> Any:
    """Return what Spec Kit has said as the data that our `--json` has for it.

    Shapes: `words` begin with the verb; None for a verb that only talks.
    """
    for verb, read in _READERS.items():
        if tuple(words[: len(verb)]) == verb:
            return read(said)
    return None


def comparable(words: Sequence[str], data: Any) -> Any:
    """Return of an object of ours what Spec Kit has a word for."""
    for verb, select in _SELECTIONS.items():
        if tuple(words[: len(verb)]) == verb:
            return select(data)
    return None


def _entries(said: str) -> Any:
    found = [match.groupdict("") for match in _ENTRY.finditer(said)]
    return sorted(
        (
            {
                "id": each["id"],
                "name": each["name"],
                "version": each["version"],
                "description": each["description"],
                "enabled": not each["off"],
                "tags": each["tags"].split(", ") if each["tags"] else [],
            }
            for each in found
        ),
        key=lambda each: str(each["id"]),
    )


def _our_entries(data: Any) -> Any:
    names = ("id", "name", "version", "description", "enabled", "tags")
    usual = {"enabled": True, "tags": []}
    entries = data["steps"] if "steps" in data else data["workflows"]
    return [{name: each.get(name, usual.get(name)) for name in names} for each in entries]


def _types(said: str) -> Any:
    return {
        "built_in": [match["name"] for match in _BUILT_IN.finditer(said)],
        "packages": [[match["id"], match["version"]] for match in _TYPE.finditer(said)],
    }


def _our_types(data: Any) -> Any:
    packages = [each for each in data["step_types"] if each["origin"] == "spec-kit"]
    return {
        "built_in": data["built_in"],
        "packages": [[each["name"], each["version"]] for each in packages],
    }


def _overlays(said: str) -> Any:
    return [
        {
            "id": match["id"],
            "priority": int(match["priority"]),
            "source": match["source"],
            "enabled": match["standing"] == "enabled",
        }
        for match in _OVERLAY.finditer(said)
    ]


def _resolved(said: str) -> Any:
    layers, _, steps = said.partition("Step attribution:")
    return {
        "layers": [
            [match["tier"], match["source"], match["priority"]] for match in _LAYER.finditer(layers)
        ],
        "attribution": [[match["step"], match["source"]] for match in _STEP.finditer(steps)],
    }


def _our_resolved(data: Any) -> Any:
    return {
        "layers": [
            [each["tier"], each["source"], str(each["priority"] or "n/a")]
            for each in data["layers"]
        ],
        "attribution": [[each["step_id"], each["source"]] for each in data["attribution"]],
    }


def _catalogs(said: str) -> Any:
    return [
        {
            "index": int(match["index"]),
            "name": match["name"],
            "url": match["url"],
            "install_allowed": match["allowed"] == "install allowed",
            "description": match["description"] or "",
        }
        for match in _CATALOG.finditer(said)
    ]


def _our_catalogs(data: Any) -> Any:
    names = ("index", "name", "url", "install_allowed", "description")
    return [{name: each[name] for name in names} for each in data["catalogs"]]


def _shown(said: str) -> Any:
    inputs, is_installed, steps = said.partition("Steps (")
    if not is_installed:
        found = re.search(r"^Catalog versions for .+: (.+)$|^  Version: +(.+)$", said, re.MULTILINE)
        return {"versions": [word for word in found.groups() if word] if found else []}
    return {
        "inputs": {match["name"]: match["type"] for match in _INPUT.finditer(inputs)},
        "steps": [[match["id"], match["type"]] for match in _KIND.finditer(steps)],
    }


def _our_shown(data: Any) -> Any:
    if "inputs" not in data:
        return {"versions": data["versions"]}
    return {
        "inputs": {name: each["type"] for name, each in data["inputs"]["properties"].items()},
        "steps": [[each["id"], each["type"]] for each in data["steps"]],
    }


def _members(*names: str) -> Callable[[Any], Any]:
    """Select members; of an error only that there is one, for each says it in its own words."""
    return lambda data: {
        name: "an error" if name == "error" else data[name] for name in names if name in data
    }


_OUTCOME = _members(
    "run_id", "workflow_id", "status", "current_step_id", "current_step_index", "gate", "error"
)
_STANDING = _members("run_id", "workflow_id", "status", "current_step_id", "steps", "error")

_READERS: Mapping[tuple[str, ...], Callable[[str], Any]] = {
    ("list",): _entries,
    ("search",): _entries,
    ("info",): _shown,
    ("resolve",): _resolved,
    ("overlay", "list"): _overlays,
    ("catalog", "list"): _catalogs,
    ("step", "list"): _types,
    ("step", "search"): _entries,
    ("step", "info"): lambda said: {
        match["name"].lower(): match["text"] for match in _FACT.finditer(said)
    },
    ("step", "catalog", "list"): _catalogs,
    ("run",): lambda said: _OUTCOME(json.loads(said)),
    ("status",): lambda said: _STANDING(json.loads(said)),
}
_SELECTIONS: Mapping[tuple[str, ...], Callable[[Any], Any]] = {
    ("list",): _our_entries,
    ("search",): _our_entries,
    ("info",): _our_shown,
    ("resolve",): _our_resolved,
    ("overlay", "list"): lambda data: [
        {name: each[name] for name in ("id", "priority", "source", "enabled")}
        for each in data["overlays"]
    ],
    ("catalog", "list"): _our_catalogs,
    ("step", "list"): _our_types,
    ("step", "search"): _our_entries,
    ("step", "info"): _members("version", "description"),
    ("step", "catalog", "list"): _our_catalogs,
    ("run",): _OUTCOME,
    ("status",): _STANDING,
}
