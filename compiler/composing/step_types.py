"""The step types of a workflow that treadle does not bring: declared, of the project, installed.

What the project declares is put behind the workflow as the files of overlays are, and what is
found there is a declaration like those of the workflow's own. Only what is named is brought in.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import keys, nodes
from treadle.compiler.reading.layers import OverlayFile, begin, put_behind
from treadle.compiler.shapes.json_schema import schema_at
from treadle.plan.step_types import StepSignature, is_taken, name_fault

STEP_TYPES = "step_types"

_SCHEMAS = ("input_schema", "output_schema")
_OF_PACKAGES = ("package", *_SCHEMAS)
_OF_COMPOSITES = ("inputs", "steps", "outputs")


class Available(Struct, frozen=True, kw_only=True):
    """The step types around a workflow, by their names.

    Shapes: `files` declare one type each, as they stand under `step_types` of a workflow.
    `installed` are those of packages; a text says why one of them cannot be used.
    """

    files: Mapping[str, OverlayFile] = field(default_factory=dict)
    installed: Mapping[str, StepSignature | str] = field(default_factory=dict)


NONE_AVAILABLE = Available()


class StepTypes(Struct, frozen=True, kw_only=True):
    """The step types that steps of a workflow can have.

    Shapes: `composites` are made of steps: what is declared under their names, with the name.
    `installed` as in `Available`, and without what is declared.
    """

    signatures: Mapping[str, StepSignature]
    composites: Mapping[str, nodes.Entry]
    installed: Mapping[str, StepSignature | str]

    def signature(self, name: str) -> StepSignature | str | None:
        """Return what a type takes and gives, a text that says why it cannot be used, or None."""
        return self.signatures.get(name) or self.installed.get(name)


def bring_in(document: nodes.Document, available: Available, report: Report) -> nodes.Document:
    """Return a document with the declarations of the project's types that it names.

    Errors: those of reading and loading a file; TR110 for one that is no mapping.
    """
    root = document.root
    if available is NONE_AVAILABLE or not isinstance(root, nodes.Mapping):
        return document
    declared = root.get(STEP_TYPES)
    known = set(declared.keys()) if isinstance(declared, nodes.Mapping) else set()
    added: list[nodes.Entry] = []
    pending: list[nodes.Node] = [root]
    while pending:
        for scalar in _named_types(pending.pop()):
            name = str(scalar.value)
            if name in known or is_taken(name) or name not in available.files:
                continue
            known.add(name)
            document = document if document.parts else begin(document)
            document = put_behind(document, available.files[name], report)
            part = replace(document.parts[-1], layer=f"step type {name}")
            document = replace(document, parts=(*document.parts[:-1], part))
            if isinstance(part.root, nodes.Mapping):
                first = part.root.entries[0].key.span if part.root.entries else part.root.span
                key = replace(scalar, value=name, span=first)
                added.append(nodes.Entry(key=key, value=part.root))
                pending.append(part.root)
    return replace(document, root=_with_types(root, tuple(added))) if added else document


def read_step_types(
    root: nodes.Mapping, installed: Mapping[str, StepSignature | str], report: Report
) -> StepTypes:
    """Return the step types that a workflow declares, together with those that are installed.

    Errors: TR349, TR350, and what reading a JSON Schema reports.
    """
    signatures: dict[str, StepSignature] = {}
    composites: dict[str, nodes.Entry] = {}
    for entry in _entries(root):
        name, node = str(entry.key.value), entry.value
        assert isinstance(node, nodes.Mapping)
        fault = name_fault(name) or _fault(node)
        if fault is not None:
            report.add("TR349", entry.key.span, type=name, reason=fault)
        elif node.entry("steps") is not None:
            composites[name] = entry
        else:
            signatures[name] = _signature(name, node, report)
            _compare(signatures[name], entry, installed.get(name), report)
    return StepTypes(
        signatures=MappingProxyType(signatures),
        composites=MappingProxyType(composites),
        installed=installed,
    )


def check_unused(document: nodes.Document, report: Report) -> None:
    """Report declared types that no step has, in the workflow or in another type. Errors: TR352."""
    root = document.root
    if not isinstance(root, nodes.Mapping):
        return
    used = {str(scalar.value) for scalar in _named_types(root)}
    for entry in _entries(root):
        if entry.key.value not in used:
            report.add("TR352", entry.key.span, type=str(entry.key.value))


def _entries(root: nodes.Mapping) -> Iterator[nodes.Entry]:
    declared = keys.mapping(root, STEP_TYPES)
    for entry in declared.entries if declared is not None else ():
        if isinstance(entry.value, nodes.Mapping):
            yield entry


def _fault(node: nodes.Mapping) -> str | None:
    """Return why a declaration declares nothing."""
    present = [key for key in _OF_PACKAGES if node.entry(key) is not None]
    if node.entry("steps") is not None:
        return f"it has both 'steps' and '{present[0]}'" if present else None
    if not present:
        return "it has neither 'steps' nor the 'package' that performs it"
    composite = next((key for key in _OF_COMPOSITES if node.entry(key) is not None), None)
    if composite is not None:
        return f"'{composite}' is for types that are made of steps; write 'input_schema'"
    missing = next((key for key in _OF_PACKAGES if node.entry(key) is None), None)
    if missing is not None:
        return f"a type that a package performs needs '{missing}'"
    for key in _SCHEMAS:
        schema = keys.mapping(node, key)
        if schema is None or keys.text(schema, "type") != "object":
            return f"'{key}' must have 'type: object'"
    return None


def _signature(name: str, node: nodes.Mapping, report: Report) -> StepSignature:
    taken, given = (schema_at(node, key, name=key, report=report) or {} for key in _SCHEMAS)
    return StepSignature(
        name=name,
        input_schema=taken,
        output_schema=given,
        description=keys.text(node, "description"),
        package=keys.text(node, "package"),
    )


def _compare(
    declared: StepSignature,
    entry: nodes.Entry,
    installed: StepSignature | str | None,
    report: Report,
) -> None:
    if isinstance(installed, StepSignature) and installed.digest != declared.digest:
        report.add("TR350", entry.key.span, type=declared.name, package=installed.package)


def _named_types(node: nodes.Node) -> Iterator[nodes.Scalar]:
    """Yield what stands under `type` anywhere: some of it names no step type, and no file."""
    pending = [node]
    while pending:
        found = pending.pop()
        match found:
            case nodes.Sequence():
                pending.extend(reversed(found.items))
            case nodes.Mapping():
                named = found.get("type")
                if isinstance(named, nodes.Scalar) and isinstance(named.value, str):
                    yield named
                pending.extend(entry.value for entry in reversed(found.entries))


def _with_types(root: nodes.Mapping, added: tuple[nodes.Entry, ...]) -> nodes.Mapping:
    declared = root.entry(STEP_TYPES)
    if declared is None:
        key = replace(added[0].key, value=STEP_TYPES)
        types = nodes.Mapping(entries=added, span=added[0].key.span)
        return replace(root, entries=(*root.entries, nodes.Entry(key=key, value=types)))
    if not isinstance(declared.value, nodes.Mapping):
        return root
    both = replace(declared.value, entries=(*declared.value.entries, *added))
    return replace(
        root,
        entries=tuple(
            replace(entry, value=both) if entry is declared else entry for entry in root.entries
        ),
    )
