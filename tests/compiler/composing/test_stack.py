"""Workflows with overlays: every finding is told in the file, line and column that it is about."""

from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.reading.layers import OverlayFile
from treadle.plan.plan import Place
from treadle.plan.plan_file import parse_plan, plan_bytes

BASE = """workflow: {id: build, name: Build}
steps:
  - id: compile
    type: shell
    run: make
  - id: lint
    type: shell
    run: make lint
  - id: test
    type: shell
    run: echo {{ steps.lint.output.stdout | shquote }}
"""
STRICT = """# Strict
id: strict
extends: build
edits:
  - insert_after: lint
    step:
      id: audit
      type: shell
      run: |
        echo {{ steps.compile.output.stdout | shquote }}
        echo {{ steps.lnit.output.stdout | shquote }}
"""

Found = tuple[str, str | None, int, int]


def compiled(*overlays: str, base: str = BASE, lenient: bool = False) -> Compilation:
    files = [
        OverlayFile(path=f"o{number}.yml", source=text.encode())
        for number, text in enumerate(overlays)
    ]
    return compile_bytes(base.encode(), path="flow.yml", lenient=lenient, overlays=files)


def places(compilation: Compilation) -> list[Found]:
    return [(d.code, d.path, d.span.line, d.span.column) for d in compilation.diagnostics]


def test_a_mistake_in_an_overlay_stands_in_its_file() -> None:
    assert [("TR303", "o0.yml", 11, 23)] == places(compiled(STRICT))


def test_the_fix_of_such_a_mistake_is_about_its_file() -> None:
    (found,) = compiled(STRICT).diagnostics
    assert found.fix is not None
    assert [(11, 23, "lint")] == [
        (edit.span.line, edit.span.column, edit.text) for edit in found.fix.edits
    ]


def test_each_file_has_its_own_text_and_findings() -> None:
    files = compiled(STRICT, STRICT.replace("id: strict", "id: other\nextnds: x")).files
    assert [("flow.yml", None), ("o0.yml", "strict"), ("o1.yml", "other")] == [
        (file.path, file.layer) for file in files
    ]
    assert [BASE, STRICT] == [file.text for file in files[:2]]
    assert [[], ["TR303"], ["TR202", "TR301", "TR303"]] == [
        [found.code for found in file.diagnostics] for file in files
    ]


def test_a_removed_step_that_is_read_is_told_with_what_removes_it() -> None:
    done = compiled("id: o\nextends: build\nedits: [{remove: lint}]\n")
    (found,) = done.diagnostics
    assert ("TR303", None, 11, 24) == places(done)[0]
    assert found.fix is None
    assert [("o0.yml", 3, 18, "overlay 'o' removes 'lint'")] == [
        (each.path, each.span.line, each.span.column, each.message) for each in found.related
    ]


def test_an_inserted_id_that_exists_is_told_in_the_overlay_even_when_it_comes_first() -> None:
    overlay = """id: o
extends: build
edits:
  - insert_before: compile
    step: {id: test, type: shell, run: x}
"""
    done = compiled(overlay)
    (found,) = done.errors
    assert ("TR301", "o0.yml", 5) == (found.code, found.path, found.span.line)
    assert [("flow.yml", 9)] == [(each.path, each.span.line) for each in found.related]


def test_a_file_that_is_not_yaml_is_told_in_its_own_lines() -> None:
    done = compiled(STRICT, "id: o\nedits: [\n")
    assert ["TR103"] == [found.code for found in done.errors if found.path == "o1.yml"]
    assert [3] == [found.span.line for found in done.errors if found.path == "o1.yml"]
    assert done.plan is None


def test_a_disabled_overlay_may_be_wrong_in_every_other_way() -> None:
    done = compiled("id: O!\nenabled: false\nedits: nothing\n")
    assert ((), 3) == (done.errors, len(done.plan.steps) if done.plan else 0)


def test_a_disabled_overlay_is_applied_when_somebody_insists() -> None:
    overlay = b"id: o\nextends: build\nenabled: false\nedits: [{remove: test}]\n"
    forced = OverlayFile(path="o.yml", source=overlay, is_forced=True)
    done = compile_bytes(BASE.encode(), path="flow.yml", overlays=[forced])
    assert {"test": "overlay 'o' removes 'test'"} == done.removed


def test_an_unknown_key_has_a_fix_and_is_a_warning_in_lenient_mode() -> None:
    overlay = "id: o\nextends: build\nprority: 5\nedits: [{remove: test}]\n"
    (found,) = compiled(overlay, lenient=True).diagnostics
    assert ("TR202", "warning", "did you mean 'priority'?", "o0.yml") == (
        found.code,
        found.severity.value,
        found.hint,
        found.path,
    )
    assert found.fix is not None and found.fix.is_safe


def test_the_source_map_of_a_plan_says_which_overlay_brings_a_step() -> None:
    done = compiled(STRICT.replace("lnit", "lint"))
    assert done.plan is not None
    assert Place(line=7, column=11, layer="strict") == done.plan.source_map["/audit"]
    assert Place(line=9, column=9) == done.plan.source_map["/test"]
    assert done.plan == parse_plan(plan_bytes(done.plan))


def test_overlays_without_effect_leave_the_plan_as_it_is() -> None:
    alone = compiled().plan
    beside = compiled("id: o\nextends: build\nenabled: false\nedits: [{remove: test}]\n").plan
    assert alone is not None and beside is not None
    assert (alone.digest, alone.source_map) == (beside.digest, beside.source_map)


def test_two_scripts_at_the_same_place_of_two_files_are_two_scripts() -> None:
    step = "steps:\n  - {id: a, type: shell, run: 'echo {{ inputs.x }}'}\n"
    base = f"workflow: {{id: build, name: B}}\n{step}"
    overlay = """id: o
extends: build
edits: [{insert_after: a,
  step: {id: b, type: shell, run: 'echo {{ inputs.y }}'}}]
"""
    messages = [found.message for found in compiled(overlay, base=base).errors]
    assert ["no input is called 'x'", "no input is called 'y'"] == messages


LINES = st.sampled_from(
    ["id: o", "extends: build", "edits:", "  - remove: lint", "  - {replace: test, step: {}}",
     "  - insert_after: nope", "    step: {id: test}", "enabled: false", "priority: [1]", "&a *a",
     "  - {operation: [], anchor: 1}", "\u2028", "step: 5\r", "  - 7", "edits: {a: b}"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(LINES, max_size=8), min_size=1, max_size=3))
def test_no_overlay_makes_the_compiler_raise_or_point_outside_its_files(
    overlays: list[list[str]],
) -> None:
    done = compiled(*("\n".join(lines) for lines in overlays))
    for file in done.files:
        lines = file.text.replace("\r", "\n").count("\n") + 1
        assert [] == [d for d in file.diagnostics if not 1 <= d.span.line <= lines + 1]
