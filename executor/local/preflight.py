"""The look around before the first step: what a plan needs, and whether it is here.

Everything that is missing is found at once. Nothing is started, and nothing is changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.left_to_run import left_to_run
from treadle.executor.local.departure import Departure
from treadle.executor.ports import Machine
from treadle.plan import catalogue
from treadle.plan.dispatch import programs
from treadle.plan.entry import Severity
from treadle.plan.inputs import AUTO
from treadle.plan.integrations import Integration, core_commands, integration, known
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem, problem
from treadle.plan.reach import Reached, all_steps
from treadle.plan.requirements import Doubt, Need, Requirement, requirements
from treadle.plan.versions import allows

SPEC_KIT = "1.2.3"  # the version of Spec Kit whose workflows are run as it runs them
_MAX_STEPS = 3
_MAX_OTHERS = 3
# What these doubt is no news for somebody who starts a run.
_QUIET = frozenset({Doubt.MADE, Doubt.OWN_PATH, Doubt.OPEN})
_INSTALL = {
    "gh": "install it: https://cli.github.com",
    "specify": "install it: uv tool install specify-cli",
}


class Status(StrEnum):
    """Whether something that is needed is here."""

    FOUND = "found"
    MISSING = "missing"
    OPEN = "open"  # what it is called will only be known when it runs


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is needed, and what was found.

    Shapes: `found` is where it is, or what is there instead. A `problem` of something that is
    found is a remark.
    """

    requirement: Requirement
    status: Status
    found: str | None = None
    problem: Problem | None = None

    @property
    def is_firm(self) -> bool:
        """Whether the run cannot do without it, as far as that is known."""
        if self.problem is None or self.requirement.doubt is not None:
            return False
        entry = catalogue.BY_CODE[self.problem.code]
        return entry.strict is Severity.ERROR


def findings_before(departure: Departure, machine: Machine) -> tuple[Finding, ...]:
    """Return what a run needs from here on, each with what was found."""
    plan, resolved, run = departure.plan, departure.resolved, departure.run
    around = Known.of(plan, resolved, workflow_dir=departure.workflow_dir or "")
    steps = all_steps(plan, around) if run is None else left_to_run(run, around)
    return look(plan, steps, machine)


def look(plan: Plan, steps: Iterable[Reached], machine: Machine) -> tuple[Finding, ...]:
    """Return what the steps of a plan need, each with what was found, in the order of the steps."""
    looking = _Looking(plan=plan, machine=machine)
    needed = requirements(plan, steps)
    return tuple(found for one in needed for found in looking.at(one))


def refusal(findings: Iterable[Finding], *, lenient: bool) -> Refused | None:
    """Return the refusal with everything that is missing for certain, None if a run may begin."""
    if lenient:
        return None
    firm = [f.problem for f in findings if f.problem is not None and f.is_firm]
    return Refused(*firm) if firm else None


def warnings(findings: Iterable[Finding], *, lenient: bool) -> tuple[Problem, ...]:
    """Return what to tell besides what is refused."""
    return tuple(
        _doubted(one.problem, one.requirement.doubt)
        for one in findings
        if one.problem is not None
        and one.requirement.doubt not in _QUIET
        and (lenient or not one.is_firm)
    )


def _doubted(problem: Problem, doubt: Doubt | None) -> Problem:
    message = problem.message if doubt is None else f"{problem.message}; {doubt.value}"
    return Problem(code=problem.code, field=problem.field, message=message, hint=problem.hint)


class _Looking(Struct, frozen=True, kw_only=True):
    """One look around the machine for the steps of a plan."""

    plan: Plan
    machine: Machine

    def at(self, one: Requirement) -> Iterator[Finding]:
        """Yield what was found of one requirement."""
        look: Mapping[Need, Callable[[Requirement], Iterator[Finding]]] = {
            Need.AGENT: self._agent,
            Need.COMMAND: self._command,
            Need.PROGRAM: self._program,
            Need.FOLDER: self._path,
            Need.FILE: self._path,
            Need.SPEC_KIT: self._spec_kit,
        }
        yield from look[one.need](one)

    def _agent(self, one: Requirement) -> Iterator[Finding]:
        if one.doubt is Doubt.OPEN:
            yield Finding(requirement=one, status=Status.OPEN)
            return
        if one.name == AUTO:
            set_up = "'specify init --here --integration KEY' sets it up"
            yield self._missing(one, "TR734", self._instead(one, set_up))
            return
        agent = integration(one.name or "")
        if agent is None or agent.line is None:
            reason, what_to_do = self._why_not(one, agent)
            yield self._missing(one, "TR727", what_to_do, reason=reason)
            return
        ways = programs(agent, self.machine.environment)
        found = next((path for way in ways if (path := self.machine.program(way[0]))), None)
        if found is None:
            install = f"install it: {agent.install}" if agent.install else "install it"
            fields = {"integration": agent.key, "program": ways[0][0]}
            yield self._missing(one, "TR726", self._instead(one, install), **fields)
        else:
            remark = self._remark(one)
            yield Finding(requirement=one, status=Status.FOUND, found=found, problem=remark)

    def _why_not(self, one: Requirement, agent: Integration | None) -> tuple[str, str | None]:
        """Return why an agent cannot be called, and what to do."""
        if one.name is None:
            return "no integration is named", self._instead(one, "name one under 'integration'")
        if agent is None:
            near = get_close_matches(one.name, known(), 1)
            guess = f"did you mean '{near[0]}'?" if near else "'treadle doctor' lists all agents"
            return f"no integration is called '{one.name}'", guess
        what_to_do = self._instead(one, "name an agent that has one")
        return f"integration '{agent.key}' has no command line", what_to_do

    def _instead(self, one: Requirement, first: str) -> str:
        """Return a hint, with the flag that names an agent that is here, where one does."""
        names = [read.removeprefix("inputs.") for read in one.reads if read.startswith("inputs.")]
        if not names:
            return first
        others = [key for key in known() if key != one.name and self._can_be_called(key)]
        flags = [f"'-i {names[0]}={key}'" for key in others[:_MAX_OTHERS] or ("KEY",)]
        return f"{first}, or give {' or '.join(flags)}"

    def _can_be_called(self, key: str) -> bool:
        agent = integration(key)
        if agent is None or agent.line is None:
            return False
        ways = programs(agent, self.machine.environment)
        return any(len(way) == 1 and self.machine.program(way[0]) for way in ways)

    def _remark(self, one: Requirement) -> Problem | None:
        """Return the remark that the workflow was written for other agents, where it was."""
        listed = self.plan.requires.integrations if self.plan.requires is not None else ()
        if not listed or one.name in listed:
            return None
        fields = {"integration": one.name, "integrations": ", ".join(listed)}
        return self._problem(one, "TR732", None, **fields)

    def _command(self, one: Requirement) -> Iterator[Finding]:
        agent = integration(one.integration or "")
        if agent is None or not agent.places:
            return
        stem = (one.name or "").removeprefix("speckit.")
        if agent.invocation.is_idempotent:
            stem = stem.removeprefix("speckit-")
        dashed = stem.replace(".", "-")
        places = tuple(place.format(command=stem, dashed=dashed) for place in agent.places)
        found = self.machine.place(places)
        if found is not None:
            yield Finding(requirement=one, status=Status.FOUND, found=found)
            return
        fields = {"integration": agent.key, "command": one.name, "place": places[0]}
        yield self._missing(one, "TR728", _how_to_add(stem, agent), **fields)

    def _program(self, one: Requirement) -> Iterator[Finding]:
        name = one.name or ""
        found = self.machine.program(name)
        if found is not None:
            yield Finding(requirement=one, status=Status.FOUND, found=found)
        else:
            yield self._missing(one, "TR729", None, program=name, install=_INSTALL[name])

    def _path(self, one: Requirement) -> Iterator[Finding]:
        name = one.name or ""
        is_folder = one.need is Need.FOLDER
        if self.machine.is_folder(name) if is_folder else self.machine.is_file(name):
            yield Finding(requirement=one, status=Status.FOUND)
        else:
            yield self._missing(one, "TR730", None, kind=one.need.value, path=name)

    def _spec_kit(self, one: Requirement) -> Iterator[Finding]:
        wanted, version = one.name or "", self.machine.speckit_version()
        found = f"the project was set up by {version}" if version else f"treadle runs {SPEC_KIT}"
        verdict = allows(wanted, version or SPEC_KIT)
        if verdict is True:
            yield Finding(requirement=one, status=Status.FOUND, found=found)
        elif verdict is None:
            is_range = allows(wanted, SPEC_KIT) is not None
            problem = None if is_range else self._problem(one, "TR733", None, range=wanted)
            yield Finding(requirement=one, status=Status.OPEN, found=found, problem=problem)
        else:
            hint = "'specify self upgrade' and 'specify init --here --force' bring it up to date"
            told = {"range": wanted, "found": found}
            yield self._missing(one, "TR731", hint if version else None, **told)

    def _missing(self, one: Requirement, code: str, hint: str | None, **fields: object) -> Finding:
        problem = self._problem(one, code, hint, **fields)
        return Finding(requirement=one, status=Status.MISSING, problem=problem)

    def _problem(self, one: Requirement, code: str, hint: str | None, **fields: object) -> Problem:
        place = one.steps[0] if one.steps else ""
        return problem(code, place, hint=hint, steps=self._steps(one), **fields)

    def _steps(self, one: Requirement) -> str:
        """Return who needs it: ``steps 'plan' (line 12), 'tasks' (line 15) and 2 more``."""
        shown = [self._step(path) for path in one.steps[:_MAX_STEPS]]
        more = len(one.steps) - len(shown)
        word = "step" if len(one.steps) == 1 else "steps"
        return f"{word} {', '.join(shown)}" + (f" and {more} more" if more else "")

    def _step(self, path: str) -> str:
        place = self.plan.source_map.get(path)
        name = path.removeprefix("/") if path.count("/") == 1 else path
        return f"'{name}'" if place is None else f"'{name}' (line {place.line})"


def _how_to_add(stem: str, agent: Integration) -> str:
    """Return how an agent comes to a command."""
    if stem in core_commands():
        return f"'specify init --here --integration {agent.key}' installs it"
    near = get_close_matches(stem, core_commands(), 1)
    if near:
        return f"did you mean 'speckit.{near[0]}'?"
    return "it comes with an extension: 'specify extension search' finds those there are"
