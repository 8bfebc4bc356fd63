"""What goes wrong between here and a Temporal server, in treadle's own words.

The library of the connection tells of most things by one exception, whose text is the inside of
another language; this is the only place that reads it.
"""

import asyncio

from temporalio.service import RPCError, RPCStatusCode

from treadle.executor.errors import Refused
from treadle.plan.lazy_pattern import lazy_pattern

# What the library calls a certificate that it does not accept, and what is wrong with it.
_CERTIFICATES = (
    ("UnknownIssuer", "nobody who is trusted here has signed it"),
    ("Expired", "it has expired"),
    ("NotValidYet", "it is not valid yet"),
    ("NotValidForName", "it is for another name"),
    ("CaUsedAsEndEntity", "it is the certificate of an authority"),
    ("Revoked", "it was revoked"),
)
_NO_CONNECTION = (
    ("Connection refused", "nothing listens there"),
    ("dns error", "nobody knows that name"),
    ("InvalidContentType", "it does not speak TLS"),
    ("HandshakeFailure", "it does not agree on a way to speak TLS"),
)
# A certificate that is asked for and not given ends a connection that is made already.
_CUT_OFF = lazy_pattern(
    r"transport error|connection closed|CertificateRequired|received fatal alert"
)
_DENIED = lazy_pattern(r"code: (?:Unauthenticated|PermissionDenied), message: \"(?P<said>[^\"]*)\"")
_MESSAGE = lazy_pattern(r"message: \"(?P<said>[^\"]*)\"")
_ACCESS = frozenset({RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED})


def unreachable(error: Exception, address: str, *, cut_off: str) -> Refused:
    """Return why there is no connection: TR872, TR879 or TR885.

    Shapes: `cut_off` says what a server may miss that closes the connection without a word.
    """
    if isinstance(error, RPCError):
        return refused_by(error, address)
    if isinstance(error, asyncio.TimeoutError):
        return Refused.because("TR872", address=address, reason="it does not answer")
    text = str(error)
    if "InvalidCertificate" in text:
        told = (reason for mark, reason in _CERTIFICATES if mark in text)
        reason = next(told, "it is not a certificate as it should be")
        return Refused.because("TR879", address=address, reason=reason)
    denied = _DENIED.search(text)
    if denied is not None:
        return Refused.because("TR885", address=address, reason=_said(denied["said"]))
    for mark, reason in _NO_CONNECTION:
        if mark in text:
            return Refused.because("TR872", address=address, reason=reason)
    if _CUT_OFF.search(text):
        reason = f"it closes the connection; {cut_off}"
        return Refused.because("TR872", address=address, reason=reason)
    first = text.partition("\n")[0][:200] or type(error).__name__
    return Refused.because("TR872", address=address, reason=first)


def refused_by(error: RPCError, address: str) -> Refused:
    """Return why a server does not do what it was asked for: TR872 or TR885."""
    code = "TR885" if error.status in _ACCESS else "TR872"
    return Refused.because(code, address=address, reason=_said(error.message))


def stopped_by(error: Exception) -> str:
    """Return why a worker cannot take work."""
    text = error.message if isinstance(error, RPCError) else str(error)
    told = _MESSAGE.search(text)
    return _said(told["said"] if told is not None else text)


def _said(message: str) -> str:
    """Return what a server says, as the end of a clause."""
    text = message.partition("\n")[0].strip().rstrip(".")[:200]
    return f"it says '{text}'" if text else "it does not say why"
