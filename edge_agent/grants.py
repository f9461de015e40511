"""Whether an answer of the server may be acted on: every rule must hold, the first broken one is named. PURE.

1. A grant is for this station, this session, its current challenge, once, and within 30 s of the challenge's making,
   measured on the real monotonic clock.
2. Which challenges have had their answer is remembered in the outbox, also over a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.codec import open_answer
from contract.errors import ContractError
from contract.messages import AnyAnswer, Grant

LONGEST = 30.0
Why = Literal["bad_signature", "stale", "wrong_challenge", "replayed", "retained", "wrong_station", "malformed"]


class Asked(NamedTuple):
    """What this station is waiting for."""

    station: str
    session: str | None
    challenge: str | None
    at: float
    """When the challenge was made, in real monotonic seconds."""
    withdrawn: frozenset[str]
    """Challenges of this session that a newer one has replaced."""


class Refused(NamedTuple):
    """An answer that must not be acted on."""

    why: Why
    session: str | None
    grant: str
    withdrawn: bool = False
    """It answers an older question of this very session; no sign of anything wrong."""


def check(
    payload: bytes,
    *,
    retained: bool,
    key: Ed25519PublicKey,
    asked: Asked,
    now: float,
    was_answered: Callable[[str], bool],
) -> AnyAnswer | Refused:
    """Open an answer and hold it against every rule."""
    try:
        answer = open_answer(key, payload)
    except ContractError as error:
        why: Why = "retained" if retained else "bad_signature" if error.reason == "bad_signature" else "malformed"
        return Refused(why, None, "")
    lasts = min(LONGEST, answer.ttl_ms / 1000) if isinstance(answer, Grant) else LONGEST
    broken: tuple[tuple[Why, bool], ...] = (
        ("retained", retained),
        ("wrong_station", answer.station != asked.station),
        ("replayed", was_answered(answer.challenge)),
        ("stale", answer.challenge in asked.withdrawn),
        ("wrong_challenge", answer.challenge != asked.challenge or answer.session != asked.session),
        ("stale", now - asked.at > lasts),
    )
    for why, is_broken in broken:
        if is_broken:
            grant = answer.grant if isinstance(answer, Grant) else ""
            return Refused(why, answer.session, grant, answer.challenge in asked.withdrawn)
    return answer
