"""One mistake of shape in a sound workflow: it is told, and nothing that only follows from it."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from ruamel.yaml import YAML

from treadle.compiler import Compilation, compile_text
from treadle.compiler.diagnostics import Diagnostic, Span
from treadle.compiler.reading import nodes
from treadle.compiler.shapes.shape_rules import kinds, needed_keys
from treadle.plan.catalogue import Severity

ROOT = Path(__file__).parent.parent.parent
# Of the bad cases, those whose mistake is none of shape.
WORKFLOWS = sorted(
    (
        *(path for path in ROOT.glob("examples/*.yml") if not path.stem.endswith(".test")),
        *ROOT.glob("tests/cases/good/*.yml"),
        *ROOT.glob("tests/cases/bad/tr[345]*.yml"),
    )
)
# Of each workflow so many mistakes are tried, chosen by a fixed seed.
MISTAKES, MISTAKES_OF_BAD = 10, 2

Data: TypeAlias = None | bool | int | float | str | list["Data"] | dict[str, "Data"]
Path_: TypeAlias = tuple[str | int, ...]
ABSENT = object()
LISTS = ("then", "else", "steps", "default")


def steps_of(data: Data, at: Path_) -> Iterator[Path_]:
    """Yield the paths of the steps in a list, and of those inside them."""
    found = value_at(data, at)
    for index, step in enumerate(found if isinstance(found, list) else ()):
        yield from inside(data, (*at, index), step)


def inside(data: Data, at: Path_, step: Data) -> Iterator[Path_]:
    if not isinstance(step, dict):
        return
    yield at
    for key in LISTS:
        yield from steps_of(data, (*at, key))
    cases = step.get("cases")
    for name in cases if isinstance(cases, dict) else ():
        yield from steps_of(data, (*at, "cases", name))
    if "step" in step:
        yield from inside(data, (*at, "step"), step["step"])


def value_at(data: Data, path: Path_) -> Data:
    for part in path:
        if isinstance(data, dict) and part not in data:
            return None
        if not isinstance(data, dict | list):
            return None
        data = data[part]  # type: ignore[index]
    return data


def put(data: Data, path: Path_, value: object) -> Data:
    """Return the data with another value at a path, or without it."""
    if not path:
        return value  # type: ignore[return-value]
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        changed = [put(item, rest, value) if i == first else item for i, item in enumerate(data)]
        return changed
    assert isinstance(data, dict)
    if not rest and value is ABSENT:
        return {key: each for key, each in data.items() if key != first}
    return {**data, str(first): put(data.get(str(first)), rest, value)}


def mistakes(data: Data) -> Iterator[tuple[Path_, Path_, object]]:
    """Yield single mistakes of shape: whose they are, where they stand, and what stands there."""
    wrong = ({"odd": 1}, [], 5, None, True, "", ["odd"])
    for at in (*steps_of(data, ("steps",)), *steps_of(data, ("finally",))):
        step = value_at(data, at)
        assert isinstance(step, dict)
        kind = str(step.get("type", "command"))
        yield at, (*at, "type"), "shelll"
        yield at, (*at, "type"), 5
        yield at, (*at, "id"), ABSENT
        yield at, at, "odd"
        yield at, at, None
        for key in needed_keys(kind) if kind in kinds() else ():
            if key in step:
                yield at, (*at, key), ABSENT
        for key in step:
            yield from (
                (at, (*at, key), value) for value in wrong if type(value) is not type(step[key])
            )
    assert isinstance(data, dict)
    inputs = data.get("inputs")
    for name in inputs if isinstance(inputs, dict) else ():
        yield ("inputs", name), ("inputs", name), "odd"
        yield ("inputs", name), ("inputs", name, "type"), "strng"
        yield ("inputs", name), ("inputs", name, "enum"), 5
    for key in ("workflow", "inputs", "outputs", "steps", "finally"):
        known = data.get(key)
        others = (value for value in wrong if type(value) is not type(known))
        yield from (((key,), (key,), value) for value in others if known is not None)
    yield ("workflow",), ("workflow", "id"), ABSENT
    yield ("workflow",), ("workflow", "version"), 1.0


def written(data: Data) -> str:
    """Return data as YAML with every key in a line of its own."""
    return json.dumps(data, indent=1, ensure_ascii=False)


def loaded(path: Path) -> Data:
    found: Data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def place_of(compilation: Compilation, path: Path_) -> Span | None:
    """Return where something stands, None for what is not there."""
    assert compilation.document is not None
    node: nodes.Node = compilation.document.root
    span: Span | None = node.span
    for part in path:
        if isinstance(node, nodes.Mapping):
            entry = node.entry(str(part))
            if entry is None:
                return span
            node = entry.value
            end = node.span
            span = Span(entry.key.span.line, entry.key.span.column, end.end_line, end.end_column)
        elif isinstance(node, nodes.Sequence):
            node = node.items[int(part)]
            span = node.span
    return span


def holds(outer: Span, inner: Span) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


def told(found: Diagnostic) -> tuple[str, str]:
    return found.code, found.message


def unexplained(data: Data, whose: Path_, at: Path_, value: object) -> list[str]:
    """Return what is told of a workflow with a mistake, neither before nor at the mistake.

    Nothing if no mistake of shape is told there: some keys take anything.
    """
    before = Counter(map(told, compile_text(written(data)).diagnostics))
    broken = compile_text(written(put(data, at, value)))
    place = place_of(broken, whose)
    left, is_mistake = [], False
    for found in broken.diagnostics:
        if before[told(found)]:
            before[told(found)] -= 1
        elif place is None or not holds(place, found.span):
            left.append(f"{found.code} {found.message} {found.span}")
        else:
            is_mistake |= found.severity is Severity.ERROR and found.code < "TR219"
    return left if is_mistake or place is None else []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_mistake_of_shape_makes_no_finding_elsewhere(path: Path) -> None:
    data = loaded(path)
    tried = list(mistakes(data))
    count = MISTAKES if path.parent.name != "bad" else MISTAKES_OF_BAD
    for whose, at, value in random.Random(path.name).sample(tried, min(count, len(tried))):
        assert [] == unexplained(data, whose, at, value), (at, value)


OTHER = "  - {id: other, type: shell, run: 'echo {{ inputs.nobody }} {{ steps.nobody.status }}'}\n"
HEAD = "workflow: {id: probe, name: Probe}\ninputs: {word: {enum: [a, b]}, fed: {default: x}}\n"


@pytest.mark.parametrize(
    ("step", "codes"),
    [
        ("{id: a, type: shell}", ["TR201", "TR302", "TR303"]),
        ("{id: a, type: shelll, run: ls}", ["TR206", "TR302", "TR303"]),
        ("{id: a, run: ls}", ["TR201", "TR302", "TR303"]),
        ("{id: a, type: shell, run: 5}", ["TR203", "TR302", "TR303"]),
        ("{id: a, type: shell, run: ls, continue_on_error: x}", ["TR203", "TR302", "TR303"]),
        ("{id: a, type: prompt}", ["TR201", "TR302", "TR303"]),
        ("{id: a, type: command}", ["TR201", "TR302", "TR303"]),
        ("{id: a, type: gate, message: Go, on_reject: x}", ["TR204", "TR302", "TR303"]),
        ("{id: a, type: if, then: []}", ["TR201", "TR302", "TR303"]),
        ("{id: a, type: if, condition: true}", ["TR201", "TR302"]),
        ("{id: a, type: while, condition: n > 1, steps: []}", ["TR213", "TR302", "TR303"]),
        ("{id: a, type: switch, expression: x, cases: [b]}", ["TR203", "TR302"]),
        ("{id: a, type: fan-out, items: [1], step: x}", ["TR203", "TR302"]),
        ("{id: a, type: fan-in, wait_for: x}", ["TR203", "TR302", "TR303"]),
        ("{type: shell, run: ls}", ["TR201", "TR302"]),
        ("just text", ["TR203", "TR302"]),
    ],
)
def test_a_mistake_of_shape_and_one_of_names_are_both_told(step: str, codes: list[str]) -> None:
    found = compile_text(f"{HEAD}steps:\n  - {step}\n{OTHER}")
    told_ = [each.code for each in found.diagnostics if each.code != "TR501"]
    assert (codes, None) == (told_, found.plan)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("inputs: [a]\nsteps:\n" + OTHER, ["TR203", "TR303"]),
        ("steps: {a: b}\noutputs: {x: {value: '{{ inputs.no }}'}}\n", ["TR203", "TR302"]),
        ("outputs: 5\nsteps:\n" + OTHER, ["TR203", "TR302", "TR303"]),
        ("inputs: {n: 5}\nsteps:\n" + OTHER, ["TR203", "TR302", "TR303"]),
    ],
)
def test_what_is_declared_wrongly_at_the_top_leaves_the_rest_to_check(
    text: str, codes: list[str]
) -> None:
    found = compile_text("workflow: {id: probe, name: Probe}\n" + text)
    assert codes == [each.code for each in found.diagnostics if each.code != "TR501"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The steps inside a broken one are looked at, and can be read.
        (
            "{id: a, type: iff, condition: '{{ true }}', then: [{id: b, type: shell, run: ls}]}",
            "{id: c, type: gate, message: '{{ steps.b.output.stdout }} {{ inputs }}'}",
        ),
        # What a broken step leaves is not known.
        (
            "{id: a, type: shel, run: fed, env: [word]}",
            "{id: c, command: '{{ steps.a.output.z }}'}",
        ),
        # It may read any input, and any choice.
        ("{id: a, type: shell}", "{id: c, type: gate, message: '{{ inputs.word }}'}"),
        (
            "{id: c, type: gate, message: '{{ inputs.word }} {{ inputs.fed }}', on_reject: skip}",
            "{id: a, type: shell}",
        ),
        # It may be a gate, which a loop waits for.
        (
            "{id: l, type: do-while, condition: '{{ inputs.fed }}', steps: [{id: a, type: gat}]}",
            "{id: c, type: shell, run: 'echo {{ inputs.word }}'}",
        ),
    ],
)
def test_what_only_follows_from_a_mistake_is_not_told(first: str, second: str) -> None:
    found = compile_text(f"{HEAD}steps:\n  - {first}\n  - {second}\n")
    assert 1 == len(found.diagnostics), found.diagnostics


@pytest.mark.parametrize(
    "text",
    [
        # What is said of an answer, of a failure and of an output depends on the key.
        """steps:
  - {id: a, type: gate, message: Go, option: [ship, hold]}
  - {id: b, type: switch, expression: "{{ steps.a.output.choice }}", cases: {ship: []}}
""",
        """steps:
  - {id: a, type: shell, run: make, continue_on_eror: true}
  - {id: b, type: gate, message: "{{ steps.a.output.exit_code }}"}
""",
        """steps:
  - {id: a, type: prompt, prompt: hi, captur: true, capture_max_bytes: 5}
  - {id: b, type: gate, message: "{{ steps.a.output.stdout }}"}
""",
        """steps:
  - {id: a, type: shell, run: make, output_fromat: json}
  - {id: b, type: gate, message: "{{ steps.a.output.data.x }}"}
""",
        "steps: [{id: a, type: gate, message: Go, options: [a, b], on_rejct: skip}]\n",
        """inputs: {n: {tpye: integer}}
steps: [{id: a, type: gate, message: "{{ inputs.n == 3 }}"}]
""",
        """input: {n: {type: integer}}
steps: [{id: a, type: gate, message: "{{ inputs.n == 3 }}"}]
""",
        # A key that must be there is there, under another name.
        "stpes: [{id: a, type: shell, run: make}]\n",
        "steps: [{id: a, type: shell, rnu: make}]\n",
        "steps: [{id: a, type: shell, run: make, retry: {max_atempts: 3}}]\n",
        "steps: [{id: a, type: workflow, wrkflow: other}]\n",
        """steps:
  - {id: a, type: if, condition: true, than: [{id: b, type: shell, run: make}]}
  - {id: c, type: gate, message: "{{ steps.b.output.stdout }}"}
""",
    ],
)
def test_what_a_misspelt_key_explains_is_not_told(text: str) -> None:
    found = compile_text(f"workflow: {{id: probe, name: Probe}}\n{text}")
    assert ["TR202"] == [each.code for each in found.diagnostics], found.diagnostics


def test_lenient_mode_tells_what_is_missing_beside_a_misspelt_key() -> None:
    text = "workflow: {id: probe, name: Probe}\nsteps: [{id: a, type: shell, rnu: make}]\n"
    found = compile_text(text, lenient=True)
    assert ["TR201", "TR202"] == [each.code for each in found.diagnostics]


def test_names_in_a_broken_step_are_judged() -> None:
    step = "{id: a, type: shell, timeout: [5], continue_on_error: 1, run: 'echo {{ inputs.no }}'}"
    found = compile_text(f"{HEAD}steps:\n  - {step}\n")
    codes = [each.code for each in found.diagnostics if each.code != "TR501"]
    assert ["TR203", "TR302"] == sorted(codes)[-2:]


def test_an_input_declared_wrongly_has_any_type() -> None:
    text = "workflow: {id: probe, name: Probe}\ninputs: {n: {type: nmber}}\nsteps:\n"
    text += "  - {id: a, type: shell, run: 'echo {{ inputs.n }} {{ inputs.n.x > 1 }}'}\n"
    assert ["TR204"] == [each.code for each in compile_text(text).diagnostics]


def test_the_types_of_a_broken_step_are_not_called_unused() -> None:
    text = HEAD.replace("inputs", "x-inputs") + (
        "step_types: {greet: {steps: [{id: say, type: shell, run: 'echo hi'}]}}\n"
        "steps:\n  - {id: a, type: gret}\n"
    )
    assert ["TR206"] == [each.code for each in compile_text(text).diagnostics]


def test_lenient_mode_tells_no_error_that_strict_mode_keeps_silent() -> None:
    text = f"{HEAD}steps:\n  - {{id: a, type: shell, run: ls, env: 5, rum: 1}}\n{OTHER}"
    strict, lenient = (compile_text(text, lenient=mode) for mode in (False, True))
    assert {e.code for e in lenient.errors} <= {e.code for e in strict.errors}
    assert lenient.plan is not None and strict.plan is None
