"""Which secrets go where: to their own hosts, and nowhere else however an address leads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from treadle.library.credentials import (
    GITHUB_HOSTS,
    Credential,
    Credentials,
    ambient,
    credentials_of,
)
from treadle.library.refusal import Refused
from treadle.library.web import Denied, fetch

LOOPBACK = ("127.0.0.1",)
BEARER = "Bearer t0ken"


def written(home: Path, *providers: Any) -> dict[str, str]:
    """Write the file of a user; return the environment that leads to it."""
    (home / ".specify").mkdir(exist_ok=True)
    text = json.dumps({"providers": list(providers)})
    (home / ".specify" / "auth.json").write_text(text, encoding="utf-8")
    return {"HOME": str(home), "TOKEN": "t0ken"}


def provider(**changed: Any) -> dict[str, Any]:
    usual = {"provider": "github", "hosts": ["github.com"], "auth": "bearer", "token_env": "TOKEN"}
    return {**usual, **changed}


@pytest.mark.parametrize(
    ("url", "is_covered"),
    [
        ("https://github.com/a/b", True),
        ("https://GitHub.com/a/b", True),
        ("https://git.corp.example/a", True),
        ("https://corp.example/a", False),
        ("https://evilcorp.example/a", False),
        ("https://github.com.evil.example/a", False),
        ("https://evil.example/github.com", False),
        ("http://github.com/a/b", False),
        ("http://localhost/a", True),
    ],
)
def test_a_secret_is_for_its_hosts_over_https(url: str, is_covered: bool) -> None:
    credential = Credential(hosts=("github.com", "*.corp.example", "localhost"), header=BEARER)
    assert is_covered == credential.covers(url)


def test_a_secret_shows_in_no_message() -> None:
    assert "t0ken" not in repr(Credentials(known=(Credential(hosts=LOOPBACK, header=BEARER),)))


@pytest.mark.parametrize(
    ("entry", "header"),
    [
        (provider(), BEARER),
        (provider(token="own", token_env="TOKEN"), "Bearer own"),
        (provider(provider="azure-devops", auth="basic-pat"), "Basic OnQwa2Vu"),
        (provider(provider="bitbucket", auth="basic", username="ann"), "Basic YW5uOnQwa2Vu"),
    ],
)
def test_a_provider_of_the_users_file_becomes_a_header(
    tmp_path: Path, entry: Any, header: str
) -> None:
    (found,) = credentials_of(written(tmp_path, entry)).known
    assert (header, ("github.com",), False) == (found.header, found.hosts, found.is_ambient)


@pytest.mark.parametrize(
    "entry",
    [
        provider(token_env="NOBODY"),
        provider(token_env=None),
        provider(token="two\nlines", token_env=None),
        provider(provider="azure-devops", auth="azure-cli"),
    ],
)
def test_a_provider_whose_secret_cannot_be_had_is_passed_over(tmp_path: Path, entry: Any) -> None:
    assert () == credentials_of(written(tmp_path, entry)).known


@pytest.mark.parametrize(
    "entry",
    [
        "github",
        provider(hosts=[]),
        provider(hosts="github.com"),
        provider(hosts=["*github.com"]),
        provider(hosts=["*."]),
        provider(hosts=["https://github.com"]),
        provider(hosts=[7]),
        provider(auth="basic"),
        provider(auth="basic", username="a:b"),
    ],
)
def test_a_wrong_provider_is_told_and_nothing_is_fetched(tmp_path: Path, entry: Any) -> None:
    with pytest.raises(Refused) as refused:
        credentials_of(written(tmp_path, entry))
    assert "TR971" == refused.value.problem.code


def test_the_tokens_of_the_environment_are_for_github_only() -> None:
    (found,) = credentials_of({"GH_TOKEN": "t0ken"}).known
    assert (GITHUB_HOSTS, BEARER, True) == (found.hosts, found.header, found.is_ambient)
    assert (
        "Bearer first"
        == ambient({"GITHUB_TOKEN": "first", "GH_TOKEN": "t"}, hosts=LOOPBACK)[0].header
    )
    assert () == credentials_of({"GH_TOKEN": " "}).known
    assert () == credentials_of({"GH_TOKEN": "a\r\nX-Other: b"}).known


def got(site: Any, url: str, *known: Credential) -> bytes:
    return fetch(url, limit=1000, credentials=Credentials(known=known)).content


def test_a_token_of_the_environment_goes_only_where_nothing_is_had_without(site: Any) -> None:
    (token,) = ambient({"GH_TOKEN": "t0ken"}, hosts=LOOPBACK)
    assert b"open" == got(site, site.put("/open", "open"), token)
    site.private["/closed"] = BEARER
    assert b"closed" == got(site, site.put("/closed", "closed"), token)
    assert ["/open", "/closed", "/closed"] == site.asked
    assert [None, None, BEARER] == site.secrets


def test_what_the_user_chose_is_sent_at_once_and_a_refused_one_is_followed_by_none(
    site: Any,
) -> None:
    chosen = Credential(hosts=LOOPBACK, header=BEARER)
    assert b"open" == got(site, site.put("/open", "open"), chosen)
    assert [BEARER] == site.secrets
    site.put("/never", "", code=401)
    with pytest.raises(Refused) as refused:
        got(site, site.url + "/never", chosen)
    assert [BEARER, BEARER, None] == site.secrets
    assert "the server answers 401" in refused.value.problem.message


@pytest.fixture
def other(site: Any) -> Callable[[str, str], str]:
    """Publish something under the other name of this machine, which no credential is for."""

    def other_(path: str, body: str) -> str:
        return str(site.put(path, body)).replace("127.0.0.1", "localhost")

    return other_


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_leaves_the_secret_behind(
    site: Any, other: Callable[[str, str], str], code: int
) -> None:
    chosen = Credential(hosts=LOOPBACK, header=BEARER)
    away = site.put("/away", "", code=code, Location=other("/there", "there"))
    assert b"there" == got(site, away, chosen)
    assert [("/away", BEARER), ("/there", None)] == list(zip(site.asked, site.secrets, strict=True))


def test_a_secret_left_behind_does_not_come_back(
    site: Any, other: Callable[[str, str], str]
) -> None:
    chosen = Credential(hosts=LOOPBACK, header=BEARER)
    home = site.put("/home", "home")
    site.put("/between", "", code=302, Location=home)
    between = f"{site.url}/between".replace("127.0.0.1", "localhost")
    assert b"home" == got(site, site.put("/away", "", code=302, Location=between), chosen)
    assert [BEARER, None, None] == site.secrets


def test_another_host_gets_no_secret_whatever_it_answers(
    site: Any, other: Callable[[str, str], str]
) -> None:
    (token,) = ambient({"GH_TOKEN": "t0ken"}, hosts=LOOPBACK)
    chosen = Credential(hosts=LOOPBACK, header=BEARER)
    for code in (401, 403, 404):
        url = other("/denied", "")
        site.put("/denied", "", code=code)
        with pytest.raises(Refused):
            got(site, url, chosen, token)
    assert [None, None, None] == site.secrets


def test_a_private_file_of_github_is_told_how_to_be_had() -> None:
    told = Denied("https://raw.githubusercontent.com/a/b/main/c.yml", 404).refusal.problem
    assert told.hint == "what is private needs GH_TOKEN, or an entry in ~/.specify/auth.json"
    assert Denied("https://example.com/c.yml", 404).refusal.problem.hint is None
