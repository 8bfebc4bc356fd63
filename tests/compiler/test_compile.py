"""The pipeline: what a compilation holds, files that cannot be read, and that nothing raises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler import compile_bytes, compile_file, compile_text
from treadle.compiler.reading.document import MAX_BYTES

CASES = Path(__file__).parents[1] / "cases"
GOOD = tuple(path.read_bytes() for path in sorted((CASES / "good").glob("*.yml")))
OWN_BAD = tuple(
    path
    for path in sorted((CASES / "bad").glob("tr*.yml"))
    if path.stem.startswith(("tr219", "tr30", "tr31", "tr32"))
)
HELLO = "workflow: {id: probe, name: Probe}\nsteps: [{id: a, type: shell, run: ls}]\n"


def test_a_compilation_without_errors_has_a_plan() -> None:
    result = compile_text(HELLO)
    assert (True, (), HELLO) == (result.ok, result.diagnostics, result.text)
    assert result.plan is not None and "probe" == result.plan.id


def test_warnings_leave_the_plan() -> None:
    result = compile_text(HELLO.replace("run: ls", "run: ls, colour: red"), lenient=True)
    assert (True, ["TR202"], ()) == (result.ok, [d.code for d in result.diagnostics], result.errors)


@pytest.mark.parametrize("case", OWN_BAD, ids=lambda case: case.stem)
def test_a_bad_case_has_its_own_finding_and_no_other(case) -> None:
    result = compile_file(case)
    assert (False, {case.stem[:5].upper()}) == (result.ok, {d.code for d in result.diagnostics})


def test_every_mistake_past_the_shape_is_found_in_one_go() -> None:
    text = (
        "workflow: {id: probe, name: Probe}\n"
        "inputs: {n: {type: number, default: many}}\n"
        "steps:\n"
        "  - {id: a, type: shell, run: '{{ 1 + }}'}\n"
        "  - {id: a, type: workflow, workflow: other}\n"
        "  - {id: b, type: fan-in, wait_for: [c]}\n"
        "  - {id: d, type: shell, run: '{{ inputs.x }}'}\n"
    )
    codes = [d.code for d in compile_text(text).diagnostics]
    assert ["TR410", "TR401", "TR301", "TR312", "TR302"] == codes


def test_what_is_sound_is_checked_past_a_broken_shape() -> None:
    text = HELLO.replace("run: ls", "run: [ls]") + "outputs: {x: {value: '{{ inputs.y }}'}}\n"
    result = compile_text(text)
    assert ["TR203", "TR302"] == [d.code for d in result.diagnostics]
    assert result.plan is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent.yml", "no such file or directory"),
        ("", "it is not a plain file"),
        ("pipe", "it is not a plain file"),
        ("loop", "too many levels of symbolic links"),
        ("x" * 300, "file name too long"),
        ("nul\0byte", "this cannot be a path"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, name, reason) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    result = compile_file(tmp_path / name)
    assert (None, None) == (result.plan, result.document)
    (found,) = result.diagnostics
    assert ("TR101", f"cannot read '{tmp_path / name}': {reason}") == (found.code, found.message)


def test_a_device_is_not_read() -> None:
    assert ["TR101"] == [d.code for d in compile_file("/dev/zero").diagnostics]


def test_a_huge_file_is_refused_by_its_size(tmp_path) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    (found,) = compile_file(path).diagnostics
    assert ("TR104", str(1 << 40) in found.message) == (found.code, True)


def test_the_largest_allowed_file_is_read(tmp_path) -> None:
    path = tmp_path / "large.yml"
    path.write_bytes(b"#".ljust(MAX_BYTES - len(HELLO) - 1, b"#") + b"\n" + HELLO.encode())
    assert compile_file(path).ok


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert HELLO == compile_bytes(b"\xef\xbb\xbf" + HELLO.encode(), path="x").text


def test_half_a_surrogate_pair_is_refused_with_its_place() -> None:
    (found,) = compile_text(HELLO.replace("ls", "l\ud800")).diagnostics
    assert ("TR102", 2) == (found.code, found.span.line)


def test_the_package_imports_nothing_heavy_until_it_is_used() -> None:
    code = (
        "import sys, treadle.compiler as c; from treadle.compiler import Diagnostic;"
        "heavy = {'jinja2', 'jsonschema', 'ruamel.yaml'} & set(sys.modules);"
        "c.compile_text; print(sorted(heavy), 'ruamel.yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[] True\n" == done.stdout


@pytest.mark.parametrize(
    "opening",
    [
        "{id: s%d, type: if, condition: true, then: [",
        "{id: s%d, type: while, condition: true, max_iterations: 2, steps: [",
        "{id: s%d, type: switch, expression: k, cases: {k: [",
    ],
)
def test_the_deepest_nesting_of_steps_that_is_yaml_compiles(opening) -> None:
    closing = {"[": "]", "{": "}"}
    ends = "".join(closing[sign] for sign in reversed(opening) if sign in closing)
    levels = 96 // len(ends)
    steps = "".join(opening % n for n in range(levels)) + ends * levels
    result = compile_text(f"workflow: {{id: p, name: P}}\nsteps: [{steps}]\n")
    assert () == result.diagnostics
    assert result.ok


def test_the_deepest_input_that_is_yaml_compiles() -> None:
    depth = 90
    value = "[" * depth + "'{{ inputs }}'" + "]" * depth
    text = f"workflow: {{id: p, name: P}}\nsteps: [{{id: a, command: x, input: {{a: {value}}}}}]\n"
    assert compile_text(text).ok


def test_a_long_chain_of_fan_ins_compiles() -> None:
    lines = ["workflow: {id: p, name: P}", "steps:", "  - {id: s0, type: shell, run: ls}"]
    lines += [f"  - {{id: s{n}, type: fan-in, wait_for: [s{n - 1}]}}" for n in range(1, 1500)]
    lines += ["  - {id: show, type: shell, run: 'echo {{ steps.s1499.output.results }}'}"]
    assert compile_text("\n".join(lines)).ok


def test_thousands_of_wrong_names_are_reported_in_bounded_time() -> None:
    lines = ["workflow: {id: p, name: P}", "steps:"]
    lines += [f"  - {{id: s{n}, type: shell, run: '{{{{ steps.x{n}.y }}}}'}}" for n in range(2000)]
    result = compile_text("\n".join(lines))
    assert [2000, {"TR303"}] == [len(result.diagnostics), {d.code for d in result.diagnostics}]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_compiler_raise(source) -> None:
    assert not compile_bytes(source, path="x").ok


@given(st.text(max_size=200))
def test_no_text_in_an_expression_makes_the_compiler_raise(text) -> None:
    source = HELLO.replace("run: ls", "run: '{{ " + text.replace("'", "''") + " }}'")
    compile_text(source, lenient=True)


@given(st.sampled_from(GOOD), st.data())
def test_no_change_of_a_good_case_makes_the_compiler_raise(source, data) -> None:
    # Words of the format in wrong places go deeper into the stages than random bytes do.
    at = data.draw(st.integers(0, len(source)), label="at")
    end = data.draw(st.integers(at, min(len(source), at + 40)), label="end")
    words = [b"steps", b"{{ item }}", b"null", b"[", b"- id: x", b": ", b"{}", b"'", b"&a", b"*a"]
    middle = data.draw(st.one_of(st.sampled_from(words), st.binary(max_size=8)), label="middle")
    for lenient in (False, True):
        compile_bytes(source[:at] + middle + source[end:], path="x", lenient=lenient)


@given(st.sampled_from(GOOD), st.data())
def test_no_exchange_of_two_lines_makes_the_compiler_raise(source, data) -> None:
    lines = source.splitlines(keepends=True)
    one, two = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[one], lines[two] = lines[two], lines[one]
    compile_bytes(b"".join(lines), path="x", lenient=True)
