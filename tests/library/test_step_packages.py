"""Step types from everywhere: files, folders, archives, addresses and catalogs, of both kinds."""

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Treadle = Callable[..., Result]

GREET = b"""\
description: Says hello.
inputs:
  name: {type: string, required: true}
steps:
  - {id: say, type: shell, run: "echo hello {{ inputs.name | shquote }}"}
"""
STEP = b"""\
schema_version: "1.0"
step: {type_key: review, name: Review, version: "1.2.0", description: Reviews it, author: Ann}
"""
CODE = b"raise SystemExit\n"
KIT: Mapping[str, bytes] = {"step.yml": STEP, "__init__.py": CODE, "sub/more.py": b"x = 1\n"}
TYPE: Mapping[str, bytes] = {"greet.yml": GREET, "README.md": b"# Greet\n"}


def zipped(files: Mapping[str, bytes], folder: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], folder: str = "") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(folder + name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def laid_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def kept(project: Path) -> dict[str, bytes]:
    """Return what stands in the folder of the step types, but for what tells of it."""
    folder = project / ".specify" / "workflows" / "steps"
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    own = ("step-registry.json", "treadle.lock", ".cache/")
    return {name: content for name, content in found.items() if not name.startswith(own)}


def registered(project: Path) -> dict[str, Any]:
    path = project / ".specify" / "workflows" / "steps" / "step-registry.json"
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["steps"]
    return found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("way", ["folder", "zip", "tar", "nested", "address", "--dev", "--from"])
@pytest.mark.parametrize("what", ["greet", "review"])
def test_every_way_leads_to_the_same_files(
    project: Path, tmp_path: Path, site: Any, treadle: Treadle, what: str, way: str
) -> None:
    files = TYPE if what == "greet" else KIT
    laid_out(tmp_path / "folder", files)
    (tmp_path / "a.zip").write_bytes(zipped(files))
    (tmp_path / "a.tar.gz").write_bytes(tarred(files))
    (tmp_path / "nested.tgz").write_bytes(tarred(files, "kit-1.2/"))
    url = site.put("/a.zip", zipped(files, "kit/"))
    words = {
        "folder": ["../folder"],
        "zip": ["../a.zip"],
        "tar": ["../a.tar.gz"],
        "nested": ["../nested.tgz"],
        "address": [url],
        "--dev": [what, "--dev", "../folder"],
        "--from": [what, "--from", url],
    }[way]
    ended = treadle("step", "add", *words, "--yes")
    assert 0 == ended.exit_code, ended.stderr
    if what == "greet":
        assert {"greet.yml": GREET} == kept(project)
        assert {} == registered(project)
        return
    assert {f"review/{name}": content for name, content in KIT.items()} == kept(project)
    entry = registered(project)["review"]
    source = "url" if way in ("address", "--from") else "local"
    assert ("Review", "1.2.0", "Reviews it", "Ann", "review", source) == tuple(
        entry[name] for name in ("name", "version", "description", "author", "type_key", "source")
    )
    assert 0 == treadle("verify").exit_code


def test_a_package_of_spec_kit_is_shown_with_what_treadle_does_not_do(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    laid_out(tmp_path / "kit", KIT)
    ended = treadle("step", "add", "../kit", "--no-input")
    assert (2, {}) == (ended.exit_code, kept(project))
    for text in ("its Python code is not run by treadle", "sub/more.py", "TR965"):
        assert text in ended.stderr


def test_of_several_types_in_a_package_the_named_one_is_taken(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    laid_out(tmp_path / "types", {**TYPE, "other.yml": GREET})
    assert 2 == treadle("step", "add", "../types", "--yes").exit_code
    assert 0 == treadle("step", "add", "other", "--dev", "../types", "--yes").exit_code
    assert ["other.yml"] == list(kept(project))


def test_an_address_without_a_name_gives_the_type_that_is_asked_for(
    project: Path, site: Any, treadle: Treadle
) -> None:
    url = site.put("/raw/4711", GREET)
    assert 2 == treadle("step", "add", url, "--yes").exit_code
    assert 0 == treadle("step", "add", "hello", "--from", url, "--yes").exit_code
    assert ["hello.yml"] == list(kept(project))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["review", "--dev", "../kit", "--from", "https://example.com/a.zip"], "not from both"),
        (["review", "--dev", "../kit", "--version", "1.0.0"], "only a catalog has versions"),
        (["https://example.com/a.zip", "--version", "1.0.0"], "only a catalog has versions"),
        (["../etc", "--dev", "../kit"], "it is no plain name"),
        ([".cache", "--dev", "../kit"], "it is no plain name"),
        (["step-registry.json", "--dev", "../kit"], "something else"),
        (["shell", "--dev", "../kit"], "treadle has a step type of that name"),
        (["audit", "--dev", "../kit"], "it is the step type 'review', not 'audit'"),
        (["audit", "--dev", "../type"], "it is the step type 'greet', not 'audit'"),
        (["../nothing"], "no such file or folder"),
        (["http://example.com/greet.yml"], "only https is allowed"),
        (["../bare"], "needs an __init__.py beside it"),
        (["../none"], "it has 0 files '*.yml'"),
        (["../linked"], "is a link"),
        (["../keyless"], "'step' has no 'type_key'"),
        (["../path"], "'../../evil' cannot be added: it is no plain name"),
        (["../wordless"], "'version' is not text"),
        (["../broken"], "its step.yml"),
        (["../climbing.zip"], "leads out of the package"),
    ],
)
def test_what_cannot_be_added_leaves_nothing_behind(
    project: Path, tmp_path: Path, treadle: Treadle, words: list[str], reason: str
) -> None:
    laid_out(tmp_path / "kit", KIT)
    laid_out(tmp_path / "type", TYPE)
    laid_out(tmp_path / "bare", {"step.yml": STEP})
    laid_out(tmp_path / "none", {"README.md": b""})
    (laid_out(tmp_path / "linked", KIT) / "other.py").symlink_to("/etc/passwd")
    for name, text in {
        "keyless": b"step: {name: Review}",
        "path": b"step: {type_key: ../../evil}",
        "wordless": b"step: {type_key: review, version: 1.0}",
        "broken": b"step: {type_key: [",
    }.items():
        laid_out(tmp_path / name, {**KIT, "step.yml": text})
    (tmp_path / "climbing.zip").write_bytes(zipped({**KIT, "../evil.py": b""}))
    before = sorted(path.name for path in tmp_path.iterdir())
    ended = treadle("step", "add", *words, "--yes")
    assert (2, True) == (ended.exit_code, reason in ended.stderr), ended.stderr
    assert [] == list((project / ".specify").iterdir())
    assert before == sorted(path.name for path in tmp_path.iterdir())


def test_what_is_there_is_replaced_only_by_force(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    folder = laid_out(tmp_path / "kit", KIT)
    assert 0 == treadle("step", "add", "../kit", "--yes").exit_code
    (folder / "sub" / "more.py").unlink()
    before = kept(project)
    ended = treadle("step", "add", "../kit", "--yes")
    assert (2, True, before) == (ended.exit_code, "TR972" in ended.stderr, kept(project))
    assert 0 == treadle("step", "add", "../kit", "--yes", "--force").exit_code
    assert ["review/__init__.py", "review/step.yml"] == list(kept(project))
    laid_out(tmp_path, {"review.yml": GREET})
    ended = treadle("step", "add", "../review.yml", "--yes", "--force")
    assert (2, True) == (ended.exit_code, "treadle step remove review" in ended.stderr)


def test_a_removed_package_is_gone_also_from_the_registry(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    laid_out(tmp_path / "kit", KIT)
    treadle("step", "add", "../kit", "--yes")
    assert 0 == treadle("step", "remove", "review").exit_code
    assert ({}, {}) == (kept(project), registered(project))
    ended = treadle("step", "remove", "review")
    assert (2, True) == (ended.exit_code, "TR749" in ended.stderr)


def test_verify_tells_what_was_changed_in_a_package(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    laid_out(tmp_path / "kit", KIT)
    treadle("step", "add", "../kit", "--yes")
    (project / ".specify/workflows/steps/review/__init__.py").write_bytes(b"other")
    ended = treadle("verify", "--json")
    (found,) = json.loads(ended.stdout)["steps"]
    assert (1, "review", ["__init__.py"]) == (ended.exit_code, found["id"], found["changed"])
    assert 0 == treadle("verify", "--accept").exit_code


class Offered:
    """A catalog with a type that is made of steps and a package of Spec Kit."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self.greet = {"name": "Greet", "url": site.put("/greet.yml", GREET)}
        self.review = {
            "name": "The review",
            "version": "1.2.0",
            "url": site.put("/kit/step.yml", STEP),
            "extra_files": {"sub/more.py": site.put("/kit/more.py", b"x = 1\n")},
        }
        site.put("/kit/__init__.py", CODE)

    def publish(self, **review: Any) -> str:
        told = {**self.review, **review}
        return str(self._site.step_catalog({"greet": self.greet, "review": told}))


@pytest.fixture
def offered(site: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> Offered:
    found = Offered(site)
    monkeypatch.setenv("SPECKIT_STEP_CATALOG_URL", found.publish())
    return found


def test_a_catalog_gives_types_of_both_kinds(
    project: Path, offered: Offered, treadle: Treadle
) -> None:
    assert 0 == treadle("step", "add", "greet", "--yes").exit_code
    assert 0 == treadle("step", "add", "review", "--yes").exit_code
    files = {f"review/{name}": content for name, content in KIT.items()}
    assert {"greet.yml": GREET, **files} == kept(project)
    entry = registered(project)["review"]
    assert ("The review", "catalog", "env-override") == (
        entry["name"],
        entry["source"],
        entry["catalog_name"],
    )


def test_search_and_info_tell_of_what_catalogs_offer(offered: Offered, treadle: Treadle) -> None:
    treadle("step", "add", "greet", "--yes")
    found = json.loads(treadle("step", "search", "--json").stdout)["steps"]
    assert [("greet", True), ("review", False)] == [(e["id"], e["installed"]) for e in found]
    found = json.loads(treadle("step", "search", "review", "--json").stdout)["steps"]
    assert ["review"] == [each["id"] for each in found]
    assert "not installed" in treadle("step", "info", "review").stdout
    assert "TR749" in treadle("step", "info", "revue").stderr


DIGESTS = {"step.yml": digest(STEP), "__init__.py": digest(CODE), "sub/more.py": digest(b"x = 1\n")}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sha256": DIGESTS}, None),
        ({"sha256": {**DIGESTS, "__init__.py": "0" * 64}}, "'__init__.py' has the digest"),
        ({"sha256": {"step.yml": digest(STEP)}}, "is to hold a digest for each of"),
        ({"sha256": digest(STEP)}, "is to hold a digest for each of"),
        ({"extra_files": {"../evil.py": "https://example.com/e"}}, "leads out of the package"),
        ({"extra_files": {"/evil.py": "https://example.com/e"}}, "is an absolute path"),
        ({"extra_files": {"a\\b.py": "https://example.com/e"}}, "holds a backslash"),
        ({"extra_files": {"Sub/x": "https://example.com/e", "sub": "https://example.com/e"}},
         "lies inside the file"),
        ({"extra_files": {"STEP.yml": "https://example.com/e"}}, None),
        ({"url": None, "step_yml_url": "http://example.com/step.yml"}, "cannot be used"),
        ({"url": "http://example.com/step.yml"}, "only https is allowed"),
        ({"url": ""}, "cannot be used"),
        ({"url": "https://example.com/kit", "init_url": 7}, "cannot be used"),
        ({"version": "1.3.0", "releases": {}}, "the catalog says '1.3.0'"),
    ],
)  # fmt: skip
def test_what_a_catalog_says_of_a_package_is_held_against_it(
    project: Path, offered: Offered, treadle: Treadle, changed: Any, reason: str | None
) -> None:
    offered.publish(**changed)
    ended = treadle("step", "add", "review", "--yes")
    assert ended.exit_code == (0 if reason is None else 2), ended.stderr
    assert (reason or "added: review") in ended.stderr
    assert bool(kept(project)) == (reason is None)


def test_an_exact_release_of_a_package(
    project: Path, offered: Offered, site: Any, treadle: Treadle
) -> None:
    old = STEP.replace(b"1.2.0", b"1.1.0")
    record = {
        "url": site.put("/old/step.yml", old),
        "sha256": {"step.yml": digest(old), "__init__.py": digest(CODE)},
    }
    site.put("/old/__init__.py", CODE)
    offered.publish(releases={"1.1.0": record})
    assert 0 == treadle("step", "add", "review", "--version", "1.1.0", "--yes").exit_code
    assert "1.1.0" == registered(project)["review"]["version"]
    assert "versions 1.2.0, 1.1.0" in treadle("step", "info", "review", "--versions").stdout
    ended = treadle("step", "add", "review", "--version", "9.0.0", "--force", "--yes")
    assert (2, True) == (ended.exit_code, "TR968" in ended.stderr)


def test_a_list_of_catalogs_for_step_types_is_kept_apart(project: Path, treadle: Treadle) -> None:
    url = "https://example.com/steps.json"
    assert 0 == treadle("step", "catalog", "add", url, "--name", "ours").exit_code
    (found,) = json.loads(treadle("step", "catalog", "list", "--json").stdout)["catalogs"]
    assert ("ours", url) == (found["name"], found["url"])
    assert 2 == len(json.loads(treadle("catalog", "list", "--json").stdout)["catalogs"])
    assert 0 == treadle("step", "catalog", "remove", "0").exit_code
    assert 2 == treadle("step", "catalog", "remove", "0").exit_code


def test_a_private_type_comes_with_the_token_of_the_user(
    project: Path, tmp_path: Path, site: Any, treadle: Treadle
) -> None:
    provider = {"provider": "github", "hosts": ["127.0.0.1"], "auth": "bearer", "token": "t0ken"}
    laid_out(tmp_path, {".specify/auth.json": json.dumps({"providers": [provider]}).encode()})
    site.private["/greet.yml"] = "Bearer t0ken"
    url = site.put("/greet.yml", GREET)
    assert 0 == treadle("step", "add", url, "--yes").exit_code
    elsewhere = url.replace("127.0.0.1", "localhost")
    ended = treadle("step", "add", elsewhere, "--force", "--yes")
    assert (2, True) == (ended.exit_code, "the server answers 404" in ended.stderr)
    assert ["Bearer t0ken", None] == site.secrets
