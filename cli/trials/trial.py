"""Rehearses one test of a workflow, and says in which way its run is not what was expected."""

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from treadle.cli.text.visible import one_line
from treadle.cli.trials.trial_file import StoodIn, Trial
from treadle.executor.actions.agent import record_of
from treadle.executor.actions.data import BadData, check_data, data, promises_data
from treadle.executor.actions.process import CannotStart, Captured
from treadle.executor.events import RunCreated
from treadle.executor.names import names as names_at
from treadle.executor.outcome import public_results
from treadle.executor.ports import ActionResult, Outcome, PlanSource, failed
from treadle.executor.rehearsal import BEGINNING, MAX_ACTIONS, Rehearsal, TooLong
from treadle.executor.state import Occurrence, Run
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import EvaluationError, render
from treadle.plan.expression import Json
from treadle.plan.inputs import InputSet
from treadle.plan.plan import Plan
from treadle.plan.problems import shown
from treadle.plan.steps import (
    CommandStep,
    GateStep,
    ProcessStep,
    PromptStep,
    ShellStep,
    match_option,
)
from treadle.plan.text import as_text
from treadle.plan.validation import Validator

REFUSED = "refused"
_LONGEST = 100  # of a value that is shown


class Verdict(Struct, frozen=True, kw_only=True):
    """How a test ended.

    Shapes: `problems` is empty when all was as expected, else one clause each; `run` is None
    when it was refused; `choices` are the answers that gates of the workflow itself took, by the
    path of the gate.
    """

    trial: Trial
    status: str
    problems: tuple[str, ...]
    run: Run | None = None
    choices: tuple[tuple[str, str], ...] = ()


class _Cast(Struct):
    """The stand-ins of one test while its run is rehearsed."""

    trial: Trial
    times: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)
    choices: list[tuple[str, str]] = field(default_factory=list)

    def stand_in(self, run: Run, occurrence: Occurrence) -> ActionResult:
        """Return what a step gives in this test."""
        name = _name_for(run, occurrence, self.trial.steps)
        given = self.trial.steps[name] if name is not None else (StoodIn(output={}),)
        number = min(self.times[name or occurrence.address], len(given) - 1)
        self.times[name or occurrence.address] += 1
        step = occurrence.step
        roots = names_at(run, run.sequences[occurrence.sequence].scope)
        try:
            own, self.texts[occurrence.address] = _rendered(occurrence, roots)
        except CannotStart as error:
            return failed(error.reason)
        except EvaluationError as error:
            return failed(error_text("TR801", reason=error.message))
        result = given[number]
        if result.error is not None and "exit_code" in own:
            own["exit_code"] = 1
        output = {**own, **result.output}
        error_of_step = result.error
        if error_of_step is None and output.get("exit_code", 0) != 0:
            error_of_step = error_text("TR803", exit_code=output["exit_code"])
        if error_of_step is None and isinstance(step, ProcessStep) and promises_data(step):
            error_of_step = _add_data(step, output)
        outcome = Outcome.COMPLETED if error_of_step is None else Outcome.FAILED
        return ActionResult(outcome=outcome, output=output, error=error_of_step)

    def answer(self, run: Run, gate: Occurrence) -> str | None:
        """Return the next answer to a gate, None when the test has no more of them."""
        name = _name_for(run, gate, self.trial.gates)
        if name is None or not isinstance(gate.step, GateStep):
            return None
        options = self.trial.gates[name]
        number = self.times[f"gate {name}"]
        if number >= len(options) and (len(options) > 1 or _asks_again(gate)):
            return None
        self.times[f"gate {name}"] += 1
        choice = match_option(gate.step.options, options[min(number, len(options) - 1)])
        is_called = run.sequences[gate.sequence].plan
        if choice is not None and not is_called:
            self.choices.append((gate.step.path, choice))
        return choice


def try_out(plan: Plan, trial: Trial, plans: PlanSource, *, lenient: bool) -> Verdict:
    """Rehearse a test, and hold what came of it against what it expects."""
    resolved = InputSet(plan.inputs).resolve(trial.inputs, lenient=lenient, integration=None)
    if resolved.problems:
        reasons = "; ".join(problem.message for problem in resolved.problems)
        problems = _refusal_problems(trial, reasons)
        return Verdict(trial=trial, status=REFUSED, problems=problems)
    cast = _Cast(trial=trial)
    rehearsal = Rehearsal(plan=plan, stand_in=cast.stand_in, answer=cast.answer, plans=plans)
    created = RunCreated(
        run_id="test",
        at=BEGINNING,
        plan_digest=plan.digest,
        inputs=resolved.values,
        lenient=lenient,
        secrets=tuple(sorted(resolved.secrets)),
        workflow_dir=None,
        started_by="test",
        commit=None,
    )
    try:
        run = rehearsal.play(created)
    except TooLong:
        reason = f"the run goes on after {MAX_ACTIONS:,} actions"
        return Verdict(trial=trial, status="running", problems=(reason,))
    path = tuple(run.occurrences[address].public for address in rehearsal.began)
    found = tuple(_differences(run, trial, path, cast.texts))
    return Verdict(
        trial=trial,
        status=run.status.value,
        problems=found,
        run=run,
        choices=tuple(cast.choices),
    )


def _rendered(occurrence: Occurrence, roots: Mapping[str, Json]) -> tuple[dict[str, Json], str]:
    """Return what a step's output holds whatever happens, and the text that it would act on.

    Errors: EvaluationError; CannotStart where it would fail before anything is started.
    """
    step = occurrence.step
    ended: dict[str, Json] = {"exit_code": 0, "stdout": "", "stderr": ""}
    match step:
        case ShellStep():
            return ended, as_text(render(step.run, roots))
        case CommandStep():
            record = record_of(step, roots)
            given = record.get("input")
            words = given.get("args") if isinstance(given, Mapping) else None
            text = f"{record['command']} {as_text(words)}".strip()
            return {**record, **ended, "dispatched": True}, text
        case PromptStep():
            record = record_of(step, roots)
            return {**record, **ended, "dispatched": True}, as_text(record["prompt"])
        case _:
            return {}, ""


def _add_data(step: ProcessStep, output: dict[str, Json]) -> str | None:
    """Add the data of a step that promises some; return why that is not what it promised."""
    try:
        if "data" in output:
            check_data(output["data"], step.output_schema)
        else:
            printed = str(output["stdout"]).encode("utf-8", "surrogatepass")
            output["data"] = data(Captured(head=printed, size=len(printed)), step.output_schema)
    except BadData as bad:
        return bad.error
    return None


def _name_for(run: Run, occurrence: Occurrence, named: Mapping[str, object]) -> str | None:
    """Return the name by which a test means an occurrence: the most exact one that it has."""
    names = (
        occurrence.address,
        occurrence.public,
        occurrence.qualified,
        run.path_of(occurrence),
        occurrence.step.path,
        occurrence.step.id,
    )
    return next((name for name in names if name in named), None)


def _asks_again(gate: Occurrence) -> bool:
    return gate.output is not None and gate.output.get("choice") is not None


def _refusal_problems(trial: Trial, reasons: str) -> tuple[str, ...]:
    expected = trial.expected
    if expected.status != REFUSED:
        return (f"the inputs are refused: {reasons}",)
    if expected.error is not None and expected.error not in reasons:
        return (f"the refusal is {_text(reasons)}, without {_text(expected.error)}",)
    return ()


def _differences(
    run: Run, trial: Trial, path: tuple[str, ...], texts: Mapping[str, str]
) -> Iterator[str]:
    expected = trial.expected
    if run.status.value != expected.status:
        why = f": {one_line(run.error, _LONGEST)}" if run.error is not None else ""
        at = f" at '{run.current}'" if run.current is not None and not why else ""
        yield f"the run is {run.status.value}{at}, not {expected.status}{why}"
    if expected.error is not None and expected.error not in (run.error or ""):
        yield f"the error is {_text(run.error)}, without {_text(expected.error)}"
    if expected.path is not None and path != expected.path:
        yield _path_difference(path, expected.path)
    for name, value in expected.outputs.items():
        found = (run.outputs or {}).get(name)
        if not _is_same(found, value):
            yield f"output '{name}' is {_text(found)}, not {_text(value)}"
    for name, wanted in expected.steps.items():
        yield from _step_differences(run, name, wanted, texts)


def _path_difference(path: tuple[str, ...], expected: tuple[str, ...]) -> str:
    same = 0
    while same < min(len(path), len(expected)) and path[same] == expected[same]:
        same += 1
    here = f"'{path[same]}'" if same < len(path) else "the end"
    there = f"'{expected[same]}'" if same < len(expected) else "the end"
    after = f"after '{path[same - 1]}' comes" if same else "the run begins with"
    return f"{after} {here}, not {there}; the path is {', '.join(path) or 'empty'}"


def _step_differences(
    run: Run, name: str, wanted: Mapping[str, Json], texts: Mapping[str, str]
) -> Iterator[str]:
    occurrence = run.occurrences.get(name) or public_results(run).get(name)
    if occurrence is None:
        yield f"step '{name}' did not come to run"
        return
    status = occurrence.status.value if occurrence.status is not None else None
    if wanted.get("status", status) != status:
        why = f": {one_line(occurrence.error, _LONGEST)}" if occurrence.error else ""
        yield f"step '{name}' is {status}, not {wanted['status']}{why}"
    error = wanted.get("error")
    if isinstance(error, str) and error not in (occurrence.error or ""):
        yield f"the error of step '{name}' is {_text(occurrence.error)}, without {_text(error)}"
    text = texts.get(occurrence.address)
    if "text" in wanted and wanted["text"] != text:
        yield f"step '{name}' acts on {_text(text)}, not {_text(wanted['text'])}"
    output = wanted.get("output")
    for member, value in output.items() if isinstance(output, Mapping) else ():
        found = (occurrence.output or {}).get(member)
        if not _is_same(found, value):
            yield f"'{member}' of step '{name}' is {_text(found)}, not {_text(value)}"


def _is_same(found: Json, value: Json) -> bool:
    """Whether two values are one in JSON: true is not 1, at any depth, and 1.0 is."""
    return not Validator({"const": value}).violations(found)


def _text(value: Json) -> str:
    return one_line(shown(value), _LONGEST)
