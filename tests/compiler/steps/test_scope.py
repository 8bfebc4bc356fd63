"""Id spaces, generated ids and the order in which steps run."""

from textwrap import dedent

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import Mapping
from treadle.compiler.steps.scope import Names, declare, may_have_run, other_branch

NESTED = """
    steps:
      - {id: before, type: shell, run: ls}
      - id: outer
        type: while
        condition: true
        steps:
          - {id: early, type: shell, run: ls}
          - id: each
            type: fan-out
            items: [a]
            step:
              id: maybe
              type: if
              condition: true
              then: [{id: inside, type: shell, run: ls}]
              else: [{id: instead, type: shell, run: ls}]
          - {id: late, type: shell, run: ls}
      - {id: after, type: shell, run: ls}
    """


def names_of(text: str) -> Names:
    document = load(dedent(text).encode(), path="flow.yml", report=Report())
    assert document is not None and isinstance(document.root, Mapping)
    return declare(document.root)


def step(names: Names, step_id: str):
    return next(d for d in names.declarations if d.id == step_id)


def test_addresses_alternate_ids_and_branches_and_are_escaped() -> None:
    names = names_of("""
        steps:
          - id: a/b~c
            type: switch
            expression: x
            cases: {p/q~r: [{id: one}]}
            default: [{id: two}]
          - {id: fan, type: fan-out, items: [], step: {id: three}}
        """)
    expected = [
        "/a~1b~0c",
        "/a~1b~0c/case:p~1q~0r/one",
        "/a~1b~0c/default/two",
        "/fan",
        "/fan/three",
    ]
    assert expected == [d.path for d in names.declarations]


def test_a_step_without_a_type_is_a_command() -> None:
    assert "command" == step(names_of("steps: [{id: a}]"), "a").kind


@pytest.mark.parametrize(
    ("reader", "name", "is_known"),
    [
        ("inside", "before", True),
        ("inside", "maybe", True),
        ("late", "maybe", False),
        (None, "inside", False),
        (None, "outer:late:1", True),
        (None, "outer:each:1:maybe:0", True),
        (None, "each:maybe:0", True),
        (None, "each:maybe:0:inside:1", False),
        (None, "outer:inside:1", False),
        (None, "outer:late", False),
        (None, "outer:late:1:more", False),
        (None, "outer:late:-1", False),
        (None, "outer:late:", False),
        (None, ":late:1", False),
        (None, "before:late:1", False),
    ],
)
def test_a_name_is_known_from_the_inside_out(reader, name, is_known) -> None:
    names = names_of(NESTED)
    place = step(names, reader) if reader else None
    assert is_known == (names.resolve(name, reader=place) is not None)


@pytest.mark.parametrize(
    ("reader", "key", "name", "has_run"),
    [
        ("after", "run", "before", True),
        ("before", "run", "after", False),
        ("early", "run", "late", True),
        ("early", "run", "early", True),
        ("before", "run", "before", False),
        ("outer", "condition", "late", True),
        ("outer", "if", "late", False),
        ("outer", "condition", "after", False),
        ("inside", "run", "late", True),
        ("inside", "run", "maybe", True),
        ("inside", "run", "each", True),
        ("inside", "run", "after", False),
        ("instead", "run", "inside", False),
        ("before", "run", "outer:early:1", False),
        ("early", "run", "each:maybe:0", True),
        (None, "total.value", "after", True),
    ],
)
def test_what_has_run_at_a_place(reader, key, name, has_run) -> None:
    names = names_of(NESTED)
    place = step(names, reader) if reader else None
    target = names.resolve(name, reader=place)
    assert target is not None
    assert has_run == may_have_run(target, reader=place, key=key)


def test_a_loop_around_a_fan_out_does_not_keep_what_its_items_did() -> None:
    # A new round has new items: what comes later in the template has not run for any of them.
    names = names_of("""
        steps:
          - id: loop
            type: while
            condition: true
            steps:
              - id: each
                type: fan-out
                items: [a]
                step:
                  id: maybe
                  type: if
                  condition: true
                  then: [{id: first}, {id: second}]
        """)
    reader = step(names, "first")
    target = names.resolve("second", reader=reader)
    assert target is not None
    assert not may_have_run(target, reader=reader, key="run")


def test_the_innermost_fork_is_named() -> None:
    names = names_of(NESTED)
    fork = other_branch(step(names, "inside"), step(names, "instead"))
    assert fork is step(names, "maybe")
    assert other_branch(step(names, "inside"), step(names, "late")) is None
