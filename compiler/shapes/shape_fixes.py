"""The fixes of broken rules of the shape: keys, kinds and allowed words, versions, conditions.

What no mode lets pass has a safe fix where there is only one thing that can be meant.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from treadle.compiler.diagnostics import Fix, Span
from treadle.compiler.expressions.blocks import as_block
from treadle.compiler.fixes import quote, rename, requote, respell, write_instead
from treadle.compiler.shapes.shape_rules import Breach, known_keys
from treadle.compiler.suggestions import Guess, closest, judged
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.lazy_pattern import lazy_pattern

_FORMAT_VERSIONS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("1", "v1", "v1.0", "1.0.0"), "1.0")
)
_VERSION = lazy_pattern(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_NOT_IN_IDS = lazy_pattern(r"[^a-z0-9]+")


def fix_of_key(key: str, definition: str, present: frozenset[str], span: Span) -> Fix | None:
    """Return the fix of a misspelt key, none when the right one is there as well."""
    guess = _guess(key, definition)
    return respell(span, key, guess) if guess is not None and guess.name not in present else None


# Comparing words is slow, and who mistakes a key mistakes it in every step.
@lru_cache(maxsize=1000)
def _guess(key: str, definition: str) -> Guess | None:
    known = known_keys(definition)
    return judged(key, closest(key, known), known)


def fix_of_value(code: str, breach: Breach, span: Span) -> Fix | None:
    """Return the fix of a wrong value that stands under a span.

    Before and after::

        type: shel          # TR206    type: shell
        version: 1.0        # TR203    version: "1.0.0"
        condition: inputs.count > 3    condition: "{{ inputs.count > 3 }}"
    """
    value = breach.value
    match code, breach.keyword:
        case "TR204" | "TR206", "enum" if isinstance(value, str):
            return _allowed_word(value, breach, span)
        case "TR208", _:
            version = _three_numbers(str(value))
            return requote(span, str(value), version, is_safe=True) if version else None
        case "TR209", _:
            version = _FORMAT_VERSIONS.get(str(value))
            put = requote if isinstance(value, str) else quote
            return put(span, str(value), version, is_safe=True) if version else None
        case "TR213", _ if isinstance(value, str) and span.line == span.end_line:
            block = as_block(value)
            return write_instead(span, f'"{block}"', is_safe=True) if block else None
        case "TR207", _ if isinstance(value, str):
            return _workflow_id(value, span)
        case "TR215", _ if isinstance(value, str):
            return rename(span, value, value.replace(":", "-"), is_safe=False)
        case _, "type" if isinstance(value, bool | int | float):
            return _quoted(code, value, breach, span)
    return None


def _allowed_word(value: str, breach: Breach, span: Span) -> Fix | None:
    allowed = breach.rule.get("enum")
    words = (
        [each for each in allowed if isinstance(each, str) and each]
        if isinstance(allowed, list)
        else []
    )
    return respell(span, value, judged(value, closest(value, words), words))


def _three_numbers(version: str) -> str | None:
    """Return a version as three numbers, of which those that are left out are zeros.

    >>> _three_numbers("v1.2"), _three_numbers("1.2.3-beta")
    ('1.2.0', None)
    """
    found = _VERSION.fullmatch(version)
    return ".".join(part or "0" for part in found.groups()) if found is not None else None


def _workflow_id(value: str, span: Span) -> Fix | None:
    words = _NOT_IN_IDS.sub("-", value.lower()).strip("-")
    # The letters of other scripts would be lost.
    return requote(span, value, words, is_safe=False) if words and value.isascii() else None


def _quoted(code: str, value: bool | int | float, breach: Breach, span: Span) -> Fix | None:
    """Return the fix that makes text of a value where text is needed.

    Only of a value that is spelt as JSON spells it: quotes would keep any other spelling.
    """
    if breach.rule.get("type") not in ("string", ["string", "null"]):
        return None
    source = json.dumps(value)
    is_version = breach.path == ("version",) and code == "TR203"
    text = _three_numbers(source) if is_version else source
    is_safe = BY_CODE[code].lenient is Severity.ERROR
    return quote(span, source, text, is_safe=is_safe) if text is not None else None
