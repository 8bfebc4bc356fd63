"""What the library of a connection says, in treadle's own words."""

import pytest

pytest.importorskip("temporalio")

from temporalio.service import RPCError, RPCStatusCode

from treadle.executor.errors import Refused
from treadle.executor.temporal.trouble import refused_by, stopped_by, unreachable

CONNECT = "Failed client connect: Server connection error: tonic::transport::Error(Transport, {})"
CALL = "Failed client connect: `get_system_info` call error after connection: Status {{ {} }}"


def told(refused: Refused) -> tuple[str, str]:
    (reason,) = refused.problems
    return reason.code, reason.message.rpartition(": ")[2]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CONNECT.format('ConnectError("tcp", "Connection refused")'), "nothing listens there"),
        (CONNECT.format('ConnectError("dns error", …)'), "nobody knows that name"),
        (CONNECT.format("InvalidMessage(InvalidContentType)"), "it does not speak TLS"),
        (CALL.format('message: "transport error"'), "it closes the connection; nobody knows why"),
        ("something else\nand more of it", "something else"),
    ],
)
def test_a_server_that_is_out_of_reach_is_told_with_the_reason(text: str, wanted: str) -> None:
    found = unreachable(RuntimeError(text), "here:1", cut_off="nobody knows why")
    assert ("TR872", wanted) == told(found)


def test_a_server_that_is_silent_does_not_answer() -> None:
    assert ("TR872", "it does not answer") == told(
        unreachable(TimeoutError(), "here:1", cut_off="")
    )


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("UnknownIssuer", "nobody who is trusted here has signed it"),
        ("ExpiredContext { time: 1 }", "it has expired"),
        ("NotValidYetContext { time: 1 }", "it is not valid yet"),
        ("NotValidForNameContext { }", "it is for another name"),
        ("BadSignature", "it is not a certificate as it should be"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_with_the_reason(name: str, wanted: str) -> None:
    text = CONNECT.format(f"ConnectError(InvalidCertificate({name}))")
    assert ("TR879", wanted) == told(unreachable(RuntimeError(text), "here:1", cut_off=""))


def test_a_server_that_lets_nobody_in_is_quoted() -> None:
    text = CALL.format('code: PermissionDenied, message: "Jwt is expired."')
    wanted = ("TR885", "it says 'Jwt is expired'")
    assert wanted == told(unreachable(RuntimeError(text), "here:1", cut_off=""))
    denied = RPCError("Jwt is expired", RPCStatusCode.UNAUTHENTICATED, b"")
    assert wanted == told(refused_by(denied, "here:1"))
    gone = RPCError("Namespace nope is not found.", RPCStatusCode.NOT_FOUND, b"")
    assert ("TR872", "it says 'Namespace nope is not found'") == told(refused_by(gone, "here:1"))


def test_a_worker_that_has_stopped_says_what_the_server_has_said() -> None:
    text = 'Poll failure: Status { code: NotFound, message: "Namespace nope is not found.", x }'
    assert "it says 'Namespace nope is not found'" == stopped_by(RuntimeError(text))
