"""`schema`, `graph`, `explain`, `new`, `--version` and help."""

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from treadle import schemas
from treadle.plan.catalogue import ENTRIES

Write = Callable[[str, str], Path]

FLOW = """
workflow: {id: demo, name: 'A "demo"', version: "1.0.0"}
inputs:
  hosts: {type: array, items: {type: string}, default: []}
  key: {type: string, secret: true}
steps:
  - id: pick
    type: if
    condition: "{{ inputs.hosts | length > 1 }}"
    then: [{id: end, type: shell, run: 'true'}]
  - id: loop
    type: do-while
    condition: "{{ steps.try.output.exit_code != 0 }}"
    max_iterations: 2
    steps: [{id: try, type: shell, run: 'true', env: {K: "{{ inputs.key }}"}}]
  - id: each
    type: fan-out
    items: "{{ inputs.hosts }}"
    step: {id: one, type: shell, run: 'true'}
  - {id: ask, type: gate, message: 'Go on?'}
"""
GRAPH = """\
flowchart TD
  start(["A #34;demo#34;"])
  n1{{"pick<br/>if inputs.hosts | length #62; 1"}}
  start --> n1
  n2["end<br/>shell"]
  n1 -->|"true"| n2
  n3["try<br/>shell"]
  n2 --> n3
  n1 -->|"false"| n3
  n4{{"loop<br/>while steps.try.output.exit_code != 0, at most 2 rounds"}}
  n3 --> n4
  n4 -->|"again"| n3
  subgraph n5["each: each item of inputs.hosts"]
    n6["one<br/>shell"]
  end
  n4 -->|"done"| n5
  n7{"ask<br/>Go on?"}
  n5 --> n7
  n7x(["aborted"])
  n7 -->|"reject"| n7x
  done(["done"])
  n7 -->|"approve"| done
"""


def test_the_schema_of_workflow_files_is_printed(treadle) -> None:
    assert schemas.load("workflow") == treadle("schema").data


def test_the_schema_of_files_of_tests_is_printed(treadle) -> None:
    assert schemas.load("test") == treadle("schema", "--test").data
    assert 2 == treadle("schema", "--test", "--overlay").code


def test_the_schema_of_a_workflow_describes_its_inputs(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    schema = treadle("schema", "flow.yml").data
    assert ["hosts", "key"] == list(schema["properties"])
    assert schema["properties"]["key"]["writeOnly"] is True


def test_a_graph_has_branches_back_edges_and_subgraphs(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    ended = treadle("graph", "flow.yml")
    assert (0, GRAPH) == (ended.code, ended.out)


def test_the_end_of_a_run_is_a_subgraph_behind_everything(treadle, write: Write) -> None:
    flow = """
workflow: {id: demo, name: Demo}
steps:
  - {id: build, type: shell, run: make}
finally:
  - {id: clean, type: shell, run: make clean}
  - {id: tell, type: prompt, prompt: Say it, integration: claude}
"""
    write("flow.yml", flow)
    assert (
        """\
flowchart TD
  start(["Demo"])
  n1["build<br/>shell"]
  start --> n1
  done(["done"])
  n1 --> done
  subgraph closing["finally"]
    n2["clean<br/>shell"]
    n3("tell<br/>prompt")
    n2 --> n3
  end
  done -.-> closing
"""
        == treadle("graph", "flow.yml").out
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_every_diagnostic_is_explained(treadle, entry) -> None:
    ended = treadle("explain", entry.code)
    assert 0 == ended.code
    assert ended.out.startswith(f"{entry.code} {entry.name}\n")
    assert "\0" not in ended.out


def test_a_diagnostic_is_found_in_any_case_and_by_its_name(treadle) -> None:
    page = treadle("explain", "TR303").out
    assert (page, page) == (
        treadle("explain", "tr303").out,
        treadle("explain", "unknown-step").out,
    )


def test_an_unknown_diagnostic_is_wrong_usage_with_a_suggestion(treadle) -> None:
    ended = treadle("explain", "unknown-stpe")
    assert (2, "") == (ended.code, ended.out)
    assert "did you mean 'unknown-step'?" in ended.err


def test_a_new_workflow_has_no_findings_and_its_one_form_and_runs(treadle, project: Path) -> None:
    assert 0 == treadle("new", "My Flow").code
    assert (0, "") == ((ended := treadle("validate", "My Flow.yml")).code, ended.out)
    assert (0, "") == ((ended := treadle("fmt", "--check", "My Flow.yml")).code, ended.out)
    ended = treadle("run", "My Flow.yml", "--json")
    assert ("my-flow", "paused") == (ended.data["workflow_id"], ended.data["status"])
    ended = treadle("resume", "@latest", "--choice", "approve", "--json")
    assert {"greeting": "hello world"} == ended.data["outputs"]


def test_a_new_workflow_is_told_in_words_for_a_shell(treadle, project: Path) -> None:
    ended = treadle("new", "a b")
    assert "wrote a b.yml; try: treadle plan 'a b.yml'; treadle run 'a b.yml'\n" == ended.err
    assert [2, 2] == [treadle("new", name).code for name in ("", "x/")]
    assert ["a b.yml"] == [path.name for path in project.iterdir()]


@pytest.mark.parametrize("verb", ["plan", "run", "graph"])
def test_a_folder_is_told_to_be_one(treadle, project: Path, verb: str) -> None:
    (project / "dir.yml").mkdir()
    assert "TR101: cannot read 'dir.yml': it is a folder\n" in treadle(verb, "dir.yml").err


@pytest.mark.parametrize("words", ["add", "step add", "add --dev", "import"])
def test_a_pipe_at_the_place_of_a_file_is_not_waited_for(treadle, words: str) -> None:
    os.mkfifo("pipe.yml")
    ended = treadle(*words.split(), "pipe.yml")
    assert (2, True) == (ended.code, "it is not a plain file" in ended.err)


def test_a_new_workflow_never_replaces_a_file(treadle, write: Write) -> None:
    path = write("a.yml", "mine\n")
    ended = treadle("new", "a")
    assert (2, "mine\n") == (ended.code, path.read_text(encoding="utf-8"))
    assert "error TR908: cannot write 'a.yml': it exists already" in ended.err
    assert treadle("new", "-").out.startswith("# A first workflow.")


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_told(treadle, option: str) -> None:
    assert f"treadle {version('treadle')}\n" == treadle(option).out
    assert f"treadle {version('treadle')}\n" == treadle("-q", option).out


@pytest.mark.parametrize("arguments", [("run",), ("valdate",), ("status", "--nope"), ()])
def test_wrong_usage_exits_with_two(treadle, arguments: tuple[str, ...]) -> None:
    ended = treadle(*arguments)
    assert 2 == ended.code
    assert "Usage: treadle" in ended.err + ended.out


@pytest.mark.parametrize(
    "line",
    [
        "plan flow.yml --needs -o new.json",
        "plan flow.yml --diff flow.yml -o new.json",
        "plan flow.yml --diff flow.yml --needs",
        "plan flow.yml --diff flow.yml -i nothing=1",
        "plan flow.yml --detailed-exitcode",
        "run flow.yml --dry-run --answers missing.yml",
        "run flow.yml --dry-run --no-prompt",
        "resume r1 --comment why",
    ],
)
def test_options_that_would_do_nothing_are_wrong_usage(treadle, write: Write, line: str) -> None:
    write("flow.yml", FLOW)
    treadle("run", "flow.yml", "--run-id", "r1")
    ended = treadle(*line.split())
    assert (2, "") == (ended.code, ended.out)
    assert "Error: Invalid value for " in ended.err


@pytest.mark.parametrize("words", ["run flow.yml", "fork r1 --from pick", "import r1.run.zip"])
def test_an_id_that_is_empty_is_no_id(treadle, write: Write, words: str) -> None:
    write("flow.yml", FLOW)
    treadle("run", "flow.yml", "--run-id", "r1")
    treadle("export", "r1")
    ended = treadle(*words.split(), "--run-id", "")
    assert (2, "") == (ended.code, ended.out)
    assert "error TR907: '' is not a run id\n" in ended.err


def test_help_lists_every_verb(treadle) -> None:
    out = treadle("--help").out
    for verb in ("validate", "plan", "run", "resume", "status", "logs", "schema", "graph"):
        assert f"\n  {verb} " in out
