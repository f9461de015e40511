"""The signed envelope and the hash chain: bytes in, bytes out.

An envelope is `GW1 <base64 of the Ed25519 signature>\\n<body>`; the signature covers the body exactly as sent, and the
receiver checks the bytes it received, never a re-encoding. A chain's first `previous` is the epoch's `genesis`.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.errors import ContractError

MAGIC = b"GW1 "
SIGNATURE_CHARS = 88
HEADER = len(MAGIC) + SIGNATURE_CHARS + 1
LAST_DIGITS = b"AQgw"
"""64 bytes leave the last base64 digit two bits that count; these have the other four at 0."""
MAX_MESSAGE = 256 * 1024


def seal_envelope(key: Ed25519PrivateKey, body: bytes) -> bytes:
    """Sign a body and put it in an envelope."""
    return MAGIC + base64.b64encode(key.sign(body)) + b"\n" + body


def open_envelope(payload: bytes) -> tuple[bytes, bytes]:
    """Take an envelope apart into (signature of 64 bytes, body) without judging it; raises ContractError.

    A signature has one spelling: the bits base64 leaves over in its last digit must be 0, as an encoder writes them.
    """
    if len(payload) > MAX_MESSAGE:
        raise ContractError("oversize", f"{len(payload)} bytes, at most {MAX_MESSAGE}")
    if payload[: len(MAGIC)] != MAGIC or payload[HEADER - 1 : HEADER] != b"\n":
        raise ContractError("not_an_envelope", "does not begin with 'GW1 ' and a signature line")
    if payload[HEADER - 4] not in LAST_DIGITS:
        raise ContractError("not_an_envelope", "signature line: its last digit has bits that say nothing")
    try:
        return base64.b64decode(payload[len(MAGIC) : HEADER - 1], validate=True), payload[HEADER:]
    except binascii.Error as error:
        raise ContractError("not_an_envelope", f"signature line: {error}") from None


def check_signature(key: Ed25519PublicKey, signature: bytes, body: bytes) -> None:
    """Raise ContractError("bad_signature") unless the key signed exactly these bytes."""
    try:
        key.verify(signature, body)
    except InvalidSignature:
        raise ContractError("bad_signature", f"over {len(body)} bytes") from None


def public_key(hex_text: str) -> Ed25519PublicKey:
    """Read a public key of 64 hex digits."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(hex_text))


def public_hex(key: Ed25519PrivateKey) -> str:
    """Give the public half of a key as 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


def genesis(station: str, epoch: str) -> str:
    """Give the hash that stands before an epoch's first event."""
    return hashlib.sha256(f"guiwei/{station}/{epoch}".encode()).hexdigest()


def next_hash(previous: str, event: bytes) -> str:
    """Chain one event's exact bytes onto the hash before it; the result is the event's id."""
    return hashlib.sha256(bytes.fromhex(previous) + event).hexdigest()
