"""What is said about a broken rule of the shape: its code, its place and words for both.

The word of JSON Schema that was broken chooses the code, unless the schema itself names one
(``x-diagnostic``) or Spec Kit does not look at the value.
"""

import json
from collections.abc import Mapping, Set
from functools import lru_cache

from msgspec import Struct

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.blocks import as_block
from treadle.compiler.expressions.conditions import fault, remedy
from treadle.compiler.reading import nodes
from treadle.compiler.shapes.shape_fixes import fix_of_key, fix_of_value
from treadle.compiler.shapes.shape_rules import (
    Breach,
    Path,
    Stance,
    is_free,
    kinds,
    known_keys,
    needed_keys,
)
from treadle.compiler.suggestions import closest, did_you_mean
from treadle.plan.expression import Json

_CODES: Mapping[str, str] = {
    "type": "TR203",
    "minLength": "TR205",
    "minItems": "TR205",
    "required": "TR201",
    "additionalProperties": "TR202",
}
_OTHER_VALUE = "TR204"
_BAD_ID = "TR214"
_RESERVED_ID = "TR215"
_STANCE_CODES: Mapping[Stance, str] = {
    Stance.IGNORES: "TR216",
    Stance.REFUSES: "TR216",
    Stance.OVERLOOKS: "TR216",
    Stance.KEEPS: "TR223",
}
_TYPE_NAMES: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
# Here the key should not be there at all, whatever its value.
_AT_KEY = frozenset({"TR211", "TR220"})
_LONGEST_SHOWN = 40


class Subject(Struct, frozen=True, kw_only=True):
    """An object of the workflow that is checked as a whole.

    Shapes: `definition` is its name in the schema; `where` names it in messages: ``step 'a'``.
    """

    node: nodes.Mapping
    definition: str
    where: str

    @property
    def span(self) -> Span:
        """Where to show what is missing: the id, else the first key, else the whole."""
        known = self.node.get("id")
        if known is not None:
            return known.span
        return self.node.entries[0].key.span if self.node.entries else self.node.span


def code_of(breach: Breach) -> str:
    """Return the code of the catalogue that reports a broken rule."""
    if breach.stance is not None:
        return _STANCE_CODES[breach.stance]
    special = breach.rule.get("x-diagnostic")
    known = special.get(breach.keyword) if isinstance(special, Mapping) else None
    # One pattern for ids is much faster to check than two; Spec Kit refuses only this sign.
    if known == _BAD_ID and isinstance(breach.value, str) and ":" in breach.value:
        return _RESERVED_ID
    return str(known) if known is not None else _CODES.get(breach.keyword, _OTHER_VALUE)


def meant_keys(subject: Subject, report: Report) -> frozenset[str]:
    """Return the keys that unknown ones of an object seem to be; lenient mode ignores them.

    Before and after, for a gate::

        {id: ask, mesage: Go?, colour: red}      message
    """
    if report.lenient:
        return frozenset()
    known, present = known_keys(subject.definition), frozenset(subject.node.keys())
    unknown = (key for key in present if key not in known and not is_free(key))
    guesses = (_similar(key, subject.definition) for key in unknown)
    return frozenset(guess for guess in guesses if guess is not None) - present


def tell(breach: Breach, subject: Subject, report: Report) -> None:
    """Report a broken rule of `subject`, unless a misspelt key explains it.

    Errors: TR201 to TR216, TR220 to TR223, TR225.
    """
    code, meant = code_of(breach), meant_keys(subject, report)
    if not breach.condition.isdisjoint(meant):
        return
    if breach.keyword == "required" and not breach.path:
        _tell_missing(code, subject, report, meant)
    elif breach.keyword == "additionalProperties" and not breach.path:
        _tell_unknown(code, subject, report)
    else:
        _tell_value(code, breach, subject, report)


def describe(value: Json) -> str:
    """Return what a value is, as a noun phrase.

    >>> describe([1]), describe(5), describe("a"), describe(None)
    ('a list', 'the number 5', "'a'", 'null')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_shortened(str(value))}"
        case str():
            return f"'{_shortened(value)}'" if value else "empty text"
        case list():
            return "a list"
    return "a mapping"


def _tell_missing(code: str, subject: Subject, report: Report, meant: Set[str]) -> None:
    there = meant | frozenset(subject.node.keys())
    missing = [key for key in needed_keys(subject.definition) if key not in there]
    if missing:
        report.add(code, subject.span, where=subject.where, key="' and '".join(missing))


def _tell_unknown(code: str, subject: Subject, report: Report) -> None:
    present = frozenset(subject.node.keys())
    known = frozenset(known_keys(subject.definition))
    for entry in subject.node.entries:
        key = str(entry.key.value)
        if key not in known and not is_free(key):
            hint = _hint_for_key(key, subject.definition, present)
            span = entry.key.span
            fix = fix_of_key(key, subject.definition, present, span)
            report.add(code, span, hint=hint, fix=fix, key=key, where=subject.where)


def _tell_value(code: str, breach: Breach, subject: Subject, report: Report) -> None:
    text = breach.value if isinstance(breach.value, str) else str(breach.value)
    on_reject = subject.node.get("on_reject")
    span = _span(code, breach, subject)
    report.add(
        code,
        span,
        hint=_hint_for_value(code, breach),
        fix=fix_of_value(code, breach, span),
        key=_shown(breach.path),
        expected=_expected(breach),
        found=_found(code, breach.value),
        where=subject.where,
        id=text,
        version=text,
        name=text,
        type=text,
        instead=text.replace(":", "-"),
        on_reject=nodes.plain(on_reject) if on_reject is not None else "abort",
    )


def _found(code: str, value: Json) -> str:
    match code:
        case "TR209":
            return describe(value).removeprefix("the number ")
        case "TR213":
            return fault(value)
    return describe(value)


def _span(code: str, breach: Breach, subject: Subject) -> Span:
    path = breach.path
    if code == "TR212":
        path = ("on_reject",) if subject.node.entry("on_reject") is not None else path
    node: nodes.Node = subject.node
    key: Span | None = None
    for part in path:
        if isinstance(node, nodes.Mapping):
            entry = _entries(node)[str(part)]
            node, key = entry.value, entry.key.span
        elif isinstance(node, nodes.Sequence):
            node, key = node.items[int(part)], None
    if breach.is_name and isinstance(node, nodes.Mapping):
        return _entries(node)[str(breach.value)].key.span
    is_blank = (node.span.line, node.span.column) == (node.span.end_line, node.span.end_column)
    return key if key is not None and (is_blank or code in _AT_KEY) else node.span


# A mapping with thousands of wrong values would be searched from its start for each of them.
@lru_cache(maxsize=4)
def _entries(node: nodes.Mapping) -> Mapping[str, nodes.Entry]:
    return {str(entry.key.value): entry for entry in reversed(node.entries)}


def _expected(breach: Breach) -> str:
    """Word what the value must be, from the schema where it has no words of its own."""
    worded = breach.rule.get("x-expected")
    if isinstance(worded, str):
        return worded
    limit = breach.rule.get(breach.keyword)
    match breach.keyword:
        case "type":
            names = limit if isinstance(limit, list) else [limit]
            return _alternatives([_TYPE_NAMES[str(name)] for name in names])
        case "enum" if isinstance(limit, list):
            return _alternatives([str(each) for each in limit if each])
        case "minimum":
            return f"at least {limit}"
    return "otherwise"


def _hint_for_key(key: str, definition: str, present: frozenset[str]) -> str | None:
    guess = _similar(key, definition)
    if guess is not None and guess not in present:
        return f"did you mean '{guess}'?"
    if definition == "header" and key in known_keys(""):
        return f"'{key}' stands at the top of the file, beside 'steps'"
    owners = [kind for kind in kinds() if key in known_keys(kind)]
    if definition not in kinds() or not owners:
        return None
    return f"'{key}' belongs to steps of type {_alternatives(owners)}"


# Comparing words is slow, and who mistakes a key mistakes it in every step.
@lru_cache(maxsize=1000)
def _similar(key: str, definition: str) -> str | None:
    return closest(key, known_keys(definition))


def _hint_for_value(code: str, breach: Breach) -> str | None:
    value = breach.value
    match code, breach.keyword:
        case "TR213", _:
            return remedy(value)
        case "TR221", _:
            return _expected(breach)
        case "TR216", "pattern" if breach.path == ("on_timeout",):
            return f"to choose an option, write '{{choose: {value}}}'"
        case "TR223", "pattern" if breach.path == ("items",):
            block = as_block(str(value))
            return f'wrap it: "{block}"' if block is not None else None
        case "TR204" | "TR206", "enum" if isinstance(value, str):
            allowed = breach.rule.get("enum")
            known = allowed if isinstance(allowed, list) else []
            return did_you_mean(value, [each for each in known if isinstance(each, str) and each])
        case _, "type" if isinstance(value, bool | int | float):
            allowed = breach.rule.get("type")
            is_text = allowed == "string" or allowed == ["string", "null"]
            return f'put it in quotes: "{json.dumps(value)}"' if is_text else None
    return None


def _shown(path: Path) -> str:
    """Return a path as text: ``wait_for[0]``, ``env.PORT``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _alternatives(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
