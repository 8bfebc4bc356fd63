"""Which secrets go to which hosts when something is fetched.

A credential is for its hosts only, over https (or to this machine), and is left behind when a
redirect leads elsewhere. Nothing here shows the secret itself.

Source: Spec Kit 1.2.3: `~/.specify/auth.json`, the hosts of GitHub and its two variables.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from treadle.library.refusal import Refused, reason_of
from treadle.plan.expression import Json

FILE_NAME = "auth.json"
GITHUB_HOSTS = (
    "github.com",
    "api.github.com",
    "raw.githubusercontent.com",
    "codeload.github.com",
)
_GITHUB = "github"
_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MAX_BYTES = 1024 * 1024
# What needs no program and no further request to become a header.
_SCHEMES = ("bearer", "basic-pat", "basic")


class Credential(Struct, frozen=True, kw_only=True):
    """A secret and the hosts that get it.

    Shapes: `hosts` are names or ``*.`` and a suffix, in lower case. One that `is_ambient` was meant
    for other programs as well, and is used only where nothing is to be had without it.
    """

    hosts: tuple[str, ...]
    header: str
    is_github: bool = False
    is_ambient: bool = False

    def covers(self, url: str) -> bool:
        """Whether the secret may be sent to an address."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        is_private = parts.scheme == "https" or host in _LOOPBACK
        return is_private and is_among(host, self.hosts)

    def __repr__(self) -> str:
        return f"Credential(hosts={self.hosts})"


class Credentials(Struct, frozen=True, kw_only=True):
    """The credentials that there are, those that the user has chosen for treadle first."""

    known: tuple[Credential, ...] = ()

    def attempts(self, url: str) -> Iterator[Credential | None]:
        """Yield what to ask with, one after the other; None is to ask without any."""
        fitting = [each for each in self.known if each.covers(url)]
        yield from (each for each in fitting if not each.is_ambient)
        yield None
        yield from (each for each in fitting if each.is_ambient)

    @property
    def github_hosts(self) -> tuple[str, ...]:
        """The hosts besides github.com that the user says are GitHub."""
        return tuple(
            host
            for each in self.known
            if each.is_github and not each.is_ambient
            for host in each.hosts
        )


NO_CREDENTIALS = Credentials()


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """Return the credentials of a user: those of auth.json, then the tokens of GitHub.

    Errors: Refused with TR971 for a file that is not as it should be.
    """
    home = environment.get("HOME")
    chosen = _of_file(Path(home, ".specify", FILE_NAME), environment) if home else ()
    return Credentials(known=(*chosen, *ambient(environment, hosts=GITHUB_HOSTS)))


def ambient(environment: Mapping[str, str], *, hosts: tuple[str, ...]) -> tuple[Credential, ...]:
    """Return the token of GitHub that stands in the environment, for some hosts."""
    tokens = (environment.get(name, "").strip() for name in _VARIABLES)
    token = next(filter(None, tokens), None)
    if token is None or not _is_header(token):
        return ()
    header = f"Bearer {token}"
    return (Credential(hosts=hosts, header=header, is_github=True, is_ambient=True),)


def is_among(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a host is one of several names, or has one of several suffixes."""
    return any(
        host.endswith(each[1:]) if each.startswith("*.") else host == each for each in patterns
    )


def _of_file(path: Path, environment: Mapping[str, str]) -> tuple[Credential, ...]:
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _refused(reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise _refused("it is not JSON") from error
    listed = data.get("providers") if isinstance(data, Mapping) else None
    if not isinstance(listed, list):
        raise _refused("'providers' is not a list")
    found = (_of_entry(entry, number, environment) for number, entry in enumerate(listed))
    return tuple(each for each in found if each is not None)


def _of_entry(entry: Json, number: int, environment: Mapping[str, str]) -> Credential | None:
    """Return the credential of a provider, None where it has no secret that can be had here."""
    if not isinstance(entry, Mapping):
        raise _refused(f"provider {number} is not an object")
    hosts = entry.get("hosts")
    if not isinstance(hosts, list) or not hosts:
        raise _refused(f"'hosts' of provider {number} is not a list of names")
    named = tuple(host.strip().lower() if isinstance(host, str) else "" for host in hosts)
    for host in named:
        if not host.removeprefix("*.") or not set("*?[]/:@ ").isdisjoint(host.removeprefix("*.")):
            reason = f"'hosts' of provider {number} holds no plain name or '*.' and a suffix"
            raise _refused(reason)
    scheme, secret = entry.get("auth"), _secret(entry, environment)
    if scheme not in _SCHEMES or secret is None:
        return None
    header = f"Bearer {secret}"
    if scheme != "bearer":
        name = str(entry.get("username") or "").strip() if scheme == "basic" else ""
        if ":" in name or (scheme == "basic" and not name):
            raise _refused(f"'username' of provider {number} is missing, or holds a colon")
        header = f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"
    return Credential(hosts=named, header=header, is_github=entry.get("provider") == _GITHUB)


def _secret(entry: Mapping[str, Json], environment: Mapping[str, str]) -> str | None:
    token, variable = entry.get("token"), entry.get("token_env")
    found = token if isinstance(token, str) and token.strip() else None
    if found is None and isinstance(variable, str):
        found = environment.get(variable.strip(), "")
    secret = (found or "").strip()
    return secret if secret and _is_header(secret) else None


def _is_header(text: str) -> bool:
    """Whether a text can be part of a header, and adds no other one."""
    return text.isascii() and text.isprintable()


def _refused(reason: str) -> Refused:
    return Refused.because("TR971", path=f"~/.specify/{FILE_NAME}", reason=reason)
