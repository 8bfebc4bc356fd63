"""`treadle test`: files of tests, what comes of them, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas

Write = Callable[[str, str], Path]

FLOW = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs:
  count: {type: integer, default: 3, maximum: 9}
outputs:
  built: {value: "{{ steps.build.output.stdout }}"}
steps:
  - {id: build, type: shell, run: "make -j {{ inputs.count }}"}
  - id: loop
    type: do-while
    condition: "{{ steps.child.output.exit_code != 0 }}"
    max_iterations: 3
    steps: [{id: child, type: shell, run: x, continue_on_error: true}]
  - id: fan
    type: fan-out
    items: [a, b]
    step: {id: item, type: shell, run: "echo {{ item }}"}
  - {id: ask, type: gate, message: "Ship?", on_reject: retry}
  - {id: ship, type: shell, run: x, if: "{{ inputs.count > 1 }}"}
"""
PATH = "[build, child, 'fan:item:0', 'fan:item:1', ask, ship]"
SCHEMA = {**schemas.load("outcome"), "anyOf": [{"$ref": "#/$defs/tests"}]}


@pytest.fixture
def tested(treadle, write: Write):
    """Return a function from one test, without its name, to what came of it."""

    def call(body: str, *options: str, flow: str = FLOW):
        write("flow.yml", flow)
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        write("flow.test.yml", f"tests:\n  - name: it works\n{lines}")
        return treadle("test", "flow.yml", *options)

    return call


def problems(ended) -> list[str]:
    """Return what the report for people says below the test, without the places."""
    lines = ended.out.split("\n\n")[0].splitlines()
    return [line.strip().removeprefix("line 2: ") for line in lines[2:]]


@pytest.mark.parametrize(
    "body",
    [
        "gates: {ask: approve}",
        "gates: {ask: APPROVE}",
        "gates: {/ask: approve}",
        f"gates: {{ask: approve}}\nexpect: {{path: {PATH}}}",
        "gates: {ask: [reject, approve]}",
        "gates: {ask: reject}\nexpect: {status: paused, steps: {ask: {status: paused}}}",
        "expect: {status: paused, path: [build, child, 'fan:item:0', 'fan:item:1', ask]}",
        "gates: {ask: approve}\nsteps: {build: built}\nexpect: {outputs: {built: built}}",
        "gates: {ask: approve}\nexpect: {steps: {build: {text: make -j 3}}}",
        "inputs: {count: 1}\ngates: {ask: approve}\nexpect: {steps: {ship: {status: skipped}}}",
        "inputs: {count: 10}\nexpect: {status: refused, error: at most 9}",
        "steps: {build: {error: no disk}}\nexpect: {status: failed, error: disk}",
        "steps: {build: {output: {exit_code: 2}}}\nexpect: {status: failed, error: code 2}",
        "steps: {'fan:item:1': {error: full}}\nexpect: {status: failed, path: "
        "[build, child, 'fan:item:0', 'fan:item:1']}",
        "steps: {/fan/item: hello}\nexpect: {status: paused, steps: "
        "{'fan:item:1': {output: {stdout: hello}, text: echo b}}}",
        "steps: {/fan/i0/item: hello}\nexpect: {status: paused, steps: "
        "{'fan:item:0': {output: {stdout: hello}}, 'fan:item:1': {output: {stdout: ''}}}}",
    ],
)
def test_a_test_passes_when_all_is_as_expected(tested, body: str) -> None:
    ended = tested(body)
    assert (0, []) == (ended.code, problems(ended))
    assert "1 of 1 tests passed\n" == ended.err


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("expect: {status: completed}", ["the run is paused at 'ask', not completed"]),
        (
            "steps: {build: {error: no disk}}",
            ["the run is failed, not completed: no disk"],
        ),
        (
            "steps: {build: {error: no disk}}\nexpect: {status: failed, error: network}",
            ["the error is 'no disk', without 'network'"],
        ),
        (
            "expect: {status: paused, path: [build, ship]}",
            [
                "after 'build' comes 'child', not 'ship'; "
                "the path is build, child, fan:item:0, fan:item:1, ask"
            ],
        ),
        (
            "gates: {ask: approve}\nsteps: {build: b}\nexpect: {outputs: {built: c}}",
            ["output 'built' is 'b', not 'c'"],
        ),
        (
            "expect: {status: paused, steps: {build: {status: failed, error: x}}}",
            [
                "step 'build' is completed, not failed",
                "the error of step 'build' is null, without 'x'",
            ],
        ),
        (
            "expect: {status: paused, steps: {build: {text: make, output: {exit_code: 1}}}}",
            [
                "step 'build' acts on 'make -j 3', not 'make'",
                "'exit_code' of step 'build' is 0, not 1",
            ],
        ),
        (
            "expect: {status: paused, steps: {build: {output: {exit_code: false}}}}",
            ["'exit_code' of step 'build' is 0, not false"],
        ),
        ("expect: {status: paused, steps: {ship: {}}}", ["step 'ship' did not come to run"]),
        (
            "inputs: {count: 10}",
            ["the inputs are refused: input 'count' must be at most 9, not 10"],
        ),
        (
            "inputs: {count: 10}\nexpect: {status: refused, error: odd}",
            ["the refusal is 'input 'count' must be at most 9, not 10', without 'odd'"],
        ),
        ("expect: {status: refused}", ["the run is paused at 'ask', not refused"]),
    ],
)
def test_a_test_fails_with_each_thing_that_is_not_as_expected(
    tested, body: str, expected: list[str]
) -> None:
    ended = tested(body)
    assert (1, expected) == (ended.code, problems(ended))
    assert "0 of 1 tests passed\n" == ended.err


def test_a_list_of_results_is_one_an_execution(tested) -> None:
    ended = tested(
        """
steps: {child: [{error: once}, {output: {exit_code: 4}}, good]}
expect:
  status: paused
  steps:
    /loop/r1/child: {status: failed, error: once, output: {exit_code: 1}}
    'loop:child:1': {status: failed, output: {exit_code: 4}}
    'loop:child:2': {status: completed, output: {stdout: good}}
"""
    )
    assert (0, []) == (ended.code, problems(ended))


def test_an_exact_name_goes_before_the_id(tested) -> None:
    ended = tested(
        """
steps: {child: {error: always}, 'loop:child:1': second}
expect:
  status: paused
  steps: {'loop:child:1': {status: completed, output: {stdout: second}}}
  path: [build, child, 'loop:child:1', 'fan:item:0', 'fan:item:1', ask]
"""
    )
    assert (0, []) == (ended.code, problems(ended))


ASKING = """
workflow: {id: asking, name: Asking, version: "1.0.0"}
steps:
  - id: loop
    type: do-while
    condition: "{{ steps.ask.output.choice != 'done' }}"
    max_iterations: 4
    steps: [{id: ask, type: gate, message: "More?", options: [more, done], on_reject: skip}]
"""


@pytest.mark.parametrize(
    ("answers", "status", "rounds"),
    [
        ("more", "completed", 4),
        ("[more, more, done]", "completed", 3),
        ("[more, more]", "paused", 3),
    ],
)
def test_one_answer_serves_every_round_and_a_list_is_answered_in_turns(
    tested, answers: str, status: str, rounds: int
) -> None:
    path = ["ask", *(f"loop:ask:{number}" for number in range(1, rounds))]
    ended = tested(
        f"gates: {{ask: {answers}}}\nexpect: {{status: {status}, path: {path}}}", flow=ASKING
    )
    assert (0, []) == (ended.code, problems(ended))


CALL = """
workflow: {id: caller, name: Caller, version: "1.0.0"}
steps:
  - {id: call, type: workflow, path: ./flow.yml}
"""


def test_steps_and_gates_of_a_called_workflow_have_names(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("caller.yml", CALL)
    write(
        "caller.test.yml",
        """
tests:
  - name: through
    steps: {build: b, call/ship: s}
    gates: {call/ask: approve}
    expect: {steps: {call/build: {output: {stdout: b}}, call/ship: {output: {stdout: s}}}}
""",
    )
    ended = treadle("test", "caller.yml")
    assert (0, "1 of 1 tests passed\n") == (ended.code, ended.err)
    assert "caller.yml  1 of 1 steps\n" in ended.out


def test_data_that_breaks_its_promise_fails_the_step(tested) -> None:
    flow = FLOW.replace(
        'run: "make',
        'output_format: json, output_schema: {type: object, required: [a]}, run: "make',
    )
    ended = tested("steps: {build: '{}'}\nexpect: {status: failed, error: TR806}", flow=flow)
    assert (0, []) == (ended.code, problems(ended))
    ended = tested("steps: {build: oops}\nexpect: {status: failed, error: TR805}", flow=flow)
    assert (0, []) == (ended.code, problems(ended))


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("expects: {}", "TR651", "'tests[0]' has no key 'expects'"),
        ("steps: {build: {exit_code: 1}}", "TR651", "it is a member of the output"),
        ("steps: {build: []}", "TR651", "at least 1"),
        ("inputs: {cuont: 1}", "TR652", "did you mean 'count'?"),
        ("steps: {biuld: x}", "TR652", "did you mean 'build'?"),
        ("steps: {'lop:child:2': x}", "TR652", "no step is called 'lop:child:2'"),
        ("steps: {/loop/children: x}", "TR652", "no step is called '/loop/children'"),
        ("gates: {build: approve}", "TR652", "no gate is called 'build'"),
        ("gates: {ask: aprove}", "TR652", "did you mean 'approve'?"),
        ("expect: {path: [shop]}", "TR652", "did you mean 'ship'?"),
        ("expect: {steps: {'fan:itme:0': {}}}", "TR652", "no step is called 'fan:itme:0'"),
        ("expect: {outputs: {build: 1}}", "TR652", "did you mean 'built'?"),
        ("steps: {loop: x}", "TR653", "'loop' does not act"),
        ("steps: {build: {output: {exit_code: one}}}", "TR653", "must be a whole number"),
    ],
)
def test_what_does_not_fit_the_workflow_is_told_before_anything_is_rehearsed(
    tested, body: str, code: str, words: str
) -> None:
    ended = tested(body)
    assert (1, "1 file cannot be used\n") == (ended.code, ended.err)
    assert f"flow.test.yml:3:{ended.out.split(':')[2]}: error {code}: " in ended.out
    assert words in ended.out


def test_words_that_spec_kit_reads_otherwise_are_the_text_that_they_are(tested) -> None:
    flow = FLOW.replace('"Ship?", on_reject: retry', '"Ship?", on_reject: skip, options: [yes, no]')
    ended = tested("gates: {ask: yes}", flow=flow)
    assert (0, False) == (ended.code, "flow.test.yml:" in ended.out + ended.err)


def test_two_tests_of_one_name_are_refused(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("flow.test.yml", "tests: [{name: a}, {name: a}]\n")
    assert "TR651: 'a' is the name of two tests" in treadle("test").out


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "TR109"),
        (b"\xff", "TR102"),
        (b"tests:\n\t- name: a\n", "TR103"),
        (b"- a\n", "TR110"),
        (b"[" * 5000, "TR105"),
    ],
)
def test_a_file_that_is_no_file_of_tests_is_a_finding(
    treadle, write: Write, source: bytes, code: str
) -> None:
    write("flow.yml", FLOW)
    write("flow.test.yml", "").write_bytes(source)
    ended = treadle("test", "flow.yml", "--json")
    assert (1, 1) == (ended.code, ended.data["failed"])
    assert code in ended.data["files"][0]["problems"][0]
    Draft202012Validator(SCHEMA).validate(ended.data)


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (None, "error TR101: cannot read './flow.yml': no such file or directory"),
        ("steps: [", "error TR103"),
        ("workflow: {id: flow, name: Flow}\nsteps: [{id: a, type: shel}]", "error TR206"),
    ],
)
def test_a_workflow_without_a_plan_fails_its_file(
    treadle, write: Write, flow: str | None, words: str
) -> None:
    if flow is not None:
        write("flow.yml", flow)
    write("flow.test.yml", "tests: [{name: a}]\n")
    ended = treadle("test", "flow.test.yml")
    assert (1, "flow.test.yml\n  ✗ 'flow.yml' gives no plan\n") == (ended.code, ended.out)
    assert words in ended.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nothing.yml"], "TR101: cannot read 'nothing.yml': no such file or directory"),
        (["flow.yml"], "TR101: cannot read 'flow.yml': it has no tests"),
        (["."], "TR101: cannot read '.': it has no tests"),
        (["other.test.yml", "--junit-xml", "no/x.xml"], "TR908: cannot write 'no/x.xml'"),
        (["other.test.yml", "-k", "zzz"], "no test has 'zzz' in its name"),
        (["other.test.yml", "--fail-under", "101"], "--fail-under"),
    ],
)
def test_what_cannot_be_done_is_refused(
    treadle, write: Write, words: list[str], reason: str
) -> None:
    write("flow.yml", FLOW)
    if words[0].startswith("other"):
        write("other.test.yml", "workflow: flow.yml\ntests: [{name: a}]\n")
    ended = treadle("test", *words)
    assert 2 == ended.code
    assert reason in ended.err


def test_a_folder_is_searched_for_files_of_tests_and_not_those_of_other_tools(
    treadle, write: Write
) -> None:
    for folder in ("one", "two"):
        write(f"{folder}/flow.yml", FLOW)
        write(f"{folder}/flow.test.yml", "tests: [{name: a, expect: {status: paused}}]\n")
    write("one/flow.more.test.yaml", "tests: [{name: b, expect: {status: paused}}]\n")
    write("docker-compose.test.yml", "services: {}\n")
    ended = treadle("test", "--json")
    found = {file["path"]: file["workflow"] for file in ended.data["files"]}
    assert {
        "one/flow.more.test.yaml": "one/flow.yml",
        "one/flow.test.yml": "one/flow.yml",
        "two/flow.test.yml": "two/flow.yml",
    } == found
    assert (0, 3, 2) == (ended.code, ended.data["passed"], len(ended.data["coverage"]))


def test_a_file_belongs_to_the_workflow_with_the_longest_name(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("flow[1].yml", FLOW)
    write("flow.slow.yml", FLOW)
    test = "tests: [{name: a, expect: {status: paused}}]\n"
    for name in ("flow.test.yml", "flow[1].test.yml", "flow.slow.test.yml"):
        write(name, test)
    for name in ("flow", "flow[1]", "flow.slow"):
        (file,) = treadle("test", f"{name}.yml", "--json").data["files"]
        assert f"{name}.test.yml" == file["path"]


TWO = """
tests:
  - name: it waits
    expect: {status: paused}
  - name: it ships
"""


def test_the_json_fits_its_schema(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("flow.test.yml", TWO)
    ended = treadle("test", "--json")
    Draft202012Validator(SCHEMA).validate(ended.data)
    assert (1, "", 1, 1) == (ended.code, ended.err, ended.data["passed"], ended.data["failed"])
    waits, ships = ended.data["files"][0]["tests"]
    assert {"name": "it waits", "line": 3, "status": "paused", "problems": []} == waits
    assert ["the run is paused at 'ask', not completed"] == ships["problems"]


def test_junit_has_a_case_a_test(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("flow.test.yml", TWO)
    write("other.test.yml", "tests: []\n")
    assert 1 == treadle("test", "--junit-xml", "report.xml").code
    one, other = ElementTree.parse("report.xml").getroot()
    assert ("flow.test.yml", "2", "1") == (one.get("name"), one.get("tests"), one.get("failures"))
    waits, ships = one
    assert ("it waits", []) == (waits.get("name"), list(waits))
    assert "the run is paused at 'ask', not completed" == ships[0].get("message")
    assert "the file of tests" == other[0].get("name")


def test_tests_are_chosen_by_their_name(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("flow.test.yml", TWO)
    assert (0, "1 of 1 tests passed\n") == (lambda e: (e.code, e.err))(
        treadle("test", "-k", "wait")
    )


@pytest.mark.parametrize(("least", "code"), [("50", 0), ("100", 1)])
def test_too_little_coverage_fails(tested, least: str, code: int) -> None:
    ended = tested("expect: {status: paused}", "--fail-under", least)
    assert code == ended.code
    assert (code == 1) == ("error: less than 100 % of a workflow is covered" in ended.err)


def test_the_least_coverage_is_a_number(tested) -> None:
    assert 2 == tested("expect: {status: paused}", "--fail-under", "nan").code


def test_leniently_what_spec_kit_accepts_is_tested(tested) -> None:
    flow = FLOW.replace("run: x, if", "run: x, colour: red, if")
    assert 1 == tested("expect: {status: paused}", flow=flow).code
    assert 0 == tested("expect: {status: paused}", "--lenient", flow=flow).code


def test_nothing_is_run_or_written(tested, project: Path) -> None:
    assert 0 == tested("gates: {ask: approve}", flow=FLOW.replace("run: x", "run: touch made")).code
    assert ["flow.test.yml", "flow.yml"] == sorted(path.name for path in project.iterdir())


@pytest.mark.parametrize("verb", [["validate", "."], ["fmt", "--check", "."]])
def test_files_of_tests_are_no_workflows(treadle, write: Write, verb: list[str]) -> None:
    write("flow.test.yml", "{workflow: flow.yml,   tests: [{name: a, steps:   {build: x}}]}\n")
    ended = treadle(*verb)
    assert "flow.test.yml" not in ended.out + ended.err


def test_a_named_workflow_may_stand_in_another_folder(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("tests/a.test.yml", f"workflow: ../flow.yml\n{TWO}")
    write("tests/b.test.yml", f"workflow: ../flow.yml\n{TWO}")
    (covered,) = treadle("test", "--json").data["coverage"]
    assert "flow.yml" == covered["workflow"]
