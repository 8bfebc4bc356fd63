"""The files that TLS is spoken with are looked at before anybody is called."""

from pathlib import Path

import pytest

pytest.importorskip("temporalio")

import trustme

from treadle.executor.errors import Refused
from treadle.executor.temporal.tls import tls_config


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two pairs of certificate and key, and an authority's certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("ann", "ben"):
        issued = authority.issue_cert(f"{name}@example.com")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    (tmp_path / "notes.pem").write_text("buy milk\n")
    locked = (tmp_path / "ann.key").read_text().replace(" PRIVATE KEY-", " ENCRYPTED PRIVATE KEY-")
    (tmp_path / "locked.key").write_text(locked)
    damaged = (tmp_path / "ann.key").read_text().splitlines()
    (tmp_path / "damaged.key").write_text("\n".join([damaged[0], "AAAA", damaged[-1], ""]))
    return tmp_path


def test_files_that_belong_together_are_read(folder: Path) -> None:
    made = tls_config(*(str(folder / name) for name in ("ca.pem", "ann.pem", "ann.key")))
    assert ((folder / "ca.pem").read_bytes(), (folder / "ann.pem").read_bytes()) == (
        made.server_root_ca_cert,
        made.client_cert,
    )


@pytest.mark.parametrize(
    ("ca", "cert", "key", "wanted"),
    [
        ("none.pem", None, None, "'none.pem': No such file or directory"),
        ("notes.pem", None, None, "'notes.pem': there is no certificate in it"),
        ("ann.key", None, None, "'ann.key': there is no certificate in it"),
        (None, "ann.pem", None, "'ann.pem': 'tls_cert' needs 'tls_key' beside it"),
        (None, None, "ann.key", "'ann.key': 'tls_key' needs 'tls_cert' beside it"),
        (None, "ann.pem", "none.key", "'none.key': No such file or directory"),
        (None, "ann.pem", "ann.pem", "'ann.pem': there is no private key in it"),
        (None, "ann.pem", "ben.key", "'ben.key': it is not the key of 'ann.pem'"),
        (None, "ann.pem", "locked.key", "'locked.key': the key is locked by a password"),
        (None, "ann.pem", "damaged.key", "'damaged.key': it is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    ca: str | None,
    cert: str | None,
    key: str | None,
    wanted: str,
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(Refused) as refused:
        tls_config(ca, cert, key)
    assert [("TR878", f"cannot speak TLS with {wanted}")] == [
        (reason.code, reason.message) for reason in refused.value.problems
    ]
