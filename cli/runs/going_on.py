"""What the options of run, resume and fork say about how a run goes on."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct


class Mending(Struct, frozen=True, kw_only=True):
    """What the options of resume and fork say about a run that goes on.

    Shapes: `step` is the id or address of the one it goes back to; `source` is the edited
    workflow; `accepts_changes` lets steps run again that are done and not what they were.
    """

    step: str | None = None
    source: str | None = None
    accepts_changes: bool = False
    is_confirmed: bool = False
    choices: Sequence[str] = ()
    comment: str | None = None
    lenient: bool = False
    as_json: bool = False
    is_detailed: bool = False


class Asked(Struct, frozen=True, kw_only=True):
    """What --answers and --no-prompt say.

    Shapes: `has_own_secrets` says that secrets are where the steps run, and given to nobody.
    """

    file: Path | None
    is_prompt_off: bool
    has_own_secrets: bool = False
