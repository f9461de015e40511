"""When the site's own certificates end: those in files, and the one that the broker shows."""

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog
from cryptography.x509 import Certificate, load_der_x509_certificate

from contract.certificates import CertificateError, ends_us, read_certificate

PATIENCE_S: Final = 3.0

log = structlog.get_logger(__name__)


class Listener(msgspec.Struct, frozen=True):
    """Where the broker listens, and what the server shows it."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


def ends_of(files: Mapping[str, Path | None], broker: Listener | None) -> dict[str, int]:
    """Give the ends (µs) of what can be read, by name; what cannot be is for whoever uses it to complain of."""
    found: dict[str, int] = {}
    for name, path in files.items():
        try:
            if path is not None:
                found[name] = ends_us(read_certificate(path.read_text(encoding="ascii"), str(path)))
        except (OSError, UnicodeDecodeError, CertificateError) as error:
            log.warning("certificate_not_read", name=name, error=str(error))
    if broker is not None:
        try:
            found["broker"] = ends_us(_shown_by(broker))
        except (OSError, ValueError) as error:
            log.warning("certificate_not_read", name="broker", error=str(error))
    return found


def _shown_by(broker: Listener) -> Certificate:
    """Look at the broker's certificate; whether to trust it is asked by whoever talks to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if broker.certificate is not None:
        context.load_cert_chain(broker.certificate, broker.key)
    with (
        socket.create_connection((broker.host, broker.port), PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as secure,
    ):
        return load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
