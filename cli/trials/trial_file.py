"""Files of tests, ``NAME.test.yml``: what comes in, what steps give, and what is expected.

Every name in them is held against the workflow before anything is rehearsed, and every output
that stands in for a step's against what such a step can give.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.cli.trials.trial_names import StepNames
from treadle.cli.trials.trial_shape import check_shape, span_at
from treadle.compiler.diagnostics import Diagnostic, Report
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import Mapping as MappingNode
from treadle.compiler.reading.nodes import Node, Scalar, Sequence, plain
from treadle.compiler.suggestions import did_you_mean
from treadle.compiler.typed.outputs import output_schema
from treadle.plan.expression import Json
from treadle.plan.inputs import Given
from treadle.plan.plan import Plan
from treadle.plan.problems import clause
from treadle.plan.steps import ActionStep, GateStep, Step, match_option
from treadle.plan.validation import Validator

_BEFORE_SUFFIX = ".test."


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
    names: StepNames
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

    def check_names(self, nodes: Iterable[Node]) -> None:
        """Report a test with the name of one before: reports and `-k` could not tell them apart."""
        seen: set[str] = set()
        for node in nodes:
            name = _at(node, "name")
            if isinstance(name, Scalar) and str(name.value) in seen:
                self.report.add(
                    "TR651", name.span, reason=f"'{name.value}' is the name of two tests"
                )
            elif isinstance(name, Scalar):
                seen.add(str(name.value))

    def _check_inputs(self, node: Node | None) -> None:
        declared = self.plan.inputs.get("properties")
        known = tuple(declared) if isinstance(declared, Mapping) else ()
        for key, _ in _entries(node):
            if key.value not in known:
                self._unknown("input", key, known)

    def _check_steps(self, node: Node | None) -> None:
        for key, given in _entries(node):
            meant = self._meant(key)
            acting = [step for step in meant if isinstance(step, ActionStep)]
            if meant and not acting:
                reason = f"'{key.value}' does not act: what it gives follows from the rest"
                self.report.add("TR653", key.span, reason=reason)
            # What one of several steps of that name can give is not impossible.
            if len(acting) != 1:
                continue
            for each in given.items if isinstance(given, Sequence) else (given,):
                self._check_output(acting[0], each)

    def _check_output(self, step: Step, node: Node) -> None:
        output = _at(node, "output")
        if output is None:
            return
        schema = output_schema(step, related=lambda _: {})
        whole = {key: held for key, held in schema.items() if key != "required"}
        for violation in Validator(whole).violations(plain(output)):
            place = ".".join(("output", *map(str, violation.path)))
            reason = f"'{place}' of '{step.id}' {clause(violation)}"
            self.report.add("TR653", span_at(output, violation.path), reason=reason)

    def _check_gates(self, node: Node | None) -> None:
        for key, given in _entries(node):
            meant = self.names.meant(str(key.value))
            named = [step for step in meant if isinstance(step, GateStep)]
            if not named and (meant or not self.names.is_open):
                self._unknown("gate", key, [gate.id for gate in self.names.gates])
            options = tuple(option for gate in named for option in gate.options)
            for each in given.items if isinstance(given, Sequence) else (given,):
                choice = str(plain(each))
                if named and match_option(options, choice) is None:
                    hint = did_you_mean(choice, options) or f"the options are {_listed(options)}"
                    self.report.add(
                        "TR652", each.span, hint=hint, what=f"option of '{key.value}'", name=choice
                    )

    def _check_expected(self, node: Node | None) -> None:
        for key, _ in _entries(_at(node, "steps")):
            self._meant(key)
        path = _at(node, "path")
        for item in path.items if isinstance(path, Sequence) else ():
            if isinstance(item, Scalar):
                self._meant(item)
        for key, _ in _entries(_at(node, "outputs")):
            if key.value not in self.plan.outputs:
                self._unknown("output", key, tuple(self.plan.outputs))

    def _meant(self, key: Scalar) -> tuple[Step, ...]:
        """Return the steps that a name can mean, and report one that means nothing."""
        meant = self.names.meant(str(key.value))
        if not meant and not self.names.is_open:
            self._unknown("step", key, [step.id for step in self.names.steps])
        return meant

    def _unknown(self, what: str, key: Scalar, known: Iterable[str]) -> None:
        hint = did_you_mean(str(key.value), tuple(known))
        self.report.add("TR652", key.span, hint=hint, what=what, name=key.value)


def workflow_of(path: Path, root: Node | None) -> Path:
    """Return the workflow that a file of tests is about.

    ``release.test.yml`` and ``release.rejected.test.yml`` are about ``release.yml``.
    """
    named = _at(root, "workflow")
    if isinstance(named, Scalar) and isinstance(named.value, str):
        return Path(os.path.normpath(path.parent / named.value))
    stem = path.name[: path.name.lower().rindex(_BEFORE_SUFFIX)]
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
        check_shape(root, report)
    text = source.decode("utf-8", "replace")
    # What other programs read otherwise is no matter: none of them reads files of tests.
    found = TrialFile(
        path=path, text=text, workflow=workflow_of(path, root), diagnostics=report.errors
    )
    return found, None if report.has_errors else root


def read_trials(file: TrialFile, root: Node, plan: Plan) -> TrialFile:
    """Return the tests of a file that is sound so far, or what does not fit the workflow."""
    report = Report()
    reader = _Reader(plan=plan, names=StepNames.of(plan), report=report)
    tests = _at(root, "tests")
    nodes = tests.items if isinstance(tests, Sequence) else ()
    trials = tuple(reader.trial(node) for node in nodes)
    reader.check_names(nodes)
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


def _listed(options: Iterable[str]) -> str:
    return ", ".join(f"'{option}'" for option in options)
