"""The table of filters, the one source of their names, arguments, kinds and summaries.

The ten filters of Spec Kit 1.2.3 keep the meaning they have there; the others are the pure ones
of Jinja2, and a few of treadle's own.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from treadle.plan import data_filters as data
from treadle.plan import list_filters as lists
from treadle.plan import text_filters as text
from treadle.plan.expression import Json
from treadle.plan.signature import ANY as ANY
from treadle.plan.signature import Function as Function
from treadle.plan.signature import Parameter as Parameter
from treadle.plan.tests_table import TESTS as TESTS

_TEXT = ("string", "number", "boolean", "null")
_LIST = ("array", "string", "object", "null")
_NAME = ("string", "integer")


def _needs(name: str, *types: str) -> Parameter:
    """Return a parameter that must be given."""
    return Parameter(name=name, types=types or ANY, is_required=True)


def _may(name: str, *types: str) -> Parameter:
    """Return a parameter that may be left out."""
    return Parameter(name=name, types=types or ANY)


def _portable(
    name: str, call: Callable[..., Json], summary: str, *parameters: Parameter, **kinds: str
) -> Function:
    """Return a filter of Spec Kit 1.2.3. Shapes: `kinds` holds `accepts` (one type), `result`."""
    accepts = tuple(kinds.get("accepts", "any").split())
    return Function(
        name=name,
        summary=summary,
        accepts=accepts,
        result=kinds.get("result", "any"),
        parameters=parameters,
        is_portable=True,
        call=call,
    )


def _on_text(
    name: str,
    call: Callable[..., Json],
    summary: str,
    *parameters: Parameter,
    result: str = "string",
) -> Function:
    """Return a filter on text and what has a plain text."""
    return Function(
        name=name, summary=summary, accepts=_TEXT, result=result, parameters=parameters, call=call
    )


def _on_list(
    name: str,
    call: Callable[..., Json],
    summary: str,
    *parameters: Parameter,
    result: str = "array",
) -> Function:
    """Return a filter on lists and what can be gone through."""
    return Function(
        name=name, summary=summary, accepts=_LIST, result=result, parameters=parameters, call=call
    )


def _choosing(
    name: str, call: Callable[..., Json], summary: str, *parameters: Parameter
) -> Function:
    """Return a filter that takes the name of a test and the arguments of that test."""
    return Function(
        name=name,
        summary=summary,
        accepts=_LIST,
        result="array",
        parameters=(*parameters, _may("test", "string")),
        takes_more=True,
        call=call,
    )


_CASE = _may("case_sensitive", "boolean")
_ATTRIBUTE = _may("attribute", *_NAME)
_TEXT_ONLY = {"accepts": "string", "result": "string"}

_ROWS = (
    # Spec Kit's
    _portable("contains", lists.contains, "whether a list has an item or a text a part",
        _needs("item"), result="boolean"),
    _portable("default", data.default, "another value in place of null, missing or empty text",
        _may("default")),
    _portable("from_json", data.from_json, "the data that a JSON text holds", accepts="string"),
    _portable("join", text.join, "the items of a list as one text",
        _needs("separator", "string"), result="string"),
    _portable("length", data.length, "the number of items or characters",
        accepts="array string", result="integer"),
    _portable("lower", text.lower, "the text in small letters", **_TEXT_ONLY),
    _portable("map", lists.map_attribute, "an attribute of each object of a list",
        _needs("attribute", "string"), result="array"),
    _portable("split", text.split, "the parts of a text between separators",
        _needs("separator", "string"), accepts="string", result="array"),
    _portable("to_json", data.to_json, "the value as JSON with sorted keys", result="string"),
    _portable("upper", text.upper, "the text in capitals", **_TEXT_ONLY),
    # treadle's
    Function(name="shquote", summary="the value quoted for a shell, a list item by item",
        result="string", call=text.shquote),
    Function(name="to_yaml", summary="the value as YAML with sorted keys",
        result="string", call=data.to_yaml),
    # Jinja2's, on text
    _on_text("capitalize", text.capitalize, "a capital first, small letters after it"),
    _on_text("center", text.center, "the text in the middle of a line", _may("width", "integer")),
    _on_text("indent", text.indent, "blanks before every line but the first",
        _may("width", *_NAME), _may("first", "boolean"), _may("blank", "boolean")),
    _on_text("replace", text.replace, "the text with a part replaced",
        _needs("old", *_TEXT), _needs("new", *_TEXT), _may("count", "integer")),
    _on_text("title", text.title, "a capital at the start of each word"),
    _on_text("trim", text.trim, "the text without blanks around it", _may("chars", "string")),
    _on_text("truncate", text.truncate, "the text cut at a length", _may("length", "integer"),
        _may("killwords", "boolean"), _may("end", "string"), _may("leeway", "integer")),
    _on_text("wordcount", text.wordcount, "the number of words", result="integer"),
    _on_text("wordwrap", text.wordwrap, "the text with its lines broken at a width",
        _may("width", "integer"), _may("break_long_words", "boolean"),
        _may("wrapstring", "string"), _may("break_on_hyphens", "boolean")),
    Function(name="format", summary="a text with its %s and the like filled in", accepts=_TEXT,
        result="string", takes_more=True, takes_keywords=True, call=text.format_text),
    Function(name="string", summary="the value as text", result="string", call=text.string),
    Function(name="urlencode", summary="the text or the object escaped for a URL",
        result="string", call=text.urlencode),
    # Jinja2's, on numbers and any value
    Function(name="abs", summary="the number without its sign", accepts=("number",),
        result="number", call=data.absolute),
    Function(name="d", summary="the same as default", parameters=(_may("default"),),
        call=data.default),
    Function(name="float", summary="the value as a number with a fraction", result="any",
        parameters=(_may("default"),), call=data.to_float),
    Function(name="int", summary="the value as a whole number", result="any",
        parameters=(_may("default"), _may("base", "integer")), call=data.to_integer),
    Function(name="round", summary="the number rounded", accepts=("number",), result="number",
        parameters=(_may("precision", "integer"), _may("method", "string")),
        call=data.round_number),
    # Jinja2's, on lists and objects
    _on_list("batch", lists.batch, "lists of so many items",
        _needs("linecount", "integer"), _may("fill_with")),
    Function(name="count", summary="the same as length", accepts=("array", "string"),
        result="integer", call=data.length),
    Function(name="dictsort", summary="the members of an object in order", accepts=("object",),
        result="array", parameters=(_CASE, _may("by", "string"), _may("reverse", "boolean")),
        call=lists.dictsort),
    _on_list("first", lists.first, "the first item", result="any"),
    _on_list("groupby", lists.groupby, "objects with 'grouper' and 'list', by an attribute",
        _needs("attribute", *_NAME), _may("default"), _CASE),
    Function(name="items", summary="the members of an object as lists of key and value",
        accepts=("object", "null"), result="array", call=lists.pairs),
    _on_list("last", lists.last, "the last item", result="any"),
    _on_list("list", lists.listed, "the items as a list"),
    _on_list("max", lists.largest, "the largest item", _CASE, _ATTRIBUTE, result="any"),
    _on_list("min", lists.smallest, "the smallest item", _CASE, _ATTRIBUTE, result="any"),
    _choosing("reject", lists.reject, "the items that do not pass a test"),
    _choosing("rejectattr", lists.rejectattr, "the items whose attribute does not pass a test",
        _needs("attribute", *_NAME)),
    _on_list("reverse", lists.reverse, "the text or list the other way round", result="any"),
    _choosing("select", lists.select, "the items that pass a test"),
    _choosing("selectattr", lists.selectattr, "the items whose attribute passes a test",
        _needs("attribute", *_NAME)),
    _on_list("slice", lists.sliced, "so many lists of about equal length",
        _needs("slices", "integer"), _may("fill_with")),
    _on_list("sort", lists.sort, "the items in order",
        _may("reverse", "boolean"), _CASE, _ATTRIBUTE),
    _on_list("sum", lists.total, "the sum of the items", _ATTRIBUTE,
        _may("start", "number"), result="number"),
    _on_list("unique", lists.unique, "the items without repetitions", _CASE, _ATTRIBUTE),
)  # fmt: skip

FILTERS: Mapping[str, Function] = MappingProxyType({row.name: row for row in _ROWS})
