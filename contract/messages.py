"""The messages themselves, as frozen typed structs; unknown fields and wrong types are refused.

Times are integer microseconds. `wall_us` is the station's own UTC clock, `offset_us` what to add to it to get the
server's time, `offset_error_us` how far that may be wrong (None: never synchronised, the time is untrusted).
Hashes and epochs are lower-case hex, EPC and TID upper-case hex.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

VERSION: Literal[1] = 1

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", description="128 random bits")]
Hex = Annotated[str, Meta(pattern=r"^[0-9A-F]{4,128}$(?!\n)")]
Seq = Annotated[int, Meta(ge=1, le=2**53)]
Micros = Annotated[int, Meta(ge=0, le=2**62)]
Offset = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Door = Annotated[int, Meta(ge=1, le=99)]
Short = Annotated[str, Meta(max_length=128)]
Text = Annotated[str, Meta(max_length=2000)]
StationName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$(?!\n)")]
MAX_EVENTS = 20
MAX_TAGS = 2000
MAX_HELD = 200

DoorState = Literal["closed", "open", "unknown"]
Cause = Literal["session", "forced", "mechanical_key", "no_session", "gap"]
"""Why a door stood open: a granted session; contact opened while the lock said locked; the lock opened by its key;
anything else without a session; the agent was not running for some of the time and cannot know."""

Condition = Literal[
    "door_left_open",
    "door_not_latched",
    "lock_fault",
    "lock_feedback_mismatch",
    "reader_fault",
    "antenna_silent",
    "scanner_fault",
    "badge_reader_fault",
    "enclosure_tamper",
    "mains_lost",
    "on_battery",
    "clock_jump",
    "outbox_full",
    "disk_low",
    "item_undetectable",
    "certificate_ending",
]


Leaves = Literal["room", "premises"]
"""What one leaves through an exit."""


class Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every struct of the contract has in common."""


class Sighting(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One tag as an antenna saw it (or stopped seeing it): reads and passes are the evidence."""

    epc: Hex
    tid: Hex | None = None
    antenna: Annotated[int, Meta(ge=0, le=64)] = 1
    reads: Count = 0
    rssi: float | None = None


# ---------------------------------------------------------------- station -> server: events


class Event(Message, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One fact a station noticed, as it stands in its outbox."""

    epoch: Epoch
    seq: Seq
    boot: Token
    wall_us: Micros
    mono_us: Micros
    offset_us: Offset = 0
    offset_error_us: Micros | None = None
    offline: bool = False


class StationStarted(Event, frozen=True, kw_only=True, tag="station_started"):
    """The agent started; sessions that were open when it last stopped are void."""

    version: Short
    doors: dict[str, DoorState] = {}
    interrupted: list[Token] = []


class AccessRequested(Event, frozen=True, kw_only=True, tag="access_requested"):
    """A badge was shown (and perhaps codes were scanned): may this person open something here?"""

    session: Token
    challenge: Token
    credential: Short
    pin: Annotated[str, Meta(max_length=512)] | None = None
    codes: Annotated[list[Short], Meta(max_length=50)] = []


class PinTyped(Event, frozen=True, kw_only=True, tag="pin_typed"):
    """A PIN was typed where none was asked for: it opens nothing, gets no answer, and may be a cry for help."""

    session: Token
    challenge: Token
    credential: Short
    pin: Annotated[str, Meta(max_length=512)]


class GrantRefused(Event, frozen=True, kw_only=True, tag="grant_refused"):
    """The station would not act on a grant it received."""

    session: Token | None = None
    grant: Short
    why: Literal["bad_signature", "stale", "wrong_challenge", "replayed", "retained", "wrong_station", "malformed"]


class UnlockIntended(Event, frozen=True, kw_only=True, tag="unlock_intended"):
    """The relay is about to fire; committed before it does."""

    session: Token
    grant: Token
    door: Door


class UnlockDone(Event, frozen=True, kw_only=True, tag="unlock_done"):
    """What the lock said after the relay fired."""

    session: Token
    grant: Token
    door: Door
    outcome: Literal["unlocked", "no_feedback", "refused", "unreachable"]


class DoorOpened(Event, frozen=True, kw_only=True, tag="door_opened"):
    """A door left its frame."""

    door: Door
    cause: Cause
    session: Token | None = None
    credential: Short | None = None


class DoorClosed(Event, frozen=True, kw_only=True, tag="door_closed"):
    """A door closed and the final sweep settled what left, what came and what cannot be said."""

    door: Door
    cause: Cause
    session: Token | None = None
    credential: Short | None = None
    opened_seq: Seq | None = None
    taken: Annotated[list[Sighting], Meta(max_length=MAX_TAGS)] = []
    put: Annotated[list[Sighting], Meta(max_length=MAX_TAGS)] = []
    unread: Annotated[list[Sighting], Meta(max_length=MAX_TAGS)] = []
    passes: Count = 0
    gap_from_us: Micros | None = None


class SessionEnded(Event, frozen=True, kw_only=True, tag="session_ended"):
    """A session is over; what its grant reserved and no door used is free again."""

    session: Token
    why: Literal["done", "idle", "refused", "lapsed", "interrupted"]


class CodeScanned(Event, frozen=True, kw_only=True, tag="code_scanned"):
    """A scanner at the station read a code."""

    code: Annotated[str, Meta(min_length=1, max_length=512)]
    symbology: Short = ""
    session: Token | None = None


class SweepDone(Event, frozen=True, kw_only=True, tag="sweep_done"):
    """The readers listened behind a closed door: everything they heard, and how long they listened."""

    door: Door
    purpose: Literal["baseline", "stocktake", "check"]
    command: Token | None = None
    seen: Annotated[list[Sighting], Meta(max_length=MAX_TAGS)] = []
    passes: Count = 0


class ConditionChanged(Event, frozen=True, kw_only=True, tag="condition_changed"):
    """Something about the station itself became so (`active`) or is so no longer."""

    condition: Condition
    active: bool
    door: Door | None = None
    device: Short = ""
    detail: Text = ""
    session: Token | None = None
    items: Annotated[list[Sighting], Meta(max_length=MAX_TAGS)] = []


class ExitPassed(Event, frozen=True, kw_only=True, tag="exit_passed"):
    """Tags passed a reader at an exit of a room or of the premises; which way they went it cannot say."""

    device: Short
    leaves: Leaves
    items: Annotated[list[Sighting], Meta(min_length=1, max_length=MAX_TAGS)]


class CertificateRequested(Event, frozen=True, kw_only=True, tag="certificate_requested"):
    """The station's certificate at the broker ends before long: its key asks for the next one (PKCS #10, PEM).

    `signer` is the identifier of the key that signed the one before, in hex: only who has that key can go on.
    """

    signer: Short
    certificate_request: Annotated[str, Meta(min_length=1, max_length=4096)]


AnyEvent = (
    StationStarted
    | AccessRequested
    | PinTyped
    | GrantRefused
    | UnlockIntended
    | UnlockDone
    | DoorOpened
    | DoorClosed
    | SessionEnded
    | CodeScanned
    | SweepDone
    | ConditionChanged
    | ExitPassed
    | CertificateRequested
)


class Batch(Message, frozen=True, kw_only=True):
    """1 to 20 events in order of seq; `previous` is the hash before the first of them."""

    v: Literal[1]
    station: StationName
    epoch: Epoch
    first: Seq
    previous: Hash
    sent_mono_us: Micros
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_EVENTS)]


class Status(Message, frozen=True, kw_only=True):
    """The retained word of a station on its `status` topic; the last will says offline."""

    v: Literal[1]
    online: bool
    boot: Token


# ---------------------------------------------------------------- server -> station


class Anchor(Message, frozen=True, kw_only=True):
    """The ledger's head as the server swears to it; stations keep them as witnesses."""

    size: Annotated[int, Meta(ge=0)]
    root: Hash


class Receipt(Message, frozen=True, kw_only=True, tag_field="kind", tag="receipt"):
    """All up to `upto`, whose hash is `head`, is committed or quarantined; `gaps` asks for what comes after."""

    v: Literal[1]
    station: StationName
    epoch: Epoch
    upto: Annotated[int, Meta(ge=0)]
    head: Hash | None = None
    gaps: list[tuple[int, int]] = []
    server_us: Micros
    echo_mono_us: Micros
    anchor: Anchor | None = None


class Reason(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Why: the rule, a stable code, what it is about, and who could lift it."""

    rule: Short
    code: Short
    item: Short = ""
    params: dict[str, str] = {}


class GrantedItem(Message, frozen=True, kw_only=True):
    """An item this grant entitles the person to take."""

    epc: str
    code: Short
    door: Door


class Grant(Message, frozen=True, kw_only=True, tag_field="kind", tag="grant"):
    """Leave to open doors once, for the challenge's own session, for at most 30 seconds."""

    v: Literal[1]
    station: StationName
    session: Token
    challenge: Token
    grant: Token
    person: Short
    doors: Annotated[list[Door], Meta(min_length=1, max_length=99)]
    items: list[GrantedItem]
    issued_us: Micros
    ttl_ms: Annotated[int, Meta(ge=1, le=30000)]


class Denied(Message, frozen=True, kw_only=True, tag_field="kind", tag="denied"):
    """No door opens, and why."""

    v: Literal[1]
    station: StationName
    session: Token
    challenge: Token
    person: Short = ""
    reasons: Annotated[list[Reason], Meta(min_length=1)]


class Sweep(Message, frozen=True, kw_only=True, tag_field="kind", tag="sweep"):
    """Listen behind these closed doors and report everything heard."""

    v: Literal[1]
    station: StationName
    command: Token
    doors: list[Door]
    purpose: Literal["stocktake", "check"]


class CertificateIssued(Message, frozen=True, kw_only=True, tag_field="kind", tag="certificate_issued"):
    """The next certificate of the station's own key, as it asked for."""

    v: Literal[1]
    station: StationName
    certificate: Annotated[str, Meta(min_length=1, max_length=16384)]


class HeldGrant(Message, frozen=True, kw_only=True):
    """Leave, given in advance, to open one door once for these items, for whoever shows one of these badges."""

    grant: Token
    credentials: Annotated[list[Short], Meta(min_length=1, max_length=20)]
    door: Door
    items: Annotated[list[GrantedItem], Meta(min_length=1, max_length=MAX_TAGS)]
    until_us: Micros
    """By the server's time."""


class HeldGrants(Message, frozen=True, kw_only=True, tag_field="kind", tag="held_grants"):
    """All that may be opened while the server cannot be asked; what an earlier one held and this does not is void."""

    v: Literal[1]
    station: StationName
    issued_us: Micros
    grants: Annotated[list[HeldGrant], Meta(max_length=MAX_HELD)]


AnyAnswer = Grant | Denied
AnyCommand = Sweep | CertificateIssued | HeldGrants
