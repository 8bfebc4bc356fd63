"""Each file of tests/cases/run provokes a code that only a command or a run can report.

Its member `x-case` says how: a list of commands, and of sentences about what else happens
meanwhile. What the commands say is a snapshot, which docs/diagnostics.md quotes.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from ruamel.yaml import YAML
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from treadle.cli.app import build
from treadle.cli.project.call_plans import InstalledPlans
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.rejection import Rejected
from treadle.cli.runs.answering import Asked, answer_start
from treadle.cli.runs.drive import drive_for
from treadle.cli.runs.given import InputOptions, from_environment, read_given
from treadle.cli.settings import Settings
from treadle.compiler import compile_file
from treadle.executor.local.cancel import Patience, cancel
from treadle.executor.local.host import Host
from treadle.executor.local.session import resume, start
from treadle.executor.local.store import Store
from treadle.executor.outcome import status_object
from treadle.executor.state import Run
from treadle.plan.plan import Plan
from treadle.plan.plan_file import read_plan, write_plan

ROOT = Path(__file__).parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "run").glob("*.yml"))
SNAPSHOTS = ROOT / "snapshots" / "cases_run"
FILE = "FILE"  # how a case calls itself
SETTINGS = "treadle.toml says: "
CALLED = re.compile(r"the workflow (\S+) says:\n(.*)", re.DOTALL)
TESTED = re.compile(r"its tests say:\n(.*)", re.DOTALL)
OVERLAY = re.compile(r"the overlay (\S+) says:\n(.*)", re.DOTALL)

# The verbs that are called as they are; what the others print tells times.
LIBRARY_VERBS = frozenset("add remove enable disable list info search catalog verify step".split())
WHOLE_VERBS = LIBRARY_VERBS | frozenset(
    {"graph", "overlay", "validate", "export", "import", "prune", "doctor", "test"}
)
WHOLE_OPTIONS = frozenset({"--from", "--plan", "--no-input", "--on"})

FAKE_GH = """#!/bin/sh
exit 1
"""

STUBBORN = """
import signal, sys
from pathlib import Path
from treadle.executor.local.lock import RunLock
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = RunLock(Path(sys.argv[1]), "r1")
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The folder that a case is played in, and the files it holds open."""

    folder: Path
    open_files: list[int] = field(default_factory=list)
    servers: list[HTTPServer] = field(default_factory=list)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def plan(self) -> Path:
        return self.folder / "flow.plan.json"

    @property
    def run(self) -> Path:
        return self.folder / ".treadle" / "runs" / "r1"


def cut_plan(stage: Stage) -> None:
    stage.plan.write_bytes(stage.plan.read_bytes()[:17])


def edit_plan(stage: Stage) -> None:
    text = stage.plan.read_text(encoding="utf-8")
    stage.plan.write_text(text.replace("echo built", "echo other"), encoding="utf-8")


def write_later_plan(stage: Stage) -> None:
    text = stage.plan.read_text(encoding="utf-8")
    stage.plan.write_text(text.replace('"format":1', '"format":99'), encoding="utf-8")


def edit_journal(stage: Stage) -> None:
    with closing(sqlite3.connect(stage.run / "journal.db")) as journal, journal:
        journal.execute("UPDATE transactions SET body = replace(body, 'r1', 'r9')")


def retell_journal(stage: Stage) -> None:
    with closing(sqlite3.connect(stage.run / "journal.db")) as journal, journal:
        rows = journal.execute("SELECT body FROM transactions ORDER BY number").fetchall()
        journal.execute("DELETE FROM transactions")
        chained = ""
        for number, (body,) in enumerate((rows[0], *rows[2:]), start=1):
            chained = hashlib.sha256(f"{chained}\n{body}".encode()).hexdigest()
            journal.execute("INSERT INTO transactions VALUES (?, ?, ?)", (number, body, chained))


def copy_run(stage: Stage) -> None:
    shutil.copytree(stage.run, stage.run.with_name("r2"))


def write_later_journal(stage: Stage) -> None:
    with closing(sqlite3.connect(stage.run / "journal.db")) as journal, journal:
        journal.execute("PRAGMA user_version = 99")


def lock_run(stage: Stage) -> None:
    lock = os.open(stage.run / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    os.write(lock, b"process 4711 on build-host\n")
    stage.open_files.append(lock)


def fill_group(stage: Stage) -> None:
    folder = stage.folder / ".treadle" / "groups" / hashlib.sha256(b"deploy").hexdigest()
    folder.mkdir(parents=True)
    slot = os.open(folder / "0", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(slot, fcntl.LOCK_EX)
    os.write(slot, b'{"run_id": "r0", "process": 4711, "since": "2026-01-01T00:00:00+00:00"}')
    stage.open_files.append(slot)


def write_notes(stage: Stage) -> None:
    (stage.folder / "notes.zip").write_text("buy milk\n", encoding="utf-8")


def hide_plan(stage: Stage) -> None:
    plan = stage.run / "plan.json"
    plan.unlink()
    plan.mkdir()


def write_later_archive(stage: Stage) -> None:
    path = stage.folder / "r1.run.zip"
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["run.json"] = members["run.json"].replace(b'"format": 1', b'"format": 99')
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def hold_run(stage: Stage) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, str(stage.run / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stage.processes.append(holder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"


def write_text(name: str, text: str) -> Callable[[Stage], None]:
    """Return what writes a file of the project."""

    def write(stage: Stage) -> None:
        path = stage.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


def link_workflows(stage: Stage) -> None:
    (stage.folder / ".specify").mkdir()
    (stage.folder / ".specify" / "workflows").symlink_to(stage.folder / "bin")


def publish(data: Mapping[str, Any], *, is_installable: bool = True) -> Callable[[Stage], None]:
    """Return what lets the project know a catalog that this process serves."""

    def serve(stage: Stage) -> None:
        content = json.dumps(data).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        server = HTTPServer(("127.0.0.1", 0), Handler)
        stage.servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/catalog.json"
        entry = {"name": "shared", "url": address, "install_allowed": is_installable}
        write_text(".specify/workflow-catalogs.yml", json.dumps({"catalogs": [entry]}))(stage)

    return serve


NIGHTLY = {"name": "Nightly build", "version": "1.0.0", "url": "https://example.com/nightly.yml"}
CATALOG = {"schema_version": "1.0", "workflows": {"nightly": NIGHTLY}}


def block_folder(stage: Stage) -> None:
    (stage.folder / ".treadle").write_text("", encoding="utf-8")


def edit_workflow(old: str, new: str) -> Callable[[Stage], None]:
    """Return what edits the workflow of the case."""

    def write(stage: Stage) -> None:
        path = next(stage.folder.glob("tr*.yml"))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    return write


def install_with(name: str, text: str, stage: Stage) -> None:
    """Install the workflow of the case under its own id, with an overlay."""
    case = next(stage.folder.glob("tr*.yml"))
    workflow_id = YAML(typ="safe").load(case.read_bytes())["workflow"]["id"]
    folder = stage.folder / ".specify" / "workflows"
    (folder / workflow_id).mkdir(parents=True, exist_ok=True)
    shutil.copy(case, folder / workflow_id / "workflow.yml")
    path = folder / "overlays" / (name if "/" in name else f"{workflow_id}/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def install_gh(stage: Stage) -> None:
    program = stage.folder / "bin" / "gh"
    program.write_text(FAKE_GH, encoding="utf-8")
    program.chmod(0o755)


def install_claude(stage: Stage) -> None:
    program = stage.folder / "bin" / "claude"
    program.write_text("#!/bin/sh\necho 2.1.7\n", encoding="utf-8")
    program.chmod(0o755)


def set_up_for_claude(stage: Stage) -> None:
    folder = stage.folder / ".specify"
    folder.mkdir()
    (folder / "integration.json").write_text('{"integration": "claude"}', encoding="utf-8")


def answer(text: str) -> Callable[[Stage], None]:
    """Return what writes a file of answers."""

    def write(stage: Stage) -> None:
        (stage.folder / "answers.yml").write_text(f"{text}\n", encoding="utf-8")

    return write


def install_notify(perform: str, *, to: str = "{'type': 'string'}") -> Callable[[Stage], None]:
    """Return what installs the package treadle-notify beside treadle, with the body of a function.

    Its module is called otherwise in each stage: what was imported once stays imported.
    """

    def install(stage: Stage) -> None:
        module = "notify_" + hashlib.sha256(str(stage.folder).encode()).hexdigest()[:12]
        write_text(f"site/{module}.py", NOTIFY.format(perform=perform, to=to))(stage)
        folder = "site/treadle_notify-1.0.dist-info"
        points = f"[treadle.steps]\nnotify = {module}:notify\n"
        write_text(f"{folder}/entry_points.txt", points)(stage)
        write_text(f"{folder}/METADATA", "Name: treadle-notify\nVersion: 1.0\n")(stage)

    return install


NOTIFY = """
from treadle.executor import StepFailed, StepType

def perform(request):
    {perform}

notify = StepType(
    name="notify",
    input_schema={{
        "type": "object",
        "properties": {{"to": {to}}},
        "required": ["to"],
        "additionalProperties": False,
    }},
    output_schema={{
        "type": "object",
        "properties": {{"id": {{"type": "string"}}}},
        "additionalProperties": False,
    }},
    perform=perform,
    grace_s=0.01,
)
"""

HAPPENINGS: Mapping[str, Callable[[Stage], None]] = {
    "flow.plan.json is cut off": cut_plan,
    "somebody edits a command in flow.plan.json": edit_plan,
    "a later version writes flow.plan.json": write_later_plan,
    "somebody edits the journal of r1": edit_journal,
    "a later version writes the journal of r1": write_later_journal,
    "the plan of r1 has become a folder": hide_plan,
    "somebody takes the first step out of the journal of r1 and computes the hashes anew": (
        retell_journal
    ),
    "somebody copies the folder of r1 to r2": copy_run,
    "another process works on r1": lock_run,
    "run r0 of the group deploy is at work in process 4711": fill_group,
    "somebody writes a shopping list into notes.zip": write_notes,
    "a later version writes r1.run.zip": write_later_archive,
    "somebody edits the command of build": edit_workflow("run: echo built", "run: echo other"),
    "somebody calls build compile": edit_workflow("id: build", "id: compile"),
    "somebody gives the workflow another id": edit_workflow("id: other-workflow", "id: renamed"),
    "another process works on r1 and ignores signals": hold_run,
    "somebody makes a file called .treadle": block_folder,
    "somebody makes a file called .specify/workflows/overlays": write_text(
        ".specify/workflows/overlays", ""
    ),
    "somebody writes an overlay of nightly into quick.yml": write_text(
        "quick.yml",
        "id: quick\nextends: nightly\nedits:\n"
        "  - {insert_after: build, step: {id: test, type: shell, run: make test}}\n",
    ),
    "somebody writes a step without its command into broken.yml": write_text(
        "broken.yml", "workflow: {id: broken, name: Broken}\nsteps: [{id: build, type: shell}]\n"
    ),
    "somebody edits the installed workflow nightly": write_text(
        ".specify/workflows/nightly/workflow.yml", "rm -rf build"
    ),
    "somebody makes .specify/workflows a link to bin": link_workflows,
    "the registry of workflows is cut off": write_text(
        ".specify/workflows/workflow-registry.json", '{"workflows":'
    ),
    "the lock file of workflows is cut off": write_text(
        ".specify/workflows/treadle.lock", '{"version":'
    ),
    "workflow-catalogs.yml says 'catalogs: everywhere'": write_text(
        ".specify/workflow-catalogs.yml", "catalogs: everywhere\n"
    ),
    "a catalog of a later format is published": publish({"schema_version": "2.0", "workflows": {}}),
    "a catalog with the workflow nightly is published": publish(CATALOG),
    "a catalog with the workflow nightly is published for looking only": publish(
        CATALOG, is_installable=False
    ),
    "the program gh finds no issue": install_gh,
    "the program claude is installed": install_claude,
    "the project was set up for claude": set_up_for_claude,
    "answers.yml says 'gates: {reveiw: approve}'": answer("gates: {reveiw: approve}"),
    "answers.yml says 'gates: {review: approve}'": answer("gates: {review: approve}"),
    "answers.yml says 'review: approve'": answer("review: approve"),
    "the package treadle-notify is installed": install_notify("return {'id': 'a1'}"),
    "a version of treadle-notify is installed that takes other inputs": install_notify(
        "return {'id': 'a1'}", to="{'type': 'integer'}"
    ),
    "the package treadle-notify is installed, and cannot be imported": install_notify(
        "return {'id': 'a1'}\n\nimport smtp_of_yesterday"
    ),
    "the package treadle-notify is installed, and its server does not answer": install_notify(
        "raise StepFailed(f\"'{request.input['to']}' does not answer\")"
    ),
    "the package treadle-notify is installed, and gives back a number": install_notify(
        "return {'id': 17}"
    ),
    "the package treadle-notify is installed, and never ends": install_notify(
        "import threading; threading.Event().wait()"
    ),
    "somebody writes a step type into greet.yml": write_text(
        "greet.yml", "steps: [{id: say, type: shell, run: echo hello}]\n"
    ),
    "the file ~/.specify/auth.json says that its providers are 'github'": write_text(
        "home/.specify/auth.json", '{"providers": "github"}'
    ),
}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["plan", "run", "resume", "cancel", "status"])
    parser.add_argument("source")
    parser.add_argument("-o", type=Path)
    parser.add_argument("-i", action="append", default=[])
    parser.add_argument("-I", action="append", default=[])
    parser.add_argument("--run-id")
    parser.add_argument("--choice", action="append", default=[])
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--no-prompt", action="store_true")
    parser.add_argument("--reason")
    return parser


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPECKIT_WORKFLOW_RUN_ID", raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    made = Stage(folder=tmp_path)
    yield made
    for server in made.servers:
        server.shutdown()
        server.server_close()
    for file in made.open_files:
        os.close(file)
    for process in made.processes:
        process.communicate("")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_says_what_its_snapshot_says(
    path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    (stage.folder / path.name).write_bytes(path.read_bytes())
    told: list[str] = []
    for line in YAML(typ="safe").load(path.read_bytes())["x-case"]:
        if line in HAPPENINGS:
            HAPPENINGS[line](stage)
            told.append(f"# {line}")
            continue
        if line.startswith(SETTINGS):
            settings = line.removeprefix(SETTINGS)
            (stage.folder / "treadle.toml").write_text(settings, encoding="utf-8")
            told.append(f"# {line}")
            continue
        overlay = OVERLAY.fullmatch(line)
        if overlay is not None:
            install_with(overlay[1], overlay[2], stage)
            told += (f"# {each}".rstrip() for each in line.rstrip("\n").split("\n"))
            continue
        tested = TESTED.fullmatch(line)
        if tested is not None:
            write_text(f"{path.stem}.test.yml", tested[1])(stage)
            told += (f"# {each}".rstrip() for each in line.rstrip("\n").split("\n"))
            continue
        called = CALLED.fullmatch(line)
        if called is not None:
            write_text(f".specify/workflows/{called[1]}/workflow.yml", called[2])(stage)
            told += (f"# {each}".rstrip() for each in line.rstrip("\n").split("\n"))
            continue
        command = line.replace(FILE, path.name)
        told += (f"$ {command}", *_said(command, stage, monkeypatch))
    text = "\n".join(told).replace(str(stage.folder), "/project") + "\n"
    assert path.name.partition("-")[0].upper() in text
    assert text == snapshot


def test_every_snapshot_belongs_to_a_case() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in SNAPSHOTS.iterdir()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_workflow_of_a_case_has_no_error_of_its_own(path: Path) -> None:
    assert () == compile_file(path).errors


def _said(line: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Carry out a command and return what it says."""
    words = shlex.split(line)
    program = words.index("treadle")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "bin:/usr/bin:/bin")
        for assignment in words[:program]:
            name, _, value = assignment.partition("=")
            patch.setenv(name, value)
        if words[program + 1] in WHOLE_VERBS or WHOLE_OPTIONS & set(words):
            said = CliRunner().invoke(build(words=[words[program + 1]]), words[program + 1 :])
            return f"{said.stdout}{said.stderr}".rstrip("\n").split("\n")
        try:
            with rejecting_refusals():
                return list(_carried_out(arguments().parse_args(words[program + 1 :]), stage))
        except Rejected as rejected:
            return [
                text
                for problem in rejected.problems
                for text in (
                    f"error {problem.code}: {problem.message}",
                    *(() if problem.hint is None else (f"    hint: {problem.hint}",)),
                )
            ]


def _carried_out(command: Any, stage: Stage) -> Iterator[str]:
    plans = InstalledPlans(stage.folder)
    host = Host(project=stage.folder, environment=dict(os.environ), plans=plans)
    given = read_given(InputOptions(values=command.i, files=command.I))
    match command.verb:
        case "plan":
            write_plan(command.o, _plan(command.source))
        case "status":
            store = Store(stage.folder)
            yield from _rests(store.load(store.find(command.source))[1])
        case "run":
            plan = _plan(command.source)
            environment = from_environment(plan)
            if command.answers or command.no_prompt:
                drive = drive_for(Settings(), stage.folder, InputOptions(), as_json=True)
                asked = Asked(file=command.answers, is_prompt_off=command.no_prompt)
                answer_start(drive, plan, asked, workflow_dir="/project", lenient=False)
            yield from _rests(
                start(plan, given, host=host, run_id=command.run_id, environment=environment).run
            )
        case "cancel":
            at_once = Patience(limit_s=0.0, pause=lambda: None)
            rested = cancel(command.source, host=host, reason=command.reason, patience=at_once)
            yield from _rests(rested.run)
        case "resume":
            yield from _rests(
                resume(
                    command.source,
                    given,
                    host=host,
                    choices=command.choice,
                    environment=from_environment,
                ).run
            )


def _plan(source: str) -> Plan:
    if source.endswith(".json"):
        return read_plan(Path(source))
    plan = compile_file(source).plan
    assert plan is not None
    return plan


def _rests(run: Run) -> Iterator[str]:
    """Yield how a run came to rest, and why."""
    shown = status_object(run, run.status)
    yield f"run {run.id}: {shown['status']}"
    told = [result["error"] for result in shown["results"].values()]
    if run.error is not None and run.error not in told:
        yield run.error
    for result in shown["results"].values():
        if result["error"] is not None:
            yield f"{result['address']}: {result['error']}"
