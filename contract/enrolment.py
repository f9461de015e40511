"""How a station and the server first meet, by HTTPS: a one-time code and the station's public keys for what it needs.

Both are JSON. The station's private keys never leave it; nothing in the answer is secret.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.errors import ContractError
from contract.messages import Hash, Message, Short, StationName

PATH = "/api/v1/enrolments"
MAX_BODY = 64 * 1024

Pem = Annotated[str, Meta(min_length=1, max_length=16384)]
PublicKey = Hash
"""A public key as 64 lower-case hex digits."""


class EnrolmentRequest(Message, frozen=True, kw_only=True):
    """A station asks to be known: Ed25519 for its events, a PKCS #10 request for its certificate at the broker."""

    v: Literal[1]
    code: Short
    public_key: PublicKey
    certificate_request: Pem


class Enrolment(Message, frozen=True, kw_only=True):
    """What a station needs to know; `authority` vouches for the broker's certificate."""

    v: Literal[1]
    station: StationName
    site: Short
    doors: Annotated[int, Meta(ge=1, le=99)]
    server_key: PublicKey
    server_pin_key: PublicKey
    broker_host: Annotated[str, Meta(min_length=1, max_length=253)]
    broker_port: Annotated[int, Meta(ge=1, le=65535)]
    certificate: Pem
    authority: Pem


_request = msgspec.json.Decoder(EnrolmentRequest)
_answer = msgspec.json.Decoder(Enrolment)


def decode_request(body: bytes) -> EnrolmentRequest:
    """Read what a station asks (ContractError)."""
    try:
        return _request.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError("malformed", str(error)) from None


def decode_enrolment(body: bytes) -> Enrolment:
    """Read what the server answers (ContractError)."""
    try:
        return _answer.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError("malformed", str(error)) from None
