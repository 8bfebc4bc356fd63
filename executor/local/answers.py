"""Answers to gates as they are given on a command line: ``CHOICE`` or ``GATE=CHOICE``."""

from collections.abc import Collection, Mapping, Sequence

from treadle.executor.errors import Refused
from treadle.executor.events import Answer
from treadle.executor.gate import is_overdue
from treadle.executor.open_steps import open_gates
from treadle.executor.state import Occurrence, Run
from treadle.plan.steps import GateStep, match_option


def read_answers(
    run: Run, choices: Sequence[str], *, gates: tuple[Occurrence, ...] | None = None
) -> Mapping[str, str]:
    """Return the chosen options by the addresses of the gates they answer.

    Shapes: GATE is an address or a step id. A bare CHOICE needs exactly one open gate. `gates`
    are those that can be answered, where that is not all that are open.
    Errors: Refused with TR710 (no such option), TR711 (no such gate), TR712 (which one?)
    or TR718 (two options for one gate).
    """
    gates = open_gates(run) if gates is None else gates
    found: dict[str, str] = {}
    for text in choices:
        gate, choice = _addressed(gates, text)
        options = gate.step.options if isinstance(gate.step, GateStep) else ()
        option = match_option(options, choice)
        if option is None:
            hint = "the options are " + ", ".join(f"'{known}'" for known in options)
            raise Refused.because("TR710", choice=choice, gate=gate.qualified, hint=hint)
        first = found.setdefault(gate.address, option)
        if first != option:
            raise Refused.because("TR718", gate=gate.qualified, first=first, second=option)
    return found


def as_answers(
    chosen: Mapping[str, str], *, by: str | None, at: str, comment: str | None
) -> dict[str, Answer]:
    """Return chosen options, by the addresses of their gates, as the answers of somebody.

    Units: `at` is an ISO 8601 time.
    """
    return {
        address: Answer(choice=choice, by=by, at=at, comment=comment)
        for address, choice in chosen.items()
    }


def refuse_late_answers(
    run: Run, answers: Mapping[str, str], inputs: Collection[str], *, at: str
) -> None:
    """Refuse to answer a gate behind its deadline, which a resume without an answer applies.

    Shapes: `answers` are by address; `inputs` are the names of those that are given anew.
    Errors: Refused with TR717 for each such gate.
    """
    late = [
        Refused.because("TR717", gate=gate.qualified).problems[0]
        for gate in open_gates(run)
        if is_overdue(gate, at) and (gate.address in answers or _verdict_input(gate) in inputs)
    ]
    if late:
        raise Refused(*late)


def _verdict_input(gate: Occurrence) -> str | None:
    return gate.step.verdict_input if isinstance(gate.step, GateStep) else None


def _addressed(gates: tuple[Occurrence, ...], text: str) -> tuple[Occurrence, str]:
    if not gates:
        raise Refused.because("TR711", reason="no gate is open")
    # An address may hold "=" itself (in the key of a case), so the gates say where it ends.
    named = {
        gate.address: (gate, text[len(name) + 1 :])
        for gate in gates
        for name in (gate.address, gate.public, gate.qualified)
        if text.startswith(f"{name}=")
    }
    if len(named) == 1:
        return next(iter(named.values()))
    if named:
        raise Refused.because("TR712", gates=", ".join(named))
    if text.startswith("/"):
        reason = f"no gate is open at '{text.rpartition('=')[0] or text}'"
        raise Refused.because("TR711", reason=reason, hint=f"open: {_list(gates)}")
    if len(gates) > 1:
        hint = f"--choice {gates[0].address}=…"
        raise Refused.because("TR712", gates=_list(gates), hint=hint)
    return gates[0], text


def _list(gates: tuple[Occurrence, ...]) -> str:
    return ", ".join(gate.address for gate in gates)
