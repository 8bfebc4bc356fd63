"""Options that several verbs have together: a verb takes the whole group as one parameter.

A group is a struct whose fields are options. Their names, defaults and order are those of the
command line; the verb is handed the group filled in.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from treadle.plan.struct_fields import fields_of


class OptionGroup(Struct, frozen=True, kw_only=True):
    """Options that go together: a parameter of a verb whose annotation is a class below this."""


def single_options(verb: Callable[..., int]) -> Iterator[inspect.Parameter]:
    """Yield the parameters of a verb behind its settings, with groups as their options."""
    _, *parameters = inspect.signature(verb).parameters.values()
    for parameter in parameters:
        kind = _group_of(parameter)
        if kind is None:
            yield parameter
            continue
        for field in fields_of(kind):
            yield inspect.Parameter(
                field.name, parameter.kind, default=field.default, annotation=field.type
            )


def grouped(verb: Callable[..., int], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a verb, with its groups filled in out of single options."""
    found = dict(arguments)
    _, *parameters = inspect.signature(verb).parameters.values()
    for parameter in parameters:
        kind = _group_of(parameter)
        if kind is not None:
            values = {field.name: found.pop(field.name) for field in fields_of(kind)}
            found[parameter.name] = kind(**values)
    return found


def _group_of(parameter: inspect.Parameter) -> type[OptionGroup] | None:
    kind = parameter.annotation
    return kind if isinstance(kind, type) and issubclass(kind, OptionGroup) else None
