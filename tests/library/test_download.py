"""Files of releases on GitHub: looked up through the API, and never by a stranger's word."""

import json
from typing import Any

import pytest

from treadle.library.credentials import Credential, Credentials
from treadle.library.download import download, release_of
from treadle.library.refusal import Refused

BEARER = "Bearer t0ken"
BROWSER = "/ann/kit/releases/download/v1/kit.zip"
TAG = "/api/v3/repos/ann/kit/releases/tags/v1"
ASSET = "/api/v3/repos/ann/kit/releases/assets/7"
# An address with a host of its own is GitHub where the user says so.
CHOSEN = Credentials(known=(Credential(hosts=("127.0.0.1",), header=BEARER, is_github=True),))


def publish(site: Any, url: str, *, name: str = "kit.zip") -> None:
    """Publish a private release whose file the API says to be at an address."""
    for path in (TAG, ASSET):
        site.private[path] = BEARER
    site.put(
        TAG, json.dumps({"assets": [{"name": "other.zip", "url": "x"}, {"name": name, "url": url}]})
    )
    site.put(ASSET, "the file")


def got(url: str, credentials: Credentials = CHOSEN) -> bytes:
    return download(url, limit=1000, credentials=credentials).content


@pytest.mark.parametrize(
    ("url", "hosts", "told"),
    [
        ("https://github.com/a/b/releases/download/v1/c.zip", (),
         ("https://api.github.com/repos/a/b/releases/tags/v1", "c.zip")),
        ("https://github.com/a/b/releases/download/kit/v1/c%20d.zip", (),
         ("https://api.github.com/repos/a/b/releases/tags/kit%2Fv1", "c d.zip")),
        ("https://corp.ghe.com/a/b/releases/download/v1/c.zip", ("*.ghe.com",),
         ("https://api.corp.ghe.com/repos/a/b/releases/tags/v1", "c.zip")),
        ("https://git.corp.example/a/b/releases/download/v1/c.zip", ("git.corp.example",),
         ("https://git.corp.example/api/v3/repos/a/b/releases/tags/v1", "c.zip")),
        ("https://git.corp.example/a/b/releases/download/v1/c.zip", (), None),
        ("https://github.com.evil.example/a/b/releases/download/v1/c.zip", (), None),
        ("https://github.com/a/b/archive/v1.zip", (), None),
        ("https://github.com/a/b/releases/download/v1/c.zip?x=1", (), None),
    ],
)  # fmt: skip
def test_an_address_of_a_browser_names_a_file_of_a_release(
    url: str, hosts: tuple[str, ...], told: tuple[str, str] | None
) -> None:
    found = release_of(url, hosts)
    assert told == (None if found is None else (found.metadata_url, found.file_name))


def test_a_private_file_of_a_release_comes_through_the_api(site: Any) -> None:
    publish(site, site.url + ASSET)
    assert b"the file" == got(site.url + BROWSER)
    assert [TAG, ASSET] == site.asked
    assert [BEARER, BEARER] == site.secrets


def test_what_the_api_redirects_to_gets_no_secret(site: Any) -> None:
    publish(site, site.url + ASSET)
    there = site.put("/storage", "the stored file").replace("127.0.0.1", "localhost")
    site.put(ASSET, "", code=302, Location=there)
    assert b"the stored file" == got(site.url + BROWSER)
    assert [BEARER, BEARER, None] == site.secrets


@pytest.mark.parametrize(
    "place",
    [
        "http://localhost{port}/api/v3/repos/ann/kit/releases/assets/7",
        "{url}/api/v3/repos/eve/kit/releases/assets/7",
        "{url}/api/v3/repos/ann/kit/releases/assets/7?to=eve",
        "{url}/api/v3/repos/ann/kit/releases/assets/../../../../eve",
        "{url}/api/v3/repos/ann/kit/releases/assets/",
        "https://eve.example/repos/ann/kit/releases/assets/7",
    ],
)
def test_an_asset_of_another_place_is_not_asked_for(site: Any, place: str) -> None:
    port = site.url.removeprefix("http://127.0.0.1")
    publish(site, place.format(url=site.url, port=port))
    site.put(BROWSER, "what a browser gets")
    assert b"what a browser gets" == got(site.url + BROWSER)
    assert [TAG, BROWSER] == site.asked


@pytest.mark.parametrize("body", ["[]", "{", "null", '{"assets": 7}', '{"assets": [7]}'])
def test_metadata_that_are_none_lead_back_to_the_address_itself(site: Any, body: str) -> None:
    site.put(TAG, body)
    site.put(BROWSER, "what a browser gets")
    assert b"what a browser gets" == got(site.url + BROWSER)


def test_without_a_credential_nobody_asks_the_api(site: Any) -> None:
    with pytest.raises(Refused):
        got(site.url + BROWSER, Credentials())
    assert [BROWSER] == site.asked
