"""TR312, TR313: what a fan-in can wait for."""


def test_a_step_in_a_branch_that_may_not_run_can_be_awaited(findings) -> None:
    assert [] == findings("""
        steps:
          - {id: maybe, type: if, condition: true, then: [{id: docs, type: shell, run: make}]}
          - {id: join, type: fan-in, wait_for: [docs, maybe]}
        """)


def test_a_step_outside_can_be_awaited_in_a_template(findings) -> None:
    assert [] == findings("""
        steps:
          - {id: scan, type: shell, run: ls}
          - {id: each, type: fan-out, items: [a], step: {id: join, type: fan-in, wait_for: [scan]}}
        """)


def test_a_later_step_cannot_be_awaited_in_either_mode(findings) -> None:
    body = """
        steps:
          - {id: join, type: fan-in, wait_for: [later]}
          - {id: later, type: shell, run: ls}
        """
    expected = [("TR312", "later", "move 'join' behind 'later'")]
    assert (expected, expected) == (findings(body), findings(body, lenient=True))


def test_a_step_of_a_template_is_awaited_through_its_fan_out(findings) -> None:
    hint = "wait for 'each', whose output holds the results of all items"
    generated = "wait for 'each', whose output holds all of its results"
    assert [("TR312", "build", hint), ("TR312", '"each:build:0"', generated)] == findings("""
        steps:
          - {id: each, type: fan-out, items: [a], step: {id: build, type: shell, run: make}}
          - {id: join, type: fan-in, wait_for: [build, "each:build:0"]}
        """)


def test_a_fan_in_cannot_wait_for_itself(findings) -> None:
    assert [("TR313", "join", None)] == findings("""
        steps:
          - {id: join, type: fan-in, wait_for: [join]}
        """)
