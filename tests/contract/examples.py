"""One example of every message; `golden/` holds the bytes each of them is, for ever."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.codec import encode
from contract.messages import (
    AccessRequested,
    Anchor,
    Batch,
    CertificateIssued,
    CertificateRequested,
    CodeScanned,
    ConditionChanged,
    Denied,
    DoorClosed,
    DoorOpened,
    Event,
    ExitPassed,
    Grant,
    GrantedItem,
    GrantRefused,
    HeldGrant,
    HeldGrants,
    Message,
    PinTyped,
    Reason,
    Receipt,
    SessionEnded,
    Sighting,
    StationStarted,
    Status,
    Sweep,
    SweepDone,
    UnlockDone,
    UnlockIntended,
)
from contract.signing import genesis

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EPOCH, BOOT = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
SESSION, CHALLENGE, GRANT, COMMAND = ("5e" * 16, "c4" * 16, "9a" * 16, "c0" * 16)
CREDENTIAL = "0123456789abcdef0123456789abcdef"
WALL, MONO = 1_772_413_200_000_000, 86_400_000_000
FILE = Sighting(epc="E28011700000020C1A2B3C4D", tid="E280117020001234", antenna=2, reads=14, rssi=-52.5)
GONE = Sighting(epc="E28011700000020C1A2B3C4E")


def _event(kind: type[Event], seq: int, **fields: object) -> Event:
    stamp = {"epoch": EPOCH, "seq": seq, "boot": BOOT, "wall_us": WALL + seq, "mono_us": MONO + seq}
    return kind(**stamp, offset_us=-1500, offset_error_us=400, **fields)  # type: ignore[arg-type]


EVENTS: dict[str, Event] = {
    "station_started": StationStarted(
        epoch=EPOCH, seq=1, boot=BOOT, wall_us=WALL, mono_us=MONO, version="0.1", doors={"1": "unknown"}, offline=True
    ),
    "access_requested": _event(
        AccessRequested,
        2,
        session=SESSION,
        challenge=CHALLENGE,
        credential=CREDENTIAL,
        pin="c2VhbGVk",
        codes=["GW-7K3M", "档案-1"],
    ),
    "grant_refused": _event(GrantRefused, 3, session=SESSION, grant=GRANT, why="replayed"),
    "unlock_intended": _event(UnlockIntended, 4, session=SESSION, grant=GRANT, door=1),
    "unlock_done": _event(UnlockDone, 5, session=SESSION, grant=GRANT, door=1, outcome="unlocked"),
    "door_opened": _event(DoorOpened, 6, door=1, cause="session", session=SESSION, credential=CREDENTIAL),
    "door_closed": _event(
        DoorClosed,
        7,
        door=1,
        cause="session",
        session=SESSION,
        credential=CREDENTIAL,
        opened_seq=6,
        taken=[GONE],
        put=[FILE],
        passes=9,
    ),
    "session_ended": _event(SessionEnded, 8, session=SESSION, why="done"),
    "code_scanned": _event(CodeScanned, 9, code="GW-7K3M", symbology="code128"),
    "sweep_done": _event(SweepDone, 10, door=1, purpose="stocktake", command=COMMAND, seen=[FILE], passes=12),
    "condition_changed": _event(
        ConditionChanged, 11, condition="item_undetectable", active=True, door=1, items=[GONE], detail="门内读不到"
    ),
}
LATER = {
    "exit_passed": _event(ExitPassed, 12, device="gate", leaves="premises", items=[FILE]),
    "pin_typed": _event(PinTyped, 13, session=SESSION, challenge=CHALLENGE, credential=CREDENTIAL, pin="c2VhbGVk"),
    "certificate_requested": _event(
        CertificateRequested, 14, signer="5a" * 20, certificate_request="-----BEGIN CERTIFICATE REQUEST-----"
    ),
}
"""Kinds that came after the batch's golden bytes were fixed."""
BATCH = Batch(
    v=1,
    station="a",
    epoch=EPOCH,
    first=1,
    previous=genesis("a", EPOCH),
    sent_mono_us=MONO + 99,
    events=[msgspec.Raw(encode(event)) for event in EVENTS.values()],
)
MESSAGES: dict[str, Message] = (
    EVENTS
    | LATER
    | {
        "batch": BATCH,
        "status": Status(v=1, online=True, boot=BOOT),
        "receipt": Receipt(
            v=1,
            station="a",
            epoch=EPOCH,
            upto=11,
            head="cd" * 32,
            gaps=[(12, 14)],
            server_us=WALL + 500,
            echo_mono_us=MONO + 99,
            anchor=Anchor(size=77, root="ab" * 32),
        ),
        "grant": Grant(
            v=1,
            station="a",
            session=SESSION,
            challenge=CHALLENGE,
            grant=GRANT,
            person="wang",
            doors=[1],
            items=[GrantedItem(epc=GONE.epc, code="GW-7K3M", door=1)],
            issued_us=WALL,
            ttl_ms=30000,
        ),
        "denied": Denied(
            v=1,
            station="a",
            session=SESSION,
            challenge=CHALLENGE,
            person="wang",
            reasons=[Reason(rule="R02", code="no_authority", item="GW-7K3M", params={"until": "2026-03-02"})],
        ),
        "certificate_issued": CertificateIssued(v=1, station="a", certificate="-----BEGIN CERTIFICATE-----"),
        "held_grants": HeldGrants(
            v=1,
            station="a",
            issued_us=WALL,
            grants=[
                HeldGrant(
                    grant=GRANT,
                    credentials=[CREDENTIAL],
                    door=1,
                    items=[GrantedItem(epc=GONE.epc, code="GW-7K3M", door=1)],
                    until_us=WALL + 14_400_000_000,
                )
            ],
        ),
        "sweep": Sweep(v=1, station="a", command=COMMAND, doors=[1, 2], purpose="stocktake"),
    }
)
