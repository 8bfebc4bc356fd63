"""TR515: items that write the same file."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a redirection": (
        "out.txt",
        """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "make {{ item }} > out.txt"}
        """,
    ),
    "tee in a pipe": (
        "out.txt",
        """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "make {{ item }} 2>&1 | tee out.txt"}
        """,
    ),
    "an error stream and a name in quotes": (
        "log",
        """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: make 2> 'log'}
        """,
    ),
    "in a list of steps": (
        "out.txt",
        """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step:
              id: rounds
              type: do-while
              condition: false
              steps: [{id: a, type: shell, run: make > out.txt}]
        """,
    ),
}
GOOD = {
    "one at a time": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 1
            step: {id: a, type: shell, run: make > out.txt}
        """,
    "the item in the name": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "make > out-{{ item }}.txt"}
        """,
    "a folder of the item": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "make > {{ item }}/out.txt"}
        """,
    "a variable": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, env: {OUT: "{{ item }}"}, run: 'make > "$OUT"'}
        """,
    "the folder of the step": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, cwd: "{{ item }}", run: make > out.txt}
        """,
    "a change of folder": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "cd {{ item }}; make > out.txt"}
        """,
    "an appended line": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: make >> out.txt}
        """,
    "tee that appends": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: make | tee -a out.txt}
        """,
    "no file at all": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: make > /dev/null 2>&1}
        """,
    "text in quotes": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: 'echo "a > b"'}
        """,
    "a here-document": r"""
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step: {id: a, type: shell, run: "cat <<END\na > b\nEND"}
        """,
    "one item": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: [x]
            max_concurrency: 2
            step: {id: a, type: shell, run: make > out.txt}
        """,
    "a branch for one item": """
        inputs: {files: {type: array, items: {type: string}, default: []}}
        steps:
          - id: each
            type: fan-out
            items: "{{ inputs.files }}"
            max_concurrency: 2
            step:
              id: maybe
              type: if
              condition: "{{ item == 'x' }}"
              then: [{id: a, type: shell, run: make > out.txt}]
        """,
    "no fan-out": """
        steps: [{id: a, type: shell, run: make > out.txt}]
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_file_of_a_fixed_name_is_reported(marked: str, body: str, findings: Findings) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR515", marked)] == [each for each in found if each[0] == "TR515"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_file_that_is_not_surely_shared_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR515", *UNREAD)]
