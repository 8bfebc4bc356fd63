"""Whether what a command is about to do may be done: the person at the terminal, or --yes."""

from typing import Any

from msgspec import Struct

from treadle.cli.runs.prospect_lines import prospect_lines
from treadle.cli.text.prompt import read_line
from treadle.cli.text.talk import Talk
from treadle.executor.prospect import Prospect


class Consent(Struct, kw_only=True):
    """Shows what will happen, and asks for it where nobody has said yes yet.

    Shapes: `prospect` is what was shown last. Steps that run again need a yes; a new plan under
    which nothing that is done runs again needs none.
    """

    talk: Talk
    is_given: bool
    may_ask: bool
    prospect: Prospect | None = None

    def __call__(self, prospect: Prospect) -> bool:
        """Return whether it may be done. Errors: KeyboardInterrupt."""
        self.prospect = prospect
        is_asked = prospect.target is not None and not self.is_given and self.may_ask
        tell = self.talk.insist if is_asked else self.talk.say
        for line in prospect_lines(prospect, self.talk.paint):
            tell(line)
        if prospect.target is None or self.is_given:
            return True
        if not is_asked:
            return False
        answer = read_line("may they run again? [y/N] ")
        return (answer or "").strip().lower() in ("y", "yes")

    def to_json(self) -> dict[str, Any]:
        """Return what was done, for programs."""
        prospect = self.prospect
        if prospect is None:
            return {}
        told: dict[str, Any] = {
            "from": prospect.target,
            "again": [
                {
                    "address": step.address,
                    "id": step.id,
                    "type": step.type,
                    "attempts": step.attempts,
                    "reads": list(step.reads),
                }
                for step in prospect.returns.again
            ],
            "kept": list(prospect.returns.kept),
        }
        if prospect.run_id is not None:
            told["forked_from"] = prospect.run.id
        if prospect.verdict is not None:
            told["plan_digest"] = prospect.plan.digest
            told["old_plan_digest"] = prospect.run.program.plan.digest
            told["passed_over"] = list(prospect.verdict.passed_over)
        return {"mended": told}
