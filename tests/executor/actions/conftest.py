"""A stage for actions: real processes in a folder of their own, with a log that is read back."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from treadle.executor.actions.run import perform
from treadle.executor.ports import ActionRequest, ActionResult, Cancellation
from treadle.plan.expression import Expression, Json, Literal, Node, Op, Single, Text, Value
from treadle.plan.steps import ActionStep, CommandStep, PromptStep, ShellStep

FAKES = Path(__file__).parents[2] / "fakebin"


@dataclass
class Log:
    """Keeps what is written, by stream."""

    streams: dict[str, bytes] = field(default_factory=dict)

    def write(self, stream: str, data: bytes) -> None:
        self.streams[stream] = self.streams.get(stream, b"") + data


@dataclass
class Stage:
    """One project with its environment; `perform` runs a step in it."""

    project: Path
    bin: Path
    log: Log = field(default_factory=Log)
    echoed: list[bytes] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def request(self, step: ActionStep, **changes: object) -> ActionRequest:
        request = ActionRequest(
            step=step,
            address="/build",
            attempt=2,
            run_id="run-1",
            idempotency_key="key-1",
            names={},
            secrets={},
            environment=self.environment,
            project=self.project,
            workflow_dir=None,
            log=self.log,
            echo=self.echoed.append,
            cancellation=Cancellation(),
            register=self.groups.append,
        )
        return replace(request, **changes)  # type: ignore[arg-type]  # fields of a request

    def perform(self, step: ActionStep, **changes: object) -> ActionResult:
        return perform(self.request(step, **changes))

    def install(self, fake: str, name: str) -> None:
        """Put a stand-in on the PATH under the name of the program it stands for."""
        (self.bin / name).symlink_to(FAKES / fake)

    def calls(self) -> list[list[str]]:
        """Return the command lines of the stand-ins so far."""
        record = Path(self.environment["FAKE_CALLS"])
        lines = record.read_text().split("\0\n")[:-1] if record.exists() else []
        return [line.split("\0") for line in lines]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    for name in ("project", "bin"):
        (tmp_path / name).mkdir()
    stage = Stage(project=tmp_path / "project", bin=tmp_path / "bin")
    stage.environment = {
        "PATH": f"{stage.bin}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "FAKE_CALLS": str(tmp_path / "calls"),
    }
    return stage


@pytest.fixture
def read() -> Callable[[str], Single]:
    """Return a function that makes the expression ``inputs.NAME``."""

    def read(name: str) -> Single:
        root = Node(Op.NAME, ("inputs",), 1)
        tree = Node(Op.GET, (root, name), 7)
        return Single(Expression(f" inputs.{name} ", tree, (("inputs", name),)))

    return read


@pytest.fixture
def text() -> Callable[..., Text]:
    """Return a function that joins words and expressions to one text."""

    def text(*parts: str | Single) -> Text:
        return Text(tuple(p if isinstance(p, str) else p.expression for p in parts))

    return text


@pytest.fixture
def shell() -> Callable[..., ShellStep]:
    """Return a function that makes a shell step of a line."""

    def shell(run: str | Value, **fields: object) -> ShellStep:
        line = Literal(run) if isinstance(run, str) else run
        given = {"timeout_s": 300.0, "env": {}, **fields}
        return ShellStep(id="build", path="/build", run=line, **given)  # type: ignore[arg-type]

    return shell


@pytest.fixture
def command() -> Callable[..., CommandStep]:
    """Return a function that makes a command step for an agent."""

    def command(name: str | Value, integration: Json = "claude", **fields: object) -> CommandStep:
        given: Mapping[str, object] = {
            "model": Literal(None),
            "input": {},
            "options": {},
            "integration_args": (),
            "integration_options": {},
            "timeout_s": None,
            "env": {},
            **fields,
        }
        return CommandStep(
            id="build",
            path="/build",
            command=Literal(name) if isinstance(name, str) else name,
            integration=Literal(integration),
            **given,  # type: ignore[arg-type]  # fields of a step
        )

    return command


@pytest.fixture
def prompt() -> Callable[..., PromptStep]:
    """Return a function that makes a prompt step for an agent."""

    def prompt(words: str | Value, integration: Json = "claude", **fields: object) -> PromptStep:
        given = {"model": Literal(None), "timeout_s": 300.0, "env": {}, **fields}
        return PromptStep(
            id="build",
            path="/build",
            prompt=Literal(words) if isinstance(words, str) else words,
            integration=Literal(integration),
            **given,  # type: ignore[arg-type]  # fields of a step
        )

    return prompt
