"""Reach an LLRP reader: `llrp://host[:port]` over TCP, `llrps://host[:port]` over TLS."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from edge_agent.devices.base import SettingsError, UnreachableError
from edge_agent.devices.llrp_settings import LlrpSettings

PORTS = {"llrp": 5084, "llrps": 5085}
CONNECT_S = 5.0


def connect(url: str, settings: LlrpSettings) -> socket.socket:
    """Open the connection (SettingsError: no such address or certificate file; UnreachableError: nobody answers)."""
    scheme, host, port = address(url)
    context = _tls(settings) if scheme == "llrps" else None
    try:
        link = socket.create_connection((host, port), CONNECT_S)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _wrapped(context, link, host) if context else link
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(f"{url}: the reader's certificate is not trusted ({error.verify_message})") from None
    except OSError as error:
        raise UnreachableError(f"{url}: {error.strerror or error}; is the reader powered and on the network?") from None


def _wrapped(context: ssl.SSLContext, link: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(link, server_hostname=host)
    except BaseException:
        link.close()
        raise


def address(url: str) -> tuple[str, str, int]:
    """Take an address apart into scheme, host, port (SettingsError: it is none)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{url}: {error}") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError(f"{url}: no LLRP reader's address; it is llrp://HOST[:PORT] or llrps://HOST[:PORT]")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


def _tls(settings: LlrpSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file)
    except OSError as error:
        files = " or ".join(file for file in (settings.ca_file, settings.cert_file) if file)
        raise SettingsError(f"{files}: no PEM file that can be used for llrps ({error})") from None
    context.check_hostname = settings.check_host
    return context
