"""Workflows that are called: compiled once each, found by id or by path, broken or in circles."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from treadle.compiler import Compilation, compile_bytes, compile_file, compile_text
from treadle.compiler.composing.callees import CalleeFile, NotFound
from treadle.plan.codec import from_json, to_json
from treadle.plan.plan_file import parse_plan, plan_bytes
from treadle.plan.steps import WorkflowStep

HEAD = "workflow: {{id: {id}, name: N}}\n"
LEAF = "steps: [{id: a, type: shell, run: ls}]\n"


class Texts:
    """Installed workflows out of texts; counts how often each was read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.read: list[str] = []

    def installed(self, workflow: str) -> CalleeFile | NotFound:
        if workflow not in self._texts:
            return NotFound(known=tuple(self._texts))
        self.read.append(workflow)
        source = (HEAD.format(id=workflow) + self._texts[workflow]).encode()
        return CalleeFile(path=f"{workflow}.yml", key=workflow, source=source)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        return NotFound(reason="there are no files")


def call(*ids: str) -> str:
    steps = (f"{{id: s{n}, type: workflow, workflow: {id}}}" for n, id in enumerate(ids))
    return f"steps: [{', '.join(steps)}]\n"


def compiled(text: str, *, lenient: bool = False, **called: str) -> Compilation:
    source = (HEAD.format(id="top") + text).encode()
    return compile_bytes(source, path="top.yml", lenient=lenient, callees=Texts(called))


def found(compilation: Compilation) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in compilation.diagnostics]


def test_a_plan_with_callees_is_read_back_as_it_was() -> None:
    plan = compiled(call("one", "two"), one=call("two"), two=LEAF).plan
    assert plan is not None
    assert plan == parse_plan(plan_bytes(plan))
    assert plan == from_json(to_json(plan))
    assert {"one", "two"} == {callee.id for callee in plan.callees.values()}


def test_a_change_of_a_callee_changes_the_digest_of_all_its_callers() -> None:
    before = compiled(call("one"), one=call("two"), two=LEAF).plan
    after = compiled(call("one"), one=call("two"), two=LEAF.replace("ls", "ls -l")).plan
    assert before is not None and after is not None
    assert before.digest != after.digest


def test_a_workflow_that_is_called_by_nobody_known_is_left_to_the_run() -> None:
    plan = compile_text(HEAD.format(id="top") + call("other")).plan
    assert plan is not None
    step = plan.steps[0]
    assert isinstance(step, WorkflowStep) and step.callee is None


def test_lenient_mode_leaves_an_unknown_workflow_to_the_run() -> None:
    compilation = compiled(call("othre"), lenient=True, other=LEAF)
    assert [("TR330", "no workflow 'othre' is installed")] == found(compilation)
    assert compilation.plan is not None


def test_a_circle_is_told_with_its_way_at_every_call_that_leads_into_it() -> None:
    compilation = compiled(call("one"), one=call("two"), two=call("one"))
    message = "workflow 'one' would call itself: one → two → one"
    assert [("TR332", message)] == found(compilation)


def test_what_is_deep_enough_from_elsewhere_is_found_when_it_is_known_already() -> None:
    chain = {f"l{n}": call(f"l{n + 1}") for n in range(1, 16)} | {"l16": LEAF}
    assert [] == found(compiled(call("l1"), **chain))
    around = {**chain, "first": call("l1")}
    assert ["TR333"] == [code for code, _ in found(compiled(call("l2", "first"), **around))]


def test_the_errors_of_a_callee_are_told_with_their_file() -> None:
    broken = LEAF.replace("ls", "'{{ inputs.a }} {{ inputs.b }}'")
    compilation = compiled(call("one"), one=broken)
    assert [("TR334", "workflow 'one' has errors, so nothing can call it")] == found(compilation)
    related = compilation.diagnostics[0].related
    assert [("one.yml", 2)] * 2 == [(each.path, each.span.line) for each in related]


def test_a_broken_callee_costs_its_step_only_under_the_rules_of_spec_kit() -> None:
    compilation = compiled(call("one"), lenient=True, one="steps: [")
    assert compilation.plan is not None
    assert [("TR334", "workflow 'one' has errors, so nothing can call it")] == found(compilation)


def test_a_workflow_that_cannot_be_read_is_called_by_its_name() -> None:
    compilation = compiled(call("one"), one="steps: [")
    assert [("TR334", "workflow 'one' has errors, so nothing can call it")] == found(compilation)


def test_outputs_have_the_types_of_their_schemas_or_of_their_expressions() -> None:
    child = "inputs: {n: {type: integer, default: 1}}\noutputs:\n  n: {value: '{{ inputs.n }}'}\n"
    text = call("one").replace("}]", "}, {id: b, type: if, then: [],")
    text += ' condition: "{{ steps.s0.output.%s }}"}]'
    for reads, code in (("n == 'x'", "TR423"), ("n.x", "TR421"), ("m", "TR305")):
        compilation = compiled(text % reads, one=child + LEAF)
        assert [code] == [code for code, _ in found(compilation)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".treadle").mkdir()
    (tmp_path / "flows" / "parts").mkdir(parents=True)
    (tmp_path / "flows" / "parts" / "leaf.yml").write_text(HEAD.format(id="leaf") + LEAF)
    return tmp_path


def calling(project: Path, path: str) -> Compilation:
    top = project / "flows" / "top.yml"
    top.write_text(HEAD.format(id="top") + f"steps: [{{id: s, type: workflow, path: {path}}}]\n")
    return compile_file(top)


@pytest.mark.parametrize("path", ["parts/leaf.yml", "./parts/leaf.yml", "../flows/parts/leaf.yml"])
def test_a_path_begins_in_the_folder_of_the_caller(project: Path, path: str) -> None:
    assert [] == found(calling(project, path))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/leaf.yml", "it must be relative, with '/' between its parts"),
        ("parts\\leaf.yml", "it must be relative, with '/' between its parts"),
        ("../../leaf.yml", "it leads out of the project"),
        ("parts/leaf.txt", "its name must end in .yml or .yaml"),
        ("link/leaf.yml", "a symbolic link leads out of the project"),
    ],
)
def test_a_path_that_leads_anywhere_else_is_refused(
    project: Path, tmp_path_factory: pytest.TempPathFactory, path: str, reason: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "leaf.yml").write_text(HEAD.format(id="leaf") + LEAF)
    (project / "flows" / "link").symlink_to(outside)
    assert [("TR331", f"'{path}' cannot be called: {reason}")] == found(calling(project, path))


def test_the_paths_of_a_callee_begin_in_its_own_folder(project: Path) -> None:
    (project / "flows" / "parts" / "middle.yml").write_text(
        HEAD.format(id="middle") + "steps: [{id: s, type: workflow, path: leaf.yml}]\n"
    )
    assert [] == found(calling(project, "parts/middle.yml"))


def test_a_file_is_the_same_under_all_its_names(project: Path) -> None:
    codes = [code for code, _ in found(calling(project, "../flows/./top.yml"))]
    assert ["TR332"] == codes
