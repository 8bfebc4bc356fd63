"""Finds out what mistakes of shape leave unknown, so that the stages behind look at the rest."""

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading import nodes
from treadle.compiler.reading.gaps import NESTED, NO_GAPS, PLAIN, Gaps, hidden
from treadle.compiler.shapes.shape_rules import Breach, known_keys, needed_keys
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.lazy_pattern import lazy_pattern

_WORD = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_-]*")
_ID_ENDS = ":"


class Finder(Struct):
    """Collects the gaps of a document while its shape is checked.

    Shapes: `dropped` are entries whose value no later stage could read.
    """

    dropped: set[nodes.Entry] = field(default_factory=set)
    _steps: list[nodes.Node] = field(default_factory=list)
    _vague: list[Span] = field(default_factory=list)
    _inputs: list[Span] = field(default_factory=list)
    _texts: list[nodes.Node] = field(default_factory=list)
    _hidden: set[str] = field(default_factory=set)

    def add_object(self, definition: str, broken: Iterable[str]) -> None:
        """Record the broken keys of an object that is no step."""
        self._hidden |= hidden(definition, broken)

    def add_declaration(self, entry: nodes.Entry, definition: str) -> None:
        """Record a broken input, output or step type."""
        if definition == "input":
            self._inputs.append(entry.key.span)
        elif definition == "step-type":
            # Steps of that type keep it, and nothing is known about them.
            self.dropped.add(entry)
        if not isinstance(entry.value, nodes.Mapping):
            self._hidden |= hidden("", [str(entry.key.value)])
            self._hidden |= hidden(definition, needed_keys(definition))

    def add_step(self, node: nodes.Node, broken: Iterable[str] = ()) -> None:
        """Record a broken step, by the keys that are missing or wrong."""
        self._steps.append(node)
        if not isinstance(node, nodes.Mapping):
            self._hidden |= {"hides_ids", "hides_reads"}
            return
        if not _is_named(node):
            self._hidden.add("hides_ids")
        for key in broken:
            entry = node.entry(key)
            if key in NESTED:
                self._hidden |= {"hides_ids", "hides_reads"}
            elif key not in PLAIN and not _is_text(node.get(key)):
                self._hidden.add("hides_reads")
            if entry is not None and key not in NESTED and key != "type":
                self.dropped.add(entry)

    def add_ignored(self, entry: nodes.Entry, node: nodes.Mapping) -> None:
        """Record a malformed addition: what was meant may read something, or leave something."""
        self._vague.append(node.span)
        self._texts.append(entry.value)
        key = str(entry.key.value)
        if key in NESTED or (key not in PLAIN and not _is_text(entry.value)):
            self._hidden.add("hides_reads")

    def add_unknown(self, node: nodes.Mapping, definition: str) -> None:
        """Record the keys that an object does not have: what is meant may read something."""
        known = frozenset(known_keys(definition))
        self._texts += [entry.value for entry in node.entries if entry.key.value not in known]

    def found(self, header: nodes.Node | None) -> Gaps:
        """Return everything that was recorded; a step may read what stands in the header."""
        if not (self._steps or self._inputs or self._hidden or self._texts):
            return NO_GAPS
        texts = [*self._texts, *self._steps]
        texts += [header] if header is not None and self._steps else []
        return Gaps(
            steps=frozenset(node.span for node in self._steps),
            vague=frozenset(self._vague),
            inputs=frozenset(self._inputs),
            words=frozenset(word for node in texts for word in _words(node)),
            hides_ids="hides_ids" in self._hidden,
            hides_inputs="hides_inputs" in self._hidden,
            hides_reads="hides_reads" in self._hidden,
        )


def is_firm(code: str) -> bool:
    """Say whether a code is an error in both modes: what lenient mode lets pass leaves no gap."""
    return BY_CODE[code].lenient is Severity.ERROR


def broken_keys(breach: Breach, node: nodes.Mapping, definition: str) -> tuple[str, ...]:
    """Return the keys of an object that a broken rule is about; of a name there is none."""
    if breach.path:
        is_name = breach.is_name or breach.keyword == "additionalProperties"
        return () if is_name else (str(breach.path[0]),)
    if breach.keyword != "required":
        return ()
    return tuple(key for key in needed_keys(definition) if node.entry(key) is None)


def _is_named(step: nodes.Mapping) -> bool:
    scalar = step.get("id")
    name = scalar.value if isinstance(scalar, nodes.Scalar) else None
    return isinstance(name, str) and bool(name) and _ID_ENDS not in name


def _is_text(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.Scalar) and isinstance(node.value, str) and bool(node.value)


def _words(node: nodes.Node) -> Iterator[str]:
    pending = [node]
    while pending:
        found = pending.pop()
        match found:
            case nodes.Scalar() if isinstance(found.value, str):
                yield from _WORD.findall(found.value)
            case nodes.Sequence():
                pending.extend(found.items)
            case nodes.Mapping():
                pending.extend(entry.value for entry in found.entries)
