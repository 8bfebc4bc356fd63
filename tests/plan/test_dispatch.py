import shlex

import pytest

from treadle.plan.dispatch import DispatchError, Layout, Wish, argv, check, programs
from treadle.plan.expression import Json
from treadle.plan.integrations import Integration, integration, known

# Each agent's line for a command with arguments and a model, and for a prompt without a model.
COMMAND_LINES = """\
agy --model M --add-dir /project x.yaml --print '/speckit-git-commit a b'
agy --add-dir /project x.yaml --print Hi
alquimia -p '/speckit-git-commit a b' x.yaml --model M
alquimia -p Hi x.yaml
amp x.yaml --execute '/speckit.git.commit a b'
amp x.yaml --execute Hi
auggie -p '/speckit.git.commit a b' x.yaml --model M
auggie -p Hi x.yaml
bob run --trust --accept-license -f pretty x.yaml '/speckit-git-commit a b'
bob run --trust --accept-license -f pretty x.yaml Hi
claude -p '/speckit-git-commit a b' x.yaml --model M
claude -p Hi x.yaml
codebuddy -p '/speckit.git.commit a b' x.yaml --model M
codebuddy -p Hi x.yaml
codex exec '$speckit-git-commit a b' x.yaml --model M
codex exec Hi x.yaml
command-code -p '$speckit-git-commit a b' x.yaml --model M
command-code -p Hi x.yaml
copilot -p '/speckit-git-commit a b' x.yaml --yolo --model M
copilot -p Hi x.yaml --yolo
cursor-agent -p --trust --approve-mcps --force '/speckit-git-commit a b' x.yaml --model M
cursor-agent -p --trust --approve-mcps --force Hi x.yaml
devin -p '/speckit-git-commit a b' x.yaml --model M
devin -p Hi x.yaml
docker-agent run --exec x.yaml --model M -- '/speckit-git-commit a b'
docker-agent run --exec x.yaml -- Hi
droid exec '/speckit-git-commit a b' --model M x.yaml
droid exec Hi x.yaml
dsh --profile headless x.yaml '/speckit-git-commit a b'
dsh --profile headless x.yaml Hi
forge x.yaml -p '/speckit-git-commit a b'
forge x.yaml -p Hi
gemini -p '/speckit.git.commit a b' x.yaml -m M
gemini -p Hi x.yaml
goose run x.yaml --model M --recipe .goose/recipes/speckit.git.commit.yaml --params 'args=a b'
goose run x.yaml -t Hi
grok -p '/speckit-git-commit a b' --always-approve x.yaml --model M
grok -p Hi --always-approve x.yaml
hermes chat -Q x.yaml -m M -s speckit-git-commit -q 'a b'
hermes chat -Q x.yaml -q Hi
junie -p '/speckit-git-commit a b' x.yaml --model M
junie -p Hi x.yaml
kimi -p '/skill:speckit-git-commit a b' x.yaml --model M
kimi -p Hi x.yaml
kiro-cli -p '/speckit.git.commit a b' x.yaml --model M
kiro-cli -p Hi x.yaml
mcode exec '/speckit-git-commit a b' --permission full x.yaml --model M
mcode exec Hi --permission full x.yaml
muse exec '/speckit-git-commit a b' x.yaml --model M
muse exec Hi x.yaml
omp --print x.yaml --model M '/speckit.git.commit a b'
omp --print x.yaml Hi
opencode run x.yaml --command speckit.git.commit -m M 'a b'
opencode run x.yaml Hi
pi -p '/speckit.git.commit a b' x.yaml --model M
pi -p Hi x.yaml
qodercli -p '/speckit-git-commit a b' x.yaml --model M
qodercli -p Hi x.yaml
qwen -p '/speckit.git.commit a b' x.yaml --model M
qwen -p Hi x.yaml
acli rovodev run '/speckit-git-commit a b' x.yaml
acli rovodev run Hi x.yaml
tabnine -p '/speckit.git.commit a b' x.yaml -m M
tabnine -p Hi x.yaml
vibe -p '/speckit-git-commit a b' x.yaml
vibe -p Hi x.yaml
zcode -p '$speckit-git-commit a b' x.yaml
zcode -p Hi x.yaml
"""


def _agent(key: str) -> Integration:
    entry = integration(key)
    assert entry is not None
    return entry


def _wish(key: str, text: str, environment: dict[str, str] | None = None, **fields: object) -> Wish:
    variables = environment or {}
    return Wish(
        text=text,
        programs=programs(_agent(key), variables),
        project="/project",
        environment=variables,
        **{"options": {}, **fields},  # type: ignore[arg-type]  # fields of a wish
    )


def _line(key: str, text: str, environment: dict[str, str] | None = None, **fields: object) -> str:
    wish = _wish(key, text, environment, **fields)
    return shlex.join(argv(_agent(key), wish, program=wish.programs[0]))


def test_every_agent_has_its_own_command_line() -> None:
    lines = []
    for key in known():
        extra = f"SPECKIT_INTEGRATION_{key.upper().replace('-', '_')}_EXTRA_ARGS"
        if _agent(key).line is not None:
            lines.append(
                _line(key, "a b", {extra: "x.yaml"}, command="speckit.git.commit", model="M")
            )
            lines.append(_line(key, "Hi", {extra: "x.yaml"}))

    assert COMMAND_LINES == "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("key", "prompt", "expected"),
    [
        ("opencode", "/plan now then", "opencode run --command plan 'now then'"),
        ("opencode", "/plan", "opencode run --command plan"),
        ("opencode", "/ now", "opencode run '/ now'"),
        ("hermes", "/plan now then", "hermes chat -Q -s plan -q 'now then'"),
        ("hermes", "/plan", "hermes chat -Q -s plan"),
        ("hermes", "/", "hermes chat -Q -q /"),
        ("goose", "/speckit.plan", "goose run --recipe .goose/recipes/speckit.plan.yaml"),
        ("goose", "/plan now", "goose run -t '/plan now'"),
        ("goose", "/speckit. now", "goose run -t '/speckit. now'"),
        ("claude", "/plan now", "claude -p '/plan now'"),
        ("claude", "--help", "claude -p --help"),
    ],
)
def test_some_agents_read_a_slash_at_the_start_of_a_prompt(
    key: str, prompt: str, expected: str
) -> None:
    assert expected == _line(key, prompt)


@pytest.mark.parametrize(
    ("key", "command", "expected"),
    [
        ("claude", "plan", "claude -p /speckit-plan"),
        ("claude", "my.cmd", "claude -p /speckit-my-cmd"),
        ("claude", "speckit-plan", "claude -p /speckit-speckit-plan"),
        ("forge", "speckit-plan", "forge -p /speckit-plan"),
        ("junie", "speckit-plan", "junie -p /speckit-plan"),
        ("amp", "my.cmd", "amp --execute /speckit.my.cmd"),
    ],
)
def test_the_name_of_a_command_is_written_for_the_agent(
    key: str, command: str, expected: str
) -> None:
    assert expected == _line(key, "", command=command)


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("copilot", "a b", "copilot -p 'a b' --agent speckit.git.commit --yolo"),
        ("copilot", "", "copilot -p '' --agent speckit.git.commit --yolo"),
        ("bob", "x", "bob run --trust --accept-license -f pretty '/speckit.git.commit x'"),
        ("claude", "x", "claude -p '/speckit-git-commit x'"),
    ],
)
def test_the_older_layout_calls_commands_by_another_name(
    key: str, text: str, expected: str
) -> None:
    line = _line(key, text, command="speckit.git.commit", layout=Layout.COMMANDS)

    assert expected == line


@pytest.mark.parametrize(
    ("key", "environment", "expected"),
    [
        ("copilot", {"SPECKIT_COPILOT_ALLOW_ALL_TOOLS": "0"}, "copilot -p Hi"),
        ("copilot", {"SPECKIT_ALLOW_ALL_TOOLS": "0"}, "copilot -p Hi"),
        (
            "copilot",
            {"SPECKIT_COPILOT_ALLOW_ALL_TOOLS": "1", "SPECKIT_ALLOW_ALL_TOOLS": "0"},
            "copilot -p Hi --yolo",
        ),
        (
            "agy",
            {"SPECKIT_AGY_ALLOW_ALL_TOOLS": "Yes"},
            "agy --dangerously-skip-permissions --add-dir /project --print Hi",
        ),
        ("agy", {"SPECKIT_AGY_ALLOW_ALL_TOOLS": "0"}, "agy --add-dir /project --print Hi"),
    ],
)
def test_the_environment_gives_and_takes_permissions(
    key: str, environment: dict[str, str], expected: str
) -> None:
    assert expected == _line(key, "Hi", environment)


@pytest.mark.parametrize(
    ("key", "override", "expected"),
    [
        ("kiro-cli", "", (("kiro-cli",),)),
        ("kiro-cli", " /opt/kiro ", (("/opt/kiro",),)),
        ("rovodev", "", (("acli",),)),
        ("docker-agent", "", (("docker-agent",), ("docker", "agent"))),
        ("docker-agent", "/opt/docker", (("/opt/docker", "agent"),)),
        ("docker-agent", "/opt/da", (("/opt/da",),)),
    ],
)
def test_an_agent_can_have_more_than_one_program(
    key: str, override: str, expected: tuple[tuple[str, ...], ...]
) -> None:
    name = f"SPECKIT_INTEGRATION_{key.upper().replace('-', '_')}_EXECUTABLE"

    assert expected == programs(_agent(key), {name: override})


@pytest.mark.parametrize(
    ("key", "arguments", "options", "reason"),
    [
        ("zed", (), {}, "integration 'zed' has no command line"),
        ("claude", ("x",), {}, "integration 'claude' takes no 'integration_args'"),
        ("claude", (), {"agent": "x"}, "integration 'claude' has no option 'agent'"),
        ("docker-agent", (), {"model": "x"}, "integration 'docker-agent' has no option 'model'"),
        (
            "docker-agent",
            ("a", "b"),
            {},
            "'integration_args' holds one value: an agent configuration reference, such as"
            " ./agent.yaml",
        ),
        ("docker-agent", (), {"agent": 3}, "the option 'agent' must be text that is not empty"),
        (
            "docker-agent",
            (),
            {"safety": "none"},
            "the option 'safety' must be one of 'strict', 'balanced', 'restricted', 'autonomous'",
        ),
    ],
)
def test_what_an_agent_does_not_take_is_refused(
    key: str, arguments: tuple[str, ...], options: dict[str, Json], reason: str
) -> None:
    with pytest.raises(DispatchError) as caught:
        check(_agent(key), _wish(key, "Hi", arguments=arguments, options=options))

    assert reason == caught.value.reason


@pytest.mark.parametrize(
    ("arguments", "extra", "reason"),
    [
        ((), "", "'integration_args' or {} must give"),
        ((), "--agent x", "{} must begin with"),
        (("-x",), "", "'integration_args' must begin with"),
    ],
)
def test_an_agent_that_needs_a_reference_gets_it_first(
    arguments: tuple[str, ...], extra: str, reason: str
) -> None:
    name = "SPECKIT_INTEGRATION_DOCKER_AGENT_EXTRA_ARGS"
    with pytest.raises(DispatchError) as caught:
        _line("docker-agent", "Hi", {name: extra}, arguments=arguments)

    needed = "an agent configuration reference, such as ./agent.yaml"
    assert f"{reason.format(name)} {needed}" == caught.value.reason


def test_arguments_of_a_step_replace_those_of_the_environment() -> None:
    name = "SPECKIT_INTEGRATION_DOCKER_AGENT_EXTRA_ARGS"
    line = _line("docker-agent", "-x", {name: "'bad"}, arguments=("./mine.yaml",))

    assert "docker-agent run --exec ./mine.yaml -- -x" == line
