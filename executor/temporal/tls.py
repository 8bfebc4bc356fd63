"""The files that a connection with TLS is made with, looked at before anybody is called.

What the library of the connection says of a bad file names neither the file nor what is wrong
with it; often it says nothing, and trusts nobody.
"""

import ssl
from pathlib import Path

from temporalio.service import TLSConfig

from treadle.executor.errors import Refused

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_KEY = b"PRIVATE KEY-----"
_LOCKED = b"ENCRYPTED"


def tls_config(ca: str | None, cert: str | None, key: str | None) -> TLSConfig:
    """Return what TLS is spoken with.

    Shapes: paths of files in PEM: whom to trust, and who this is (both files or neither).
    Errors: Refused with TR878 for every file that cannot be used.
    """
    if (cert is None) != (key is None):
        given, lacking = ("tls_cert", "tls_key") if key is None else ("tls_key", "tls_cert")
        reason = f"'{given}' needs '{lacking}' beside it"
        raise Refused.because("TR878", path=cert or key, reason=reason)
    trusted = None if ca is None else _read(ca, _CERTIFICATE, "certificate")
    if cert is None or key is None:
        return TLSConfig(server_root_ca_cert=trusted)
    shown, own = _read(cert, _CERTIFICATE, "certificate"), _read(key, _KEY, "private key")
    _match(cert, key)
    return TLSConfig(server_root_ca_cert=trusted, client_cert=shown, client_private_key=own)


def _read(path: str, mark: bytes, what: str) -> bytes:
    """Return the text of a file in PEM. Errors: Refused with TR878."""
    try:
        found = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise Refused.because("TR878", path=path, reason=error.strerror) from error
    if mark not in found:
        raise Refused.because("TR878", path=path, reason=f"there is no {what} in it")
    if _LOCKED in found:
        raise Refused.because("TR878", path=path, reason="the key is locked by a password")
    return found


def _match(cert: str, key: str) -> None:
    """Make sure that a key is the key of a certificate. Errors: Refused with TR878."""
    files = [str(Path(path).expanduser()) for path in (cert, key)]
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*files)
    except ssl.SSLError as error:
        is_other = error.reason == "KEY_VALUES_MISMATCH"
        reason = f"it is not the key of '{cert}'" if is_other else "it is damaged"
        raise Refused.because("TR878", path=key, reason=reason) from error
