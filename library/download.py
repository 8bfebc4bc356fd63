"""Fetching files, also those that a release on GitHub holds in a private repository.

The address that a browser has of such a file answers nobody with a token; the one that the API has
does. So the release is looked up by its tag first, with the credential that is then used.

Source: docs.github.com, REST API endpoints for release assets; Spec Kit 1.2.3.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from treadle.library.credentials import Credential, Credentials, is_among
from treadle.library.refusal import Refused
from treadle.library.web import ANYTHING, Denied, Fetched, check_address, fetch_as, in_turn
from treadle.plan.lazy_pattern import lazy_pattern

_MAX_RELEASE_BYTES = 5 * 1024 * 1024
_BINARY = "application/octet-stream"
_TENANT = ".ghe.com"
_ASSET = lazy_pattern(r"(?:/api/v3)?/repos/[^/]+/[^/]+/releases/assets/[0-9]+", re.ASCII)
_BROWSER = lazy_pattern(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+)/releases/download/(?P<rest>[^?#;]+/[^/]+)"
)


class Release(Struct, frozen=True, kw_only=True):
    """A file of a release: where the API tells of the release, and what begins its address."""

    metadata_url: str
    assets_url: str
    file_name: str


def download(url: str, *, limit: int, credentials: Credentials) -> Fetched:
    """Return a file of the web, asked for with each credential that is for it.

    Units: `limit` in bytes.
    Errors: Refused with TR951 or TR952.
    """
    release = release_of(check_address(url), credentials.github_hosts)

    def ask(credential: Credential | None) -> Fetched:
        return _downloaded(url, release, credential, limit)

    return in_turn(url, credentials, ask)


def release_of(url: str, github_hosts: tuple[str, ...]) -> Release | None:
    """Return what an address of a browser names, None when it is no file of a release.

    Shapes: `github_hosts` are hosts besides github.com that are GitHub.

    >>> found = release_of("https://github.com/a/b/releases/download/v1/c.zip", ())
    >>> found.metadata_url
    'https://api.github.com/repos/a/b/releases/tags/v1'
    """
    parts = urlsplit(url)
    found = _BROWSER.fullmatch(parts.path)
    api = _api_of(url, github_hosts)
    if found is None or api is None or parts.query or parts.fragment:
        return None
    tag, _, file_name = found["rest"].rpartition("/")
    repository = f"{api}/repos/{found['owner']}/{found['name']}"
    return Release(
        metadata_url=f"{repository}/releases/tags/{quote(unquote(tag), safe='')}",
        assets_url=f"{repository}/releases/assets/",
        file_name=unquote(file_name),
    )


def _downloaded(
    url: str, release: Release | None, credential: Credential | None, limit: int
) -> Fetched:
    if credential is not None and release is not None and credential.covers(release.metadata_url):
        asset = _asset(release, credential)
        if asset is not None:
            return fetch_as(credential, asset, limit=limit, accept=_BINARY)
    is_asset = credential is not None and _ASSET.fullmatch(urlsplit(url).path) is not None
    accept = _BINARY if is_asset else ANYTHING
    return fetch_as(credential, url, limit=limit, accept=accept)


def _asset(release: Release, credential: Credential) -> str | None:
    """Return the address that the API has of a file, None when it does not tell one."""
    with suppress(Denied, Refused, ValueError, RecursionError):
        told = fetch_as(credential, release.metadata_url, limit=_MAX_RELEASE_BYTES)
        data = json.loads(told.content)
        assets = data.get("assets") if isinstance(data, Mapping) else None
        for asset in assets if isinstance(assets, list) else ():
            if isinstance(asset, Mapping) and asset.get("name") == release.file_name:
                return _checked(asset.get("url"), release)
    return None


def _checked(url: object, release: Release) -> str | None:
    """Return the address of an asset if it is one of the release's own repository."""
    if not isinstance(url, str):
        return None
    number = url[len(release.assets_url) :]
    is_own = url[: len(release.assets_url)].lower() == release.assets_url.lower()
    return url if is_own and number.isascii() and number.isdigit() else None


def _api_of(url: str, github_hosts: tuple[str, ...]) -> str | None:
    """Return where the API of an address' GitHub is, None when it is none."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host == "github.com":
        return "https://api.github.com"
    if not is_among(host, github_hosts):
        return None
    if host.endswith(_TENANT):
        return f"https://api.{host}" if parts.scheme == "https" else None
    return f"{parts.scheme}://{parts.netloc}/api/v3"
