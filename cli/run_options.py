"""The groups of options that the verbs of runs share: what is given, and how a run goes on."""

import typer

from treadle.cli.option_group import OptionGroup
from treadle.cli.options import (
    ChoicesOption,
    CommentOption,
    DetailedExitcodeOption,
    FromOption,
    InputFileOption,
    InputFilesOption,
    InputsOption,
    JsonOption,
    LenientOption,
    YesOption,
)
from treadle.cli.runs.given import InputOptions
from treadle.cli.runs.going_on import Mending


class GivenOptions(OptionGroup, frozen=True, kw_only=True):
    """The options that give values to inputs."""

    inputs: InputsOption = None
    input_texts: InputFilesOption = None
    input_file: InputFileOption = None

    @property
    def is_empty(self) -> bool:
        """Whether no option gives anything."""
        return self == GivenOptions()

    def read(self, *, is_stdin_taken: bool = False) -> InputOptions:
        """Return what was given; `is_stdin_taken` tells that stdin holds something else."""
        return InputOptions(
            values=self.inputs or (),
            files=self.input_texts or (),
            input_file=self.input_file,
            is_stdin_taken=is_stdin_taken,
        )


class GoingOnOptions(OptionGroup, frozen=True, kw_only=True):
    """The options that say how a run goes on."""

    step: FromOption = None
    choices: ChoicesOption = None
    comment: CommentOption = None
    is_confirmed: YesOption = False
    lenient: LenientOption = False
    as_json: JsonOption = False
    is_detailed: DetailedExitcodeOption = False

    def read(self, *, source: str | None = None, accepts_changes: bool = False) -> Mending:
        """Return how a run goes on, under the edited workflow `source` if there is one.

        Errors: typer.BadParameter for a comment on nothing.
        """
        if self.comment is not None and not self.choices:
            raise typer.BadParameter("it goes with --choice", param_hint="--comment")
        return Mending(
            step=self.step,
            source=source,
            accepts_changes=accepts_changes,
            is_confirmed=self.is_confirmed,
            choices=self.choices or (),
            comment=self.comment,
            lenient=self.lenient,
            as_json=self.as_json,
            is_detailed=self.is_detailed,
        )
