"""Ids of installed workflows: each is the name of one folder and can be no path.

Source: Spec Kit 1.2.3, whose pattern and reserved names these are; names that Windows keeps for
devices and a bound of the length are ours.
"""

from treadle.plan.lazy_pattern import lazy_pattern

MAX_LENGTH = 100

_ID = lazy_pattern(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_RESERVED = frozenset({"overlays", "runs", "steps"})
_DEVICES = lazy_pattern(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


def id_fault(id: object) -> str | None:
    """Return why something cannot be the id of an installed workflow, None when it can.

    >>> id_fault("release-train"), id_fault("../etc")
    (None, 'lower-case letters, digits and inner hyphens only')
    """
    if not isinstance(id, str):
        return "it is not text"
    if len(id) > MAX_LENGTH:
        return f"it has more than {MAX_LENGTH} characters"
    if not _ID.fullmatch(id):
        return "lower-case letters, digits and inner hyphens only"
    if id in _RESERVED:
        return "a folder of that name holds something else"
    if _DEVICES.fullmatch(id):
        return "Windows keeps that name for a device"
    return None
