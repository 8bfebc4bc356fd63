"""Two copies of one project under both programs: each command is given to both and compared.

What is not compared is named here, with the words that docs/compatibility.md has for it.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from typer.testing import Result

from tests.spec_kit import comparable, specify, told

Treadle = Callable[..., Result]

# What one program keeps below .specify, and the other does not know or writes in its own way.
APART: Mapping[str, str] = {
    "workflows/treadle.lock": "`treadle.lock`",
    "workflows/runs": "runs",
    "workflows/.cache": "fetched catalogs",
    "workflows/steps/treadle.lock": "`treadle.lock`",
    "workflows/steps/.cache": "fetched catalogs",
}
# What both write as data: comments and the order of keys are no part of it.
DATA: Mapping[str, str] = {
    "workflows/overlays": "`overlay add`, `set-priority`, `enable`, `disable`",
}
_REGISTRIES = {
    "workflows/workflow-registry.json": "workflows",
    "workflows/steps/step-registry.json": "steps",
}
_GIVES_JSON = ("list", "search", "info", "resolve", "run", "status")
_ASKS = ("add", "update")


class Meant(NamedTuple):
    """A difference that is meant: the row that tells it, and where it shows.

    Shapes: `before` are commands that both do alike; `found` is what `Beside.differences` returns.
    """

    row: str
    before: tuple[str, ...]
    command: str
    found: tuple[int, tuple[str, ...]]


class Beside:
    """Two copies of one project, and what is told of each command that both are given.

    With `in_turns` the programs change places after each command, so that every one goes on with
    what the other has left.
    """

    def __init__(
        self, folders: tuple[Path, Path], treadle: Treadle, move: Callable[[Path], None]
    ) -> None:
        self.folders = folders
        self._treadle = treadle
        self._move = move
        self._times: dict[tuple[Path, str, str], tuple[str, int]] = {}
        self._count = 0
        self.in_turns = False
        self.said: Any = None
        self.their_talk = ""

    def same(self, *words: str, answer: str = "", exit: int = 0) -> Any:
        """Give both a command; they end alike, say the same and leave the same files."""
        assert (exit, ()) == self.differences(*words, answer=answer)
        return self.said

    def refused(self, *words: str) -> None:
        """Give both a command that both refuse, and that leaves everything as it was."""
        assert (2, ("exit 2 for 1",)) == self.differences(*words)
        assert "Traceback" not in self.their_talk

    def differences(self, *words: str, answer: str = "") -> tuple[int, tuple[str, ...]]:
        """Give both a command; return the exit status of ours and all that differs."""
        self._count += 1
        is_swapped = self.in_turns and self._count % 2 == 0
        here, there = reversed(self.folders) if is_swapped else self.folders
        code, self.said = self._ours(here, words)
        other, said = self._theirs(there, words, answer)
        found = [f"exit {code} for {other}"] if code != other else []
        found += ["said"] if self.said != said else []
        files, others = self.files(here), self.files(there)
        found += [
            f"file {name}"
            for name in sorted(files.keys() | others.keys())
            if files.get(name, ...) != others.get(name, ...)
        ]
        return code, tuple(found)

    def files(self, folder: Path) -> dict[str, Any]:
        """Return what stands below .specify, as bytes or as data, without times."""
        root = folder / ".specify"
        found: dict[str, Any] = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if not name.startswith((*APART,)):
                found[name] = self._content(folder, path, name)
        return found

    def forget_catalogs(self) -> None:
        """Let the hour pass that a fetched catalog is good for."""
        for folder in self.folders:
            for cache in (folder / ".specify" / "workflows").rglob(".cache"):
                shutil.rmtree(cache, ignore_errors=True)

    def _content(self, folder: Path, path: Path, name: str) -> Any:
        if path.is_dir():
            return "a folder"
        if name in _REGISTRIES:
            text = path.read_text(encoding="utf-8")
            return self._registry(folder, text, _REGISTRIES[name])
        if name.startswith((*DATA,)):
            return YAML(typ="safe").load(path.read_bytes())
        return bool(path.stat().st_mode & 0o100), path.read_bytes()

    def _registry(self, folder: Path, text: str, key: str) -> Any:
        """Return the registry with the number of the command instead of each time."""
        data = json.loads(text)
        is_usual = text == json.dumps(data, indent=2)
        for id, entry in data.get(key, {}).items():
            for name in ("installed_at", "updated_at"):
                known, since = self._times.get((folder, id, name), (None, 0))
                if known != entry[name]:
                    since = self._count
                self._times[folder, id, name] = entry[name], since
                entry[name] = since
        return is_usual, json.dumps(data, indent=2)

    def _ours(self, folder: Path, words: tuple[str, ...]) -> tuple[int, Any]:
        self._move(folder)
        asks = _verb(words)[0] in _ASKS
        more = ["--json"] if _gives_json(words) else ["--yes"] if asks else []
        if words[0] == "run":
            more += ["--run-id", f"run-{self._count}"]
        ended = self._treadle(*words, *more)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        if ended.exit_code != 0 and not ended.stdout.startswith("{"):
            return ended.exit_code, None
        return ended.exit_code, comparable(words, json.loads(ended.stdout) if ended.stdout else {})

    def _theirs(self, folder: Path, words: tuple[str, ...], answer: str) -> tuple[int, Any]:
        more = ["--json"] if words[0] in ("run", "status") else []
        run = {"SPECKIT_WORKFLOW_RUN_ID": f"run-{self._count}"} if words[0] == "run" else {}
        ended = specify(*words, *more, folder=folder, answer=answer, environment=run)
        self.their_talk = ended.stdout + ended.stderr
        if ended.returncode != 0 and not ended.stdout.startswith("{"):
            return ended.returncode, None
        return ended.returncode, told(words, ended.stdout)


def _verb(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if words[0] == "step" else words


def _gives_json(words: tuple[str, ...]) -> bool:
    verb = _verb(words)
    return verb[0] in _GIVES_JSON or verb[1:2] == ("list",)
