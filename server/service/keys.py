"""The server's own keys: one to sign with, one that opens the PINs stations seal for it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

SIGNING = "server.key"
PIN = "pin.key"


class KeyFileError(ValueError):
    """A key file is missing or is not 64 hex digits."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys; never printed, never logged."""

    signing: Ed25519PrivateKey = field(repr=False)
    pin: X25519PrivateKey = field(repr=False)

    def public(self) -> dict[str, str]:
        """Give what stations must know, as hex."""
        return {
            "server_key": self.signing.public_key().public_bytes_raw().hex(),
            "server_pin_key": self.pin.public_key().public_bytes_raw().hex(),
        }


def make_keys(folder: Path) -> None:
    """Write each key that is not there yet, readable by the owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in ((SIGNING, Ed25519PrivateKey.generate), (PIN, X25519PrivateKey.generate)):
        try:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(make().private_bytes_raw().hex() + "\n")


def load_keys(folder: Path) -> Keys:
    """Read both keys; raises KeyFileError saying which file is wrong and how to make it."""
    return Keys(
        Ed25519PrivateKey.from_private_bytes(_read(folder / SIGNING)),
        X25519PrivateKey.from_private_bytes(_read(folder / PIN)),
    )


def _read(path: Path) -> bytes:
    try:
        raw = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}; `guiwei server init` makes the keys") from None
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise KeyFileError(f"{path}: a key is 64 hex digits")
    return raw
