"""Workflows that are called: found by whoever compiles, compiled once each, named by digest.

A callee that cannot be compiled is no plan, and the caller says why at its call.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct, field

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.reading.layers import OverlayFile
from treadle.compiler.suggestions import did_you_mean
from treadle.compiler.typed.types import Type
from treadle.plan.binding import MAX_DEPTH
from treadle.plan.plan import Plan

_MAX_TOLD = 3


class CalleeFile(Struct, frozen=True, kw_only=True):
    """The file of a workflow that is called.

    Shapes: `path` is where it is, as it is shown and as paths inside it begin; `key` is the same
    for the same file, however it is named. `source` is empty when `problem` says why it cannot
    be read.
    """

    path: str
    key: str
    source: bytes
    overlays: Sequence[OverlayFile] = ()
    problem: str | None = None


class NotFound(Struct, frozen=True, kw_only=True):
    """Why a workflow cannot be called.

    Shapes: `reason` is None when nothing of that name is installed, but `known` ids are.
    """

    reason: str | None = None
    known: tuple[str, ...] = ()


class CalleeFiles(Protocol):
    """Where the files of workflows that are called come from."""

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow, None where only a run can find it."""

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""


class Callee(Struct, frozen=True, kw_only=True):
    """A workflow that is called, as its callers see it.

    Shapes: `plan` holds no `callees`: those are in `callees`, by digest. `inputs` and `outputs`
    say where each one is declared, with "" for where all are; `output_types` what each output
    can be. `idle` are the keys that count for runs of its own only. `deepest` is the longest
    chain of calls inside, as ids.
    """

    plan: Plan
    callees: Mapping[str, Plan]
    inputs: Mapping[str, Related]
    outputs: Mapping[str, Related]
    output_types: Mapping[str, Type]
    idle: Mapping[str, Related]
    deepest: tuple[str, ...] = ()


class Broken(Struct, frozen=True, kw_only=True):
    """A workflow that cannot be called because of what was found in it.

    Shapes: `id` is None when it could not be read so far. `chain` are the ids of a circle of
    calls, or of calls that go too deep.
    """

    id: str | None
    related: tuple[Related, ...] = ()
    code: str = "TR334"
    chain: tuple[str, ...] = ()


Compiled = Callee | Broken
CompileCallee = Callable[[CalleeFile, "Calls"], Compiled]


class Calls(Struct, frozen=True, kw_only=True):
    """The calls of one workflow: where callees come from, and what stands around it.

    Shapes: `around` are the workflows around and the workflow itself, as (key, id), outermost
    first; `known` are those compiled so far, by key, for the whole compilation. `circles` are
    the calls of this workflow that lead back to one around it, or too deep.
    """

    files: CalleeFiles | None
    compile: CompileCallee
    path: str
    around: tuple[tuple[str, str], ...]
    known: dict[str, Compiled] = field(default_factory=dict)
    circles: list[Broken] = field(default_factory=list)

    def named(self, id: str, *, workflow: str, span: Span, report: Report) -> Callee | None:
        """Return the installed workflow of an id, None when it is found at run time or not at all.

        Errors: TR330, TR332 to TR335.
        """
        found = self.files.installed(workflow) if self.files is not None else None
        match found:
            case None:
                return None
            case NotFound(reason=None):
                hint = did_you_mean(workflow, found.known) or _listed(found.known)
                report.add("TR330", span, hint=hint, id=workflow)
            case NotFound():
                report.add("TR335", span, id=workflow, reason=found.reason)
            case CalleeFile():
                callee = self._compiled(found, workflow, id=id, span=span, report=report)
                if callee is None or callee.plan.id == workflow:
                    return callee
                reason = f"its file says that it is '{callee.plan.id}'"
                report.add("TR335", span, id=workflow, reason=reason)
        return None

    def beside(self, file: str, *, id: str, span: Span, report: Report) -> Callee | None:
        """Return the workflow in a file that a path leads to. Errors: TR331 to TR334."""
        if self.files is None:
            reason = "a workflow that is no file has none beside it"
            report.add("TR331", span, path=file, reason=reason)
            return None
        found = self.files.beside(file, caller=self.path)
        if isinstance(found, NotFound):
            report.add("TR331", span, path=file, reason=found.reason)
            return None
        return self._compiled(found, file, id=id, span=span, report=report)

    def _compiled(
        self, file: CalleeFile, called: str, *, id: str, span: Span, report: Report
    ) -> Callee | None:
        around = (*self.around[:-1], (self.around[-1][0], id))
        found = self._outcome(file, around)
        if isinstance(found, Callee):
            chain = tuple(name for _, name in around) + (found.plan.id, *found.deepest)
            if len(chain) - 1 <= MAX_DEPTH:
                return found
            found = Broken(id=found.plan.id, code="TR333", chain=chain)
        if found.chain:
            self.circles.append(found)
        shown = found.id or called
        way = " → ".join(found.chain)
        report.add(found.code, span, related=found.related, id=shown, chain=way)
        return None

    def _outcome(self, file: CalleeFile, around: tuple[tuple[str, str], ...]) -> Compiled:
        keys = [key for key, _ in around]
        if file.key in keys:
            circle = [id for _, id in around[keys.index(file.key) :]]
            return Broken(id=circle[0], code="TR332", chain=(*circle, circle[0]))
        if file.key not in self.known:
            if len(around) > MAX_DEPTH:
                chain = (*(id for _, id in around), "…")
                return Broken(id=None, code="TR333", chain=chain)
            inner = Calls(
                files=self.files,
                compile=self.compile,
                path=file.path,
                around=(*around, (file.key, "")),
                known=self.known,
            )
            self.known[file.key] = self.compile(file, inner)
        return self.known[file.key]


def told(path: str, problems: Sequence[tuple[str | None, Span, str]]) -> tuple[Related, ...]:
    """Return the first findings in a callee as places that belong to the call.

    Shapes: a problem is its file (None for the callee's own), its place and what is wrong.
    """
    shown = tuple(
        Related(span=span, message=message, path=other or path)
        for other, span, message in problems[:_MAX_TOLD]
    )
    left = len(problems) - len(shown)
    if not left:
        return shown
    last = shown[-1]
    more = f"{last.message} (and {left} more)"
    return (*shown[:-1], Related(span=last.span, message=more, path=last.path))


def _listed(known: tuple[str, ...]) -> str | None:
    if not known:
        return "'treadle add' installs workflows; 'path: ./FILE.yml' calls a file beside this one"
    return f"installed: {', '.join(known)}" if len(known) <= 8 else None
