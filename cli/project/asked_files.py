"""What a compilation asked of the files around it, and whether it would be told the same again.

Everything that a workflow can be made of besides its own text comes as an answer to one of these
questions: which file is installed under an id, with which overlays, what stands beside a file, what
a step type is. So equal answers make an equal plan.
"""

from collections.abc import Callable, Iterator, Mapping

from treadle.compiler.composing.callees import CalleeFile, CalleeFiles, NotFound
from treadle.compiler.composing.step_types import Available
from treadle.compiler.reading.layers import OverlayFile

Ask = Callable[[CalleeFiles, Available], object]


class Questions:
    """The questions of one compilation, each with its answer, in the order of asking."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, ...], tuple[Ask, object]] = {}

    def note(self, key: tuple[str, ...], ask: Ask, answer: object) -> None:
        """Take down a question and its answer."""
        self._asked.setdefault(key, (ask, answer))

    def have_the_same_answers(self, files: CalleeFiles, step_types: Available) -> bool:
        """Whether every question has the answer that it had."""
        return all(ask(files, step_types) == answer for ask, answer in self._asked.values())


class AskedFiles:
    """Workflows that can be called; what is asked for is taken down."""

    def __init__(self, files: CalleeFiles, questions: Questions) -> None:
        self._files = files
        self._questions = questions

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow that may be run."""
        answer = self._files.installed(workflow)
        self._questions.note(
            ("installed", workflow), lambda files, types: files.installed(workflow), answer
        )
        return answer

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        answer = self._files.beside(file, caller=caller)
        self._questions.note(
            ("beside", file, caller), lambda files, types: files.beside(file, caller=caller), answer
        )
        return answer


def asked_types(step_types: Available, questions: Questions) -> Available:
    """Return step types; which files are asked for is taken down.

    Shapes: those of packages stay what they are as long as the process lives.
    """
    return Available(files=_AskedTypes(step_types.files, questions), installed=step_types.installed)


class _AskedTypes(Mapping[str, OverlayFile]):
    def __init__(self, files: Mapping[str, OverlayFile], questions: Questions) -> None:
        self._files = files
        self._questions = questions

    def __getitem__(self, name: str) -> OverlayFile:
        found = self._files.get(name)
        self._questions.note(("type", name), lambda files, types: types.files.get(name), found)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        names = tuple(self._files)
        self._questions.note(("types",), lambda files, types: tuple(types.files), names)
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _ in self)
