"""Overlays on a workflow: the composed steps are those that Spec Kit composes."""

import json
from pathlib import Path
from typing import Any

import pytest

from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.composing.merge import placed_steps, step_id
from treadle.compiler.reading.layers import OverlayFile, part_of
from treadle.compiler.reading.nodes import Mapping, plain

DATA = Path(__file__).parent.parent.parent / "data" / "spec-kit-overlays.json"
RECORDED = json.loads(DATA.read_text(encoding="utf-8"))

HEAD = "workflow: {id: build, name: Build}\n"


def composed(steps: str, *overlays: str) -> Compilation:
    files = [
        OverlayFile(path=f"{number}.yml", source=f"extends: build\n{text}".encode())
        for number, text in enumerate(overlays)
    ]
    source = f"{HEAD}steps:\n{steps}".encode()
    return compile_bytes(source, path="flow.yml", lenient=True, overlays=files)


def outline(steps: Any) -> list[Any]:
    """Return the ids of steps, each with what stands inside it as the recorded data has it."""
    found: list[Any] = []
    for step in steps:
        inner = {
            key: outline(step[key])
            for key in ("then", "else", "steps", "default")
            if isinstance(step.get(key), list)
        }
        cases = step.get("cases") or {}
        inner |= {f"case {key}": outline(inside) for key, inside in cases.items()}
        found.append([step["id"], inner] if inner else step["id"])
    return found


def steps_of(compilation: Compilation) -> list[Any]:
    assert compilation.document is not None
    assert isinstance(compilation.document.root, Mapping)
    steps = compilation.document.root.get("steps")
    assert steps is not None
    return outline(plain(steps))


def codes(compilation: Compilation) -> list[str]:
    return [found.code for found in compilation.diagnostics]


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_a_random_stack_is_composed_as_spec_kit_composes_it(number: int) -> None:
    row = RECORDED[number]
    workflow = {"workflow": {"id": "build", "name": "Build"}, "steps": row["steps"]}
    files = [
        OverlayFile(path=f"{number}.yml", source=json.dumps(overlay).encode())
        for number, overlay in enumerate(row["overlays"])
    ]
    done = compile_bytes(json.dumps(workflow).encode(), path="f", lenient=True, overlays=files)
    if row["composed"] is None:
        assert () != done.errors
        assert steps_of(done) == outline(row["steps"])
        return
    assert row["composed"] == steps_of(done)
    document = done.document
    assert document is not None and isinstance(document.root, Mapping)
    whose = []
    for placed in placed_steps(document.root):
        part = part_of(document, placed.step.span)
        layer = part.layer if part is not None else None
        whose.append([step_id(placed.step), f"project:{layer}" if layer else "base"])
    # Of an id that is used twice, Spec Kit tells the last one's layer twice.
    if len({step for step, _ in whose}) == len(whose):
        assert sorted(row["attribution"]) == sorted(whose)


SHELL = "- {id: a, type: shell, run: x}\n- {id: b, type: shell, run: x}\n"


def new(step: str) -> str:
    return f"step: {{id: {step}, type: shell, run: x}}"


def test_the_overlay_that_wins_stands_nearest_to_the_step() -> None:
    one = f"id: one\npriority: 1\nedits:\n- insert_after: a\n  {new('near')}\n"
    two = f"id: two\nedits:\n- insert_after: a\n  {new('far')}\n- insert_before: b\n  {new('c')}\n"
    assert ["a", "near", "far", "c", "b"] == steps_of(composed(SHELL, two, one))


def test_of_equal_priorities_the_last_id_wins() -> None:
    x = f"id: x\nedits:\n- replace: a\n  {new('from-x')}\n"
    y = f"id: y\nedits:\n- replace: a\n  {new('from-y')}\n"
    done = composed(SHELL, y, x)
    assert ["from-y", "b"] == steps_of(done)
    assert ["TR132"] == codes(done)


def test_both_spellings_of_an_edit_do_the_same() -> None:
    short = f"id: o\nedits:\n- replace: a\n  {new('c')}\n"
    long = f"id: o\nedits:\n- {{operation: replace, anchor: a, {new('c')}}}\n"
    assert ["c", "b"] == steps_of(composed(SHELL, short)) == steps_of(composed(SHELL, long))


def test_a_slot_is_filled() -> None:
    slot = "- {id: checks, type: slot, name: extra-checks}\n"
    done = composed(slot, f"id: o\nedits:\n- replace: checks\n  {new('checks')}\n")
    assert (["checks"], []) == (steps_of(done), codes(done))


def test_the_name_of_a_slot_is_no_anchor_and_told_apart() -> None:
    slot = "- {id: checks, type: slot, name: extra-checks}\n"
    done = composed(slot, f"id: o\nedits:\n- replace: extra-checks\n  {new('c')}\n")
    (found,) = done.errors
    assert ("TR130", "'extra-checks' is the name of a slot, whose id is 'checks'") == (
        found.code,
        found.hint,
    )


def test_the_step_that_a_fan_out_repeats_is_no_anchor() -> None:
    fan_out = "- {id: f, type: fan-out, items: [1], step: {id: each, type: shell, run: x}}\n"
    done = composed(fan_out, "id: o\nedits:\n- remove: each\n")
    (found,) = done.errors
    assert "a fan-out repeats this step: replace the fan-out as a whole" == found.hint
    assert [("flow.yml", 3)] == [(each.path, each.span.line) for each in found.related]


def test_what_another_overlay_brings_is_no_anchor() -> None:
    one = f"id: one\nedits:\n- insert_after: a\n  {new('mine')}\n"
    two = "id: two\nedits:\n- remove: mine\n"
    (found,) = composed(SHELL, one, two).errors
    hint = "another overlay brings 'mine'; an anchor is a step of the workflow itself"
    assert ("TR130", hint, "1.yml") == (found.code, found.hint, found.path)


def test_steps_under_finally_are_anchors_too() -> None:
    done = composed(
        f"{SHELL}finally:\n- {{id: z, type: shell, run: x}}\n", "id: o\nedits:\n- remove: z\n"
    )
    assert {"z": "overlay 'o' removes 'z'"} == done.removed
    assert done.plan is not None
    assert () == done.plan.closing


def test_a_step_that_comes_to_nothing_is_checked_all_the_same() -> None:
    one = "id: one\npriority: 1\nedits:\n- remove: a\n"
    two = "id: two\nedits:\n- replace: a\n  step: {id: c, type: shel, run: x}\n"
    assert ["TR206", "TR132"] == sorted(codes(composed(SHELL, one, two)), reverse=True)
