"""Asking the person at a terminal what an open gate asks."""

from pathlib import Path

from treadle.cli.runs.run_summary import gate_lines
from treadle.cli.text.paint import Role
from treadle.cli.text.prompt import numbered, read_line
from treadle.cli.text.talk import Talk
from treadle.cli.text.visible import one_line, visible
from treadle.executor.state import Occurrence
from treadle.plan.steps import REJECTIONS, GateStep, match_option

_MAX_LINES = 200
_MAX_BYTES = 1024 * 1024


def ask_gate(gate: Occurrence, *, talk: Talk, project: Path) -> str | None:
    """Return the option that is chosen, None when the gate stays open.

    The end of the input is a rejection where there is an option for it, as it is in Spec Kit.
    Errors: KeyboardInterrupt.
    """
    options = gate.step.options if isinstance(gate.step, GateStep) else ()
    talk.insist("")
    for line in tuple(gate_lines(gate, talk.paint))[:-1]:
        talk.insist(line)
    _show_file(gate, talk=talk, project=project)
    for number, option in enumerate(options, 1):
        talk.insist(f"  {talk.paint(str(number), Role.WAITING)} {one_line(option)}")
    while True:
        answer = read_line("choose a number or a name: ")
        if answer is None:
            return next((option for option in options if option.lower() in REJECTIONS), None)
        # The numbers are those on the screen, whatever an option is called.
        choice = numbered(answer, options) or match_option(options, answer)
        if choice is not None:
            return choice
        if answer.strip():
            talk.insist(f"'{one_line(answer, 40)}' is none of them")


def _show_file(gate: Occurrence, *, talk: Talk, project: Path) -> None:
    """Show the file that belongs to the question."""
    name = (gate.output or {}).get("show_file")
    if not isinstance(name, str) or not name.strip():
        return
    talk.insist(talk.paint(f"  ── {one_line(name)}", Role.QUIET))
    try:
        with (project / name.strip()).open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        talk.insist(f"  cannot be shown: {reason}")
        return
    lines = visible(text).rstrip("\n").split("\n")
    for line in lines[:_MAX_LINES]:
        talk.insist(f"  {line}")
    if len(lines) > _MAX_LINES:
        talk.insist(talk.paint(f"  … and {len(lines) - _MAX_LINES} more lines", Role.QUIET))
    talk.insist(talk.paint("  ──", Role.QUIET))
