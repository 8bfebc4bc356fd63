"""``--compat``: the findings of files that are to run under another program as well."""

from collections.abc import Iterable
from typing import Annotated

import typer
from msgspec.structs import replace

from treadle.cli.checking.findings import Checked
from treadle.compiler.compat import Compat, for_spec_kit

CompatOption = Annotated[
    Compat | None,
    typer.Option("--compat", help="Report as errors what another program would not run alike."),
]


def is_lenient_look(compat: Compat | None, *, lenient: bool) -> bool:
    """Whether files are to be looked at leniently, which reports everything that differs."""
    return lenient or compat is not None


def weighed(
    checked: Iterable[Checked], compat: Compat | None, *, lenient: bool
) -> tuple[Checked, ...]:
    """Return checked files with the weight that their findings have for the other program.

    Shapes: `checked` was looked at as `is_lenient_look` says.
    """
    if compat is None:
        return tuple(checked)
    return tuple(
        replace(file, diagnostics=for_spec_kit(file.diagnostics, lenient=lenient))
        for file in checked
    )
