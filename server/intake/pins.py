"""Check PINs before the transaction begins: a check takes some 20 ms and must hold up nobody's commit.

A badge whose PIN was wrong too often within a few minutes is not looked at again until they are over: a PIN has so few
digits that a found badge and an afternoon would do. Only here is a PIN typed under duress told from the plain one.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.errors import ContractError
from contract.messages import AccessRequested, PinTyped
from contract.secrets import open_pin
from server.clock import Clock
from server.intake.batch import Opened, Refusal
from server.service.cabinet.work import PinSaid
from server.service.people.passwords import check_secret
from server.service.people.sign_in import TooManyTriesError, Tries
from server.store.sql import fetch
from server.store.unit_of_work import Database

_HASHES = (
    "SELECT badge.credential, person.pin_hash FROM badge JOIN person ON person.id = badge.person_id"
    " WHERE badge.active AND person.active AND badge.credential {credentials}"
)
Said = dict[tuple[str, str], PinSaid]
"""By credential and challenge: what was found of the PIN that came with them."""


class Pins:
    """Checks PINs and remembers, in this process, how often a badge's were wrong."""

    def __init__(self, database: Database, key: X25519PrivateKey, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._tries = Tries()

    def check(self, units: Sequence[Opened | Refusal], *, duress: bool = False) -> Said:
        """Check every PIN that came with these messages; `duress`: one may be typed so that it cries for help."""
        asked = [
            event
            for unit in units
            if isinstance(unit, Opened)
            for event in unit.events
            if isinstance(event, AccessRequested | PinTyped) and event.pin is not None
        ]
        if not asked:
            return {}
        kept = self._kept(sorted({event.credential.replace("\0", "") for event in asked}))
        return {
            (event.credential, event.challenge): self._say(event, kept.get(event.credential), duress=duress)
            for event in asked
        }

    def _kept(self, credentials: list[str]) -> dict[str, str | None]:
        with self._database.engine.connect() as connection:
            return {row.credential: row.pin_hash for row in fetch(connection, _HASHES, credentials=credentials)}

    def _say(self, event: AccessRequested | PinTyped, kept: str | None, *, duress: bool) -> PinSaid:
        whose, now = f"badge:{event.credential}", self._clock.real_mono()
        try:
            self._tries.check((whose,), now)
        except TooManyTriesError:
            return PinSaid(right=False, too_often=True)
        typed = self._typed(event)
        plain = typed is not None and check_secret(typed, kept)
        cry = typed is not None and duress and not plain and check_secret(_meant(typed), kept)
        if plain or cry:
            self._tries.succeeded(whose)
            return PinSaid(right=True, duress=cry)
        return PinSaid(right=False, too_often=self._tries.failed((whose,), now))

    def _typed(self, event: AccessRequested | PinTyped) -> str | None:
        try:
            return open_pin(self._key, event.challenge, event.pin or "")
        except ContractError:
            return None


def _meant(typed: str) -> str:
    """Give the PIN of whoever typed its last digit one higher."""
    last = typed[-1:]
    return typed[:-1] + (str((int(last) - 1) % 10) if last.isascii() and last.isdigit() else last)
