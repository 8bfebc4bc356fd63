"""What all events have in common: how they are written as JSON."""

import re

from msgspec import Struct


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Fact(Struct, frozen=True, tag_field="event", tag=_tag, omit_defaults=True):
    """An event: ``RunCreated`` is called ``run-created``, and what holds nothing is left out."""
