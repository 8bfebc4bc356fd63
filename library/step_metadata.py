"""What a step package of Spec Kit says of itself; nothing of its code is looked at.

Source: Spec Kit 1.2.3: `step.yml`, and the entry that its registry has of a package.
"""

from collections.abc import Mapping

from msgspec import Struct

from treadle.library.catalog import Listed
from treadle.library.kinds import STEP_FILE, STEPS
from treadle.library.package import Package
from treadle.library.refusal import Refused
from treadle.library.registry import FROM_CATALOG, Entry
from treadle.library.yaml_data import yaml_data
from treadle.plan.expression import Json

_UNVERSIONED = "0.0.0"
_WORDS = ("name", "version", "description", "author")


class StepMetadata(Struct, frozen=True, kw_only=True):
    """A `step.yml`: the id of the type, and the words that it has for itself."""

    id: str
    words: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a word of the file, the empty one where it is not there."""
        return self.words.get(name, "")


def step_metadata(package: Package) -> StepMetadata:
    """Return what the `step.yml` of a package says. Errors: Refused with TR748 or TR954."""
    try:
        return read_metadata(package.content)
    except ValueError as error:
        reason = f"its {STEP_FILE}: {error}"
        raise Refused.because("TR954", source=package.label, reason=reason) from error


def read_metadata(content: bytes) -> StepMetadata:
    """Return what a `step.yml` says.

    Errors: ValueError with the reason; Refused with TR748 for an id that could be a path.
    """
    data = yaml_data(content)
    step = data.get("step") if isinstance(data, Mapping) else None
    if not isinstance(step, Mapping):
        raise ValueError("it holds no mapping 'step'")
    id = step.get("type_key")
    if not isinstance(id, str) or not id:
        raise ValueError("'step' has no 'type_key'")
    words: dict[str, str] = {}
    for name in _WORDS:
        word = step.get(name)
        if word is not None and not isinstance(word, str):
            raise ValueError(f"'{name}' is not text")
        words[name] = word or ""
    return StepMetadata(id=STEPS.check_id(id), words=words)


def registry_entry(metadata: StepMetadata, *, origin: Entry, listed: Listed | None) -> Entry:
    """Return what the registry says of a package; the words of a catalog come first."""
    told = listed.data if listed is not None and origin.get("source") == FROM_CATALOG else {}

    def word(name: str, usual: str) -> Json:
        found = told.get(name)
        return found if isinstance(found, str) else metadata.text(name) or usual

    return {
        "name": word("name", metadata.id) or metadata.text("name") or metadata.id,
        "version": word("version", _UNVERSIONED) or metadata.text("version") or _UNVERSIONED,
        "description": word("description", ""),
        "author": word("author", ""),
        "type_key": metadata.id,
        **origin,
    }
