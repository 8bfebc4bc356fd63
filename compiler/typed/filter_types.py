"""What a filter gives for a value of a known type, where its signature alone says too little.

The signatures of `plan.functions` say what is taken and given; here stand the results that depend
on the value, such as the items of the list that ``sort`` puts in order.
"""

from collections.abc import Callable, Mapping

from treadle.compiler.typed import types
from treadle.compiler.typed.types import Type
from treadle.plan.signature import Function

# The value's type and the types of the arguments by their names.
_Arguments = Mapping[str, Type]
_Rule = Callable[[Type, _Arguments], Type]

_BY_RESULT: Mapping[str, Type] = {
    "any": types.ANYTHING,
    "array": types.LIST,
    "boolean": types.BOOLEAN,
    "integer": types.INTEGER,
    "number": types.NUMBER,
    "object": types.OBJECT,
    "string": types.TEXT,
}
_EMPTY_TEXT = types.literal("")


def filter_type(function: Function | None, value: Type, arguments: _Arguments) -> Type:
    """Return the type of what a filter or test gives.

    Shapes: `arguments` holds the types of the arguments by their names in the signature.
    """
    if function is None:
        return types.ANYTHING
    rule = _RULES.get(function.name) if function.result != "boolean" else None
    return rule(value, arguments) if rule is not None else _BY_RESULT[function.result]


def _default(value: Type, arguments: _Arguments) -> Type:
    kept = types.present(value)
    if kept.values is not None and "" in kept.values:
        kept = types.among(kept, tuple(known for known in kept.values if known != ""))
    return types.union(kept, arguments.get("default", _EMPTY_TEXT))


def _whole(value: Type, arguments: _Arguments) -> Type:
    return types.union(types.INTEGER, arguments.get("default", types.INTEGER))


def _fraction(value: Type, arguments: _Arguments) -> Type:
    return types.union(types.NUMBER, arguments.get("default", types.NUMBER))


def _one(value: Type, arguments: _Arguments) -> Type:
    return types.optional(types.items_of(value))


def _same_items(value: Type, arguments: _Arguments) -> Type:
    return _list_of(types.items_of(value))


def _rows(value: Type, arguments: _Arguments) -> Type:
    fill = arguments.get("fill_with", types.NOTHING)
    return _list_of(_list_of(types.union(types.items_of(value), fill)))


def _reversed(value: Type, arguments: _Arguments) -> Type:
    text = types.TEXT if "string" in value.kinds else types.NOTHING
    return types.union(text, _list_of(types.items_of(value)))


def _texts(value: Type, arguments: _Arguments) -> Type:
    return _list_of(types.TEXT)


def _lists(value: Type, arguments: _Arguments) -> Type:
    return _list_of(types.LIST)


def _attributes(value: Type, arguments: _Arguments) -> Type:
    """Return the type of the lists that ``map`` gives: other items than objects stay."""
    name = arguments["attribute"].values if "attribute" in arguments else None
    items = types.items_of(types.only(value, frozenset({"array"})))
    if name is None or len(name) != 1 or "array" not in value.kinds:
        return types.LIST
    found = items
    for part in str(name[0]).split("."):
        found = types.union(_member(found, part))
    kept = types.only(items, types.KINDS - {"object"})
    return _list_of(types.union(found, kept))


def _member(value: Type, name: str) -> Type:
    if "object" not in value.kinds:
        return types.NULL
    known = value.members.get(name, types.NULL if value.is_closed else types.ANYTHING)
    return known if value.kinds == {"object"} else types.optional(known)


def _list_of(item: Type) -> Type:
    return Type(kinds=types.LIST.kinds, values=(), item=item)


_RULES: Mapping[str, _Rule] = {
    "batch": _rows,
    "d": _default,
    "default": _default,
    "dictsort": _lists,
    "first": _one,
    "float": _fraction,
    "int": _whole,
    "items": _lists,
    "last": _one,
    "list": _same_items,
    "map": _attributes,
    "max": _one,
    "min": _one,
    "reject": _same_items,
    "rejectattr": _same_items,
    "reverse": _reversed,
    "select": _same_items,
    "selectattr": _same_items,
    "slice": _rows,
    "sort": _same_items,
    "split": _texts,
    "unique": _same_items,
}
