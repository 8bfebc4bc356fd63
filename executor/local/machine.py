"""What this machine has for a run: looked at, never changed, and no program is started."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.programs import on_path
from treadle.executor.local.project import speckit_version


class LocalMachine(Struct, frozen=True, kw_only=True):
    """The machine that this process runs on, as seen from a project. See `ports.Machine`."""

    project: Path
    environment: Mapping[str, str]

    def program(self, name: str) -> str | None:
        """Return the absolute path of a program, as a step would find it."""
        try:
            return on_path(name, self.environment, cwd=self.project)
        except ValueError:  # a name that no file can have
            return None

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        try:
            return (self.project / path).is_dir()
        except (OSError, ValueError):
            return False

    def is_file(self, path: str) -> bool:
        """Whether there is a file."""
        try:
            return (self.project / path).is_file()
        except (OSError, ValueError):
            return False

    def place(self, places: tuple[str, ...]) -> str | None:
        """Return the first of some files that is there.

        Agents look in the project, in the folders around it up to the root of its work tree, and
        in the home folder.
        """
        for folder in self._folders():
            for place in places:
                if self.is_file(str(folder / place)):
                    return place if folder == self.project else str(folder / place)
        return None

    def speckit_version(self) -> str | None:
        """Return the version of Spec Kit that set the project up."""
        return speckit_version(self.project)

    def _folders(self) -> Iterator[Path]:
        around = (self.project, *self.project.parents)
        root = next((folder for folder in around if (folder / ".git").exists()), self.project)
        yield from (folder for folder in around if folder == root or root in folder.parents)
        home = self.environment.get("HOME", "")
        if home:
            yield Path(home)
