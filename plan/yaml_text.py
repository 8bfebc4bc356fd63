"""Writing JSON data as YAML that every reader of YAML 1.1 and 1.2 takes for the same data.

Keys are sorted, so that equal data gives equal text.
"""

import json
import re
from collections.abc import Iterator, Mapping

from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

_PLAIN = lazy_pattern(r"[A-Za-z_][\w./-]*(?: [\w./-]+)*", re.ASCII)
_WORDS = frozenset("y n yes no on off true false null nan inf".split())
_UNPRINTABLE = lazy_pattern("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def to_yaml(value: Json) -> str:
    """Return a value as block YAML without a line break at its end.

    >>> print(to_yaml({"b": [1, "two"], "a": None}))
    a: null
    b:
      - 1
      - two
    """
    return "\n".join(_lines(value))


def _lines(value: Json) -> Iterator[str]:
    """Yield the lines of a value."""
    if isinstance(value, Mapping) and value:
        for key in sorted(value):
            yield from _member(f"{_scalar(key)}:", value[key])
    elif isinstance(value, list) and value:
        for item in value:
            inner = _lines(item)
            yield f"- {next(inner)}"
            yield from (f"  {line}" for line in inner)
    else:
        yield _scalar(value)


def _member(key: str, value: Json) -> Iterator[str]:
    """Yield the lines of a key with its value."""
    if isinstance(value, Mapping | list) and value:
        yield key
        yield from (f"  {line}" for line in _lines(value))
    else:
        yield f"{key} {_scalar(value)}"


def _scalar(value: Json) -> str:
    """Return a value that needs one line."""
    if isinstance(value, Mapping):
        return "{}"
    if not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
