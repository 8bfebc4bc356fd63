"""The form of files of tests, held against schemas/test.schema.json.

A finding stands at the key that is wrong, or at the value when all keys are right.
"""

from collections.abc import Iterable, Mapping

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading.nodes import Mapping as MappingNode
from treadle.compiler.reading.nodes import Node, Sequence, plain
from treadle.compiler.suggestions import did_you_mean
from treadle.plan.problems import Violation, clause
from treadle.plan.validation import Validator
from treadle.schemas import load

# What an author writes beside `output` who means a member of it.
_OF_OUTPUTS = frozenset({"exit_code", "stdout", "stderr", "data"})


def check_shape(root: Node, report: Report) -> None:
    """Report where a file does not have the form of one."""
    for violation in Validator(load("test")).violations(plain(root)):
        node = _deepest(root, violation.path)
        if violation.keyword == "additionalProperties" and isinstance(node, MappingNode):
            _add_unknown_keys(node, violation, report)
        else:
            report.add("TR651", node.span, reason=f"{_place(violation.path)} {clause(violation)}")


def span_at(node: Node, path: Iterable[str | int]) -> Span:
    """Return where a path leads to, as far as it goes."""
    return _deepest(node, path).span


def _add_unknown_keys(node: MappingNode, violation: Violation, report: Report) -> None:
    properties = violation.schema.get("properties")
    known = tuple(properties) if isinstance(properties, Mapping) else ()
    for entry in node.entries:
        name = str(entry.key.value)
        if name in known:
            continue
        hint = did_you_mean(name, known) or f"the keys are {', '.join(known)}"
        if "output" in known and name in _OF_OUTPUTS:
            hint = f"it is a member of the output: 'output: {{{name}: …}}'"
        reason = f"{_place(violation.path)} has no key '{name}'"
        report.add("TR651", entry.key.span, hint=hint, reason=reason)


def _deepest(node: Node, path: Iterable[str | int]) -> Node:
    for part in path:
        inner: Node | None = None
        if isinstance(node, MappingNode):
            inner = node.get(str(part))
        elif isinstance(node, Sequence) and isinstance(part, int):
            inner = node.items[part]
        if inner is None:
            break
        node = inner
    return node


def _place(path: tuple[str | int, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"'{shown.removeprefix('.')}'" if shown else "the file"
