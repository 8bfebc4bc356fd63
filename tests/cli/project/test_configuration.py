"""The settings of a project: where they are found, what they do, and what is wrong with them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas
from treadle.cli.checking.selection import PathIgnores, Selection, Weight
from treadle.cli.project.configuration import Configuration, find_configuration
from treadle.cli.rejection import Rejected
from treadle.plan.catalogue import Severity

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
WARNED = HEAD + "inputs: {x: {type: string}}\nsteps: [{id: a, command: plan}]\n"
STRICT = HEAD + "steps: [{id: a, command: plan, x: 1}]\n"
BROKEN = HEAD + "steps: [{id: a, command: plan, id: b}]\n"

Write = Callable[[str, str], Path]


def found(treadle, *arguments: str) -> list[tuple[str, str, str]]:
    report = json.loads(treadle("validate", "--format", "json", *arguments).out)
    return [(d["path"], d["code"], d["severity"]) for d in report["diagnostics"]]


def refused(folder: Path) -> list[tuple[str, str, str | None]]:
    with pytest.raises(Rejected) as caught:
        find_configuration(folder, {})
    return [(problem.code, problem.message, problem.hint) for problem in caught.value.problems]


def test_the_schema_of_the_settings_is_a_schema() -> None:
    Draft202012Validator.check_schema(schemas.load("configuration"))


def test_all_settings_are_read(project: Path, write: Write) -> None:
    write(
        "treadle.toml",
        'lenient = true\nselect = ["TR"]\nignore = ["TR501"]\n[severity]\nTR5 = "off"\n'
        '[[per-path]]\npath = "legacy/**"\nignore = ["TR2"]\n',
    )
    expected = Configuration(
        folder=project.resolve(),
        lenient=True,
        selection=Selection(
            select=("TR",),
            ignore=("TR501",),
            weights=(Weight(codes="TR5", severity=Severity.OFF),),
            per_path=(PathIgnores(path="legacy/**", ignore=("TR2",)),),
        ),
    )
    assert expected == find_configuration(project, {})


@pytest.mark.parametrize(
    ("files", "lenient"),
    [
        ({}, False),
        ({"treadle.toml": "lenient = true"}, True),
        ({"pyproject.toml": "[tool.treadle]\nlenient = true"}, True),
        ({"pyproject.toml": "[tool.other]\nlenient = true # treadle"}, False),
        ({"pyproject.toml": "[project]\nname = 'treadle'"}, False),
        ({"treadle.toml": "", "pyproject.toml": "[tool.treadle]\nlenient = true"}, False),
        ({"a/treadle.toml": "lenient = false", "treadle.toml": "lenient = true"}, False),
        ({"a/pyproject.toml": "[project]", "treadle.toml": "lenient = true"}, True),
        ({"a/.git/HEAD": "", "treadle.toml": "lenient = true"}, False),
    ],
)
def test_the_nearest_file_upwards_decides(
    project: Path, write: Write, files: dict[str, str], lenient: bool
) -> None:
    (project / "a" / "b").mkdir(parents=True)
    for name, text in files.items():
        write(name, text)
    assert lenient == find_configuration(project / "a" / "b", {}).lenient


def test_the_home_folder_is_not_looked_into_from_below(project: Path, write: Write) -> None:
    write("treadle.toml", "lenient = true")
    (project / "a").mkdir()
    home = {"HOME": str(project)}
    assert (False, True) == (
        find_configuration(project / "a", home).lenient,
        find_configuration(project, home).lenient,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ignroe = []", ("TR612", "'treadle.toml' has an unknown setting 'ignroe'")),
        (
            "[[per-path]]\npath = 'a'\nignore = []\nselect = []",
            ("TR612", "'treadle.toml' has an unknown setting 'per-path.1.select'"),
        ),
        ("lenient = 1", ("TR613", "'lenient' in 'treadle.toml' must be true or false")),
        ("ignore = 'TR501'", ("TR613", "'ignore' in 'treadle.toml' must be a list")),
        ("severity = 'off'", ("TR613", "'severity' in 'treadle.toml' must be a table")),
        (
            "[[per-path]]\npath = 'a'",
            ("TR613", "'per-path.1' in 'treadle.toml' must have 'ignore'"),
        ),
        (
            "[[per-path]]\npath = ''\nignore = []",
            ("TR613", "'per-path.1.path' in 'treadle.toml' must not be empty"),
        ),
        (
            "severity.TR501 = 'info'",
            ("TR613", "'severity.TR501' in 'treadle.toml' must be 'error', 'warning' or 'off'"),
        ),
        (
            "select = ['TR5O1']",
            ("TR614", "'TR5O1' in 'treadle.toml' is neither a code nor the beginning of one"),
        ),
        (
            "severity.TR199 = 'off'",
            ("TR614", "'TR199' in 'treadle.toml' is neither a code nor the beginning of one"),
        ),
        (
            "ignore = ['TR107']",
            (
                "TR615",
                "'TR107' in 'treadle.toml' is an error in both modes,"
                " which cannot be ignored or weigh less",
            ),
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_in_its_words(
    project: Path, write: Write, text: str, expected: tuple[str, str]
) -> None:
    write("treadle.toml", text)
    ((code, message, _),) = refused(project)
    assert expected == (code, message)


def test_a_setting_that_is_near_none_is_told_with_those_that_there_are(
    project: Path, write: Write
) -> None:
    write("treadle.toml", "[run]\nzzz = 1")
    ((code, _, hint),) = refused(project)
    assert ("TR612", "known: on_pause") == (code, hint)


def test_a_file_that_is_no_toml_is_told_with_its_line(project: Path, write: Write) -> None:
    write("treadle.toml", "lenient = true\nignore = [")
    ((code, message, _),) = refused(project)
    assert "TR611" == code
    assert message.startswith("'treadle.toml' is not TOML: ")
    assert "line 2" in message or "end of document" in message


def test_a_file_that_is_not_utf8_is_told(project: Path) -> None:
    (project / "treadle.toml").write_bytes(b"lenient = \xff")
    assert ["TR611"] == [code for code, _, _ in refused(project)]


def test_a_wrong_file_refuses_the_command(treadle, write: Write) -> None:
    write("flow.yml", WARNED)
    write("treadle.toml", "lenint = true")
    for verb in ("validate", "plan", "run"):
        ended = treadle(verb, "flow.yml")
        assert (2, "") == (ended.code, ended.out)
        assert (
            "error TR612: 'treadle.toml' has an unknown setting 'lenint'\n"
            "    hint: did you mean 'lenient'?\n"
        ) == ended.err


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", [("a/w.yml", "TR501", "warning"), ("s.yml", "TR202", "error")]),
        ("ignore = ['TR5']", [("s.yml", "TR202", "error")]),
        ("select = ['TR5']", [("a/w.yml", "TR501", "warning")]),
        ("select = ['TR5']\nignore = ['TR501']", []),
        (
            "severity = {TR5 = 'error', TR2 = 'warning'}",
            [("a/w.yml", "TR501", "error"), ("s.yml", "TR202", "warning")],
        ),
        ("severity = {TR = 'off', TR501 = 'error'}", [("a/w.yml", "TR501", "error")]),
        ("[[per-path]]\npath = 'a/**'\nignore = ['TR5']", [("s.yml", "TR202", "error")]),
        ("[[per-path]]\npath = '*'\nignore = ['TR']", [("a/w.yml", "TR501", "warning")]),
        ("[[per-path]]\npath = '**/*.yml'\nignore = ['TR']", []),
        ("lenient = true", [("a/w.yml", "TR501", "warning"), ("s.yml", "TR202", "warning")]),
    ],
)
def test_settings_decide_what_is_reported(
    treadle, write: Write, settings: str, expected: list[tuple[str, str, str]]
) -> None:
    write("a/w.yml", WARNED)
    write("s.yml", STRICT)
    write("treadle.toml", settings)
    assert expected == found(treadle)


def test_paths_are_those_of_the_file_and_not_of_the_working_directory(
    treadle, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a/w.yml", WARNED)
    write("treadle.toml", "[[per-path]]\npath = 'a/*'\nignore = ['TR5']")
    monkeypatch.chdir(project / "a")
    assert [] == found(treadle, "w.yml")
    assert [] == found(treadle, str(project / "a" / "w.yml"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--select", "TR5"), ["TR501"]),
        (("--select", "tr2,TR501"), ["TR501", "TR202"]),
        (("--select", "TR501", "--select", "TR202"), ["TR501", "TR202"]),
        (("--ignore", "TR5, TR2"), []),
        (("--ignore", ""), ["TR501", "TR202"]),
    ],
)
def test_options_replace_the_settings_of_their_names(
    treadle, write: Write, arguments: tuple[str, ...], expected: list[str]
) -> None:
    write("a.yml", WARNED)
    write("b.yml", STRICT)
    write("treadle.toml", "ignore = ['TR114']\nselect = ['TR4']")
    if arguments[0] == "--ignore":
        write("treadle.toml", "ignore = ['TR501']")
    assert expected == [code for _, code, _ in found(treadle, *arguments)]


@pytest.mark.parametrize(
    ("option", "code", "told"),
    [
        ("--select", "TR5O1", "'TR5O1' is no code; did you mean 'TR501'?"),
        ("--ignore", "TR199", "'TR199' is no code"),
        ("--ignore", "TR107", "'TR107' is an error in both modes, which cannot be ignored"),
    ],
)
def test_an_unknown_code_is_wrong_usage(
    treadle, write: Write, option: str, code: str, told: str
) -> None:
    write("a.yml", WARNED)
    ended = treadle("validate", option, code)
    assert (2, "") == (ended.code, ended.out)
    assert told in " ".join(ended.err.split())
    assert option in ended.err


def test_an_error_of_both_modes_is_always_reported(treadle, write: Write) -> None:
    write("a.yml", BROKEN)
    write("treadle.toml", "ignore = ['TR']\nseverity = {TR1 = 'off'}")
    for arguments in ((), ("--select", "TR501"), ("--ignore", "TR1")):
        assert [("a.yml", "TR107", "error")] == found(treadle, *arguments)


def test_the_mode_of_the_project_holds_for_all_verbs_and_strict_overrides_it(
    treadle, write: Write
) -> None:
    write("s.yml", STRICT.replace("command: plan", "type: shell, run: 'true'"))
    write("treadle.toml", "lenient = true")
    for verb in ("validate", "plan", "graph", "run"):
        assert 0 == treadle(verb, "s.yml").code, verb
        assert 0 != treadle(verb, "s.yml", "--strict").code, verb
    write("treadle.toml", "lenient = false")
    assert (1, 0) == (
        treadle("validate", "s.yml").code,
        treadle("validate", "s.yml", "--lenient").code,
    )
