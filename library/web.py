"""Fetching from the web: https only, bounded in size, time and redirects.

Plain http is for loopback. Each hop of a redirect obeys the same rules, and none leads from
another machine to this one. A credential goes to its own hosts, however the hops lead.
"""

import ipaddress
import socket
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from msgspec import Struct

from treadle.library.credentials import (
    GITHUB_HOSTS,
    NO_CREDENTIALS,
    Credential,
    Credentials,
)
from treadle.library.refusal import Refused
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.problems import shown

if TYPE_CHECKING:
    from email.message import Message

MAX_HOPS = 5
SILENCE_S = 30.0
PATIENCE_S = 120.0

_CHUNK = 64 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
# Who asks with a secret may be told more; 404 is how GitHub hides what is private.
_DENIED = frozenset({401, 403})
_HIDDEN = _DENIED | {404}
ANYTHING = "*/*"
_PRIVATE = "what is private needs GH_TOKEN, or an entry in ~/.specify/auth.json"
_UNPRINTABLE = lazy_pattern(r"[\x00-\x20\x7f-\x9f\\]")


class Fetched(Struct, frozen=True, kw_only=True):
    """What came from the web: `url` is where it came from at last."""

    url: str
    content: bytes


def check_address(url: str) -> str:
    """Return an address that may be fetched from. Errors: Refused with TR951."""
    fault = _fault(url)
    if fault is not None:
        raise Refused.because("TR951", url=shown(url).strip("'"), reason=fault)
    return url


class Denied(Exception):
    """A server does not give what it is asked for; `status` is its answer."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"the server answers {status}")
        self.url = url
        self.status = status

    @property
    def refusal(self) -> Refused:
        """What the user is told."""
        is_hidden = self.status in _HIDDEN and urlsplit(self.url).hostname in GITHUB_HOSTS
        return _failed(self.url, str(self), hint=_PRIVATE if is_hidden else None)


def fetch(
    url: str,
    *,
    limit: int,
    credentials: Credentials = NO_CREDENTIALS,
    clock: Callable[[], float] = time.monotonic,
    patience_s: float = PATIENCE_S,
) -> Fetched:
    """Return what stands at an address, asked for with each credential that is for it.

    Units: `limit` in bytes; `clock` and `patience_s` in seconds.
    Errors: Refused with TR951 for an address that is not allowed, TR952 for all else.
    """

    def ask(credential: Credential | None) -> Fetched:
        return fetch_as(credential, url, limit=limit, clock=clock, patience_s=patience_s)

    return in_turn(url, credentials, ask)


def in_turn(
    url: str, credentials: Credentials, ask: Callable[[Credential | None], Fetched]
) -> Fetched:
    """Return what the first credential gets that is given anything.

    Errors: Refused with TR951 or TR952, and what `ask` raises; it raises Denied to go on.
    """
    denied: Denied | None = None
    for credential in credentials.attempts(check_address(url)):
        try:
            return ask(credential)
        except Denied as found:
            # What was said without a secret is what the user can do something about.
            denied = found if denied is None or credential is None else denied
            is_chosen = credential is not None and not credential.is_ambient
            if found.status not in (_DENIED if is_chosen else _HIDDEN):
                break
    assert denied is not None
    raise denied.refusal


def fetch_as(
    credential: Credential | None,
    url: str,
    *,
    limit: int,
    accept: str = ANYTHING,
    clock: Callable[[], float] = time.monotonic,
    patience_s: float = PATIENCE_S,
) -> Fetched:
    """Return what stands at an address, asked for with a credential where it is for that.

    Units: as of `fetch`.
    Errors: Denied for the answer of a server; Refused with TR951 or TR952.
    """
    here, end = check_address(url), clock() + patience_s
    for _ in range(MAX_HOPS + 1):
        try:
            response = _opened(here, accept, credential)
        except HTTPError as error:
            there = error.headers.get("Location")
            error.close()
            if error.code not in _MOVED or not there:
                raise Denied(url, error.code) from error
            following = _next_hop(here, urljoin(here, there))
            if credential is not None and not _may_follow(credential, here, following):
                credential = None
            here = following
            continue
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise _failed(url, _reason(error)) from error
        with response:
            try:
                content = _read(response, limit=limit, is_late=lambda: clock() > end)
            except (OSError, HTTPException) as error:
                raise _failed(url, _reason(error)) from error
            except ValueError as error:
                raise _failed(url, str(error)) from error
        return Fetched(url=here, content=content)
    raise _failed(url, f"it is redirected more than {MAX_HOPS} times")


class _NoRedirects(HTTPRedirectHandler):
    """Lets every redirect come back as an error, so that each hop is looked at."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: "Message", newurl: str
    ) -> None:
        return None


def _may_follow(credential: Credential, old: str, new: str) -> bool:
    is_downgrade = urlsplit(old).scheme == "https" != urlsplit(new).scheme
    return credential.covers(new) and not is_downgrade


def _opened(
    url: str, accept: str, credential: Credential | None
) -> Any:  # what urllib returns has no type
    # A proxy is for other machines.
    proxies = (ProxyHandler({}),) if _is_local(urlsplit(url)) else ()
    request = Request(url, headers={"User-Agent": "treadle", "Accept": accept})
    if credential is not None:
        request.add_unredirected_header("Authorization", credential.header)
    return build_opener(_NoRedirects, *proxies).open(request, timeout=SILENCE_S)


def _read(response: Any, *, limit: int, is_late: Callable[[], bool]) -> bytes:
    """Return the body. Errors: ValueError when it is too large, cut off or slow."""
    declared = response.headers.get("Content-Length")
    parts, size = [], 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise ValueError(f"it has more than {limit} bytes")
        if is_late():
            raise ValueError("it takes too long")
    if declared is not None and declared.isdigit() and size < int(declared):
        raise ValueError(f"it ends after {size} of {declared} bytes")
    return b"".join(parts)


def _next_hop(old: str, new: str) -> str:
    check_address(new)
    if _is_local(urlsplit(new)) and not _is_loopback(urlsplit(old).hostname or ""):
        reason = f"it redirects to this machine or its network, {shown(new)}"
        raise Refused.because("TR951", url=old, reason=reason)
    return new


def _fault(url: str) -> str | None:
    if _UNPRINTABLE.search(url):
        return "it holds blanks, backslashes or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is malformed"
    if not host or "%" in host:
        return "it names no host"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password"
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return None
    return "only https is allowed, and http for this machine (localhost, 127.0.0.1, ::1)"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local(parts: SplitResult) -> bool:
    """Whether an address may be of this machine or of the wire that it hangs on.

    Old spellings of addresses (``0x7f.1``, ``2130706433``) count by what the system reads.
    """
    host = (parts.hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified or mapped.is_link_local)


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None)
    if isinstance(inner, OSError):
        error = inner
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(inner or error)
    return text or type(error).__name__


def _failed(url: str, reason: str, *, hint: str | None = None) -> Refused:
    return Refused.because("TR952", url=url, reason=reason, hint=hint)
