"""The values of `format` that are checked.

The list is our own: which formats a validation library knows depends on what else is installed,
and the same plan must accept the same values on every machine.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from treadle.plan.lazy_pattern import lazy_pattern

_LABEL = lazy_pattern(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_EMAIL = lazy_pattern(r"[^\s@]+@[^\s@]+")
_UUID = lazy_pattern(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
_TIME = lazy_pattern(_CLOCK)
_DATE = lazy_pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = lazy_pattern(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_CLOCK}")
_DURATION = lazy_pattern(
    r"P(?!\Z)(?:[0-9]+W|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?!\Z)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)"
)


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _parses(date.fromisoformat, text)


def _is_date_time(text: str) -> bool:
    # The library wants six digits of a second at most and no small letters; RFC 3339 has both.
    plain = re.sub(r"\.[0-9]+", "", text.upper())
    return _DATE_TIME.fullmatch(text) is not None and _parses(datetime.fromisoformat, plain)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None and _is_date_time(f"2000-01-01T{text}")


def _is_hostname(text: str) -> bool:
    return len(text) < 254 and all(_LABEL.fullmatch(label) for label in text.split("."))


def _is_ipv4(text: str) -> bool:
    return _parses(IPv4Address, text)


def _is_ipv6(text: str) -> bool:
    return "%" not in text and _parses(IPv6Address, text)


def _is_uri(text: str) -> bool:
    if not text.isascii() or re.search(r'[\s<>"{}|\\^`\x00-\x1f]', text):
        return False
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:
        return False


def _is_regex(text: str) -> bool:
    return _parses(re.compile, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, AddressValueError, re.error, RecursionError, OverflowError):
        return False
    return True


CHECKS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "regex": _is_regex,
    "time": _is_time,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}


def fits(name: str, value: object) -> bool:
    """Tell whether a value has the format of that name; all that is not text has every format.

    Errors: KeyError for a format that is not in `CHECKS`.
    """
    return not isinstance(value, str) or CHECKS[name](value)
