"""A server behind TLS: who is let in, and what is said to those who are not."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("temporalio")

import trustme

from tests.executor.temporal.conftest import HEADER, Crew
from tests.temporal_door import Door, a_door
from tests.temporal_server import Server, needs_temporal
from treadle.executor.errors import Refused
from treadle.executor.temporal.connection import Target, connect

pytestmark = needs_temporal
NAME = "127.0.0.1"


class Pki:
    """An authority, and what it has issued, as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(folder / "ca.pem")
        trustme.CA().cert_pem.write_to_path(folder / "stranger.pem")
        self._keep("ann", self.authority.issue_cert("ann@example.com"))
        self._keep("late", self.expired("ann@example.com"))

    def expired(self, name: str) -> trustme.LeafCert:
        today = datetime.now(UTC)
        return self.authority.issue_cert(
            name, not_before=today - timedelta(days=9), not_after=today - timedelta(days=2)
        )

    def shown(self, issued: trustme.LeafCert | None = None) -> Path:
        """Return the file of what a server shows."""
        path = self.folder / "shown.pem"
        (issued or self.authority.issue_cert(NAME)).private_key_and_cert_chain_pem.write_to_path(
            path
        )
        return path

    def files(self, **names: str) -> dict[str, str]:
        return {f"tls_{what}": str(self.folder / name) for what, name in names.items()}

    def _keep(self, name: str, issued: trustme.LeafCert) -> None:
        issued.cert_chain_pems[0].write_to_path(self.folder / f"{name}.pem")
        issued.private_key_pem.write_to_path(self.folder / f"{name}.key")


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


def said(door: Door | Server, files: Mapping[str, Any], *, key: str = "") -> str:
    """Return what a client is told that connects, nothing for one that is let in."""
    try:
        environment = {"HOME": "/nowhere", "TEMPORAL_API_KEY": key}
        asyncio.run(connect(Target(address=door.address, **files), environment))
    except Refused as refused:
        (reason,) = refused.problems
        return f"{reason.code}: {reason.message.replace(door.address, 'HERE')}"
    return ""


def test_a_server_is_believed_whose_certificate_the_authority_has_signed(
    server: Server, pki: Pki
) -> None:
    not_accepted = "TR879: the certificate of Temporal at HERE is not accepted"
    with a_door(pki.folder, server.port, pki.shown()) as door:
        assert "" == said(door, pki.files(ca="ca.pem"))
        assert f"{not_accepted}: nobody who is trusted here has signed it" == said(
            door, pki.files(ca="stranger.pem")
        )
        assert f"{not_accepted}: nobody who is trusted here has signed it" == said(
            door, {"tls": True}
        )
        wanted = "TR872: cannot reach Temporal at HERE: it closes the connection; it may want TLS"
        assert f"{wanted} ('tls = true')" == said(door, {})
    with a_door(pki.folder, server.port, pki.shown(pki.expired(NAME))) as door:
        assert f"{not_accepted}: it has expired" == said(door, pki.files(ca="ca.pem"))
    other = pki.authority.issue_cert("example.com")
    with a_door(pki.folder, server.port, pki.shown(other)) as door:
        assert f"{not_accepted}: it is for another name" == said(door, pki.files(ca="ca.pem"))
    wanted = "TR872: cannot reach Temporal at HERE: it does not speak TLS"
    assert wanted == said(server, pki.files(ca="ca.pem"))


def test_a_server_that_wants_a_certificate_lets_in_who_has_one(server: Server, pki: Pki) -> None:
    closes = "TR872: cannot reach Temporal at HERE: it closes the connection"
    with a_door(pki.folder, server.port, pki.shown(), asked=pki.folder / "ca.pem") as door:
        assert "" == said(door, pki.files(ca="ca.pem", cert="ann.pem", key="ann.key"))
        assert f"{closes}; it may want a certificate ('tls_cert' and 'tls_key')" == said(
            door, pki.files(ca="ca.pem")
        )
        assert f"{closes}; it may not accept the certificate in 'tls_cert'" == said(
            door, pki.files(ca="ca.pem", cert="late.pem", key="late.key")
        )


def test_a_key_comes_with_every_call_and_never_in_plain_text(server: Server, pki: Pki) -> None:
    trusted = pki.files(ca="ca.pem")
    with a_door(pki.folder, server.port, pki.shown(), key="k1") as door:
        assert "" == said(door, trusted, key="k1\n")
        assert {"Bearer k1"} == {call.get("authorization") for call in door.calls()}
        wanted = "TR885: access to Temporal at HERE is refused: it says 'Request unauthorized'"
        assert [wanted, wanted] == [said(door, trusted), said(door, trusted, key="k2")]
    assert "TR872: cannot reach Temporal at HERE: it does not speak TLS" == said(
        server, {}, key="k1"
    )


def test_commands_and_workers_come_in_by_what_the_settings_say(crew: Crew, pki: Pki) -> None:
    (crew.project / "flow.yml").write_text(
        f"{HEADER}steps: [{{id: one, type: shell, run: echo one}}]\n"
    )
    with a_door(
        pki.folder, crew.server.port, pki.shown(), asked=pki.folder / "ca.pem", key="k1"
    ) as door:
        files = pki.files(ca="ca.pem", cert="ann.pem", key="ann.key")
        settings = {"on": "temporal", "address": door.address, "task_queue": crew.queue, **files}
        lines = (f"{name} = {json.dumps(value)}" for name, value in settings.items())
        (crew.project / "treadle.toml").write_text("\n".join(["[executor]", *lines, ""]))
        run_id = crew.queue  # an id of its own: the server is there for all
        crew.hire_as_set(TEMPORAL_API_KEY="k1")
        code, out, err = crew.call("run", "flow.yml", "--run-id", run_id, TEMPORAL_API_KEY="k1")
        assert (0, True) == (code, "completed" in out + err), err
        code, out, _ = crew.call("status", run_id, "--json", TEMPORAL_API_KEY="k1")
        assert (0, "completed") == (code, json.loads(out)["status"])
        code, _, err = crew.call("status", run_id)
        assert (2, True) == (code, "error TR885" in err)
        calls = {call.get("authorization") for call in door.calls()}
        assert {"Bearer k1", None} == calls


def test_the_environment_says_how_to_come_in_as_temporals_own_programs_do(
    crew: Crew, pki: Pki
) -> None:
    with a_door(pki.folder, crew.server.port, pki.shown(), asked=pki.folder / "ca.pem") as door:
        variables = {
            "TEMPORAL_ADDRESS": door.address,
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(pki.folder / "ca.pem"),
            "TEMPORAL_TLS_CLIENT_CERT_PATH": str(pki.folder / "ann.pem"),
            "TEMPORAL_TLS_CLIENT_KEY_PATH": str(pki.folder / "ann.key"),
        }
        words = ("status", "--on", "temporal", "--json")
        assert (0, {"runs": []}) == _with_json(crew.call(*words, **variables))
        del variables["TEMPORAL_TLS_CLIENT_CERT_PATH"]
        code, _, err = crew.call(*words, **variables)
        assert (2, True) == (code, "error TR878" in err)


def test_a_namespace_that_is_not_there_is_told_to_commands_and_workers(crew: Crew) -> None:
    (crew.project / "flow.yml").write_text(
        f"{HEADER}steps: [{{id: one, type: shell, run: echo one}}]\n"
    )
    there = {"TEMPORAL_ADDRESS": crew.server.address, "TEMPORAL_NAMESPACE": "nope"}
    wanted = {
        "worker": "error TR888: the worker has stopped: it says 'Namespace nope is not found'",
        "run": "it says 'Namespace nope is not found'",
    }
    for verb, words in (("worker", ()), ("run", ("flow.yml", "--on", "temporal"))):
        code, _, err = crew.call(verb, *words, **there)
        assert (2, True, False) == (code, wanted[verb] in err, "Traceback" in err), err


def _with_json(called: tuple[int, str, str]) -> tuple[int, Any]:
    assert called[1], called[2]
    return called[0], json.loads(called[1])
