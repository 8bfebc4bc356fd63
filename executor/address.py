"""Addresses: exact paths of occurrences, such as ``/loop/r2/pick/then/ask`` and ``/fan/i3/t``.

A path alternates: a step id, then the branch, round or item inside that step (``w`` for the steps
of the workflow that a call runs), then a step id, …; so a step that is called ``r2`` or ``then`` is
never mistaken for a round or a branch. Rounds count from 1, items from 0. The path of a step in a
plan is its address without rounds and items, and begins anew in a workflow that is called.

Source: the escapes are those of JSON Pointer (RFC 6901): ``~0`` for ``~``, ``~1`` for ``/``.
"""

ROOT = ""


def escape(name: str) -> str:
    """Return a step id or case key as a segment of a path."""
    return name.replace("~", "~0").replace("/", "~1")


def step(sequence: str, step_id: str) -> str:
    """Return the address of a step in a sequence."""
    return f"{sequence}/{escape(step_id)}"


def branch(owner: str, segment: str) -> str:
    """Return the address of a branch ("then", "else", "default", "case:KEY") of a step."""
    return f"{owner}/{escape(segment)}"


def round_(owner: str, number: int) -> str:
    """Return the address of a round of a loop. Units: rounds count from 1."""
    return f"{owner}/r{number}"


def item(owner: str, index: int) -> str:
    """Return the address of an item of a fan-out. Units: items count from 0."""
    return f"{owner}/i{index}"


def call(owner: str) -> str:
    """Return the address of the steps of the workflow that a call runs."""
    return f"{owner}/w"


def leg(number: int) -> str:
    """Return the address of a leg of `finally`. Units: legs count from 1."""
    return f"/finally/l{number}"


def sequence_of(address: str) -> str:
    """Return the sequence that the step at an address stands in."""
    return address.rpartition("/")[0]
