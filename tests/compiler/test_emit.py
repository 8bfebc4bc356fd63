"""Plans: the same for the same source, and as telling as they must be."""

from pathlib import Path

import pytest

from treadle.compiler import compile_file, compile_text
from treadle.plan.canonical import canonical
from treadle.plan.codec import to_json
from treadle.plan.plan import Place, Plan

GOOD = sorted((Path(__file__).parents[1] / "cases" / "good").glob("*.yml"))
SOURCE = """\
workflow: {id: probe, name: Probe}
steps:
  - id: maybe
    type: if
    condition: true
    then:
      - {id: build, type: shell, run: make}
      - {id: test, type: shell, run: make test}
"""


def plan_of(text: str) -> Plan:
    plan = compile_text(text).plan
    assert plan is not None
    return plan


def test_the_source_map_holds_the_place_of_every_id() -> None:
    expected = {
        "/maybe": Place(line=3, column=9),
        "/maybe/then/build": Place(line=7, column=14),
        "/maybe/then/test": Place(line=8, column=14),
    }
    assert expected == plan_of(SOURCE).source_map


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.stem)
def test_a_good_case_has_the_same_plan_in_both_modes_and_nothing_to_say(case) -> None:
    strict, lenient = compile_file(case), compile_file(case, lenient=True)
    assert () == strict.diagnostics
    assert strict.plan is not None and lenient.plan is not None
    assert canonical(to_json(strict.plan)) == canonical(to_json(lenient.plan))


def test_the_path_of_the_file_is_not_in_the_plan() -> None:
    one, two = compile_text(SOURCE, path="/a/one.yml"), compile_text(SOURCE, path="two.yml")
    assert one.plan == two.plan


def test_the_digest_of_a_step_leaves_out_the_steps_inside_it() -> None:
    before, after = plan_of(SOURCE), plan_of(SOURCE.replace("make test", "make check"))
    changed = [
        path
        for path in before.step_digests
        if before.step_digests[path] != after.step_digests[path]
    ]
    assert ["/maybe/then/test"] == changed
    assert before.digest != after.digest


def test_labels_and_places_leave_every_digest_alone() -> None:
    labelled = SOURCE.replace("id: maybe", "id: maybe\n    name: Perhaps").replace(
        "name: Probe", "description: x, name: P"
    )
    before, after = plan_of(SOURCE), plan_of(f"# moved\n{labelled}")
    assert (before.step_digests, before.digest) == (after.step_digests, after.digest)
    assert before.source_map != after.source_map


def test_the_order_of_the_steps_is_part_of_the_digest() -> None:
    lines = SOURCE.splitlines()
    swapped = "\n".join([*lines[:-2], lines[-1], lines[-2]])
    assert plan_of(SOURCE).digest != plan_of(swapped).digest
