"""What judging a batch of station events works on: the facts loaded for it, the moment, and what it leads to.

Nothing here touches the database: `Effects.save` writes what follows, the unit of work its ledger entries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from contract.messages import AnyAnswer, CertificateIssued, Event
from server.domain.authorities import LineFacts
from server.domain.custody import Custody, ItemFacts
from server.domain.policy import Policy
from server.domain.words import CaseKind, CustodyState, LineState
from server.service.cabinet.authority import SiteAuthority
from server.store.effects import Effects, LineChange, tally_key
from server.store.unit_of_work import UnitOfWork
from server.store.working_set import OpenLoan, Visit, WorkingSet


class Heard(msgspec.Struct, frozen=True):
    """One event from a station, in order: `occurred_us` is the station's time corrected to ours.

    `late_us` is how late it came when that is worth saying, else 0; `uncertain` says its time cannot be trusted.
    """

    station: str
    epoch: str
    seq: int
    id: str
    event: Event | None
    occurred_us: int
    received_us: int
    late_us: int = 0
    uncertain: bool = False
    raw: bytes = b""


class PinSaid(NamedTuple):
    """What was found of a PIN: whether it was the right one, or there were too many wrong ones to look.

    Under duress it was right, and typed so that it cries for help.
    """

    right: bool
    too_often: bool = False
    duress: bool = False


NO_PIN: Final = PinSaid(right=False)


@dataclass(slots=True)
class Work:
    """One batch being judged."""

    uow: UnitOfWork
    policy: Policy
    zone: ZoneInfo
    now_us: int
    real_us: int
    facts: WorkingSet
    pins: Mapping[tuple[str, str], PinSaid] = field(default_factory=dict)
    """By credential and challenge: what was found of the PIN that came with them."""
    effects: Effects = field(default_factory=Effects)
    answers: list[AnyAnswer | CertificateIssued] = field(default_factory=list)
    """What stations asked for, to sign and send once everything is committed."""
    authority: SiteAuthority | None = None

    # ------------------------------------------------------------ facts as they are by now

    def item_by_epc(self, epc: str, at_us: int) -> ItemFacts | None:
        """Find the item a tag was bound to when it was read."""
        number = self.facts.by_epc.get(epc)
        if number is None or self.facts.dead_us.get(epc, at_us + 1) <= at_us:
            return None
        return self.facts.items.get(number)

    def item_by_code(self, code: str) -> ItemFacts | None:
        """Find an item by its printed code."""
        number = self.facts.by_code.get(code)
        return None if number is None else self.facts.items.get(number)

    def person_of(self, credential: str | None) -> int | None:
        """Find whose badge it is."""
        return None if credential is None else self.facts.badges.get(credential)

    def visit_of(self, heard: Heard, session: str | None) -> Visit | None:
        """Find a session of the station that speaks; another station's is none of its business."""
        visit = self.facts.visits.get(session) if session else None
        return visit if visit is not None and visit.station == heard.station else None

    def pseudonym(self, person_id: int | None) -> str | None:
        """Give what stands for a person in the ledger."""
        return None if person_id is None else self.facts.pseudonyms.get(person_id)

    def held_by(self, person_id: int) -> tuple[ItemFacts, ...]:
        """List what a person holds."""
        return tuple(self.facts.items[number] for number in sorted(self.facts.held.get(person_id, ())))

    def lines_of(self, person_id: int | None) -> Iterator[LineFacts]:
        """Give a person's lines, each with its item as it is now."""
        for number in self.facts.lines_of.get(person_id or 0, ()):
            line = self.facts.lines[number]
            item = self.facts.items[line.item.id]
            yield line if line.item is item else replace(line, item=item)

    def lines_near(self, person_id: int | None, station: str, door: int, items: set[int]) -> tuple[LineFacts, ...]:
        """Give those of a person's lines whose item is at a door by now, or is one of these."""
        near = []
        for number in self.facts.lines_of.get(person_id or 0, ()):
            line = self.facts.lines[number]
            item = self.facts.items[line.item.id]
            if item.id in items or (item.custody.door == door and item.custody.station == station):
                near.append(line if line.item is item else replace(line, item=item))
        return tuple(near)

    # ------------------------------------------------------------ what follows

    def move(self, item: ItemFacts, custody: Custody) -> None:
        """Let an item come to another custody, and its counts with it."""
        effects, category, home = self.effects, self.facts.categories[item.id], item.home
        station = home[0] if home else None
        effects.tallies[tally_key(station, category, item.custody, home)] -= 1
        effects.tallies[tally_key(station, category, custody, home)] += 1
        before, _ = effects.items.get(item.id, (item, custody))
        effects.items[item.id] = (before, custody)
        if item.custody.person_id is not None:
            self.facts.held.get(item.custody.person_id, set()).discard(item.id)
        if custody.state == CustodyState.HELD and custody.person_id is not None:
            self.facts.held.setdefault(custody.person_id, set()).add(item.id)
        self.facts.items[item.id] = replace(item, custody=custody)

    def set_line(self, number: int, state: LineState, session: str | None) -> None:
        """Reserve, consume or release a line."""
        line = self.facts.lines[number]
        change = self.effects.lines.get(number)
        if change is None:
            self.effects.lines[number] = LineChange(str(line.state), line.session, str(state), session)
        else:
            change.state, change.session = str(state), session
        self.facts.lines[number] = replace(line, state=state, session=session)

    def release(self, session: str, person_id: int | None, items: frozenset[int] | None = None) -> list[int]:
        """Free the lines a session has reserved (only those for `items`, when given); returns their numbers."""
        freed = [
            line.id
            for line in self.lines_of(person_id)
            if line.state == LineState.RESERVED and line.session == session and (items is None or line.item.id in items)
        ]
        for number in freed:
            self.set_line(number, LineState.OPEN, None)
        return freed

    def save_visit(self, visit: Visit) -> None:
        """Keep a session as it is now."""
        self.facts.visits[visit.session] = visit
        self.effects.visits[visit.session] = visit

    def lend(self, loan: OpenLoan, row: dict[str, Any]) -> None:
        """Note a new loan, and the row it is kept as."""
        self.effects.loans.append(row)
        self.facts.loans.setdefault(loan.item_id, []).append(loan)

    def take_back(self, item_id: int, at_us: int, by_id: int | None) -> None:
        """Note that a loan came back; whether it is complete is for the archivist to say (R11)."""
        loans = self.facts.loans.get(item_id, [])
        loan = next((one for one in reversed(loans) if one.taken_us <= at_us), None)
        if loan is None:
            return
        loans.remove(loan)
        self.effects.loans_back.append(
            {"item_id": item_id, "taken_us": loan.taken_us, "returned_us": at_us, "returned_by_id": by_id}
        )

    def open_case(
        self,
        kind: CaseKind | str,
        heard: Heard,
        *,
        item_id: int | None = None,
        door: int | None = None,
        incident_id: int | None = None,
        detail: str = "{}",
    ) -> None:
        """Leave a contradiction for a person to resolve."""
        self.effects.cases.append(
            {
                "kind": str(kind),
                "item_id": item_id,
                "station": heard.station,
                "door": door,
                "incident_id": incident_id,
                "detail": detail,
                "opened_us": self.now_us,
            }
        )

    def record(self, heard: Heard, kind: str, body: dict[str, Any]) -> int:
        """Append the ledger entry of an event; it names the event by station, epoch, seq and hash."""
        return self.uow.ledger_of(kind, heard.received_us, {**named(heard, kind), **body})


def named(heard: Heard, kind: str) -> dict[str, Any]:
    """Give what every ledger entry of an event says first."""
    entry: dict[str, Any] = {
        "kind": kind,
        "at_us": heard.received_us,
        "station": heard.station,
        "epoch": heard.epoch,
        "seq": heard.seq,
        "event": heard.id,
        "occurred_us": heard.occurred_us,
    }
    if heard.late_us:
        entry["late_us"] = heard.late_us
    return entry
