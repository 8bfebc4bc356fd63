"""Files of tests, ``NAME.test.yml``: what comes in, what steps give, and what is expected.

Every name in them is held against the workflow before anything is rehearsed, and every output
that stands in for a step's against what such a step can give.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.compiler.diagnostics import Diagnostic, Report, Span
from treadle.compiler.document import load
from treadle.compiler.nodes import Mapping as MappingNode
from treadle.compiler.nodes import Node, Scalar, Sequence, plain
from treadle.compiler.outputs import output_schema
from treadle.compiler.suggestions import did_you_mean
from treadle.executor.gate import match_option
from treadle.plan.expression import Json
from treadle.plan.inputs import Given
from treadle.plan.plan import Plan, every_step
from treadle.plan.problems import clause
from treadle.plan.steps import ActionStep, GateStep, Step
from treadle.plan.validation import Validator
from treadle.schemas import load as load_schema

SUFFIXES = (".test.yml", ".test.yaml")


class StoodIn(Struct, frozen=True, kw_only=True):
    """What stands in for one execution of a step: members of its output, or its error."""

    output: Mapping[str, Json]
    error: str | None = None


class Expectation(Struct, frozen=True, kw_only=True):
    """What is expected of a run; None and missing names are not looked at."""

    status: str = "completed"
    error: str | None = None
    path: tuple[str, ...] | None = None
    outputs: Mapping[str, Json] = {}
    steps: Mapping[str, Mapping[str, Json]] = {}


class Trial(Struct, frozen=True, kw_only=True):
    """One test. Shapes: `steps` and `gates` are by the names that the file gives them."""

    name: str
    line: int
    inputs: Mapping[str, Given]
    steps: Mapping[str, tuple[StoodIn, ...]]
    gates: Mapping[str, tuple[str, ...]]
    expected: Expectation


class TrialFile(Struct, frozen=True, kw_only=True):
    """A file of tests; `trials` is empty when anything was found."""

    path: Path
    text: str
    workflow: Path
    trials: tuple[Trial, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class _Reader(Struct):
    """One file that is being read against its workflow."""

    plan: Plan
    report: Report

    def trial(self, node: Node) -> Trial:
        """Return a test, and report what does not fit the workflow."""
        data = _mapping(plain(node))
        self._check_inputs(_at(node, "inputs"))
        self._check_steps(_at(node, "steps"))
        self._check_gates(_at(node, "gates"))
        expected = _at(node, "expect")
        self._check_expected(expected)
        return Trial(
            name=str(data["name"]),
            line=node.span.line,
            inputs={n: Given(value=v, is_text=False) for n, v in _part(data, "inputs").items()},
            steps={n: _results(given) for n, given in _part(data, "steps").items()},
            gates={n: _texts(given) for n, given in _part(data, "gates").items()},
            expected=_expectation(_part(data, "expect")),
        )

    def _check_inputs(self, node: Node | None) -> None:
        declared = self.plan.inputs.get("properties")
        known = tuple(declared) if isinstance(declared, Mapping) else ()
        for key, _ in _entries(node):
            if key.value not in known:
                self._unknown("input", key, known)

    def _check_steps(self, node: Node | None) -> None:
        for key, given in _entries(node):
            step = self._step(key)
            if step is None:
                continue
            if not isinstance(step, ActionStep):
                reason = f"'{key.value}' does not act: what it gives follows from the rest"
                self.report.add("TR653", key.span, reason=reason)
                continue
            for each in given.items if isinstance(given, Sequence) else (given,):
                self._check_output(step, each)

    def _check_output(self, step: Step, node: Node) -> None:
        output = _at(node, "output")
        if output is None:
            return
        schema = output_schema(step, related=lambda _: {})
        whole = {key: held for key, held in schema.items() if key != "required"}
        for violation in Validator(whole).violations(plain(output)):
            place = ".".join(("output", *map(str, violation.path)))
            reason = f"'{place}' of '{step.id}' {clause(violation)}"
            self.report.add("TR653", _deepest(output, violation.path), reason=reason)

    def _check_gates(self, node: Node | None) -> None:
        gates = [step for step in self._every() if isinstance(step, GateStep)]
        for key, given in _entries(node):
            named = [gate for gate in gates if key.value in (gate.id, gate.path)]
            if not named:
                self._unknown("gate", key, [gate.id for gate in gates])
            for each in given.items if isinstance(given, Sequence) else (given,):
                choice = str(plain(each))
                options = named[0].options if named else ()
                if named and match_option(options, choice) is None:
                    hint = did_you_mean(choice, options) or f"the options are {_listed(options)}"
                    self.report.add(
                        "TR652", each.span, hint=hint, what=f"option of '{key.value}'", name=choice
                    )

    def _check_expected(self, node: Node | None) -> None:
        for key, _ in _entries(_at(node, "steps")):
            self._step(key)
        path = _at(node, "path")
        for item in path.items if isinstance(path, Sequence) else ():
            if isinstance(item, Scalar):
                self._step(item)
        for key, _ in _entries(_at(node, "outputs")):
            if key.value not in self.plan.outputs:
                self._unknown("output", key, tuple(self.plan.outputs))

    def _step(self, key: Scalar) -> Step | None:
        """Return the step that a name means: an id, a path, or a public id made of ids."""
        name = str(key.value)
        every = tuple(self._every())
        for step in every:
            if name in (step.id, step.path):
                return step
        parts = [part for part in name.replace("/", ":").split(":") if part]
        for part in reversed(parts):
            found = next((step for step in every if step.id == part), None)
            if found is not None and len(parts) > 1:
                return found
        self._unknown("step", key, [step.id for step in every])
        return None

    def _every(self) -> Iterator[Step]:
        for plan in (self.plan, *self.plan.callees.values()):
            yield from every_step(plan)

    def _unknown(self, what: str, key: Scalar, known: Iterable[str]) -> None:
        hint = did_you_mean(str(key.value), tuple(known))
        self.report.add("TR652", key.span, hint=hint, what=what, name=key.value)


def workflow_of(path: Path, root: Node | None) -> Path:
    """Return the workflow that a file of tests is about.

    ``release.test.yml`` and ``release.rejected.test.yml`` are about ``release.yml``.
    """
    named = _at(root, "workflow")
    if isinstance(named, Scalar) and isinstance(named.value, str):
        return path.parent / named.value
    stem = next(path.name[: -len(suffix)] for suffix in SUFFIXES if path.name.endswith(suffix))
    while True:
        for suffix in (".yml", ".yaml"):
            if (path.parent / f"{stem}{suffix}").is_file():
                return path.parent / f"{stem}{suffix}"
        stem, dot, _ = stem.rpartition(".")
        if not dot:
            return path.parent / f"{path.name.partition('.')[0]}.yml"


def open_trials(path: Path) -> tuple[TrialFile, Node | None]:
    """Read a file as far as that goes without its workflow. Errors: OSError."""
    source = path.read_bytes()
    report = Report()
    document = load(source, path=str(path), report=report)
    root = document.root if document is not None else None
    if root is not None:
        for violation in Validator(load_schema("test")).violations(plain(root)):
            reason = _place(violation.path) + clause(violation)
            report.add("TR651", _deepest(root, violation.path), reason=reason)
    text = source.decode("utf-8", "replace")
    found = TrialFile(
        path=path, text=text, workflow=workflow_of(path, root), diagnostics=report.diagnostics
    )
    return found, None if report.diagnostics else root


def read_trials(file: TrialFile, root: Node, plan: Plan) -> TrialFile:
    """Return the tests of a file that is sound so far, or what does not fit the workflow."""
    report = Report()
    reader = _Reader(plan=plan, report=report)
    tests = _at(root, "tests")
    trials = tuple(reader.trial(n) for n in (tests.items if isinstance(tests, Sequence) else ()))
    return TrialFile(
        path=file.path,
        text=file.text,
        workflow=file.workflow,
        trials=() if report.diagnostics else trials,
        diagnostics=report.diagnostics,
    )


def _expectation(data: Mapping[str, Json]) -> Expectation:
    path, error = data.get("path"), data.get("error")
    return Expectation(
        status=str(data.get("status", "completed")),
        error=None if error is None else str(error),
        path=tuple(map(str, path)) if isinstance(path, list) else None,
        outputs=_part(data, "outputs"),
        steps={name: _mapping(held) for name, held in _part(data, "steps").items()},
    )


def _results(given: Json) -> tuple[StoodIn, ...]:
    return tuple(_result(each) for each in (given if isinstance(given, list) else [given]))


def _result(given: Json) -> StoodIn:
    if isinstance(given, str):
        return StoodIn(output={"stdout": given})
    data = _mapping(given)
    error = data.get("error")
    return StoodIn(output=_part(data, "output"), error=None if error is None else str(error))


def _texts(given: Json) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),)


def _part(data: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    return _mapping(data.get(name))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _at(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, MappingNode) else None


def _entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    for entry in node.entries if isinstance(node, MappingNode) else ():
        yield entry.key, entry.value


def _deepest(node: Node, path: Iterable[str | int]) -> Span:
    """Return where a path leads to, as far as it goes."""
    for part in path:
        inner: Node | None = None
        if isinstance(node, MappingNode):
            inner = node.get(str(part))
        elif isinstance(node, Sequence) and isinstance(part, int):
            inner = node.items[part]
        if inner is None:
            break
        node = inner
    return node.span


def _place(path: tuple[str | int, ...]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"'{shown.removeprefix('.')}' " if shown else "it "


def _listed(options: Iterable[str]) -> str:
    return ", ".join(f"'{option}'" for option in options)
