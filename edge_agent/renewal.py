"""The station's certificate at the broker: when it ends, asking for the next one in time, taking it.

1. The key stays. The next certificate is asked for by an event, signed like every event, and comes as a signed command.
2. It is kept in the data folder, for that of the settings is not the agent's to write; what lasts longer is used.
3. Nothing is taken that is not for this station's key and name, by the same authority, and lasts longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.x509 import Certificate

from contract import certificates
from contract.certificates import CertificateError, PrivateKey
from contract.messages import CertificateIssued, CertificateRequested
from edge_agent.journal import Journal
from edge_agent.settings import BrokerTable

DAY_US = 86_400_000_000
ASK_US, WARN_US = 60 * DAY_US, 30 * DAY_US
"""So long before its end the next certificate is asked for; and whoever looks is warned, for nothing came of it."""
LOOK_S, ASK_AGAIN_S = 60.0, 6 * 3600.0


def with_renewed(broker: BrokerTable, data: Path) -> BrokerTable:
    """Say where a renewed certificate is kept."""
    return msgspec.structs.replace(broker, renewed_file=str(data / "renewed.crt"))


def certificate_in_use(broker: BrokerTable) -> str:
    """Give the file to show to the broker: the renewed certificate when it fits the key and lasts longer."""
    enrolled, renewed = _read(broker.cert_file), _read(broker.renewed_file)
    if enrolled is None or renewed is None or enrolled.public_key() != renewed.public_key():
        return broker.cert_file
    return broker.renewed_file if renewed.not_valid_after_utc > enrolled.not_valid_after_utc else broker.cert_file


class Renewal:
    """Looks after one station's certificate; without one there is nothing to do."""

    def __init__(self, station: str, broker: BrokerTable, journal: Journal, change: Callable[..., object]) -> None:
        self._station, self._broker, self._journal, self._change = station, broker, journal, change
        self._now = _read(certificate_in_use(broker))
        self._next_look = self._next_ask = 0.0
        self._due = False

    def tick(self, now: float) -> None:
        """Look at the end once a minute, and warn; ask as soon as there is somebody to ask."""
        if self._now is None:
            return
        if now >= self._next_look:
            self._next_look = now + LOOK_S
            left_us = certificates.ends_us(self._now) - self._journal.clock.real_wall_us()
            end = f"certificate ends on {self._now.not_valid_after_utc:%Y-%m-%d}"
            self._change("certificate_ending", active=left_us < WARN_US, detail=end if left_us < WARN_US else "")
            self._due = left_us < ASK_US
        if self._due and not self._journal.offline and now >= self._next_ask:
            self._next_ask = now + ASK_AGAIN_S
            self._ask(certificates.signer_of(self._now))

    def _ask(self, signer: str) -> None:
        key = _key(self._broker)
        if key is not None:
            with self._journal.entry() as entry:
                entry.write(CertificateRequested, signer=signer, certificate_request=certificates.request(key))

    def take(self, issued: CertificateIssued) -> bool:
        """Keep a certificate that came; False when it is not this station's next one."""
        key = _key(self._broker)
        try:
            fresh = certificates.read_certificate(issued.certificate)
            fits = key is not None and fresh.public_key() == key.public_key()
            fits = fits and certificates.name_of(fresh) == self._station
        except (CertificateError, IndexError):
            return False
        if not fits or self._now is None or certificates.ends_us(fresh) <= certificates.ends_us(self._now):
            return False
        if certificates.signer_of(fresh) != certificates.signer_of(self._now):
            return False
        _replace(Path(self._broker.renewed_file), issued.certificate)
        self._now, self._next_look = fresh, 0.0
        return True


def _read(path: str) -> Certificate | None:
    """Read a certificate; None when there is none to be read."""
    try:
        return certificates.read_certificate(Path(path).read_text(encoding="ascii"), path) if path else None
    except (OSError, UnicodeDecodeError, CertificateError):
        return None


def _key(broker: BrokerTable) -> PrivateKey | None:
    """Read the key of the certificate; None when it is not one that a request can be made with."""
    try:
        return certificates.read_key(Path(broker.cert_key_file or broker.cert_file).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, CertificateError):
        return None


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
