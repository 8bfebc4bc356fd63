"""The look around before a run, on machines that are made up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from treadle.compiler import compile_text
from treadle.executor.local.departure import Departure
from treadle.executor.local.preflight import Finding, findings_before, refusal, warnings
from treadle.plan.expression import Json
from treadle.plan.inputs import Given, InputSet

HEAD = """
workflow: {id: flow, name: Flow, integration: "{{ inputs.integration }}"}
inputs:
  integration: {type: string, default: auto}
"""
ASK = "steps: [{id: ask, type: prompt, prompt: x}]"


@dataclass
class Fake:
    """A machine that has what it is said to have."""

    programs: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    version: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def program(self, name: str) -> str | None:
        return f"/bin/{name}" if name in self.programs else None

    def is_folder(self, path: str) -> bool:
        return path in self.paths

    def is_file(self, path: str) -> bool:
        return path in self.paths

    def place(self, places: tuple[str, ...]) -> str | None:
        return next((place for place in places if place in self.paths), None)

    def speckit_version(self) -> str | None:
        return self.version


def look(machine: Fake, text: str, **inputs: Json) -> tuple[Finding, ...]:
    plan = compile_text(HEAD + text, lenient=True).plan
    assert plan is not None
    given = {name: Given(value=value, is_text=False) for name, value in inputs.items()}
    resolved = InputSet(plan.inputs).resolve(given, lenient=False, integration=None)
    return findings_before(Departure(plan=plan, resolved=resolved, lenient=False), machine)


def refused(machine: Fake, text: str, **inputs: Json) -> list[tuple[str, str, str | None]]:
    found = refusal(look(machine, text, **inputs), lenient=False)
    reasons = found.problems if found is not None else ()
    return [(reason.code, reason.message, reason.hint) for reason in reasons]


def test_a_run_that_has_everything_is_not_refused() -> None:
    machine = Fake(programs=("claude",), paths=(".claude/skills/speckit-git-commit/SKILL.md",))
    text = "steps: [{id: a, command: speckit.git.commit}]"

    assert ([], ()) == (
        refused(machine, text, integration="claude"),
        warnings(look(machine, text, integration="claude"), lenient=False),
    )


def test_everything_that_is_missing_is_told_at_once() -> None:
    text = """
requires: {speckit_version: ">=9"}
steps:
  - {id: a, command: speckit.plan}
  - {id: b, type: github, operation: add-label, target: issue, repository: a/b, number: 1, label: x}
"""

    codes = [code for code, _, _ in refused(Fake(), text, integration="claude")]

    assert ["TR726", "TR728", "TR729", "TR731"] == codes


def test_the_steps_that_miss_something_are_named_with_their_lines() -> None:
    steps = "".join(f"  - {{id: s{n}, type: prompt, prompt: x}}\n" for n in range(5))

    ((_, message, _),) = refused(Fake(), f"steps:\n{steps}", integration="claude")

    assert message == (
        "steps 's0' (line 6), 's1' (line 7), 's2' (line 8) and 2 more: "
        "the program 'claude' of integration 'claude' is not on the PATH"
    )


def test_a_hint_names_an_agent_that_is_here() -> None:
    ((_, _, hint),) = refused(Fake(programs=("codex",)), ASK, integration="claude")

    assert hint is not None
    assert hint.endswith("or give '-i integration=codex'")


def test_a_hint_names_no_flag_where_no_input_decides() -> None:
    text = "steps: [{id: ask, type: prompt, prompt: x, integration: qwen}]"

    ((_, _, hint),) = refused(Fake(programs=("codex",)), text)

    assert hint == "install it: https://github.com/QwenLM/qwen-code"


@pytest.mark.parametrize(
    ("integration", "code", "said"),
    [
        ("auto", "TR734", "the project names none"),
        ("cladue", "TR727", "no integration is called 'cladue'"),
        ("", "TR727", "no integration is named"),
        ("zed", "TR727", "has no command line"),
    ],
)
def test_an_agent_that_cannot_be_called_is_refused(integration: str, code: str, said: str) -> None:
    ((found, message, _),) = refused(Fake(), ASK, integration=integration)

    assert found == code
    assert said in message


def test_another_program_may_stand_for_an_agent() -> None:
    machine = Fake(
        programs=("/opt/my-claude",),
        environment={"SPECKIT_INTEGRATION_CLAUDE_EXECUTABLE": "/opt/my-claude"},
    )

    assert [] == refused(machine, ASK, integration="claude")


def test_a_plugin_may_stand_for_an_agent() -> None:
    assert [] == refused(Fake(programs=("docker",)), ASK, integration="docker-agent")


def test_a_step_with_a_path_of_its_own_demands_no_program() -> None:
    text = "steps: [{id: ask, type: prompt, prompt: x, env: {PATH: /opt/bin}}]"

    assert ([], ()) == (
        refused(Fake(), text, integration="claude"),
        warnings(look(Fake(), text, integration="claude"), lenient=True),
    )


def test_doubt_and_leniency_make_warnings_of_refusals() -> None:
    tolerated = ASK.replace("prompt: x", "prompt: x, continue_on_error: true")

    assert [] == refused(Fake(), tolerated, integration="claude")
    (warning,) = warnings(look(Fake(), tolerated, integration="claude"), lenient=False)
    assert warning.message.endswith("; the run goes on without it")
    (warning,) = warnings(look(Fake(), ASK, integration="claude"), lenient=True)
    assert warning.code == "TR726"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("speckit.plan", "'specify init --here --integration codex' installs it"),
        ("speckit.paln", "did you mean 'speckit.plan'?"),
        ("speckit.jira.sync", "it comes with an extension"),
    ],
)
def test_a_missing_command_has_a_hint_of_its_own(command: str, said: str) -> None:
    machine = Fake(programs=("codex",))

    ((code, _, hint),) = refused(
        machine, f"steps: [{{id: a, command: {command}}}]", integration="codex"
    )

    assert (code, True) == ("TR728", (hint or "").startswith(said))


def test_an_agent_without_places_of_its_own_demands_no_command() -> None:
    text = "steps: [{id: a, command: speckit.plan, continue_on_error: true}]"

    assert ["agent"] == [
        one.requirement.need.value for one in look(Fake(), text, integration="generic")
    ]


@pytest.mark.parametrize(
    ("version", "code"), [(None, None), ("1.0.0", None), ("0.7.9", "TR731"), ("newest", None)]
)
def test_the_version_that_set_the_project_up_is_compared(
    version: str | None, code: str | None
) -> None:
    text = 'requires: {speckit_version: ">=0.8.5"}\nsteps: [{id: a, type: shell, run: ls}]'

    found = refused(Fake(version=version), text)

    assert ([code] if code else []) == [code for code, _, _ in found]


def test_a_range_that_cannot_be_read_is_a_warning() -> None:
    text = "requires: {speckit_version: new}\nsteps: [{id: a, type: shell, run: ls}]"

    assert ["TR733"] == [one.code for one in warnings(look(Fake(), text), lenient=False)]


def test_an_agent_the_workflow_was_not_written_for_is_a_warning() -> None:
    machine = Fake(programs=("codex",))
    text = f"requires: {{integrations: {{any: [claude]}}}}\n{ASK}"

    (warning,) = warnings(look(machine, text, integration="codex"), lenient=False)

    assert ("TR732", "it was written for claude") == (warning.code, warning.hint)


def test_a_folder_that_is_not_there_is_refused_and_a_file_to_show_is_not() -> None:
    text = """
steps:
  - {id: see, type: gate, message: "?", show_file: notes.md}
  - {id: a, type: shell, run: ls, cwd: src}
"""

    assert [("TR730", "step 'a' (line 8): the folder 'src' does not exist", None)] == refused(
        Fake(), text
    )
    assert ["TR730"] == [one.code for one in warnings(look(Fake(), text), lenient=False)]
    assert [] == refused(Fake(paths=("src",)), text)
