"""Catalogs: lists that somebody publishes of workflows or step types, checked and put together.

What a catalog says is a stranger's text: it is checked against schemas/catalog.schema.json, and an
entry that does not fit is told of instead of being used.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from treadle import schemas
from treadle.library.catalog_list import CatalogSource
from treadle.library.kinds import WORKFLOWS, Kind
from treadle.library.refusal import Refused
from treadle.plan.expression import Json
from treadle.plan.json_text import distinct
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.problems import clause
from treadle.plan.validation import Validator

MAX_BYTES = 8 * 1024 * 1024
KNOWN_VERSIONS = frozenset({"1.0"})

_VERSION = lazy_pattern(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})", re.ASCII)
# What a release says for itself and does not have from the current version.
_OF_CURRENT = frozenset(
    (
        *("version", "url", "sha256", "requires", "bundled", "releases"),
        *("step_yml_url", "init_url", "extra_files", "provides"),
    )
)
_RESERVED = frozenset({"id", "version", "releases"})


class Listed(Struct, frozen=True, kw_only=True):
    """Something as a catalog lists it: what the entry says, and where it stands."""

    id: str
    data: Mapping[str, Json]
    source: CatalogSource
    kind: Kind = WORKFLOWS

    def text(self, name: str) -> str:
        """Return a member that is text, the empty one where it is not there."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the entry."""
        tags = self.data.get("tags")
        return tuple(map(str, tags)) if isinstance(tags, list) else ()

    @property
    def versions(self) -> tuple[str, ...]:
        """The version on offer, then the earlier ones, the latest first."""
        releases = self.data.get("releases")
        known = releases if isinstance(releases, Mapping) else {}
        earlier = sorted(known, key=version_key, reverse=True)
        current = self.text("version")
        return (*((current,) if current else ()), *earlier)

    def release(self, version: str) -> "Listed | None":
        """Return the entry in a version, None when the catalog does not offer it."""
        if version == self.text("version"):
            return self
        releases = self.data.get("releases")
        record = releases.get(version) if isinstance(releases, Mapping) else None
        if not isinstance(record, Mapping):
            return None
        shared = {name: value for name, value in self.data.items() if name not in _OF_CURRENT}
        data = {**shared, **record, "version": version}
        return replace(self, data=data)


class EntryFault(Struct, frozen=True, kw_only=True):
    """Why an entry of a catalog cannot be used."""

    reason: str
    source: CatalogSource


class Catalog(Struct, frozen=True, kw_only=True):
    """What catalogs offer together.

    Shapes: `faults` are of the entries that cannot be used.
    """

    entries: Mapping[str, Listed]
    faults: Mapping[str, EntryFault]
    kind: Kind = WORKFLOWS


def read_catalog(content: bytes, source: CatalogSource, kind: Kind = WORKFLOWS) -> Catalog:
    """Return what the text of a catalog offers. Errors: Refused with TR961."""
    if len(content) > MAX_BYTES:
        raise _refused(source, f"it has more than {MAX_BYTES} bytes")
    try:
        data = json.loads(content, object_pairs_hook=distinct, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _refused(source, "it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _refused(source, "it is not JSON") from error
    except RecursionError as error:
        raise _refused(source, "it is nested too deeply") from error
    except ValueError as error:
        raise _refused(source, str(error)) from error
    if not isinstance(data, Mapping):
        raise _refused(source, "it is not an object")
    version = data.get("schema_version", "1.0")
    if version not in KNOWN_VERSIONS:
        raise _refused(source, f"its schema_version {json.dumps(version)[:40]} is not known")
    entries = data.get(kind.key)
    if not isinstance(entries, Mapping | list):
        raise _refused(source, f"'{kind.key}' is neither an object nor a list")
    return _checked(_named(entries, source, kind), source, kind)


def put_together(catalogs: Iterable[Catalog], kind: Kind = WORKFLOWS) -> Catalog:
    """Return what several catalogs offer, of which the first one that knows an id counts."""
    entries: dict[str, Listed] = {}
    faults: dict[str, EntryFault] = {}
    for catalog in catalogs:
        for id, listed in catalog.entries.items():
            if id not in faults:
                entries.setdefault(id, listed)
        for id, fault in catalog.faults.items():
            if id not in entries:
                faults.setdefault(id, fault)
    return Catalog(entries=entries, faults=faults, kind=kind)


def matching(
    catalog: Catalog, *, query: str | None = None, tag: str | None = None, author: str | None = None
) -> tuple[Listed, ...]:
    """Return the entries whose name, id or description holds a text, and that have a tag."""
    found = []
    for id in sorted(catalog.entries):
        listed = catalog.entries[id]
        text = " ".join((listed.text("name"), listed.text("description"), id)).lower()
        is_tagged = tag is None or tag.lower() in (each.lower() for each in listed.tags)
        is_by = author is None or listed.text("author").lower() == author.lower()
        if (query is None or query.lower() in text) and is_tagged and is_by:
            found.append(listed)
    return tuple(found)


def version_key(version: str) -> tuple[int, int, int]:
    """Return a version as numbers, which compare; what is no version comes before all others.

    >>> version_key("1.10.0") > version_key("1.9.3")
    True
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        return (-1, 0, 0)
    major, minor, patch = map(int, found.groups())
    return (major, minor, patch)


def is_version(version: str) -> bool:
    """Whether a text is a version of three numbers."""
    return _VERSION.fullmatch(version) is not None


def _named(
    entries: Mapping[str, Json] | list[Json], source: CatalogSource, kind: Kind
) -> dict[str, Json]:
    if isinstance(entries, Mapping):
        return dict(entries)
    named: dict[str, Json] = {}
    for position, entry in enumerate(entries):
        id = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(id, str):
            raise _refused(source, f"{kind.noun} {position} of the list has no id")
        if id in named:
            raise _refused(source, f"'{id[:60]}' is there twice")
        named[id] = entry
    return named


def _checked(entries: Mapping[str, Json], source: CatalogSource, kind: Kind) -> Catalog:
    found: dict[str, Listed] = {}
    faults: dict[str, EntryFault] = {}
    for id, entry in entries.items():
        fault = _entry_fault(id, entry, kind)
        if fault is None and isinstance(entry, Mapping):
            found[id] = Listed(id=id, data=entry, source=source, kind=kind)
        else:
            faults[id] = EntryFault(reason=fault or "it is not an object", source=source)
    return Catalog(entries=found, faults=faults, kind=kind)


def _entry_fault(id: str, entry: Json, kind: Kind) -> str | None:
    """Return why an entry cannot be used."""
    fault = kind.fault(id)
    if fault is not None:
        return f"its id is refused: {fault}"
    violations = _validator(kind.key.removesuffix("s")).violations(entry)
    if violations:
        first = violations[0]
        place = ".".join(map(str, first.path))
        return f"'{place}' {clause(first)}" if place else f"it {clause(first)}"
    if not isinstance(entry, Mapping):
        return "it is not an object"
    if entry.get("id", id) != id:
        return f"it stands under '{id}' and calls itself '{str(entry['id'])[:60]}'"
    releases = entry.get("releases")
    if isinstance(releases, Mapping):
        return _releases_fault(releases, entry.get("version"))
    return None


def _releases_fault(releases: Mapping[str, Json], current: Json) -> str | None:
    if not isinstance(current, str) or not is_version(current):
        return "it has releases, and no version of three numbers"
    seen = {version_key(current)}
    for version, record in releases.items():
        if not is_version(version):
            return f"its release '{version[:40]}' is not a version of three numbers"
        if version_key(version) in seen:
            return f"its release '{version}' is there twice"
        if isinstance(record, Mapping) and not _RESERVED.isdisjoint(record):
            return f"its release '{version}' says what only the entry may"
        seen.add(version_key(version))
    return None


@cache
def _validator(definition: str) -> Validator:
    whole = schemas.load("catalog")
    return Validator({**whole["$defs"][definition], "$defs": whole["$defs"]})


def _no_number(word: str) -> Json:
    raise ValueError(f"{word} is not a number of JSON")


def _refused(source: CatalogSource, reason: str) -> Refused:
    return Refused.because("TR961", catalog=source.name, reason=reason)
