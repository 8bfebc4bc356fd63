"""The shape of a workflow: which keys there are, and what may stand under each.

Past this stage a workflow has the shape of the format but for its gaps, and nobody looks again.
All rules stand in workflow.schema.json; this module knows which of them applies to what.
"""

from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.reading import nodes
from treadle.compiler.shapes.shape_gaps import Finder, broken_keys, is_firm
from treadle.compiler.shapes.shape_messages import Subject, code_of, describe, meant_keys, tell
from treadle.compiler.shapes.shape_rules import (
    Stance,
    breaches,
    kinds,
    known_keys,
    needed_keys,
    stance,
)
from treadle.compiler.suggestions import closest, did_you_mean
from treadle.plan.expression import Json
from treadle.plan.step_types import name_fault

_DEFAULT_KIND = "command"
_OF_ANY_KIND = frozenset({"id", "name"})
_OWN_TYPE = "custom"
# Steps stand under these keys; they are checked below whatever the kind of the step around them.
_LISTS = ("then", "else", "steps", "default")
_NESTED = frozenset({*_LISTS, "cases", "step", "finally"})
# Additions of treadle that are mappings with keys of their own, and how else they may be written.
_PARTS: Mapping[str, str] = MappingProxyType(
    {"retry": "a mapping", "concurrency": "a mapping or the name of a group"}
)
_TREADLE_TYPES = ("integer", "array", "object")
_TREADLE_ONLY: Mapping[Stance, str | None] = MappingProxyType(
    {Stance.IGNORES: None, Stance.REFUSES: "Spec Kit refuses this key"}
)


def check(
    document: nodes.Document, report: Report, *, step_types: Container[str] = ()
) -> nodes.Document:
    """Report every mistake of shape; return the document without the parts that are ignored.

    Ignored are malformed additions to Spec Kit's format, so that what is around them is checked:

        - id: build                       - id: build
          type: shell                       type: shell
          run: make                  →      run: make
          env: [A, B]  # TR216

    What is an error leaves a gap, which the document that is returned tells of.

    Errors: TR201 to TR218, TR220 to TR223, TR225. Shapes: the root of `document` is a mapping;
    `step_types` are the names of step types besides those that it declares itself.
    """
    root = document.root
    assert isinstance(root, nodes.Mapping)
    walk = _Walk(report=report, declared=_declared_types(root), step_types=step_types)
    walk.check_root(root)
    gaps, left_out = walk.gaps.found(root.get("workflow")), walk.ignored | walk.gaps.dropped
    if not gaps.is_any and not left_out:
        return document
    return replace(document, root=_without(root, left_out), gaps=gaps)


def check_steps(steps: Iterable[nodes.Mapping], report: Report) -> None:
    """Report the mistakes of steps that stand in no workflow. Errors: as for `check`.

    Which step types there are is not known then: a name like none of ours may be one.
    """
    walk = _Walk(report=report, step_types=_Plausible())
    for step in steps:
        walk.check_step(step, fan_out=None, key="step")


def plain_outline(node: nodes.Mapping) -> Json:
    """Return an object as plain data, with no more than an outline of the steps inside it."""
    data: dict[str, Json] = {}
    for entry in node.entries:
        key, value = str(entry.key.value), entry.value
        if isinstance(value, nodes.Scalar):
            data[key] = value.value
        else:
            data[key] = _outline(entry) if key in _NESTED else nodes.plain(value)
    return data


class _Walk(Struct, kw_only=True):
    """One pass over a document, with the entries that later stages must not see."""

    report: Report
    declared: tuple[str, ...] = ()
    step_types: Container[str] = ()
    ignored: set[nodes.Entry] = field(default_factory=set)
    gaps: Finder = field(default_factory=Finder)

    def check_root(self, root: nodes.Mapping) -> None:
        broken = self._check_object(Subject(node=root, definition="", where="this file"))
        self.gaps.add_object("", broken)
        for key, definition in (("workflow", "header"), ("requires", "requires")):
            entry = root.entry(key)
            if entry is not None:
                self._check_mapping(entry, definition, where=f"'{key}'")
        types = root.get("step_types")
        for entry in types.entries if isinstance(types, nodes.Mapping) else ():
            self._check_mapping(entry, "step-type", where=f"step type '{entry.key.value}'")
            if isinstance(entry.value, nodes.Mapping):
                self._check_parts(entry.value)
        self._check_parts(root)

    def _check_parts(self, node: nodes.Mapping) -> None:
        """Check what a workflow and a step type made of steps are made of."""
        for key, definition in (("inputs", "input"), ("outputs", "output")):
            declared = node.get(key)
            for entry in declared.entries if isinstance(declared, nodes.Mapping) else ():
                self._check_mapping(entry, definition, where=f"{definition} '{entry.key.value}'")
        for key in ("steps", "finally"):
            self._check_steps(node.get(key), fan_out=None, key=key)

    def _check_mapping(self, entry: nodes.Entry, definition: str, *, where: str) -> None:
        if not isinstance(entry.value, nodes.Mapping):
            self._refuse_kind(entry.value, key=str(entry.key.value), expected="a mapping")
            self.gaps.add_declaration(entry, definition)
            return
        broken = self._check_object(Subject(node=entry.value, definition=definition, where=where))
        if broken:
            self.gaps.add_object(definition, broken)
            self.gaps.add_declaration(entry, definition)

    def _check_steps(
        self, steps: nodes.Node | None, *, fan_out: nodes.Mapping | None, key: str
    ) -> None:
        for index, step in enumerate(steps.items if isinstance(steps, nodes.Sequence) else ()):
            self.check_step(step, fan_out=fan_out, key=f"{key}[{index}]")

    def check_step(self, node: nodes.Node, *, fan_out: nodes.Mapping | None, key: str) -> None:
        if not isinstance(node, nodes.Mapping):
            self._refuse_kind(node, key=key, expected="a step (a mapping)")
            self.gaps.add_step(node)
            return
        name = node.get("id")
        is_named = isinstance(name, nodes.Scalar) and isinstance(name.value, str) and name.value
        where = f"step '{nodes.plain(name)}'" if name is not None and is_named else "this step"
        kind = self._kind(node)
        if kind is None:
            self._tell_missing_type(node, where)
        broken = self._check_object(Subject(node=node, definition=kind or "step", where=where))
        if broken or kind is None:
            self.gaps.add_step(node, broken)
        if kind == "slot" and fan_out is not None:
            outer = Related(span=(fan_out.get("id") or fan_out).span, message="the fan-out")
            self.report.add("TR218", (node.get("type") or node).span, related=(outer,))
        self._check_nested(node, fan_out=fan_out)
        template = node.get("step")
        # Other kinds have no `step`, but Spec Kit still checks one that is there.
        if template is not None and (kind == "fan-out" or isinstance(template, nodes.Mapping)):
            self.check_step(template, fan_out=node, key="step")

    def _check_nested(self, node: nodes.Mapping, *, fan_out: nodes.Mapping | None) -> None:
        if _NESTED.isdisjoint(node.keys()):
            return
        for key in _LISTS:
            self._check_steps(node.get(key), fan_out=fan_out, key=key)
        cases = node.get("cases")
        if isinstance(cases, nodes.Mapping):
            for entry in cases.entries:
                self._check_steps(entry.value, fan_out=fan_out, key=f"cases.{entry.key.value}")

    def _check_object(self, subject: Subject) -> tuple[str, ...]:
        """Check one object; return the keys whose mistakes leave a gap."""
        broken: list[str] = []
        for breach in breaches(subject.definition, plain_outline(subject.node)):
            code = code_of(breach)
            if is_firm(code):
                broken += broken_keys(breach, subject.node, subject.definition)
            if code == "TR206" and self._tell_misspelt_type(breach.value, subject):
                continue
            tell(breach, subject, self.report)
            if code == "TR216":
                entry = subject.node.entry(str(breach.path[0]))
                assert entry is not None
                self._ignore(entry, subject.node)
            elif code == "TR202" and not self.report.lenient:
                self.gaps.add_unknown(subject.node, subject.definition)
                broken += meant_keys(subject, self.report)
        for entry in subject.node.entries:
            key = str(entry.key.value)
            if key in _PARTS and key in known_keys(subject.definition):
                self._check_part(entry, key, where=f"'{key}' of {subject.where}")
        if self.report.lenient:
            self._tell_additions(subject)
        return tuple(broken)

    def _ignore(self, entry: nodes.Entry, node: nodes.Mapping) -> None:
        self.ignored.add(entry)
        if not self.report.lenient:
            self.gaps.add_ignored(entry, node)

    def _check_part(self, entry: nodes.Entry, key: str, *, where: str) -> None:
        """Check an addition with keys of its own; without what it needs it is ignored."""
        if not isinstance(entry.value, nodes.Mapping):
            self._check_short_form(entry, key)
            return
        part = Subject(node=entry.value, definition=key, where=where)
        for breach in breaches(key, plain_outline(entry.value)):
            tell(breach, part, self.report)
            name = str(breach.path[0]) if breach.path else None
            if breach.keyword == "required" or name in needed_keys(key):
                self.ignored.add(entry)
            elif name is not None:
                self.ignored.update(e for e in entry.value.entries if e.key.value == name)

    def _check_short_form(self, entry: nodes.Entry, key: str) -> None:
        value = nodes.plain(entry.value)
        if key == "concurrency" and isinstance(value, str) and value.strip():
            return
        is_count = key == "retry" and isinstance(value, int) and not isinstance(value, bool)
        hint = f"write 'retry: {{max_attempts: {value}}}'" if is_count else None
        span, expected, found = entry.value.span, _PARTS[key], describe(value)
        self.report.add("TR216", span, hint=hint, key=key, expected=expected, found=found)
        self.ignored.add(entry)

    def _kind(self, node: nodes.Mapping) -> str | None:
        """Return the definition of a step, None when it names no type that there is."""
        kind = _kind(node)
        named = node.get("type")
        if kind is None and isinstance(named, nodes.Scalar) and isinstance(named.value, str):
            is_own = named.value in self.declared or named.value in self.step_types
            return _OWN_TYPE if is_own else None
        return kind

    def _tell_misspelt_type(self, name: Json, subject: Subject) -> bool:
        """Say which declared step type is meant, where one is; return whether that is so."""
        hint = did_you_mean(name, self.declared) if isinstance(name, str) else None
        named = subject.node.get("type")
        if hint is not None and named is not None:
            self.report.add("TR206", named.span, hint=hint, type=name)
        return hint is not None

    def _tell_additions(self, subject: Subject) -> None:
        if subject.definition == _OWN_TYPE:
            # Spec Kit knows none of its keys, and says so once.
            named = subject.node.get("type")
            span = named.span if named is not None else subject.node.span
            hint, key = "Spec Kit refuses this type", f"type: {nodes.plain(named or subject.node)}"
            self.report.add("TR217", span, hint=hint, key=key)
            return
        for entry in subject.node.entries:
            key = str(entry.key.value)
            known = stance(subject.definition, key)
            if known is not None and known in _TREADLE_ONLY and entry not in self.ignored:
                self.report.add("TR217", entry.key.span, hint=_TREADLE_ONLY[known], key=key)
        declared = subject.node.get("type") if subject.definition == "input" else None
        if isinstance(declared, nodes.Scalar) and declared.value in _TREADLE_TYPES:
            hint = "Spec Kit refuses this type"
            self.report.add("TR217", declared.span, hint=hint, key=f"type: {declared.value}")

    def _tell_missing_type(self, node: nodes.Mapping, where: str) -> None:
        """Say which `type` a step without one seems to need."""
        guessed = _guessed_kinds(node)
        if guessed and node.entry("type") is None:
            hint = " or ".join(f"'type: {kind}'" for kind in guessed)
            span = (node.get("id") or node.entries[0].key).span
            self.report.add("TR201", span, hint=f"write {hint}", where=where, key="type")

    def _refuse_kind(self, node: nodes.Node, *, key: str, expected: str) -> None:
        found = describe(nodes.plain(node))
        self.report.add("TR203", node.span, key=key, expected=expected, found=found)


class _Plausible:
    """The names that a step type could have and that are no slip of the pen for one of ours."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name_fault(name) is None and closest(name, kinds()) is None


def _declared_types(root: nodes.Mapping) -> tuple[str, ...]:
    declared = root.get("step_types")
    return tuple(declared.keys()) if isinstance(declared, nodes.Mapping) else ()


def _kind(node: nodes.Mapping) -> str | None:
    """Return the kind of a step, None when it names none that there is."""
    named = node.get("type")
    if named is None:
        return None if _guessed_kinds(node) else _DEFAULT_KIND
    value = named.value if isinstance(named, nodes.Scalar) else None
    return value if isinstance(value, str) and value in kinds() else None


def _guessed_kinds(node: nodes.Mapping) -> tuple[str, ...]:
    """Return the kinds whose keys a step has that is not a command step either."""
    present = frozenset(node.keys())
    if _DEFAULT_KIND in present:
        return ()
    needed = ((kind, frozenset(needed_keys(kind)) - _OF_ANY_KIND) for kind in kinds())
    return tuple(kind for kind, keys in needed if keys and keys <= present)


def _outline(entry: nodes.Entry) -> Json:
    match entry.value:
        case nodes.Scalar():
            return entry.value.value
        case nodes.Sequence():
            return [None] * len(entry.value.items)
        case nodes.Mapping() if entry.key.value == "cases":
            # Of cases with equal text the first one runs.
            cases = reversed(entry.value.entries)
            return {str(case.key.value): _outline(case) for case in cases}
    return {}


def _without(node: nodes.Mapping, ignored: set[nodes.Entry]) -> nodes.Mapping:
    entries = (
        replace(e, value=_trimmed(e.value, ignored)) for e in node.entries if e not in ignored
    )
    return replace(node, entries=tuple(entries))


def _trimmed(node: nodes.Node, ignored: set[nodes.Entry]) -> nodes.Node:
    match node:
        case nodes.Mapping():
            return _without(node, ignored)
        case nodes.Sequence():
            return replace(node, items=tuple(_trimmed(item, ignored) for item in node.items))
    return node
