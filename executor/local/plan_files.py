"""The plans in the folder of a run: the one it goes on under, and all that it names by digest.

A file is there as a whole or not at all, and what is read is proven to be a plan.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from treadle.executor.errors import Refused
from treadle.executor.local.logs import sync_folder
from treadle.executor.program import Program
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.plan import Plan
from treadle.plan.plan_file import PlanError, parse_plan, write_plan

_DIGEST = lazy_pattern(r"sha256:([0-9a-f]{64})")


def keep(folder: Path, plan: Plan) -> None:
    """Put a plan beside the others, under its digest, unless it is there. Errors: OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = _path(folder, plan.digest)
    if path is not None and not path.exists():
        write_at_once(path, plan)


def programs(folder: Path, latest: Program) -> Callable[[str], Program]:
    """Return how the plans of a run are found by their digests."""

    def find(digest: str) -> Program:
        path = _path(folder, digest)
        if digest == latest.plan.digest or path is None or not path.exists():
            return latest
        return program_of(path.read_bytes())

    return find


def program_of(source: bytes) -> Program:
    """Return the program of a plan's file. Errors: Refused with TR601, TR602 or TR603."""
    try:
        return Program.of(parse_plan(source))
    except PlanError as error:
        raise Refused(error.problem) from error


def write_at_once(path: Path, plan: Plan) -> str:
    """Write a plan so that there is the whole file or none, and sync both it and its name.

    Shapes: the hash of what was written. Errors: OSError.
    """
    half = path.with_suffix(".half")
    written = write_plan(half, plan)
    half.replace(path)
    sync_folder(path.parent)
    return sha256(written).hexdigest()


def _path(folder: Path, digest: str) -> Path | None:
    found = _DIGEST.fullmatch(digest)
    return folder / f"{found[1]}.json" if found is not None else None
