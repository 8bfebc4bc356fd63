"""Drives a run together with the person at the terminal: asks what is missing, goes on, tells.

Everything that is asked could have been given as an option: an answer takes the same path.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from treadle.cli.exit_codes import ExitCode, of_signal
from treadle.cli.project.call_plans import InstalledPlans
from treadle.cli.project.run_settings import run_settings
from treadle.cli.runs.answers import COMMENT, NO_ANSWERS, Answers
from treadle.cli.runs.ask_gate import ask_gate
from treadle.cli.runs.ask_input import ask_inputs
from treadle.cli.runs.given import InputOptions, from_environment, read_given
from treadle.cli.runs.progress import Progress
from treadle.cli.runs.run_summary import summary_lines
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.talk import Talk
from treadle.cli.text.visible import one_line
from treadle.cli.text.yaml_text import parse_yaml
from treadle.executor.errors import Refused
from treadle.executor.local import project as projects
from treadle.executor.local.drive import Rested
from treadle.executor.local.groups import Holder
from treadle.executor.local.host import Host
from treadle.executor.local.look_around import looking_around
from treadle.executor.local.session import resume
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import run_object
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.plan.inputs import Given, InputSet
from treadle.plan.plan import Plan

if TYPE_CHECKING:
    from treadle.cli.runs.on_pause import Notice

Environment = Callable[[Plan], Mapping[str, Given]]
Begin = Callable[[Mapping[str, Given]], Rested]
GoOn = Callable[..., Rested]  # the signature of session.resume

_MISSING = frozenset({"TR701", "TR706"})


class _Answered(Struct, frozen=True, kw_only=True):
    """An open gate with its answer."""

    gate: Occurrence
    choice: str
    comment: str | None = None


class Drive(Struct, kw_only=True):
    """One run from the command that starts or resumes it until it rests.

    Shapes: `given` grows by what is asked for; `answers` come before the person;
    `is_interrupted` tells that Ctrl-C was the answer to a gate, which stays open; `on_pause` is a
    line of shell that is run for a gate that no file answers; `go_on` resumes a run where it is
    kept, and `where` are the options that say so, None for this machine.
    """

    host: Host
    talk: Talk
    progress: Progress
    given: Mapping[str, Given]
    environment: Environment
    may_ask: bool
    answers: Answers = NO_ANSWERS
    is_interrupted: bool = False
    on_pause: str | None = None
    go_on: GoOn = resume
    where: Sequence[str] | None = None
    _notices: "list[Notice]" = field(default_factory=list)
    _gates_left: set[str] = field(default_factory=set)
    _times_answered: Counter[str] = field(default_factory=Counter)

    def until_rest(self, begin: Begin, plan: Callable[[], Plan]) -> Rested:
        """Begin, and go on as long as there are questions that somebody answers.

        Errors: Refused when nothing was begun; KeyboardInterrupt before it was.
        """
        rested = self._begun(begin, plan)
        try:
            while rested.run.status is RunStatus.PAUSED and rested.interrupted_by is None:
                answered = self._from_file(rested)
                if answered is None:
                    self._give_notice(rested.run)
                    answered = self._from_person(rested)
                if answered is None:
                    break
                rested = self._go_on(rested, answered)
        finally:
            for notice in self._notices:
                notice.end(self.talk)
        return rested

    def _give_notice(self, run: Run) -> None:
        if self.on_pause is None:
            return
        from treadle.cli.runs.on_pause import notice_of_pause  # most projects have no such command

        notice = notice_of_pause(self.on_pause, run, project=self.host.project)
        if notice is not None:
            self._notices.append(notice)

    def _begun(self, begin: Begin, plan: Callable[[], Plan]) -> Rested:
        try:
            return self._resting(lambda: begin(self.given))
        except Refused as refused:
            names = [problem.field for problem in refused.problems]
            is_missing = all(problem.code in _MISSING for problem in refused.problems)
            if not self.may_ask or not is_missing:
                raise
            inputs = InputSet(plan().inputs, parse_yaml=self.host.parse_yaml)
            integration = projects.default_integration(self.host.project)
            asked = ask_inputs(inputs, names, talk=self.talk, integration=integration)
            if asked is None:
                raise
        self.given = {**self.given, **asked}
        return self._resting(lambda: begin(self.given))

    def _from_file(self, rested: Rested) -> _Answered | None:
        """Return the first open gate that the file of answers has an answer to."""
        for gate in open_gates(rested.run):
            times = self._times_answered[gate.address]
            choice = self.answers.choice_for(rested.run, gate, times=times)
            if choice is not None:
                self._times_answered[gate.address] += 1
                return _Answered(gate=gate, choice=choice, comment=COMMENT)
        return None

    def _from_person(self, rested: Rested) -> _Answered | None:
        gate = self._next_gate(rested) if self.may_ask else None
        choice = self._answer(gate) if gate is not None else None
        if gate is None or choice is None:
            return None
        return _Answered(gate=gate, choice=choice)

    def _next_gate(self, rested: Rested) -> Occurrence | None:
        """Return the first gate to ask about.

        A gate that was rejected here and is to be asked again waits for the next resume: asking
        at once would leave no time to mend what was rejected.
        """
        gates = open_gates(rested.run)
        return next((gate for gate in gates if gate.address not in self._gates_left), None)

    def _answer(self, gate: Occurrence) -> str | None:
        try:
            choice = ask_gate(gate, talk=self.talk, project=self.host.project)
        except KeyboardInterrupt:
            self.is_interrupted = True
            return None
        self._gates_left.add(gate.address)
        return choice

    def _go_on(self, rested: Rested, answered: _Answered) -> Rested:
        choice = answered.choice
        plan = rested.run.program.plan
        secrets = InputSet(plan.inputs).secrets
        given = {name: value for name, value in self.given.items() if name in secrets}
        is_only = len(open_gates(rested.run)) == 1 and "=" not in choice
        answer = choice if is_only else f"{answered.gate.address}={choice}"
        return self._resting(
            lambda: self.go_on(
                rested.folder.id,
                given,
                host=self.host,
                choices=[answer],
                comment=answered.comment,
                environment=self.environment,
            )
        )

    def _resting(self, work: Callable[[], Rested]) -> Rested:
        try:
            return work()
        finally:
            self.progress.rest()


def drive_for(settings: Settings, project: Path, options: InputOptions, *, as_json: bool) -> Drive:
    """Return what run and resume drive a run with.

    A program that reads JSON is never kept waiting for a person.
    Errors: Rejected for inputs that cannot be read.
    """
    progress = Progress(settings.talk, shows_output=settings.is_verbose)
    runs = run_settings(settings, os.environ)
    return Drive(
        host=Host(
            project=project,
            # A copy: the original decodes each variable whenever it is read, so for every step.
            environment=dict(os.environ),
            parse_yaml=parse_yaml,
            watch=progress.watch,
            echo=progress.echo,
            held_back=progress.held_back,
            held_up=lambda holder: _tell_holder(settings.talk, holder),
            plans=InstalledPlans(project),
            preflight=looking_around(project, os.environ, settings.talk.warning),
            max_processes=runs.max_processes,
        ),
        on_pause=runs.on_pause,
        talk=settings.talk,
        progress=progress,
        given=read_given(options),
        environment=from_environment,
        may_ask=settings.may_ask and not as_json and not options.is_stdin_taken,
    )


def _tell_holder(talk: Talk, holder: Holder) -> None:
    verb = "cancelling" if holder.gives_way else "waiting for"
    group = f"concurrency group '{one_line(holder.group)}'"
    talk.say(f"{verb} run {holder.run_id} (process {holder.process}), which holds the {group}")


def tell(
    drive: Drive, rested: Rested, *, as_json: bool, beside: Mapping[str, Any] | None = None
) -> None:
    """Tell how a run rests: a summary for people, an object for programs.

    Shapes: `beside` are members that the object gets besides those of every run.
    """
    talk, run = drive.talk, rested.run
    for problem in rested.warnings:
        talk.warning(problem)
    lines = summary_lines(
        run,
        run.status,
        talk.paint,
        project=drive.host.project,
        began_at=drive.progress.began_at,
        is_interrupted=rested.interrupted_by is not None,
        where=drive.where,
    )
    for line in lines:
        talk.say(line)
    if talk.is_quiet and run.error is not None:
        talk.insist(f"error: {run.error}")
    if as_json:
        print_json({**run_object(run, run.status), **(beside or {})})


def exit_code(drive: Drive, rested: Rested, *, is_detailed: bool) -> int:
    """Return the exit status of run and resume."""
    match rested.run.status:
        case RunStatus.COMPLETED:
            return ExitCode.OK
        case RunStatus.PAUSED if rested.interrupted_by is not None:
            return of_signal(rested.interrupted_by)
        case RunStatus.PAUSED if drive.is_interrupted:
            return ExitCode.INTERRUPTED
        case RunStatus.PAUSED:
            return ExitCode.PAUSED if is_detailed else ExitCode.OK
        case _:
            return ExitCode.FAILED
