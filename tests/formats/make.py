"""Writes the files of a release into a folder beside this one: ``python tests/formats/make.py v2``.

Everything comes from the program itself, called as people call it: runs that together have every
kind of event, a plan, the index, an exported run, and what `status` says of them.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
# What stands in the files for ever: runs remember the folder of their workflow.
PROJECT = Path("/opt/example")
# Decisions are put off after so many; a journal that shows it stays small.
FEW_DECISIONS = """
import sys
import treadle.executor.decide
treadle.executor.decide.MAX_DECISIONS = 2
from treadle.cli import main
main()
"""
KEPT = ("journal.db", "plan.json", "plans", "logs")


def main(version: str) -> None:
    """Make the runs of a release, and keep their files."""
    target = HERE / version
    if any(target.glob("runs")):
        sys.exit(f"{target} is there already: what a release wrote is never written again")
    PROJECT.mkdir()
    try:
        for path in (HERE / "workflows").iterdir():
            shutil.copy(path, PROJECT)
        make_runs()
        keep(target)
    finally:
        shutil.rmtree(PROJECT)


def make_runs() -> None:
    """Make runs that together have every kind of event."""
    integration = PROJECT / ".specify" / "integration.json"
    integration.parent.mkdir()
    integration.write_text('{"integration": "claude"}', encoding="utf-8")
    commit = "git init -q && git add . && git -c user.name=Ada -c user.email=a@b commit -qm Begin"
    subprocess.run(commit, shell=True, cwd=PROJECT, env=environment(), check=True)
    treadle("add", "child.yml", "--yes")
    treadle("plan", "everything.yml", "-o", "everything.plan.json")
    treadle("run", "everything.yml", "--run-id", "main")
    treadle("resume", "main", "-i", "verdict=reject")
    treadle("resume", "main", "--choice", "approve", "--comment", "now it is")
    treadle("resume", "main", "-i", "verdict=reject", "-i", "word=again")
    treadle("resume", "main", "--choice", "approve")
    treadle("resume", "main", "--choice", "approve")
    (PROJECT / "mended").touch()
    treadle("resume", "main")
    treadle("fork", "main", "--from", "each", "--run-id", "forked", "--yes")
    treadle("resume", "main", "--from", "check", "--yes")
    edited = PROJECT / "edited.yml"
    text = (PROJECT / "everything.yml").read_text(encoding="utf-8")
    edited.write_text(text.replace("run: test -e mended", "run: echo edited"), encoding="utf-8")
    treadle("resume", "main", "--plan", "edited.yml", "--accept")
    treadle("run", "endings.yml", "--run-id", "paused")
    treadle("run", "endings.yml", "--run-id", "aborted")
    treadle("resume", "aborted", "--choice", "reject")
    treadle("run", "endings.yml", "--run-id", "cancelled")
    treadle("cancel", "cancelled", "--reason", "nobody needs it")
    treadle("run", "endings.yml", "--run-id", "late", "-i", "seconds=10")
    interrupted()
    treadle("run", "nobody.yml", "--run-id", "nobody")
    few = [sys.executable, "-c", FEW_DECISIONS, "run", "everything.yml", "--run-id", "put-off"]
    subprocess.run(few, cwd=PROJECT, env=environment(), check=False)
    treadle("export", "main", "-o", "main.run.zip")


def interrupted() -> None:
    """Make a run that a signal has stopped."""
    words = ["treadle", "run", "endings.yml", "--run-id", "interrupted", "-i", "seconds=1"]
    process = subprocess.Popen(words, cwd=PROJECT, env=environment())
    while not list((PROJECT / ".treadle" / "runs" / "interrupted").glob("groups")):
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait()


def keep(target: Path) -> None:
    """Copy what a later release must read, and what it must read in it."""
    target.mkdir(exist_ok=True)
    for name in ("everything.plan.json", "main.run.zip"):
        shutil.copy(PROJECT / name, target)
    shutil.copy(PROJECT / ".treadle" / "index.db", target)
    for folder in sorted((PROJECT / ".treadle" / "runs").iterdir()):
        for path in _kept(folder):
            copy = target / "runs" / folder.name / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    runs = json.loads(treadle("status", "--json"))["runs"]
    told = {run["run_id"]: json.loads(treadle("status", run["run_id"], "--json")) for run in runs}
    expected = {"runs": runs, "status": dict(sorted(told.items()))}
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (target / "expected.json").write_text(text + "\n", encoding="utf-8")


def _kept(folder: Path) -> Iterator[Path]:
    for name in KEPT:
        path = folder / name
        yield from sorted(path.iterdir()) if path.is_dir() else ([path] if path.exists() else [])


def treadle(*words: str) -> str:
    """Call the program, and return what it prints."""
    called = subprocess.run(
        ["treadle", *words],
        cwd=PROJECT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return called.stdout


def environment() -> dict[str, str]:
    """Return what is the same on every machine."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin",
        "HOME": str(PROJECT),
        "LOGNAME": "ada",
        "LANG": "C.UTF-8",
        "TREADLE_INPUT_TOKEN": "not a secret",
        "TREADLE_MAX_PROCESSES": "1",
    }


if __name__ == "__main__":
    main(sys.argv[1])
