"""From the word SOURCE of an `add` to a package: a path, an address or the id of a catalog."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from treadle.library.archive import MAX_BYTES
from treadle.library.catalog import Catalog, Listed
from treadle.library.credentials import Credentials
from treadle.library.download import download
from treadle.library.kinds import STEPS, WORKFLOWS, Kind
from treadle.library.package import Package, package_of_bytes, package_of_path
from treadle.library.refusal import Refused
from treadle.library.registry import FROM_CATALOG, Entry
from treadle.library.step_catalog import is_in_files, package_of_files, plain_digest
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.problems import shown

_SCHEME = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Obtained(Struct, frozen=True, kw_only=True):
    """A package and where it came from.

    Shapes: `origin` is what the registry says of it. `id` and `version` are what the package must
    be, None where nobody promised. `listed` is what a catalog says of it.
    """

    package: Package
    origin: Entry
    id: str | None = None
    version: str | None = None
    listed: Listed | None = None


class Request(Struct, frozen=True, kw_only=True):
    """What is asked for: SOURCE, and what the options say of it.

    Shapes: with `is_local` SOURCE is a path and nothing else; with `path` or `url` it is the id
    of what stands there.
    """

    source: str
    kind: Kind = WORKFLOWS
    is_local: bool = False
    path: str | None = None
    url: str | None = None
    version: str | None = None


def obtain(
    request: Request,
    catalog: Callable[[], Catalog],
    *,
    credentials: Callable[[], Credentials],
) -> Obtained:
    """Return the package that is asked for.

    Shapes: `catalog` is asked only for what is neither a path nor an address, `credentials` only
    when something is fetched.
    Errors: Refused.
    """
    source, kind = request.source, request.kind
    is_address = _SCHEME.match(source) is not None
    _check_options(request, is_address=is_address)
    if request.is_local:
        return _from_path(source, kind)
    if request.path is not None:
        return _from_path(request.path, kind, id=kind.check_id(source))
    if request.url is not None:
        return _from_address(request.url, kind, credentials(), id=kind.check_id(source))
    if is_address:
        return _from_address(source, kind, credentials())
    if request.version is None and os.path.lexists(os.path.expanduser(source)):
        return _from_path(source, kind)
    if "/" in source or os.sep in source or "." in source:
        raise Refused.because("TR950", source=source, reason="no such file or folder")
    listed = find_listed(catalog(), kind.check_id(source), version=request.version)
    is_exact = request.version is not None or "releases" in listed.data
    return from_catalog(listed, credentials=credentials(), is_exact=is_exact)


def _check_options(request: Request, *, is_address: bool) -> None:
    is_elsewhere = request.is_local or request.path is not None or request.url is not None
    if request.version is not None and (is_address or is_elsewhere):
        reason = "only a catalog has versions to choose from"
        raise Refused.because("TR950", source=request.source, reason=reason)
    if request.path is not None and request.url is not None:
        reason = "it can come from a path or from an address, not from both"
        raise Refused.because("TR950", source=request.source, reason=reason)


def find_listed(catalog: Catalog, id: str, *, version: str | None = None) -> Listed:
    """Return a workflow of the catalogs. Errors: Refused with TR961, TR963 or TR968."""
    fault = catalog.faults.get(id)
    if fault is not None:
        reason = f"the entry '{id}' cannot be used: {fault.reason}"
        raise Refused.because("TR961", catalog=fault.source.name, reason=reason)
    listed = catalog.entries.get(id)
    if listed is None:
        raise Refused.because("TR963", id=id, noun=catalog.kind.noun, command=catalog.kind.command)
    if version is None:
        return listed
    release = listed.release(version)
    if release is None:
        hint = f"there are {', '.join(listed.versions)}" if listed.versions else None
        raise Refused.because("TR968", id=id, version=version, hint=hint)
    return release


def from_catalog(listed: Listed, *, credentials: Credentials, is_exact: bool = True) -> Obtained:
    """Fetch what a catalog lists, and look that it is what the catalog says.

    Shapes: `is_exact` tells whether the package must have the version that the catalog says; a
    workflow must in any case.
    Errors: Refused with TR951 to TR954 or TR964.
    """
    kind, source = listed.kind, listed.source
    if not source.is_installable:
        raise Refused.because(
            "TR964",
            id=listed.id,
            catalog=source.name,
            noun=kind.noun,
            command=kind.command,
        )
    if kind is STEPS and is_in_files(listed):
        package = package_of_files(listed, credentials)
    else:
        package = _single(listed, credentials)
    origin: dict[str, Json] = {"source": FROM_CATALOG, "catalog_name": source.name}
    if kind is WORKFLOWS:
        origin["url"] = listed.text("url")
    version = listed.text("version") if is_exact or kind is WORKFLOWS else ""
    return Obtained(
        package=package, origin=origin, id=listed.id, version=version or None, listed=listed
    )


def check_promise(
    obtained: Obtained, *, id: str, version: str | None, kind: Kind = WORKFLOWS
) -> None:
    """Look that a package is what was asked for.

    Shapes: `version` is None for what has none.
    Errors: Refused with TR954.
    """
    label = obtained.package.label
    if obtained.id is not None and obtained.id != id:
        reason = f"it is the {kind.noun} {shown(id)}, not '{obtained.id}'"
        raise Refused.because("TR954", source=label, reason=reason)
    if version is not None and obtained.version not in (None, version):
        reason = f"it has the version {shown(version)}, and the catalog says '{obtained.version}'"
        raise Refused.because("TR954", source=label, reason=reason)


def _single(listed: Listed, credentials: Credentials) -> Package:
    """Return the package that one address of a catalog has."""
    url = listed.text("url")
    if not url:
        reason = f"the catalog '{listed.source.name}' gives no 'url'"
        raise Refused.because("TR950", source=listed.id, reason=reason)
    told = listed.data.get("sha256")
    if told is not None and not isinstance(told, str):
        reason = "'sha256' is to be one digest for one file"
        raise Refused.because("TR954", source=listed.id, reason=reason)
    content = download(url, limit=MAX_BYTES, credentials=credentials).content
    package = package_of_bytes(
        content, name=_name(url), label=url, kind=listed.kind, wanted=listed.id
    )
    wanted = plain_digest(told or "")
    if wanted and wanted != package.digest:
        reason = f"it has the digest {package.digest}, and the catalog says {wanted}"
        raise Refused.because("TR954", source=url, reason=reason)
    return package


def _from_path(source: str, kind: Kind, *, id: str | None = None) -> Obtained:
    path = Path(source).expanduser()
    package = package_of_path(path, label=source, kind=kind, wanted=id)
    # Spec Kit keeps where a workflow came from, and of a step type only in which way.
    origin: Entry = {"source": source if kind is WORKFLOWS else "local"}
    return Obtained(package=package, origin=origin, id=id)


def _from_address(
    url: str, kind: Kind, credentials: Credentials, *, id: str | None = None
) -> Obtained:
    fetched = download(url, limit=MAX_BYTES, credentials=credentials)
    package = package_of_bytes(fetched.content, name=_name(url), label=url, kind=kind, wanted=id)
    return Obtained(package=package, origin={"source": url if kind is WORKFLOWS else "url"}, id=id)


def _name(url: str) -> str:
    """Return the file name of an address, which may say what kind of package it is."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]
