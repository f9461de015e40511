"""Every rule that keeps an answer from being acted on, one at a time; and what a code or PIN may do to a wire."""

from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contract.codec import encode, seal
from contract.messages import Grant
from contract.signing import seal_envelope
from edge_agent.devices import make_dialect
from edge_agent.devices.base import UnreachableError
from edge_agent.devices.lock8a import Lock8A
from edge_agent.grants import LONGEST, Asked, Refused, check
from edge_agent.settings import Channel
from edge_agent.unlock import Shot, fire

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SESSION, CHALLENGE, OLD = "5e" * 16, "c4" * 16, "01" * 16
GOOD = Grant(
    v=1,
    station="a",
    session=SESSION,
    challenge=CHALLENGE,
    grant="9a" * 16,
    person="p",
    doors=[1],
    items=[],
    issued_us=1,
    ttl_ms=30000,
)
ASKED = Asked("a", SESSION, CHALLENGE, 100.0, frozenset({OLD}))


def judge(
    payload: bytes, *, retained: bool = False, asked: Asked = ASKED, now: float = 101.0, known: str = ""
) -> object:
    return check(
        payload, retained=retained, key=KEY.public_key(), asked=asked, now=now, was_answered=lambda seen: seen == known
    )


def test_a_good_answer_is_accepted_until_the_last_moment() -> None:
    assert judge(seal(KEY, GOOD)) == GOOD
    assert judge(seal(KEY, GOOD), now=100.0 + LONGEST) == GOOD


@pytest.mark.parametrize(
    ("payload", "how", "why"),
    [
        (seal(OTHER_KEY, GOOD), {}, "bad_signature"),
        (seal(KEY, GOOD)[:-1] + b"x", {}, "bad_signature"),
        (b"", {}, "malformed"),
        (seal_envelope(KEY, b"{}"), {}, "malformed"),
        (seal_envelope(KEY, encode(GOOD).replace(b'"door', b'"dooor')), {}, "malformed"),
        (seal(KEY, GOOD), {"retained": True}, "retained"),
        (seal(KEY, replace(GOOD, station="b")), {}, "wrong_station"),
        (seal(KEY, GOOD), {"known": CHALLENGE}, "replayed"),
        (seal(KEY, replace(GOOD, challenge=OLD)), {}, "stale"),
        (seal(KEY, replace(GOOD, challenge="77" * 16)), {}, "wrong_challenge"),
        (seal(KEY, replace(GOOD, session="77" * 16)), {}, "wrong_challenge"),
        (seal(KEY, GOOD), {"asked": ASKED._replace(challenge=None)}, "wrong_challenge"),
        (seal(KEY, GOOD), {"now": 100.0 + LONGEST + 0.01}, "stale"),
        (seal(KEY, replace(GOOD, ttl_ms=500)), {"now": 101.0}, "stale"),
    ],
)
def test_each_rule_refuses(payload: bytes, how: dict[str, object], why: str) -> None:
    refused = judge(payload, **how)  # type: ignore[arg-type]
    assert isinstance(refused, Refused)
    assert refused.why == why


def test_no_forged_bytes_are_accepted() -> None:
    sealed = seal(KEY, GOOD)
    for _ in range(300):
        forged = bytearray(sealed)
        forged[secrets.randbelow(len(forged))] ^= 1 + secrets.randbelow(255)
        assert isinstance(judge(bytes(forged)), Refused)


def test_only_the_hook_itself_says_unlocked() -> None:
    shot = Shot(1, SESSION, GOOD.grant)
    assert shot.outcome(hook_locked=False, now=9.9) is None, "nothing was fired yet"
    shot.until = 10.0
    shot.reply = True
    assert shot.outcome(hook_locked=True, now=9.9) is None, "a reply tells of actuation only"
    assert shot.outcome(hook_locked=False, now=9.9) == "unlocked"
    assert shot.outcome(hook_locked=True, now=10.0) == "no_feedback"
    shot.reply = False
    assert shot.outcome(hook_locked=None, now=10.0) == "refused"


def test_firing_sends_one_lock_and_says_when_it_cannot() -> None:
    sent: list[bytes] = []
    board = Lock8A()
    assert fire(sent.append, board, Channel(device="lock", channel=3)) >= board.pulse + 0.3  # type: ignore[operator]
    assert sent == [bytes.fromhex("8A01031199")]
    assert fire(_unplugged, board, Channel(device="lock", channel=3)) == "unreachable"
    assert fire(sent.append, make_dialect("m100"), Channel(device="reader", channel=3)) == "refused"
    assert len(sent) == 1


def _unplugged(_data: bytes) -> None:
    raise UnreachableError("unplugged")
