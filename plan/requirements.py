"""What a plan needs of the machine and the project, step by step, before any of it is run.

Only what is written or known is asked for: a name that another step gives is open. Whether it is
there is not looked at here.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from treadle.plan.evaluate import EvaluationError
from treadle.plan.expression import Json, Value, expressions
from treadle.plan.integrations import integration
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.reach import Reached
from treadle.plan.steps import (
    CommandStep,
    GateStep,
    GithubStep,
    InitStep,
    PromptStep,
    ShellStep,
    Step,
)
from treadle.plan.text import as_text
from treadle.plan.written import written

GITHUB_PROGRAM = "gh"
INIT_PROGRAM = "specify"
_LOCAL_PATHS = ("./", "../", "/")


class Need(StrEnum):
    """What kind of thing is needed."""

    AGENT = "agent"  # an integration, with its program
    COMMAND = "command"  # one of the commands of an integration
    PROGRAM = "program"
    FOLDER = "folder"
    FILE = "file"
    SPEC_KIT = "spec-kit"  # a version of it


class Doubt(StrEnum):
    """Why something that is not there may do no harm."""

    BRANCH = "only a condition tells whether it is needed"
    TOLERATED = "the run goes on without it"
    MADE = "an earlier step may make it"
    OWN_PATH = "the step sets a PATH of its own"
    OPEN = "its name comes from another step or from an input that is not given"


class Requirement(Struct, frozen=True, kw_only=True):
    """One thing that steps need.

    Shapes: `name` is a key, a command, a program, a path or a range of versions: None for an
    agent that is open or that nobody named. `steps` are paths, in source order; `reads` is what
    an agent's name reads; `integration` is the agent that is to find a command.
    """

    need: Need
    name: str | None
    steps: tuple[str, ...] = ()
    doubt: Doubt | None = None
    integration: str | None = None
    reads: tuple[str, ...] = ()


def requirements(plan: Plan, steps: Iterable[Reached]) -> tuple[Requirement, ...]:
    """Return everything that the steps need, each thing once, in the order of the steps."""
    found: dict[tuple[str, ...], Requirement] = {}
    makers = _Makers()
    for one in steps:
        for requirement in _of_step(one):
            _add(found, makers.doubting(requirement))
        makers.add(one)
    for each in (plan, *plan.callees.values()):
        version = each.requires.speckit_version if each.requires is not None else None
        if version is not None:
            _add(found, Requirement(need=Need.SPEC_KIT, name=version))
    return tuple(found.values())


class _Makers:
    """The steps so far, which may have made what is not there yet."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}
        self._is_any = self._is_set_up = False

    def add(self, one: Reached) -> None:
        """Take note of a step that comes before all that follow."""
        self._is_any |= isinstance(one.step, ShellStep | CommandStep | PromptStep | InitStep)
        self._is_set_up |= isinstance(one.step, InitStep)
        if isinstance(one.step, ShellStep):
            self._lines[str(written(one.step.run))] = None

    def doubting(self, requirement: Requirement) -> Requirement:
        """Return a requirement with the doubt that an earlier step may see to it."""
        is_made = self._may_make(requirement)
        return replace(requirement, doubt=Doubt.MADE) if is_made else requirement

    def _may_make(self, requirement: Requirement) -> bool:
        match requirement.need:
            case Need.FOLDER | Need.FILE:
                return self._is_any
            case Need.COMMAND:
                return self._is_set_up or self._has_line("speckit") or self._has_line("specify ")
            case _:
                return requirement.name is not None and self._has_line("install", requirement.name)

    def _has_line(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self._lines)


def _add(found: dict[tuple[str, ...], Requirement], new: Requirement) -> None:
    """Add a requirement, or its steps to one that is the same; certainty wins over doubt."""
    place = new.steps if new.name is None else ()
    key = (new.need.value, new.name or "", new.integration or "", *place)
    old = found.get(key)
    if old is None:
        found[key] = new
        return
    doubt = None if old.doubt is None or new.doubt is None else old.doubt
    steps = tuple(dict.fromkeys((*old.steps, *new.steps)))
    found[key] = replace(old, steps=steps, doubt=doubt)


def _of_step(one: Reached) -> Iterator[Requirement]:
    step = one.step
    match step:
        case CommandStep() | PromptStep():
            yield from _of_agent(step, one)
            yield from _folder(step.cwd, one)
        case ShellStep():
            yield from _folder(step.cwd, one)
        case GithubStep():
            yield _plain(Need.PROGRAM, GITHUB_PROGRAM, one)
        case InitStep():
            yield _plain(Need.PROGRAM, INIT_PROGRAM, one)
        case GateStep() if step.show_file is not None:
            # A file that cannot be shown keeps no gate from being answered.
            yield from _path(Need.FILE, step.show_file, one, doubt=Doubt.TOLERATED)


def _of_agent(step: CommandStep | PromptStep, one: Reached) -> Iterator[Requirement]:
    open_reads = one.known.open_reads(step.integration)
    if open_reads:
        yield replace(_plain(Need.AGENT, None, one), doubt=Doubt.OPEN, reads=open_reads)
        return
    key = _text(step.integration, one.known)
    agent = replace(_plain(Need.AGENT, key or None, one), reads=_reads(step.integration))
    yield replace(agent, doubt=Doubt.OWN_PATH) if "PATH" in step.env else agent
    if key and isinstance(step, CommandStep):
        command = _text(step.command, one.known)
        if command:
            yield replace(_plain(Need.COMMAND, command, one), integration=key)
        yield from _reference(step, key, one)


def _reads(value: Value) -> tuple[str, ...]:
    paths = (path for expression in expressions(value) for path in expression.reads)
    return tuple(dict.fromkeys(".".join(path[:2]) for path in paths))


def _reference(step: CommandStep, key: str, one: Reached) -> Iterator[Requirement]:
    """Yield the file that an agent's first argument stands for, where it is a path."""
    agent = integration(key)
    if agent is None or agent.reference is None or not step.integration_args:
        return
    for requirement in _path(Need.FILE, step.integration_args[0], one, doubt=None):
        if requirement.name is not None and requirement.name.startswith(_LOCAL_PATHS):
            yield requirement


def _folder(cwd: Value | None, one: Reached) -> Iterator[Requirement]:
    if cwd is not None:
        yield from _path(Need.FOLDER, cwd, one, doubt=None)


def _path(need: Need, value: Value, one: Reached, *, doubt: Doubt | None) -> Iterator[Requirement]:
    """Yield a path that is written or known; what else a step reads is seen when it runs."""
    text = _text(value, one.known)
    if text and text.strip():
        requirement = _plain(need, text, one)
        yield replace(requirement, doubt=doubt) if doubt is not None else requirement


def _plain(need: Need, name: str | None, one: Reached) -> Requirement:
    return Requirement(need=need, name=name, steps=(one.path,), doubt=_doubt(one.step, one))


def _doubt(step: Step, one: Reached) -> Doubt | None:
    if not one.is_certain:
        return Doubt.BRANCH
    return Doubt.TOLERATED if step.continue_on_error else None


def _text(value: Value, known: Known) -> str | None:
    """Return the text of a value that is decided, None for any other."""
    if known.open_reads(value):
        return None
    try:
        found: Json = known.render(value)
    except EvaluationError:
        return None
    return None if found is None or isinstance(found, Mapping | list) else as_text(found)
