"""What ``add``, ``update``, ``remove``, ``enable`` and ``disable`` print with ``--json``.

Source: schemas/change.schema.json.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from treadle.cli.packages.breaking import broken_objects
from treadle.cli.plans.plan_diff import diff_object
from treadle.library.acts import Act, SecretUse
from treadle.library.appraise import Appraisal
from treadle.library.callers import BrokenCaller
from treadle.library.installed import list_installed
from treadle.library.lockfile import digests_of, digests_of_folder
from treadle.library.places import Places
from treadle.library.refusal import left_as_it_was
from treadle.library.registry import is_enabled
from treadle.plan.expression import Json
from treadle.plan.problems import Problem


class Before(Struct, frozen=True, kw_only=True):
    """An installed workflow before it is changed. Shapes: `files` are digests by name."""

    version: str | None
    source: str | None
    path: str
    files: Mapping[str, str]


def installed_change(appraisal: Appraisal, places: Places) -> dict[str, Json]:
    """Return the installation of a package as JSON data."""
    plan, package = appraisal.plan, appraisal.obtained.package
    origin = appraisal.obtained.origin
    old = (appraisal.replaces or {}).get("version") if appraisal.is_there else None
    difference = appraisal.difference
    return {
        "action": "updated" if appraisal.is_there else "installed",
        "id": plan.id,
        "name": plan.name,
        "version": plan.version,
        "old_version": None if old is None else str(old),
        "changed": not appraisal.is_same,
        "enabled": is_enabled(appraisal.replaces),
        "path": _shown(places, plan.id),
        "source": _text(origin.get("source")),
        "catalog": _text(origin.get("catalog_name")),
        "url": _text(origin.get("url")),
        "package_digest": None if package.digest is None else f"sha256:{package.digest}",
        "plan_digest": plan.digest,
        "files": dict(digests_of(package.files)),
        "acts": act_objects(appraisal.acts),
        "secrets": secret_objects(appraisal.secrets),
        "difference": None
        if difference is None or appraisal.old is None
        else diff_object(appraisal.old, plan, difference),
        "breaks": broken_objects(appraisal.breaks),
    }


def before(places: Places, id: str) -> Before:
    """Return a workflow as it is installed. Errors: Refused with TR959, TR960 or TR969."""
    found = next((each for each in list_installed(places) if each.id == id), None)
    folder = places.of(id)
    with left_as_it_was(f"'{id}'"):
        files = digests_of_folder(folder) if folder.is_dir() else {}
    return Before(
        version=(found.text("version") or None) if found is not None else None,
        source=(found.text("url") or found.text("source") or None) if found is not None else None,
        path=_shown(places, id),
        files=files,
    )


def standing_change(
    action: str, id: str, was: Before, *, changed: bool = True, breaks: Sequence[BrokenCaller] = ()
) -> dict[str, Json]:
    """Return what ``remove``, ``enable`` or ``disable`` has done as JSON data."""
    return {
        "action": action,
        "id": id,
        "version": was.version,
        "changed": changed,
        "path": was.path,
        "source": was.source,
        "files": dict(was.files),
        "breaks": broken_objects(breaks),
    }


def left_change(
    action: str, id: str, version: str | None, *, reasons: Sequence[Problem] = ()
) -> dict[str, Json]:
    """Return a workflow that was left as it is, as JSON data."""
    return {
        "action": action,
        "id": id,
        "version": version,
        "changed": False,
        "reasons": [
            {"code": each.code, "message": each.message, "hint": each.hint} for each in reasons
        ],
    }


def act_objects(acts: Sequence[Act]) -> list[Json]:
    """Return what a workflow does to the world as JSON data."""
    return [{"kind": act.kind.value, "path": act.path, "text": act.text} for act in acts]


def secret_objects(secrets: Sequence[SecretUse]) -> list[Json]:
    """Return the secrets that a workflow takes as JSON data."""
    return [{"name": each.name, "readers": list(each.readers)} for each in secrets]


def _shown(places: Places, id: str) -> str:
    return places.of(id).relative_to(places.project).as_posix()


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
