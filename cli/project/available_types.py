"""The step types that a workflow file finds around it: those of its project and of packages.

Most workflows have none of their own: nothing is imported or looked for before one is named.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from treadle.compiler.composing.step_types import Available
from treadle.compiler.reading.layers import OverlayFile
from treadle.plan.step_types import StepSignature

T = TypeVar("T")


def types_around(path: Path | str | None = None) -> Available:
    """Return the step types for a file, or for what has none.

    The project is that of the file's folder if it declares any, else that of the working directory.
    """
    return Available(files=_Late(lambda: _files(path)), installed=_Late(_installed))


class _Late(Mapping[str, T], Generic[T]):
    """A mapping that is made when somebody looks into it."""

    def __init__(self, make: Callable[[], Mapping[str, T]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, T]:
        return self._make()

    def __getitem__(self, name: str) -> T:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _files(path: Path | str | None) -> Mapping[str, OverlayFile]:
    from treadle.executor.local.project import find_root
    from treadle.library.step_files import FOLDER, ProjectTypes

    starts = (Path.cwd(),) if path is None else (Path(os.path.abspath(path)).parent, Path.cwd())
    roots = (find_root(start, os.environ) for start in starts)
    root = next((root for root in roots if (root / FOLDER).is_dir()), None)
    return {} if root is None else ProjectTypes(root)


def _installed() -> Mapping[str, StepSignature | str]:
    from treadle.executor.local.step_types import installed_step_types

    return installed_step_types()
