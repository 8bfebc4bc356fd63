"""Which catalogs a project looks into: the environment's, its own, the user's or the built-in ones.

Source: Spec Kit 1.2.3: the same files, the same order, the same defaults.
"""

import io
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from treadle.library.kinds import STEPS, WORKFLOWS
from treadle.library.places import Places, read_file, write_file
from treadle.library.refusal import Refused, reason_of
from treadle.library.web import check_address
from treadle.library.yaml_data import yaml_data
from treadle.plan.expression import Json

_TRUE_WORDS = frozenset({"true", "yes", "1"})


class CatalogSource(Struct, frozen=True, kw_only=True):
    """A catalog to look into; of two that know an id the one with the lower number counts."""

    url: str
    name: str
    priority: int
    is_installable: bool
    description: str = ""


_OFFICIAL = "https://raw.githubusercontent.com/github/spec-kit/main/workflows"


def _built_in(name: str, things: str) -> tuple[CatalogSource, ...]:
    return (
        CatalogSource(
            url=f"{_OFFICIAL}/{name}.json",
            name="default",
            priority=1,
            is_installable=True,
            description=f"Official {things}",
        ),
        CatalogSource(
            url=f"{_OFFICIAL}/{name}.community.json",
            name="community",
            priority=2,
            is_installable=False,
            description=f"Community-contributed {things} (discovery only)",
        ),
    )


BUILT_IN: Mapping[str, tuple[CatalogSource, ...]] = {
    WORKFLOWS.key: _built_in("catalog", "workflows"),
    STEPS.key: _built_in("step-catalog", "step types"),
}


def active_sources(places: Places, environment: Mapping[str, str]) -> tuple[CatalogSource, ...]:
    """Return the catalogs that count, the first of them first.

    Errors: Refused with TR951, TR960 or TR962.
    """
    named = environment.get(places.kind.catalog_variable, "").strip()
    if named:
        check_address(named)
        told = f"From {places.kind.catalog_variable}"
        only = CatalogSource(
            url=named, name="env-override", priority=1, is_installable=True, description=told
        )
        return (only,)
    own = project_sources(places)
    if own:
        return tuple(source for _, source in own)
    home = environment.get("HOME")
    if home:
        name = places.kind.catalogs_name
        found = _sources(_content(Path(home, ".specify", name)), shown=f"~/.specify/{name}")
        if found:
            return tuple(source for _, source in found)
    return BUILT_IN[places.kind.key]


def project_sources(places: Places) -> tuple[tuple[int, CatalogSource], ...]:
    """Return the project's own catalogs, each with its position in the file.

    Errors: Refused with TR951, TR960 or TR962.
    """
    return _sources(_own_content(places), shown=_shown(places))


def add_source(places: Places, url: str, name: str | None) -> bool:
    """Add a catalog to the project; return whether it was not there before.

    Errors: Refused with TR951, TR960 or TR962.
    """
    check_address(url)
    known = [source for _, source in project_sources(places)]
    same = next((source for source in known if source.url == url), None)
    if same is not None:
        if name is None or name == same.name:
            return False
        reason = f"'{url}' is there already, called '{same.name}'"
        raise Refused.because("TR962", path=_shown(places), reason=reason)
    document = _editable(places)
    listed = document.get("catalogs") or []
    entry = {
        "name": name or f"catalog-{len(listed) + 1}",
        "url": url,
        "priority": max((source.priority for source in known), default=0) + 1,
        "install_allowed": True,
        "description": "",
    }
    listed.append(entry)
    document["catalogs"] = listed
    _write(places, document)
    return True


def remove_source(places: Places, number: int, environment: Mapping[str, str]) -> str:
    """Remove the catalog with a number of `catalog list`; return its name.

    Errors: Refused with TR951, TR960, TR962 or TR970.
    """
    variable = places.kind.catalog_variable
    if environment.get(variable, "").strip():
        reason = f"{variable} is set, and names the only catalog"
        raise Refused.because("TR970", number=number, reason=reason)
    own = project_sources(places)
    if not 0 <= number < len(own):
        reason = f"the project has {len(own)} of its own, counted from 0"
        raise Refused.because("TR970", number=number, reason=reason)
    position, source = own[number]
    document = _editable(places)
    del document["catalogs"][position]
    _write(places, document)
    return source.name


def _own_content(places: Places) -> bytes | None:
    try:
        return read_file(places, places.catalogs)
    except OSError as error:
        raise Refused.because("TR962", path=_shown(places), reason=reason_of(error)) from error


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused.because("TR962", path=path, reason=reason_of(error)) from error


def _sources(content: bytes | None, *, shown: str) -> tuple[tuple[int, CatalogSource], ...]:
    """Return the sources of a file in the order in which they count."""
    if content is None:
        return ()
    data = _data(content, shown)
    if data is None:
        return ()
    if not isinstance(data, Mapping):
        raise Refused.because("TR962", path=shown, reason="it is not a mapping")
    listed = data.get("catalogs")
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise Refused.because("TR962", path=shown, reason="'catalogs' is not a list")
    found = [
        (position, source)
        for position, entry in enumerate(listed)
        if (source := _source(entry, position, shown)) is not None
    ]
    if listed and not found:
        raise Refused.because("TR962", path=shown, reason="no catalog in it has a 'url'")
    return tuple(sorted(found, key=lambda each: each[1].priority))


def _source(entry: Json, position: int, shown: str) -> CatalogSource | None:
    if not isinstance(entry, Mapping):
        raise Refused.because("TR962", path=shown, reason=f"entry {position} is not a mapping")
    url = str(entry.get("url") or "").strip()
    if not url:
        return None
    check_address(url)
    name = str(entry.get("name", f"catalog-{position + 1}"))
    priority = entry.get("priority", position + 1)
    if isinstance(priority, str) and priority.strip().isdecimal():
        priority = int(priority)
    if isinstance(priority, bool) or not isinstance(priority, int):
        reason = f"'priority' of '{name}' is not a whole number"
        raise Refused.because("TR962", path=shown, reason=reason)
    allowed = entry.get("install_allowed", False)
    is_word = isinstance(allowed, str)
    return CatalogSource(
        url=url,
        name=name,
        priority=priority,
        is_installable=str(allowed).strip().lower() in _TRUE_WORDS if is_word else bool(allowed),
        description=str(entry.get("description") or ""),
    )


def _data(content: bytes, shown: str) -> Json:
    try:
        return yaml_data(content)
    except ValueError as error:
        raise Refused.because("TR962", path=shown, reason=error) from error


def _editable(places: Places) -> dict[str, list[dict[str, object]]]:
    """Return the project's file with its comments, for a change of it."""
    content = _own_content(places)
    try:
        document = YAML().load(content) if content is not None else None
    except YAMLError as error:
        raise Refused.because("TR962", path=_shown(places), reason="it is not YAML") from error
    return document if document is not None else {}


def _write(places: Places, document: Mapping[str, object]) -> None:
    stream = io.BytesIO()
    YAML().dump(document, stream)
    try:
        write_file(places, places.catalogs, stream.getvalue())
    except OSError as error:
        raise Refused.because("TR962", path=_shown(places), reason=reason_of(error)) from error


def _shown(places: Places) -> str:
    return str(places.catalogs.relative_to(places.project))
