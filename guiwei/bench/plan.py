"""What happens at the doors during the intake bench, the messages that say so, and an oracle that judges by itself.

The oracle knows nothing of the server: it has three dictionaries and the verdict table as a reader would apply it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw

from contract.codec import encode, seal
from contract.messages import Batch, DoorClosed, Sighting
from contract.signing import genesis, next_hash
from guiwei.bench.base import approved, epc, holder, key_of, owner, place, session, visitor

UNKNOWN = 900_000_000
FORGED_EVERY = 100


@dataclass(frozen=True, slots=True)
class Act:
    """One door's closing: who (nobody: forced), where, what left and what came; items by number."""

    number: int
    person: int | None
    taken: tuple[int, ...] = ()
    put: tuple[int, ...] = ()


def acts(count: int) -> list[Act]:
    """Give what the first `count` sessions do: ten kinds in turn."""
    found = []
    for i in range(count):
        own = approved(i)
        kinds: tuple[dict[str, tuple[int, ...]], ...] = (
            {"taken": (own,)},
            {"taken": (own,)},
            {"taken": (own,)},
            {"taken": (own,)},
            {"taken": (own, own + 1)},
            {"taken": (own + 1,)},
            {"put": (own + 2,)},
            {"put": (own + 3,)},
            {"taken": (own + 1,)},
            {"taken": (own + 4,), "put": (UNKNOWN + i,)},
        )
        found.append(Act(i, None if i % 10 == 9 else visitor(i), **kinds[i % 10]))
    return found


def oracle(doings: list[Act]) -> set[tuple[int, str, str]]:
    """Judge everything once more from the rule book alone: (session, EPC, verdict)."""
    lines = {(owner(act.number), approved(act.number)) for act in doings}
    promised = {act.number: approved(act.number) for act in doings if act.number % 10 <= 5}
    said: set[tuple[int, str, str]] = set()
    for act in doings:
        here = place(approved(act.number))
        mine = {item for person, item in lines if person == act.person and item == approved(act.number)}
        stayed = mine - set(act.taken)
        for item in act.taken:
            if act.person is None:
                verdict = "unattributed"
            elif item in mine:
                verdict = "as_approved"
            elif not mine:
                verdict = "without_approval"
            else:
                verdict = "wrong_item" if stayed else "extra"
            said.add((act.number, epc(item), verdict))
        for item in act.put:
            if item >= UNKNOWN:
                said.add((act.number, epc(item), "unknown_tag"))
                continue
            assert place(item) == here
            said.add((act.number, epc(item), "returned" if holder(item) == act.person else "returned_by_other"))
        if act.number in promised and promised[act.number] in stayed:
            said.add((act.number, "", "not_taken"))
    return said


@dataclass(frozen=True, slots=True)
class Traffic:
    """Signed messages by station, in order; `events` of them are real, the rest forged."""

    by_station: dict[str, list[bytes]]
    events: int
    messages: int
    forged: int


def traffic(doings: list[Act], per_message: int, wall_us: int, *, forged: bool = True) -> Traffic:
    """Sign everything beforehand; with `forged` every hundredth message is followed by a forged one."""
    streams: dict[str, list[Act]] = {}
    for act in doings:
        streams.setdefault(place(approved(act.number))[0], []).append(act)
    thief = Ed25519PrivateKey.generate() if forged else None
    by_station = {name: list(_messages(name, own, per_message, wall_us, thief)) for name, own in streams.items()}
    total = sum(len(messages) for messages in by_station.values())
    real = sum(-(-len(own) // per_message) for own in streams.values())
    return Traffic(by_station, len(doings), total, total - real)


def _messages(
    name: str, doings: list[Act], per_message: int, wall_us: int, thief: Ed25519PrivateKey | None
) -> Iterator[bytes]:
    epoch, key = secrets.token_hex(16), key_of(name)
    previous = genesis(name, epoch)
    for start in range(0, len(doings), per_message):
        events = [
            encode(_event(act, epoch, start + index + 1, wall_us))
            for index, act in enumerate(doings[start : start + per_message])
        ]
        batch = Batch(
            v=1, station=name, epoch=epoch, first=start + 1, previous=previous, sent_mono_us=start,
            events=[Raw(event) for event in events],
        )  # fmt: skip
        yield seal(key, batch)
        if thief is not None and start // per_message % FORGED_EVERY == FORGED_EVERY - 1:
            yield seal(thief, batch)
        for event in events:
            previous = next_hash(previous, event)


def _event(act: Act, epoch: str, seq: int, wall_us: int) -> DoorClosed:
    named: dict[str, Any] = {"cause": "forced"} if act.person is None else {"session": session(act.number)}
    return DoorClosed(
        epoch=epoch, seq=seq, boot="0" * 32, wall_us=wall_us, mono_us=seq * 1000, offset_error_us=1000,
        door=place(approved(act.number))[1], passes=3,
        taken=[Sighting(epc=epc(item), reads=0, rssi=-60.5) for item in act.taken],
        put=[Sighting(epc=epc(item), reads=4, rssi=-52.0) for item in act.put],
        **{"cause": "session", **named},
    )  # fmt: skip
