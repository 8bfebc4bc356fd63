"""From the word SOURCE of `treadle add` to a package: a path, an address or the id of a catalog."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from treadle.library.archive import MAX_BYTES
from treadle.library.catalog import Catalog, Listed
from treadle.library.ids import check_id
from treadle.library.package import Package, package_of_bytes, package_of_path
from treadle.library.refusal import Refused
from treadle.library.registry import FROM_CATALOG, Entry
from treadle.library.web import fetch
from treadle.plan.problems import shown

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Obtained(Struct, frozen=True, kw_only=True):
    """A package and where it came from.

    Shapes: `origin` is what the registry says of it. `id` and `version` are what the package must
    be, None where nobody promised.
    """

    package: Package
    origin: Entry
    id: str | None = None
    version: str | None = None


class Request(Struct, frozen=True, kw_only=True):
    """What is asked for: SOURCE, and what the options say of it."""

    source: str
    is_local: bool = False  # --dev: a path and nothing else
    url: str | None = None  # --from
    version: str | None = None


def obtain(request: Request, catalog: Callable[[], Catalog]) -> Obtained:
    """Return the package that is asked for.

    Shapes: `catalog` is asked only for what is neither a path nor an address.
    Errors: Refused.
    """
    source = request.source
    is_address = _SCHEME.match(source) is not None
    if request.version is not None and (is_address or request.is_local or request.url):
        reason = "only a catalog has versions to choose from"
        raise Refused.because("TR950", source=source, reason=reason)
    if request.is_local:
        return _from_path(source)
    if request.url is not None:
        return _from_address(request.url, id=check_id(source))
    if is_address:
        return _from_address(source)
    if request.version is None and os.path.lexists(os.path.expanduser(source)):
        return _from_path(source)
    if "/" in source or os.sep in source or "." in source:
        raise Refused.because("TR950", source=source, reason="no such file or folder")
    return from_catalog(find_listed(catalog(), check_id(source), version=request.version))


def find_listed(catalog: Catalog, id: str, *, version: str | None = None) -> Listed:
    """Return a workflow of the catalogs. Errors: Refused with TR961, TR963 or TR968."""
    if id in catalog.faults:
        reason = f"the entry '{id}' cannot be used: {catalog.faults[id]}"
        raise Refused.because("TR961", catalog="catalog", reason=reason)
    listed = catalog.workflows.get(id)
    if listed is None:
        raise Refused.because("TR963", id=id)
    if version is None:
        return listed
    release = listed.release(version)
    if release is None:
        hint = f"there are {', '.join(listed.versions)}" if listed.versions else None
        raise Refused.because("TR968", id=id, version=version, hint=hint)
    return release


def from_catalog(listed: Listed) -> Obtained:
    """Fetch what a catalog lists, and look that it is what the catalog says.

    Errors: Refused with TR951 to TR954 or TR964.
    """
    if not listed.source.is_installable:
        raise Refused.because("TR964", id=listed.id, catalog=listed.source.name)
    url = listed.text("url")
    if not url:
        reason = f"the catalog '{listed.source.name}' gives no 'url'"
        raise Refused.because("TR950", source=listed.id, reason=reason)
    fetched = fetch(url, limit=MAX_BYTES)
    package = package_of_bytes(fetched.content, name=_name(url), label=url)
    wanted = listed.text("sha256").lower().removeprefix("sha256:")
    if wanted and wanted != package.digest:
        reason = f"it has the digest {package.digest}, and the catalog says {wanted}"
        raise Refused.because("TR954", source=url, reason=reason)
    origin: Entry = {"source": FROM_CATALOG, "catalog_name": listed.source.name, "url": url}
    version = listed.text("version") or None
    return Obtained(package=package, origin=origin, id=listed.id, version=version)


def check_promise(obtained: Obtained, *, id: str, version: str) -> None:
    """Look that a package is the workflow that was asked for. Errors: Refused with TR954."""
    label = obtained.package.label
    if obtained.id is not None and obtained.id != id:
        reason = f"it is the workflow {shown(id)}, not '{obtained.id}'"
        raise Refused.because("TR954", source=label, reason=reason)
    if obtained.version is not None and obtained.version != version:
        reason = f"it has the version {shown(version)}, and the catalog says '{obtained.version}'"
        raise Refused.because("TR954", source=label, reason=reason)


def _from_path(source: str) -> Obtained:
    path = Path(source).expanduser()
    return Obtained(package=package_of_path(path, label=source), origin={"source": source})


def _from_address(url: str, *, id: str | None = None) -> Obtained:
    fetched = fetch(url, limit=MAX_BYTES)
    package = package_of_bytes(fetched.content, name=_name(url), label=url)
    return Obtained(package=package, origin={"source": url}, id=id)


def _name(url: str) -> str:
    """Return the file name of an address, which may say what kind of package it is."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]
