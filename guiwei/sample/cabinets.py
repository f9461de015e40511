"""The cabinets' side of the wire: what each would have written into its outbox, signed and handed to the intake."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.codec import encode, seal
from contract.messages import AccessRequested, Batch, DoorClosed, DoorOpened, Event, SessionEnded, Sighting
from contract.signing import genesis, next_hash
from server.intake.service import IntakeService
from server.store.tables import Visit

SECOND = 1_000_000


@dataclass(slots=True)
class StoryClock:
    """The time of the year that is played; only what the wire measures is real."""

    now_us: int
    real: Callable[[], int]

    def wall_us(self) -> int:
        """Give the moment that is played."""
        return self.now_us

    def mono_us(self) -> int:
        """Give the same: nothing is measured here."""
        return self.now_us

    def real_mono(self) -> float:
        """Give real seconds."""
        return self.real() / 1e6

    def real_wall_us(self) -> int:
        """Give the real moment."""
        return self.real()


@dataclass(slots=True)
class Cabinet:
    """One station: chains and signs its events as it goes."""

    name: str
    key: Ed25519PrivateKey
    rng: random.Random
    clock: StoryClock
    intake: IntakeService
    seq: int = 0
    epoch: str = field(init=False)
    last: str = field(init=False)

    def __post_init__(self) -> None:
        """Begin a chain."""
        self.epoch = f"{self.rng.getrandbits(128):032x}"
        self.last = genesis(self.name, self.epoch)

    def visit(self, credential: str, door: int, taken: Sequence[str] = (), put: Sequence[str] = ()) -> bool:
        """Have somebody show their badge, open a door, take and put what they do, and close it; a minute passes.

        Gives whether the door was opened to them: where the server grants nothing, nothing opens.
        """
        session, challenge = f"{self.rng.getrandbits(128):032x}", f"{self.rng.getrandbits(128):032x}"
        self._send(lambda **at: AccessRequested(session=session, challenge=challenge, credential=credential, **at))
        self.clock.now_us += self.rng.randint(20, 70) * SECOND
        if not self._granted(session, door):
            self._send(lambda **at: SessionEnded(session=session, why="refused", **at))
            return False
        who: dict[str, Any] = {"cause": "session", "session": session, "credential": credential, "door": door}
        self._send(
            lambda **at: DoorOpened(**who, **at),
            lambda **at: DoorClosed(**who, taken=seen(taken), put=seen(put), passes=12, **at),
            lambda **at: SessionEnded(session=session, why="done", **at),
        )
        return True

    def force(self, door: int, taken: Sequence[str] = ()) -> None:
        """Have a door forced with nobody signed in."""
        self._send(
            lambda **at: DoorOpened(door=door, cause="forced", **at),
            lambda **at: DoorClosed(door=door, cause="forced", taken=seen(taken), passes=12, **at),
        )

    def _granted(self, session: str, door: int) -> bool:
        with self.intake.database.read() as database:
            found = database.get(Visit, session)
            return found is not None and found.grant is not None and door in json.loads(found.doors)

    def _send(self, *events: Callable[..., Event]) -> None:
        first, previous, raws = self.seq + 1, self.last, []
        for make in events:
            self.seq += 1
            at = {"wall_us": self.clock.now_us, "mono_us": self.clock.now_us, "offset_error_us": 1000}
            raw = encode(make(epoch=self.epoch, seq=self.seq, boot="b" * 32, **at))
            self.last = next_hash(self.last, raw)
            raws.append(msgspec.Raw(raw))
        batch = Batch(
            v=1,
            station=self.name,
            epoch=self.epoch,
            first=first,
            previous=previous,
            sent_mono_us=self.clock.now_us,
            events=raws,
        )
        self.intake.take(seal(self.key, batch))


def seen(epcs: Sequence[str]) -> list[Sighting]:
    """Give tags as an antenna saw them."""
    return [Sighting(epc=epc, reads=8) for epc in epcs]
