"""The server's own certificate authority: its files in the data folder, what it signs, and the lists for the broker.

    authority/ca.key, ca.crt      the authority; the key is readable by its owner only and leaves the folder never
    authority/lists/revoked.pem   certificates that were revoked (Mosquitto's crlfile)
    authority/lists/denied.txt    stations without a key in force, one a line: what they say is let nowhere

The lists are a second lock: what counts is the registry, which the intake asks for every message. They are for the
broker to read, in a folder without the key.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from contract import certificates
from contract.certificates import CertificateError
from server.service.keys import KeyFileError

KEY, CERTIFICATE, REVOKED, DENIED = "ca.key", "ca.crt", "revoked.pem", "denied.txt"
FOLDER, LISTS = "authority", "lists"


class SiteAuthority:
    """Signs for stations, and writes down what it takes back."""

    def __init__(self, data: Path) -> None:
        """Read the authority of a data folder; raises KeyFileError saying which file is wrong and how to make it."""
        self.folder = data / FOLDER
        self.lists = self.folder / LISTS
        key, certificate = self.folder / KEY, self.folder / CERTIFICATE
        try:
            self._authority = certificates.Authority(
                certificates.read_key(key.read_text(encoding="ascii"), str(key)),
                certificates.read_certificate(certificate.read_text(encoding="ascii"), str(certificate)),
            )
        except OSError as error:
            raise KeyFileError(f"{error.filename}: {error.strerror}; `guiwei server init` makes it") from None
        except (CertificateError, UnicodeDecodeError) as error:
            raise KeyFileError(str(error)) from None

    @property
    def key_id(self) -> str:
        """Give the identifier of its key, in hex."""
        return certificates.signs_as(self._authority)

    @property
    def pem(self) -> str:
        """Give the authority's certificate."""
        return self._authority.pem

    def sign(self, name: str, request: str, now_us: int) -> tuple[str, str, int]:
        """Sign what was asked for: certificate, its serial in hex, until when (µs); raises CertificateError."""
        key = certificates.requested_key(request)
        signed = certificates.issue(self._authority, name, key, _moment(now_us))
        return certificates.pem_of(signed), f"{signed.serial_number:x}", certificates.ends_us(signed)

    def write_lists(self, serials: Iterable[str], denied: Iterable[str], now_us: int) -> None:
        """Write both lists for the broker, each in one step; what stands revoked, by whomever, stays so."""
        self.lists.mkdir(exist_ok=True)
        numbers = {int(serial, 16) for serial in serials} | self._revoked()
        _replace(self.lists / REVOKED, certificates.revocation_list(self._authority, sorted(numbers), _moment(now_us)))
        _replace(self.lists / DENIED, "".join(f"{name}\n" for name in denied))

    def _revoked(self) -> set[int]:
        try:
            return certificates.revoked_in((self.lists / REVOKED).read_text(encoding="ascii"))
        except (OSError, CertificateError, UnicodeDecodeError):
            return set()


def make_authority(data: Path, site: str, now_us: int) -> SiteAuthority:
    """Make what is missing of the authority, and give it."""
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(certificates.key_pem(certificates.new_key()))
    if not (folder / CERTIFICATE).exists():
        key = certificates.read_key((folder / KEY).read_text(encoding="ascii"), str(folder / KEY))
        _replace(folder / CERTIFICATE, certificates.make_authority(key, site, _moment(now_us)).pem)
    made = SiteAuthority(data)
    if not (made.lists / REVOKED).exists():
        made.write_lists((), (), now_us)
    return made


def _moment(now_us: int) -> datetime:
    return datetime.fromtimestamp(now_us / 1_000_000, UTC)


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.write_text(text, encoding="ascii")
    fresh.chmod(0o644)
    fresh.replace(path)
