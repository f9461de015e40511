"""What a station may say about people: a credential's pseudonym, and a PIN only the server can open.

A PIN is sealed to the server's X25519 key (ephemeral key, HKDF-SHA256, AES-256-GCM) and bound to the session's
challenge, so neither the station's disk, the broker nor the ledger ever holds anything a PIN could be guessed from.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.errors import ContractError

_NONCE = bytes(12)  # each key is derived for one message only


def credential_of(site: str, badge: str) -> str:
    """Give the pseudonym under which a badge (hex digits) is known at a site."""
    return hashlib.sha256(f"guiwei/badge/{site}/{badge.upper()}".encode()).hexdigest()[:32]


def seal_pin(server: X25519PublicKey, challenge: str, pin: str) -> str:
    """Seal a PIN so that only the server can read it, and only for this challenge."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    key = _key(ephemeral.exchange(server), public, challenge)
    return base64.b64encode(public + AESGCM(key).encrypt(_NONCE, pin.encode(), challenge.encode())).decode()


def open_pin(server: X25519PrivateKey, challenge: str, sealed: str) -> str:
    """Read a sealed PIN; raises ContractError when it was not sealed for this key and challenge."""
    try:
        data = base64.b64decode(sealed, validate=True)
        public = X25519PublicKey.from_public_bytes(data[:32])
        key = _key(server.exchange(public), data[:32], challenge)
        return AESGCM(key).decrypt(_NONCE, data[32:], challenge.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise ContractError("malformed", "sealed PIN does not open") from None


def _key(shared: bytes, public: bytes, challenge: str) -> bytes:
    return HKDF(SHA256(), 32, salt=public, info=b"guiwei/pin/" + challenge.encode()).derive(shared)
