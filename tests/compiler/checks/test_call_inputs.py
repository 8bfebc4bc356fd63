"""TR336 to TR339: what calls give, against what the workflows that they call take."""

from collections.abc import Sequence

import pytest

from treadle.compiler import Diagnostic, compile_bytes
from treadle.compiler.composing.callees import CalleeFile, NotFound

CHILD = b"""workflow: {id: child, name: Child}
inputs:
  word: {type: string, required: true}
  count: {type: integer, default: 2}
  size: {type: string, enum: [s, m], default: s}
  on: {type: boolean, default: true}
  names: {type: array, items: {type: string}, default: []}
  key: {type: string, secret: true}
outputs:
  said: {value: x}
steps: [{id: a, type: shell, run: ls}]
"""
TOP = """workflow: {id: top, name: Top}
inputs:
  text: {type: string, default: a}
  large: {type: string, enum: [l, xl], default: l}
  list: {type: array, default: []}
  maybe: {type: integer}
  token: {type: string, secret: true}
steps:
  - {id: before, type: shell, run: ls}
  - {id: call, type: workflow, workflow: child, input: {%s}}
"""


class OneChild:
    """A project in which one workflow is installed."""

    def installed(self, workflow: str) -> CalleeFile | NotFound:
        return CalleeFile(path="child.yml", key="child", source=CHILD)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        return NotFound(reason="there are no files")


def checked(given: str) -> Sequence[Diagnostic]:
    source = (TOP % given).encode()
    found = compile_bytes(source, path="top.yml", callees=OneChild()).diagnostics
    return [each for each in found if each.code.startswith("TR3")]


@pytest.mark.parametrize(
    "given",
    [
        "word: a",
        'word: "{{ inputs.text }}", count: "{{ steps.before.output.stdout }}"',
        'word: a, on: "yes", count: "7"',
        'word: a, names: "{{ inputs.list }}", count: "{{ inputs.maybe }}"',
        'word: a, key: "{{ inputs.token }}"',
        'word: a, size: "{{ inputs.text }}"',
    ],
)
def test_what_may_fit_is_let_pass(given: str) -> None:
    assert [] == [(each.code, each.message) for each in checked(given)]


@pytest.mark.parametrize(
    ("given", "code", "about"),
    [
        ("wrod: a", "TR336", "has no input 'wrod'"),
        ("count: 2", "TR337", "needs the input 'word'"),
        ("word: [a]", "TR338", 'must be text, not ["a"]'),
        ("word: a, count: many", "TR338", "must be a whole number, not 'many'"),
        ('word: a, count: "{{ inputs.list }}"', "TR338", "must be a whole number, not a list"),
        ('word: a, names: "{{ inputs.text }}"', "TR338", "must be a list, not text"),
        ('word: a, size: "{{ inputs.large }}"', "TR338", "must be one of 's', 'm', not 'l'"),
        ("word: a, key: abc", "TR338", "is a secret"),
        ('word: a, key: "{{ inputs.text }}"', "TR338", "is a secret"),
        ('word: "{{ inputs.token }}"', "TR320", "the secret 'token'"),
    ],
)
def test_what_can_never_fit_is_told_with_the_place_in_the_other_file(
    given: str, code: str, about: str
) -> None:
    (found,) = checked(given)
    assert (code, True) == (found.code, about in found.message)
    assert code == "TR320" or ["child.yml"] == [each.path for each in found.related]


def test_a_misspelt_name_has_a_fix() -> None:
    (found,) = checked("wrod: a")
    assert found.fix is not None and "write 'word'" == found.fix.title
