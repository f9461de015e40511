"""The steps a story may take: one frozen struct each, its tag the word after `do =`.

`at` is a station ("a") or a door ("a/1"); `as` is who does it over HTTP. What else people write: `spelling.py`.
"""

from typing import Literal

from msgspec import Struct, field


class Step(Struct, tag_field="do", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What every step may carry: a name to refer to, and the rule ids of a refusal that is expected."""

    name: str = ""
    expect_refusal: list[str] | None = None


class ByPerson(Step, frozen=True, kw_only=True):
    """A step that somebody does over HTTP."""

    as_: str = field(name="as")


class Request(ByPerson, frozen=True, kw_only=True, tag="request"):
    """Ask for items; `for` is who will use them (left out: oneself)."""

    items: list[str]
    mode: str | None = None
    purpose: str = ""
    for_: str | None = field(name="for", default=None)
    from_: str | None = field(name="from", default=None)
    until: str | None = None
    due: str | None = None
    documents: list[str] = []
    impressions: int = 0
    pages: str = ""
    recipient: str = ""
    outside: bool = False


class Approve(ByPerson, frozen=True, kw_only=True, tag="approve"):
    """Approve a request, perhaps narrowing its window."""

    request: str
    note: str = ""
    until: str | None = None
    due: str | None = None


class Refuse(ByPerson, frozen=True, kw_only=True, tag="refuse"):
    """Refuse a request."""

    request: str
    note: str = ""


class Withdraw(ByPerson, frozen=True, kw_only=True, tag="withdraw"):
    """Take a request back."""

    request: str
    note: str = ""


class Delegate(ByPerson, frozen=True, kw_only=True, tag="delegate"):
    """Let another approve in one's stead from a moment until another."""

    to: str
    from_: str | None = field(name="from", default=None)
    until: str | None = None
    scope: dict[str, list[str]] = {}


class Register(ByPerson, frozen=True, kw_only=True, tag="register"):
    """The archivist registers a loan under a standing rule (R09)."""

    for_: str = field(name="for")
    items: list[str]
    mode: str = "loan"
    purpose: str = "standing rule"
    until: str | None = None
    due: str | None = None


class Order(ByPerson, frozen=True, kw_only=True, tag="order"):
    """A duty order: stock_in, stock_out, move, repair, inspection, stocktake, destruction."""

    items: list[str]
    for_: str | None = field(name="for", default=None)
    task: str = "move"
    purpose: str = "duty"
    until: str | None = None
    to: str | None = None


class Emergency(ByPerson, frozen=True, kw_only=True, tag="emergency"):
    """Two persons present take what must be saved, at once (R02): the second shows their badge."""

    witness: str
    items: list[str]
    purpose: str


class HandOver(ByPerson, frozen=True, kw_only=True, tag="hand_over"):
    """Hand items on to another named person, away from any cabinet."""

    to: str
    items: list[str]
    from_: str | None = field(name="from", default=None)
    witness: str | None = None
    purpose: str = "handover"


class Check(ByPerson, frozen=True, kw_only=True, tag="check"):
    """The archivist checks what came back (the items named, or all of a `request`): all parts, all pages."""

    items: list[str] = []
    request: str | None = None
    complete: bool = True
    parts: int | None = None
    pages: int | None = None
    note: str = ""


class StocktakeOpen(ByPerson, frozen=True, kw_only=True, tag="stocktake_open"):
    """Open a count over stations (left out: all of them)."""

    stations: list[str] = []
    title: str = ""
    blind: bool = False


class Sweep(Step, frozen=True, kw_only=True, tag="sweep"):
    """Let the readers of a station (left out: all the stocktake's) listen for the open stocktake."""

    as_: str | None = field(name="as", default=None)
    at: str | None = None
    stocktake: str | None = None


class StocktakeClose(ByPerson, frozen=True, kw_only=True, tag="stocktake_close"):
    """Close the open stocktake."""

    stocktake: str | None = None


class Badge(Step, frozen=True, kw_only=True, tag="badge"):
    """Hold a person's badge (or the card `card`, ten hex digits) before a station's badge reader."""

    at: str
    who: str | None = None
    card: str | None = None


class Pin(Step, frozen=True, kw_only=True, tag="pin"):
    """Type a PIN: the person's own, or the digits given."""

    at: str
    who: str | None = None
    pin: str | None = None


class Scan(Step, frozen=True, kw_only=True, tag="scan"):
    """Scan an item's printed code (or any `code`) with a station's scanner."""

    at: str
    item: str | None = None
    code: str | None = None


class Open(Step, frozen=True, kw_only=True, tag="open"):
    """Pull a door open; it opens only if its lock was fired."""

    at: str


class Force(Step, frozen=True, kw_only=True, tag="force"):
    """Break a door open while its lock is locked."""

    at: str


class SpareKey(Step, frozen=True, kw_only=True, tag="spare_key"):
    """Unlock a door with its mechanical key and pull it open."""

    at: str


class Take(Step, frozen=True, kw_only=True, tag="take"):
    """Take items out of an open door."""

    at: str
    items: list[str]


class Put(Step, frozen=True, kw_only=True, tag="put"):
    """Put items into an open door; `tags` are EPCs that nobody bound."""

    at: str
    items: list[str] = []
    tags: list[str] = []


class Close(Step, frozen=True, kw_only=True, tag="close"):
    """Push a door shut."""

    at: str


class Leave(Step, frozen=True, kw_only=True, tag="leave"):
    """Carry items that were taken past the reader at a station's exit."""

    at: str
    items: list[str]


class Wait(Step, frozen=True, kw_only=True, tag="wait"):
    """Let story time pass."""

    for_: str | float = field(name="for")


class At(Step, frozen=True, kw_only=True, tag="at"):
    """Go to a story time."""

    time: str


class Cut(Step, frozen=True, kw_only=True, tag="cut"):
    """Cut a station's network."""

    at: str


class Heal(Step, frozen=True, kw_only=True, tag="heal"):
    """Mend a station's network."""

    at: str


class Kill(Step, frozen=True, kw_only=True, tag="kill"):
    """Kill a process with -9: server, broker, or a station by its name."""

    what: str


class Start(Step, frozen=True, kw_only=True, tag="start"):
    """Start a killed process again."""

    what: str


class Pause(Step, frozen=True, kw_only=True, tag="pause"):
    """Stop a process in its tracks (SIGSTOP)."""

    what: str


class Resume(Step, frozen=True, kw_only=True, tag="resume"):
    """Let a paused process go on (SIGCONT)."""

    what: str


class DiskFull(Step, frozen=True, kw_only=True, tag="disk_full"):
    """Fill a station's disk, or free it again."""

    at: str
    full: bool = True


class Clock(Step, frozen=True, kw_only=True, tag="clock"):
    """Make a station's clock jump."""

    at: str
    by: float | str


class Miss(Step, frozen=True, kw_only=True, tag="miss"):
    """Let a station's (or door's) reader miss tags at a rate from 0 to 1."""

    at: str
    rate: float


class SwapTag(Step, frozen=True, kw_only=True, tag="swap_tag"):
    """Stick another tag on an item (made up; its own: a copy), or exchange its tag with that of the item `with`."""

    item: str
    tag: str | None = None
    with_: str | None = field(name="with", default=None)


class Unplug(Step, frozen=True, kw_only=True, tag="unplug"):
    """Pull a device's plug: reader, lock, badge, scanner, or one door's reader as "reader1"."""

    at: str
    device: str


class Plug(Step, frozen=True, kw_only=True, tag="plug"):
    """Plug a device back in."""

    at: str
    device: str


class Input(Step, frozen=True, kw_only=True, tag="input"):
    """Let a station's own input go bad (enclosure opened, mains or battery gone), or be good again."""

    at: str
    kind: Literal["enclosure_tamper", "mains_lost", "on_battery"]
    bad: bool = True


AnyStep = (
    Request | Approve | Refuse | Withdraw | Delegate | Register | Order | Emergency | HandOver | Check | StocktakeOpen
    | Sweep | StocktakeClose | Badge | Pin | Scan | Open | Force | SpareKey | Take | Put | Close | Leave | Wait | At
    | Cut | Heal | Kill | Start | Pause | Resume | DiskFull | Clock | Miss | SwapTag | Unplug | Plug | Input
)  # fmt: skip

STEPS: dict[str, type[Step]] = {str(kind.__struct_config__.tag): kind for kind in AnyStep.__args__}
