"""TR310, TR311, TR316, TR320: inputs that answer gates."""


def test_an_undeclared_verdict_is_refused_in_lenient_mode_too(findings) -> None:
    body = """
        inputs: {verdict: {default: ""}}
        steps:
          - {id: ask, type: gate, message: Go, verdict_input: verdikt}
        """
    expected = [("TR310", "verdikt", "did you mean 'verdict'?")]
    assert (expected, expected) == (findings(body), findings(body, lenient=True))


def test_a_gate_deep_inside_a_fan_out_cannot_have_a_verdict(findings) -> None:
    assert [("TR311", "verdict", None)] == findings("""
        inputs: {verdict: {default: ""}}
        steps:
          - id: each
            type: fan-out
            items: [a]
            step:
              id: maybe
              type: if
              condition: true
              then: [{id: ask, type: gate, message: Go, verdict_input: verdict}]
        """)


def test_a_retried_verdict_needs_the_empty_text_in_its_enum(findings) -> None:
    hint = 'add "" to the enum'
    assert [("TR316", "verdict", hint)] == findings("""
        inputs: {verdict: {enum: [approve, reject]}}
        steps:
          - {id: ask, type: gate, message: Go, on_reject: retry, verdict_input: verdict}
        """)


def test_an_enum_with_the_empty_text_can_be_retried(findings) -> None:
    assert [] == findings("""
        inputs: {verdict: {enum: ["", approve, reject]}}
        steps:
          - {id: ask, type: gate, message: Go, on_reject: retry, verdict_input: verdict}
        """)


def test_a_secret_cannot_be_a_verdict(findings) -> None:
    assert [("TR320", "pin", "a verdict is stored and shown")] == findings("""
        inputs: {pin: {secret: true}}
        steps:
          - {id: ask, type: gate, message: Go, verdict_input: pin}
        """)
