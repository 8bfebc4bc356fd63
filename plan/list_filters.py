"""The filters that work on lists.

Text counts as a list of characters, an object as the list of its keys, null as an empty list.
"""

from collections.abc import Callable, Mapping, Sequence

from treadle.plan.arithmetic import calculate
from treadle.plan.data_filters import to_json
from treadle.plan.expression import Json, Op
from treadle.plan.limits import Refusal, check_item_count, check_weight
from treadle.plan.signature import invoke
from treadle.plan.tests_table import TESTS


def map_attribute(value: Json, attribute: str) -> Json:
    """Return the attribute of each object of a list; other items stay as they are."""
    if not isinstance(value, list):
        return []
    names = attribute.split(".")
    return [_member(item, names) if isinstance(item, Mapping) else item for item in value]


def contains(value: Json, item: Json) -> Json:
    """Return whether a list has this item or a text this part."""
    if isinstance(value, str):
        if not isinstance(item, str):
            raise Refusal("'contains' on text needs text")
        return item in value
    return isinstance(value, list) and item in value


def first(value: Json) -> Json:
    """Return the first item, null when there is none."""
    return next(iter(_items(value)), None)


def last(value: Json) -> Json:
    """Return the last item, null when there is none."""
    return next(reversed(_items(value)), None)


def listed(value: Json) -> Json:
    """Return the items as a list."""
    return [*_items(value)]


def reverse(value: Json) -> Json:
    """Return the text or the list the other way round."""
    return value[::-1] if isinstance(value, str) else [*reversed(_items(value))]


def pairs(value: Mapping[str, Json] | None) -> Json:
    """Return the members of an object as lists of key and value."""
    return [[key, member] for key, member in (value or {}).items()]


def dictsort(
    value: Mapping[str, Json], case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> Json:
    """Return the members of an object as lists of key and value, in order."""
    if by not in ("key", "value"):
        raise Refusal("'by' of 'dictsort' must be 'key' or 'value'")
    place = 0 if by == "key" else 1
    members: list[list[Json]] = [[key, member] for key, member in value.items()]
    keys = [_folded(member[place], case_sensitive) for member in members]
    return [members[index] for index in _order(keys, reverse)]


def sort(
    value: Json,
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> Json:
    """Return the items in order, or ordered by attributes of theirs (``"age,name"``)."""
    items = _items(value)
    names = attribute.split(",") if isinstance(attribute, str) else [attribute]
    keys = [[_folded(_attribute(item, name), case_sensitive) for name in names] for item in items]
    return [items[index] for index in _order(keys, reverse)]


def smallest(value: Json, case_sensitive: bool = False, attribute: str | int | None = None) -> Json:
    """Return the smallest item, null when there is none."""
    return first(sort(value, False, case_sensitive, _single(attribute)))


def largest(value: Json, case_sensitive: bool = False, attribute: str | int | None = None) -> Json:
    """Return the largest item, the first of equal ones, null when there is none."""
    return first(sort(value, True, case_sensitive, _single(attribute)))


def unique(value: Json, case_sensitive: bool = False, attribute: str | int | None = None) -> Json:
    """Return the items without those that equal an earlier one."""
    found: dict[object, Json] = {}
    for item in _items(value):
        found.setdefault(_identity(_folded(_attribute(item, attribute), case_sensitive)), item)
    return list(found.values())


def groupby(
    value: Json, attribute: str | int, default: Json = None, case_sensitive: bool = False
) -> Json:
    """Return objects with `grouper` and `list`, one for each value of an attribute."""
    members: dict[object, list[Json]] = {}
    groupers: list[Json] = []
    for item in _items(value):
        found = _attribute(item, attribute)
        grouper = default if found is None else found
        identity = _identity(_folded(grouper, case_sensitive))
        if identity not in members:
            groupers.append(grouper)
        members.setdefault(identity, []).append(item)
    lists = list(members.values())
    keys = [_folded(grouper, case_sensitive) for grouper in groupers]
    return [{"grouper": groupers[i], "list": [*lists[i]]} for i in _order(keys, False)]


def total(value: Json, attribute: str | int | None = None, start: Json = 0) -> Json:
    """Return the sum of the items, or of an attribute of theirs."""
    result = start
    for item in _items(value):
        term = _attribute(item, attribute)
        if not isinstance(term, int | float) or not isinstance(result, int | float):
            raise Refusal("'sum' takes a list of numbers")
        result = calculate(Op.ADD, result, term)
    return result


def batch(value: Json, linecount: int, fill_with: Json = None) -> Json:
    """Return lists of `linecount` items, the last one filled up with `fill_with`."""
    if linecount < 1:
        raise Refusal("'linecount' of 'batch' must be at least 1")
    items = _items(value)
    rows: list[Json] = [[*items[at : at + linecount]] for at in range(0, len(items), linecount)]
    missing = -len(items) % linecount
    if fill_with is not None and missing:
        check_item_count(missing)
        check_weight(fill_with, times=missing)
        rows[-1] = [*items[len(items) - linecount + missing :], *[fill_with] * missing]
    return rows


def sliced(value: Json, slices: int, fill_with: Json = None) -> Json:
    """Return the items in `slices` lists of about equal length."""
    if slices < 1:
        raise Refusal("'slices' of 'slice' must be at least 1")
    check_item_count(slices)
    check_weight(fill_with, times=slices)
    items = _items(value)
    size, longer = divmod(len(items), slices)
    result: list[Json] = []
    at = 0
    for number in range(slices):
        end = at + size + (1 if number < longer else 0)
        row = [*items[at:end]]
        if fill_with is not None and number >= longer:
            row.append(fill_with)
        result.append(row)
        at = end
    return result


def select(value: Json, test: str | None = None, *arguments: Json) -> Json:
    """Return the items that pass a test, or that are true."""
    passes = _test(test, arguments)
    return [item for item in _items(value) if passes(item)]


def reject(value: Json, test: str | None = None, *arguments: Json) -> Json:
    """Return the items that do not pass a test, or that are not true."""
    passes = _test(test, arguments)
    return [item for item in _items(value) if not passes(item)]


def selectattr(
    value: Json, attribute: str | int, test: str | None = None, *arguments: Json
) -> Json:
    """Return the items whose attribute passes a test, or is true."""
    passes = _test(test, arguments)
    return [item for item in _items(value) if passes(_attribute(item, attribute))]


def rejectattr(
    value: Json, attribute: str | int, test: str | None = None, *arguments: Json
) -> Json:
    """Return the items whose attribute does not pass a test, or is not true."""
    passes = _test(test, arguments)
    return [item for item in _items(value) if not passes(_attribute(item, attribute))]


def _items(value: Json) -> Sequence[Json]:
    """Return what a filter goes through. Errors: Refusal for too many or no items."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        check_item_count(len(value))
        return [*value]
    if isinstance(value, Mapping):
        return [*value]
    if value is None:
        return ()
    raise Refusal("this filter takes a list")


def _member(item: Json, names: Sequence[str]) -> Json:
    for name in names:
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def _attribute(item: Json, attribute: str | int | None) -> Json:
    """Return a member of an item by its dotted name, or the item itself."""
    if attribute is None:
        return item
    for name in str(attribute).split("."):
        if isinstance(item, list):
            index = int(name) if name.isdecimal() and len(name) < 10 else len(item)
            item = item[index] if index < len(item) else None
        else:
            item = item.get(name) if isinstance(item, Mapping) else None
    return item


def _single(attribute: str | int | None) -> str | int | None:
    if isinstance(attribute, str) and "," in attribute:
        raise Refusal("only 'sort' takes several attributes")
    return attribute


def _folded(value: Json, case_sensitive: bool) -> Json:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def _identity(value: Json) -> object:
    """Return something that is equal, and hashes alike, for equal values."""
    return ("json", to_json(value)) if isinstance(value, list | Mapping) else value


def _order(keys: Sequence[Json], reverse: bool) -> Sequence[int]:
    """Return the places of `keys` in the order of the keys; equal ones keep theirs."""
    try:
        return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)  # type: ignore[arg-type] # TypeError below
    except TypeError:
        raise Refusal("these values have no order among each other") from None


def _test(name: str | None, arguments: tuple[Json, ...]) -> Callable[[Json], bool]:
    """Return a test by its name, with its arguments."""
    if name is None:
        return bool
    if name not in TESTS:
        raise Refusal(f"no test is called '{name[:40]}'")
    function = TESTS[name]
    return lambda item: bool(invoke(function, item, arguments=arguments))
