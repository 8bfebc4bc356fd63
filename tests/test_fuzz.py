"""Mutated workflows: whatever stands in a file, compiling it is quick and tells the truth.

The mutants grow from the repository's own workflows, by a fixed seed each: the number in a
failure's message makes the same mutant again.
"""

import json
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TypeAlias

import pytest
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from ruamel.yaml import YAML

from treadle import schemas
from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_json import report_object
from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.diagnostics import Span
from treadle.compiler.reading.positions import line_starts
from treadle.plan.plan_file import parse_plan, plan_bytes

ROOT = Path(__file__).parent.parent
MUTANTS = 10_000
LARGEST = 100_000
# Units: seconds of processor time for one file in both modes, however busy the machine is.
PATIENCE_S = 2.0
FIRST = int(os.environ.get("TREADLE_FUZZ_FIRST", "0"))

Data: TypeAlias = (
    None | bool | int | float | str | list["Data"] | dict[str | int | float | bool | None, "Data"]
)
Chance: TypeAlias = random.Random

EXPRESSIONS = (
    "{{ inputs.nobody }}",
    "{{ steps.nobody.output.stdout | default('x') }}",
    "{{ steps['a b'].output[-1:2] }}",
    "{{ item }}{{ item.x }}",
    "{{ context.status }}",
    "{{ }}",
    "{{ 'a }}' ~ \"}} b\" }}",
    "{{ " + "(" * 90 + "1" + ")" * 90 + " }}",
    "{{ " + "(" * 5000 + " }}",
    "{{ " + "not " * 500 + "true }}",
    "{{ inputs" + ".x" * 800 + " }}",
    "{{ " + " + ".join(["1"] * 900) + " }}",
    "{{ " + " if x else ".join("abcdefgh") + " }}",
    "{{ " + "[" * 60 + "]" * 60 + " }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ range(1000000000) | list }}",
    "{{ 1 / 0 }}",
    "{{ 1e999 }}",
    "{{ " + "7" * 2000 + " }}",
    "{{ 'a' | nothing(1, b=2) | join }}",
    "{{ 'a' | join('b', 'c', d='e') }}",
    "{{ {'a': [1, {'b': none}]} | to_json | shquote }}",
    "{{ 1 < 2 < 3 == 4 and not 5 in [6] or 7 is defined is odd }}",
    "{{ inputs.text is matching '(a+)+$' }}",
    "{{ '" + "a" * 3000 + "' | contains('b') }}",
    "{{ \ud83d\ude00 }}".encode("utf-16", "surrogatepass").decode("utf-16"),
    "{{ a",
    "}} {{",
    "{% if x %}",
    "{{ '\\ud800' }}",
    "{{ x # y }}",
    "{{ x\n\n\n| upper }}",
)
WORDS = (
    *("id", "type", "run", "steps", "then", "else", "cases", "default", "condition", "items"),
    *("step", "wait_for", "output", "outputs", "inputs", "input", "options", "verdict_input"),
    *("env", "cwd", "timeout", "retry", "secret", "enum", "pattern", "output_schema", "capture"),
    *("output_format", "if", "name", "message", "on_reject", "max_iterations", "expression"),
    *("requires", "workflow", "schema_version", "$ref", "$defs", "allOf", "properties", "x-mine"),
    *("continue_on_error", "max_concurrency", "integration", "model", "key", "<<", "=", "", " "),
    *("shell", "gate", "while", "do-while", "fan-out", "fan-in", "switch", "slot", "github"),
    *("string", "number", "boolean", "integer", "array", "object", "null", "prompt", "command"),
)
SCALARS: tuple[Data, ...] = (
    *(None, True, False, 0, -1, 1, 2**53 + 1, 10**999, -(10**400), 1e308, 5e-324, 0.1, ""),
    *("\u2028", "\x85", "\u200b\u202e", "e\u0301", "\U0001f600", "\ufeff", "a\tb", "a\nb\n\n", "'"),
    *('"', "#", "&a", "*a", "- ", ": ", "!!int 3", "0o17", "1_000", "2026-01-31", "yes", "1.0"),
    *("(a+)+$", "[", "\\", "$(x)", "a" * 5000, "-", "..", "/", "id:with:colons", "#/$defs/x"),
)
SIGNS = (
    *"{}[]()'\"|>&*!%@`#:,-?~\t\r\n \\/.$=<",
    *("\x00", "\ud7ff", "\ufeff", "\u2028", "\x85", "\U0001f600", "{{", "}}", "- ", ": ", "<<: *a"),
    *("&a ", "*a", "!!str ", "!x ", "---\n", "...\n", "%YAML 1.1\n", "  ", "\n\n", "\r\n", "? "),
)


def seeds() -> tuple[str, ...]:
    """Return the workflows of the repository, in a fixed order."""
    folders = ("examples", "tests/cases/good", "tests/cases/bad", "tests/conformance/cases")
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.yml")))
    texts = (file.read_bytes().decode("utf-8", "replace") for file in files)
    return tuple(text for text in texts if len(text) < 20_000)


def mutant(number: int, texts: tuple[str, ...]) -> bytes:
    """Return a mutated workflow; the same for the same number and texts."""
    chance = random.Random(f"mutant {number}")
    text = chance.choice(texts)
    if chance.random() < 0.75:
        text = mutated_tree(text, chance)
    if chance.random() < 0.35:
        text = mutated_text(text, texts, chance)
    source = text.encode("utf-8", "replace")[:LARGEST]
    if chance.random() < 0.02:
        at = chance.randrange(len(source) + 1)
        source = source[:at] + chance.randbytes(2) + source[at:]
    return source


def mutated_text(text: str, texts: tuple[str, ...], chance: Chance) -> str:
    """Return a text with a few characters or lines removed, repeated, moved or put in."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                text = text[:at] + chance.choice(SIGNS) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 9) :]
            case 2:
                lines.insert(chance.randrange(len(lines)), lines[line])
                text = "\n".join(lines)
            case 3:
                lines[line] = " " * chance.randint(0, 4) + lines[line].lstrip()
                text = "\n".join(lines)
            case 4:
                text = text[:at] + chance.choice(EXPRESSIONS) + text[at:]
            case _:
                other = chance.choice(texts).split("\n")
                begin = chance.randrange(len(other))
                lines[line:line] = other[begin : begin + chance.randint(1, 8)]
                text = "\n".join(lines)
    return text


def mutated_tree(text: str, chance: Chance) -> str:
    """Return the YAML of a text's data after a few mutations; the text itself if it has none."""
    data = parsed(text)
    if not isinstance(data, dict):
        return text
    data = json.loads(data_text(data)) if chance.random() < 0.1 else copied(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        mutate(data, chance)
    dump = chance.choice((data_text, block_text, aliased_text))
    return dump(data)


@cache
def parsed(text: str) -> Data:
    try:
        found: Data = YAML(typ="safe").load(text)
        data_text(found)
    except Exception:  # of the seeds some are no YAML: they are mutated as text
        return None
    return found


def copied(data: Data) -> Data:
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(item) for item in data] if isinstance(data, list) else data


def places(data: Data) -> Iterator[tuple[Data, int | str]]:
    """Yield every container with each of its keys or indexes."""
    pending = [data]
    while pending:
        one = pending.pop()
        members = list(one.items()) if isinstance(one, dict) else []
        members = list(enumerate(one)) if isinstance(one, list) else members  # type: ignore[arg-type]
        for key, value in members:
            yield one, key  # type: ignore[misc]  # keys are text but for a few of the seeds'
            pending.append(value)


def mutate(data: Data, chance: Chance) -> None:
    """Change one place of the data."""
    found = list(places(data))
    if not found:
        return
    holder, key = chance.choice(found)
    other, other_key = chance.choice(found)
    assert isinstance(holder, dict | list) and isinstance(other, dict | list)
    value, alien = holder[key], other[other_key]  # type: ignore[index]
    match chance.randrange(10):
        case 0:
            del holder[key]  # type: ignore[arg-type]
        case 1 | 2 if isinstance(holder, dict):
            holder[chance.choice((*WORDS, f"{key}x", str(key)[:-1]))] = holder.pop(key)
        case 3:
            put(holder, key, copied(alien))
        case 4 if isinstance(holder, list):
            holder.insert(chance.randrange(len(holder) + 1), copied(value))
        case 5 | 6:
            text = value if isinstance(value, str) else ""
            at = chance.randrange(len(text) + 1)
            put(holder, key, text[:at] + chance.choice(EXPRESSIONS) + text[at:])
        case 7:
            put(holder, key, wrapped(copied(value), chance))
        case 8 if isinstance(holder, dict):
            holder[chance.choice(WORDS)] = copied(alien)
        case _:
            put(holder, key, chance.choice((*SCALARS, *WORDS, [], {}, [[]], {"": {}})))


def put(holder: Data, key: int | str, value: Data) -> None:
    assert isinstance(holder, dict | list)
    holder[key] = value  # type: ignore[index]


def wrapped(value: Data, chance: Chance) -> Data:
    """Return a value some levels deeper."""
    for _ in range(chance.choice((1, 1, 2, 30, 120))):
        value = [value] if chance.random() < 0.5 else {chance.choice(WORDS): value}
    return value


def data_text(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def block_text(data: Data, indent: int = 0) -> str:
    """Return data as block YAML, its scalars as JSON or as block scalars."""
    pad = " " * indent
    if isinstance(data, str) and "\n" in data and data.strip("\n") == data and data[0] not in " \t":
        return "|-\n" + "\n".join(f"{pad}{line}" for line in data.split("\n")) + "\n"
    if not isinstance(data, dict | list) or not data:
        return data_text(data) + "\n"
    lines = []
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        head = f"{pad}{json.dumps(str(key), ensure_ascii=False)}:" if isinstance(data, dict) else ""
        lines.append((head or f"{pad}-") + " " + block_text(value, indent + 2))
    return ("\n" if indent else "") + "".join(lines)


def aliased_text(data: Data) -> str:
    """Return data as YAML in which what stands twice is an alias."""
    anchors: dict[str, str] = {}

    def shown(one: Data) -> str:
        text = data_text(one)
        if text in anchors:
            return anchors[text] + " "
        anchors[text] = f"*a{len(anchors)}"
        mark = f"&{anchors[text][1:]} "
        match one:
            case dict():
                inner = ", ".join(f"{data_text(str(k))}: {shown(v)}" for k, v in one.items())
                return f"{mark}{{{inner}}}"
            case list():
                return f"{mark}[{', '.join(map(shown, one))}]"
        return mark + text

    return shown(data)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Interrupt what takes more than so much time of the processor."""

    def give_up(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def lies_inside(span: Span, lengths: Mapping[int, int]) -> bool:
    """Whether a span begins and ends in lines of the text, and does not end before it begins."""
    begin, end = (span.line, span.column), (span.end_line, span.end_column)
    # One column behind the last is where something is missing.
    ends = (begin, end)
    return begin <= end and all(1 <= at <= lengths.get(line, -1) + 1 for line, at in ends)


def check_spans(compilation: Compilation) -> None:
    starts = (*line_starts(compilation.text), len(compilation.text))
    lengths = {line: starts[line] - starts[line - 1] for line in range(1, len(starts))}
    for found in compilation.diagnostics:
        edits = found.fix.edits if found.fix is not None else ()
        for span in (found.span, *(r.span for r in found.related), *(e.span for e in edits)):
            assert lies_inside(span, lengths), (found.code, span)


def check_plan(compilation: Compilation, validator: Validator) -> None:
    if compilation.plan is None:
        return
    written = plan_bytes(compilation.plan)
    assert compilation.plan == parse_plan(written)
    assert written == plan_bytes(parse_plan(written))
    assert [] == [error.message for error in validator.iter_errors(json.loads(written))]


def check(source: bytes, plans: Validator, reports: Validator) -> None:
    errors = []
    for lenient in (False, True):
        compilation = compile_bytes(source, path="mutant.yml", lenient=lenient)
        check_spans(compilation)
        check_plan(compilation, plans)
        assert (compilation.plan is None) == bool(compilation.errors)
        checked = Checked(
            path="mutant.yml", text=compilation.text, diagnostics=compilation.diagnostics
        )
        report = json.loads(json.dumps(report_object((checked,), lenient=lenient)))
        assert [] == [error.message for error in reports.iter_errors(report)]
        errors.append({(found.span, found.code) for found in compilation.errors})
    # Lenient mode ignores a misspelt key; in strict mode it explains what would follow.
    is_explained = any(code == "TR202" for _, code in errors[0])
    assert is_explained or set() == errors[1] - errors[0]


@pytest.mark.slow
def test_a_mutated_workflow_is_compiled_or_told_what_is_wrong(proof_seconds: float) -> None:
    texts = seeds()
    plans = Draft202012Validator(schemas.load("plan"))
    reports = Draft202012Validator(schemas.load("report"))
    end = time.monotonic() + proof_seconds
    for number in range(FIRST, FIRST + MUTANTS):
        source = mutant(number, texts)
        try:
            with patience(PATIENCE_S):
                check(source, plans, reports)
        except Exception as error:
            raise AssertionError(f"mutant {number}: {error!r}\n{source!r}") from error
        if time.monotonic() > end:
            break
