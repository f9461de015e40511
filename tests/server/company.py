"""A small company for tests: two people, one cabinet of two doors, a few tagged files, and a station that can sign."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Raw

from contract.codec import encode, seal
from contract.messages import AccessRequested, Batch, DoorClosed, Event, Sighting
from contract.secrets import credential_of
from contract.signing import genesis, next_hash, public_hex
from server.clock import SystemClock
from server.domain.policy import load_policy
from server.intake.service import IntakeService
from server.service.keys import Keys
from server.store import tables
from server.store.unit_of_work import Database

WANG, LI = 1, 2
KEYS = Keys(Ed25519PrivateKey.from_private_bytes(b"s" * 32), X25519PrivateKey.from_private_bytes(b"p" * 32))
STATION_KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 32) for name in ("a", "b")}
FAR = 4_000_000_000_000_000
POLICY = Path(__file__).parents[2] / "server" / "policies" / "default.toml"
ZONE = ZoneInfo("Asia/Shanghai")


def epc(item: int) -> str:
    """The EPC of an item's tag."""
    return f"E2{item:022X}"


def badge(person: int) -> str:
    """The credential of a person's badge."""
    return credential_of("test", f"{person:010X}")


def settle_in(database: Database, items: int = 4) -> None:
    """Load the company."""
    with database.begin() as uow:
        for number, name in ((WANG, "wang"), (LI, "li")):
            uow.session.add(
                tables.Person(
                    id=number, username=name, name=name, role="requester", pseudonym=f"p{number}", created_us=0
                )
            )
        uow.session.flush()
        for number in (WANG, LI):
            uow.session.add(tables.Badge(credential=badge(number), person_id=number))
        for name, key in STATION_KEYS.items():
            uow.session.add(tables.Station(name=name, doors=2, public_key=public_hex(key)))
        for number in range(1, items + 1):
            uow.session.add(
                tables.Item(
                    id=number,
                    code=f"F{number}",
                    kind="file",
                    title=f"file {number}",
                    secrecy="ordinary",
                    home_station="a",
                    home_door=1,
                    custody=tables.ItemCustody(station="a", door=1),
                )
            )
        uow.session.flush()
        for number in range(1, items + 1):
            uow.session.add(tables.Tag(epc=epc(number), item_id=number, bound_us=0))
        uow.session.add(tables.Tally(station="a", category="", state="place", n=items))


def allow(database: Database, person: int, *items: int) -> list[int]:
    """Give a person authority to borrow items; returns the lines."""
    with database.begin() as uow:
        authority = tables.Authority(
            kind="approval", person_id=person, mode="loan", given_by_id=LI, from_us=0, until_us=FAR
        )
        uow.session.add(authority)
        uow.session.flush()
        lines = [
            tables.Line(authority_id=authority.id or 0, person_id=person, item_id=item, until_us=FAR) for item in items
        ]
        uow.session.add_all(lines)
        uow.session.flush()
        return [line.id for line in lines if line.id is not None]


@dataclass
class Writer:
    """A station's outbox in miniature: chains and signs events."""

    station: str = "a"
    epoch: str = field(default_factory=lambda: secrets.token_hex(16))
    key: Ed25519PrivateKey | None = None
    seq: int = 0
    hash: str = ""
    mono: int = 0

    def __post_init__(self) -> None:
        """Begin a chain."""
        self.hash = genesis(self.station, self.epoch)
        self.key = self.key or STATION_KEYS[self.station]

    def event(self, kind: type[Event], *, at_us: int | None = None, **fields: Any) -> Event:
        """Write the next event (not yet chained)."""
        self.seq += 1
        self.mono += 1000
        wall = CLOCK.wall_us() if at_us is None else at_us
        about = {"epoch": self.epoch, "seq": self.seq, "boot": "0" * 32, "wall_us": wall, "mono_us": self.mono}
        return kind(**{"offset_error_us": 0, **about, **fields})

    def batch(self, *events: Event | bytes) -> bytes:
        """Chain and sign the next events (bytes stand as they are)."""
        raws = [event if isinstance(event, bytes) else encode(event) for event in events]
        first, previous = self.seq - len(raws) + 1, self.hash
        for raw in raws:
            self.hash = next_hash(self.hash, raw)
        assert self.key is not None
        batch = Batch(
            v=1,
            station=self.station,
            epoch=self.epoch,
            first=first,
            previous=previous,
            sent_mono_us=self.mono,
            events=[Raw(raw) for raw in raws],
        )
        return seal(self.key, batch)

    def send(self, kind: type[Event], **fields: Any) -> bytes:
        """One event, chained and signed."""
        return self.batch(self.event(kind, **fields))

    def asks(self, person: int, session: str | None = None, **fields: Any) -> tuple[str, bytes]:
        """A badge is shown; returns the session and the message."""
        session = session or secrets.token_hex(16)
        fields = {"session": session, "challenge": secrets.token_hex(16), "credential": badge(person), **fields}
        return session, self.send(AccessRequested, **fields)

    def closes(self, session: str | None, *, cause: str = "session", **fields: Any) -> bytes:
        """A door closes; `taken` and `put` are item numbers."""
        tags = {
            name: [Sighting(epc=epc(n), reads=3) for n in fields.pop(name, ())] for name in ("taken", "put", "unread")
        }
        return self.send(DoorClosed, **{"door": 1, "cause": cause, "session": session, **tags, **fields})


CLOCK = SystemClock()


def intake(database: Database) -> IntakeService:
    """The intake of this company."""
    return IntakeService(database, KEYS, load_policy(POLICY.read_text()), ZONE, CLOCK)
