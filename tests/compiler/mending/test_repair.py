"""Fixing whole files: every case that offers a fix, and workflows that were spoilt by chance."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from treadle.compiler.mending.repair import Repaired, is_fixable, is_safely_fixable, repair
from treadle.plan.catalogue import BY_CODE, Severity

ROOT = Path(__file__).parent.parent.parent.parent
BAD = sorted((ROOT / "tests" / "cases" / "bad").glob("*.yml"))
GOOD = [
    path.read_text(encoding="utf-8")
    for folder in ("examples", "tests/cases/good")
    for path in sorted((ROOT / folder).glob("*.yml"))
]
SAFE = {
    *("TR202", "TR204", "TR206", "TR208", "TR209", "TR213"),
    *("TR302", "TR303", "TR305", "TR306", "TR307", "TR308", "TR309", "TR310", "TR318", "TR319"),
    "TR402",
}
UNSAFE = {"TR114", "TR207", "TR215"}


def strict(source: bytes) -> Compilation:
    return compile_bytes(source, path="flow.yml")


def lenient(source: bytes) -> Compilation:
    return compile_bytes(source, path="flow.yml", lenient=True)


def all_fixed(source: bytes) -> Repaired[Compilation]:
    return repair(source, strict, wanted=is_fixable)


def cases_with(is_wanted: bool) -> list[Path]:
    """Return the cases whose findings have a fix, or those whose findings have none."""
    found = []
    for path in BAD:
        compilation = strict(path.read_bytes())
        if any(is_fixable(each) for each in compilation.diagnostics) is is_wanted:
            found.append(path)
    return found


@pytest.mark.parametrize("path", cases_with(True), ids=lambda path: path.stem)
def test_a_fixed_case_compiles_without_its_finding_and_is_fixed_once(path: Path) -> None:
    code = path.name.partition("-")[0].upper()
    fixed = all_fixed(path.read_bytes())
    assert fixed.looked.ok
    assert [] == [each.code for each in fixed.looked.diagnostics if is_fixable(each)]
    assert code not in {each.code for each in fixed.looked.diagnostics}
    again = all_fixed(fixed.source)
    assert (fixed.source, ()) == (again.source, again.fixes)


@pytest.mark.parametrize(("codes", "wanted"), [(SAFE, is_safely_fixable), (UNSAFE, is_fixable)])
def test_these_codes_have_a_case_with_a_fix(codes: set[str], wanted: object) -> None:
    offered = {
        found.code
        for path in BAD
        for found in strict(path.read_bytes()).diagnostics
        if found.fix is not None and found.fix.is_safe is (wanted is is_safely_fixable)
    }
    assert set() == codes - offered


def test_a_byte_order_mark_and_line_ends_stay() -> None:
    source = b"\xef\xbb\xbf" + (
        b"workflow: {id: a, name: A}\r\nsteps:\r\n  - {id: a, type: shel, run: make}  # why\r\n"
    )
    assert source.replace(b"shel,", b"shell,") == all_fixed(source).source


def test_what_a_fix_brings_to_light_is_fixed_as_well() -> None:
    source = b"workflow: {id: a, name: A}\nsteps:\n  - {id: a, type: shel, run: make, timout: 5}\n"
    fixed = all_fixed(source)
    assert source.replace(b"shel,", b"shell,").replace(b"timout", b"timeout") == fixed.source
    assert (2, True) == (len(fixed.fixes), fixed.looked.ok)


def test_only_what_is_wanted_is_fixed() -> None:
    source = (ROOT / "tests/cases/bad/tr215-reserved-step-id.yml").read_bytes()
    assert source == repair(source, strict, wanted=is_safely_fixable).source
    assert source != all_fixed(source).source


def test_a_source_that_is_not_utf8_stays_as_it_is() -> None:
    assert b"\xff\xfe" == all_fixed(b"\xff\xfe").source


def test_a_fix_that_leaves_more_errors_is_not_applied() -> None:
    source = b"a\n"
    entry = BY_CODE["TR302"]

    class Looked:
        def __init__(self, text: str) -> None:
            self.text = text

        @property
        def diagnostics(self) -> tuple[Diagnostic, ...]:
            return tuple(
                Diagnostic(
                    code=entry.code,
                    name=entry.name,
                    severity=Severity.ERROR,
                    message="wrong",
                    span=Span(1, at + 1, 1, at + 2),
                    fix=Fix(
                        title="write more",
                        edits=(Edit(span=Span(1, at + 1, 1, at + 2), text="aa"),),
                        is_safe=True,
                    ),
                )
                for at in range(len(self.text) - 1)
            )

    done = repair(source, lambda new: Looked(new.decode()), wanted=is_fixable)
    assert (source, ()) == (done.source, done.fixes)


def spoilt(text: str, chance: random.Random) -> str:
    """Return a text with a few slips of the pen."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        match chance.choice(("drop", "swap", "double", "other", "line")):
            case "drop":
                text = text[:at] + text[at + 1 :]
            case "swap":
                text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
            case "double":
                text = text[:at] + text[at : at + 1] * 2 + text[at + 1 :]
            case "other":
                text = text[:at] + chance.choice("abe{}'\":-01 .|") + text[at + 1 :]
            case _:
                lines = text.split("\n")
                del lines[chance.randrange(len(lines))]
                text = "\n".join(lines)
    return text or "\n"


def weight(compilation: Compilation) -> tuple[int, int, int]:
    stages = [each.code[2] for each in compilation.errors]
    first = (stages.count("1"), stages.count("2"))
    return (*first, len(stages) - sum(first))


@given(st.sampled_from(GOOD), st.integers(0, 2**32), st.sampled_from([strict, lenient]))
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_fixing_never_raises_and_never_leaves_more_errors(text, seed, look) -> None:
    source = spoilt(text, random.Random(seed)).encode("utf-8", "replace")
    for wanted in (is_safely_fixable, is_fixable):
        fixed = repair(source, look, wanted=wanted)
        assert weight(fixed.looked) <= weight(look(source))
        again = repair(fixed.source, look, wanted=wanted)
        assert fixed.source == again.source
