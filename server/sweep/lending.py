"""What time and late news bring to lending: found again, due soon, the overdue ladder, declared keys, open ends.

Looked at when the ledger has grown or the clock has moved on; each thing is told once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from server.domain.lending import OUT_STATES, rungs_reached
from server.domain.office import year_missing
from server.domain.policy import Policy
from server.domain.words import CustodyState, LoanState, Role, SearchState
from server.service.lending.reminders import posts, remind, untold
from server.service.lending.searches import OPEN, found_by_itself
from server.service.seals.keysets import explain_openings, unsettled
from server.store.tables import Entrusted, Item, ItemCustody, LedgerEntry, Loan, Person, Repair, Search, Station
from server.store.unit_of_work import Database
from server.sweep.silent import silent_since

PAUSE_US: Final = 20_000_000
MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to tell: its subject, the kind of notice, what it is about, and who is told by post and by person."""

    subject: str
    kind: str
    about: str
    roles: frozenset[Role] = frozenset()
    person_id: int | None = None
    department: str = ""
    silently: tuple[str, ...] = ()
    """Subjects that this one covers: they are kept as told."""


@dataclass(slots=True)
class Lending:
    """What this job remembers between its turns."""

    database: Database
    policy: Policy
    zone: ZoneInfo
    entry: int = -1
    looked_us: int = 0
    told: set[str] = field(default_factory=set)

    def turn(self, now_us: int) -> None:
        """Do what has become due."""
        with self.database.read() as session:
            entry = session.exec(select(func.max(LedgerEntry.id))).one() or 0
            if entry == self.entry and abs(now_us - self.looked_us) < PAUSE_US:
                return
            found = list(session.exec(_FOUND))
            keys = any(unsettled(session, self.policy.lending.keys, now_us))
            tellings = {one.subject: one for one in self._tellings(session, now_us) if one.subject not in self.told}
            fresh = [tellings[subject] for subject in sorted(untold(session, tellings))]
        if found or keys or fresh:
            with self.database.begin() as uow:
                for number in found:
                    found_by_itself(uow, number, now_us)
                explain_openings(uow, self.policy.lending.keys, now_us)
                for telling in fresh:
                    people = posts(uow.session, telling.roles, telling.department)
                    people += [telling.person_id] if telling.person_id is not None else []
                    remind(uow, telling.subject, people, telling.kind, telling.about, now_us)
                for subject in untold(uow.session, {name for telling in fresh for name in telling.silently}):
                    remind(uow, subject, (), "", "", now_us)
        self.entry, self.looked_us = entry, now_us
        self.told.update(tellings)

    def _tellings(self, session: Session, now_us: int) -> Iterator[Telling]:
        yield from self._due(session, now_us)
        yield from self._open_ends(session, now_us)
        ahead = self.policy.lending.calendar_days_ahead
        year = year_missing(self.policy.office, now_us, ahead, self.zone.key)
        if year is not None:
            roles = frozenset({Role.RECORDS_MANAGER})
            yield Telling(f"calendar:{year}", "calendar_missing", str(year), roles)

    def _due(self, session: Session, now_us: int) -> Iterator[Telling]:
        """Remind of what is due soon, and climb the ladder of what is late; a silent cabinet's loans are unknown."""
        lending = self.policy.lending
        soon = max(lending.remind_before_minutes, default=0) * MINUTE_US
        query = (
            select(Loan, Item.code, Person.department, Station)
            .join(Item, col(Item.id) == Loan.item_id)
            .join(Person, col(Person.id) == Loan.person_id)
            .outerjoin(Station, col(Station.name) == Item.home_station)
            .where(col(Loan.closed_us).is_(None), col(Loan.state).in_(OUT_STATES), Loan.due_us < now_us + soon)
        )
        for loan, code, department, station in session.exec(query):
            about = f"{loan.id}:{loan.due_us}"
            if now_us < loan.due_us:
                for minutes in sorted(lending.remind_before_minutes):
                    if (
                        loan.due_us - now_us <= minutes * MINUTE_US
                        and loan.taken_us < loan.due_us - minutes * MINUTE_US
                    ):
                        yield Telling(f"due_soon:{minutes}:{about}", "due_soon", code, person_id=loan.person_id)
                        break
                continue
            since = silent_since(station) if station is not None else None
            rungs = rungs_reached(lending, loan.due_us, now_us)
            if not rungs or (since is not None and since <= loan.due_us):
                continue
            subjects = [f"late:{rung.hours_late}:{about}" for rung in rungs]
            kind = "overdue_borrower" if rungs[-1].hours_late else "due_now"
            yield Telling(subjects[-1], kind, code, person_id=loan.person_id, silently=tuple(subjects[:-1]))
            if rungs[-1].tell:
                subject = f"escalated:{rungs[-1].hours_late}:{about}"
                yield Telling(subject, "overdue_escalated", code, rungs[-1].tell, department=department)

    def _open_ends(self, session: Session, now_us: int) -> Iterator[Telling]:
        """Tell of searches and repairs that take too long, and of mandates that end."""
        lending = self.policy.lending
        searches = select(Search, Item.code).join(Item).where(col(Search.state).in_(OPEN), Search.due_us < now_us)
        for search, code in session.exec(searches):
            yield Telling(f"search:{search.id}", "search_overdue", code, lending.concluded_by)
        repairs = select(Repair, Item.code).join(Item).where(col(Repair.closed_us).is_(None), Repair.due_us < now_us)
        for repair, code in session.exec(repairs):
            yield Telling(f"repair:{repair.id}", "repair_overdue", code, self.policy.returns.checked_by)
        ahead_us = now_us + lending.entrusted.remind_days * DAY_US
        mandates = select(Entrusted).where(col(Entrusted.returned_us).is_(None), Entrusted.until_us < ahead_us)
        for row in session.exec(mandates):
            yield Telling(f"mandate:{row.id}", "mandate_ending", row.receipt, lending.entrusted.by)


_FOUND = (
    select(Search.loan_id)
    .join(ItemCustody, col(ItemCustody.item_id) == Search.item_id)
    .join(Loan, col(Loan.id) == Search.loan_id)
    .where(
        col(Search.state).in_((SearchState.CLAIMED, SearchState.LOST)),
        ItemCustody.state == CustodyState.PLACE,
        ItemCustody.since_us > Search.opened_us,
        col(Loan.state).in_((LoanState.CLAIMED_RETURNED, LoanState.LOST)),
    )
)
