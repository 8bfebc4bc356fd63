"""The fields of a struct, found once for each type: its annotations are evaluated for them."""

from functools import cache

from msgspec import Struct
from msgspec.structs import FieldInfo, fields


@cache
def fields_of(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    """Return the fields of a type in their order."""
    return fields(kind)
