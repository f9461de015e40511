"""How an LLRP reader is reached: addresses, and TLS that trusts only whom it was told to trust."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.devices import make_dialect, make_source
from edge_agent.devices.base import SettingsError, SourceState, TagReported
from edge_agent.devices.llrp_link import address
from edge_agent.emulators.llrp import LlrpEmulator
from tests.edge_agent.devices.told import Told

EPC = "3415A537C8000000000F4241"


@contextmanager
def source(url: str, told: Told, **settings: Any) -> Iterator[None]:
    made = make_source("uhf", "llrp", make_dialect("llrp", settings), url, told)
    made.start()
    try:
        yield
    finally:
        made.close()


def test_over_tls_only_a_trusted_reader_is_heard(tmp_path: Path, told: Told) -> None:
    certificate, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    reader = LlrpEmulator(tls=context, per_second=500)
    reader.put(EPC)
    try:
        stranger = Told()
        with source(reader.url, stranger):
            event = stranger.events.get(timeout=10)
            assert isinstance(event, SourceState)
            assert "not trusted" in event.why
        with source(reader.url, told, ca_file=str(certificate)):
            for _ in range(100):
                assert told.next(TagReported).epc == EPC
    finally:
        reader.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reader")])
    now = datetime.fromtimestamp(time.time_ns() / 1e9, UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "reader.pem", folder / "reader.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.mark.parametrize("url", ["/dev/ttyUSB0", "llrp://", "http://reader", "llrp://reader:x", "llrp://reader/path"])
def test_an_address_that_is_none_says_what_one_is(url: str) -> None:
    with pytest.raises(SettingsError, match="reader"):
        address(url)


def test_addresses_have_the_standards_ports() -> None:
    assert address("llrp://reader") == ("llrp", "reader", 5084)
    assert address("llrps://[::1]") == ("llrps", "::1", 5085)
    assert address("llrp://10.0.0.9:6000") == ("llrp", "10.0.0.9", 6000)


def test_a_wrong_certificate_file_is_a_fault_not_retried(told: Told) -> None:
    with source("llrps://localhost:1", told, ca_file="/nowhere.pem"):
        event = told.events.get(timeout=10)
    assert isinstance(event, SourceState)
    assert (event.state, "/nowhere.pem" in event.why) == ("fault", True)
