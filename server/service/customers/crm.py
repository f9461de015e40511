"""Keep customers in step with a CRM (R66): read what changed, page by page, and what was deleted there.

Law 1: nothing is open in the database while the CRM is asked.
Law 2: how far the reading has come is written with what it said; cut off anywhere, it goes on from there.
Law 3: a reading in full names every customer there is: whom it does not name is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from server.clock import Clock
from server.domain.policy import Policy
from server.domain.words import Role
from server.exchange.crm import Crm, CrmCustomer, CrmError, CrmPage
from server.service.context import Reading, Writing
from server.service.customers.customers import CustomerFacts, mark_gone, upsert_customer
from server.service.customers.vault import Vault
from server.service.people.rights import Viewer
from server.service.shapes import Page, Shape, moment
from server.store.tables import CrmState, CustomerLink
from server.store.unit_of_work import Database, UnitOfWork

DAY_US: Final = 24 * 3600 * 1_000_000
FULL_EVERY_US: Final = 7 * DAY_US
OVERLAP_US: Final = 600 * 1_000_000
"""How far back a reading looks behind where the one before began: clocks differ, and a CRM may be late to show."""
SLICE: Final = 50


class CrmView(Shape):
    system: str
    read_at: str | None
    tried_at: str | None
    reading: bool
    trouble: str
    changed: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a reading came to."""

    pages: int
    changed: int
    deleted: int


@dataclass(frozen=True, slots=True)
class CrmReader:
    """Reads one CRM into the database."""

    database: Database
    clock: Clock
    policy: Policy
    zone: ZoneInfo
    vault: Vault
    crm: Crm
    backup: Callable[[str], str] | None = None

    def read(self, full: bool = False, told: Callable[[Totals], object] | None = None) -> Totals:
        """Read until the CRM has nothing more to say, from where the last reading was cut off; raises CrmError."""
        state = self._begin(full)
        pages = changed = deleted = 0
        try:
            while state.began_us:
                page = self.crm.page(0 if state.full else state.since_us, state.page)
                state = self._take(state, page)
                pages, changed, deleted = pages + 1, changed + len(page.changed), deleted + len(page.deleted)
                if told is not None:
                    told(Totals(pages, changed, deleted))
        except CrmError as error:
            self._note_trouble(error)
            raise
        return Totals(pages, changed, deleted)

    def _begin(self, full: bool) -> CrmState:
        now_us = self.clock.wall_us()
        with self.database.read() as session:
            known = session.get(CrmState, self.crm.name)
        whole = full or known is None or now_us - known.full_us >= FULL_EVERY_US
        if whole and self.backup is not None and not (known and known.began_us):
            self.backup(f"{self.crm.name} in full")  # as many rows may change (R39)
        with self.database.begin() as uow:
            state = uow.session.get(CrmState, self.crm.name) or CrmState(system=self.crm.name)
            if not state.began_us or (full and not state.full):
                state.began_us, state.page, state.full = now_us, "", whole
                state.changed = state.deleted = 0
            state.tried_us, state.trouble = now_us, ""
            uow.session.add(state)
            uow.session.flush()
            return state

    def _take(self, asked: CrmState, page: CrmPage) -> CrmState:
        """Write what a page said, a slice at a time; the last one moves the reading on."""
        parts = [page.changed[n : n + SLICE] for n in range(0, len(page.changed), SLICE)] or [()]
        for part in parts[:-1]:
            with self.database.begin() as uow:
                self._save(self._writing(uow), part)
        with self.database.begin() as uow:
            work = self._writing(uow)
            self._save(work, parts[-1])
            for number in page.deleted:
                mark_gone(work, self.crm.name, number)
            state = uow.session.get_one(CrmState, self.crm.name)
            if (state.began_us, state.page) == (asked.began_us, asked.page):  # else another reading was faster
                state.page = page.next
                state.changed += len(page.changed)
                state.deleted += len(page.deleted)
                if not page.next:
                    self._finish(work, state)
            uow.session.add(state)
            uow.session.flush()
            return state

    def _save(self, work: Writing, part: tuple[CrmCustomer, ...]) -> None:
        for one in part:
            facts = CustomerFacts(one.name, one.industry or None, one.size or None, one.region or None)
            upsert_customer(work, self.vault, self.crm.name, one.external_id, facts)

    def _finish(self, work: Writing, state: CrmState) -> None:
        if state.full:
            for number in _unnamed(work.session, state):
                state.deleted += mark_gone(work, state.system, number)
            state.full_us = state.began_us
        work.ledger("crm_read", system=state.system, changed=state.changed, deleted=state.deleted, full=state.full)
        state.since_us = max(0, state.began_us - OVERLAP_US)
        state.began_us, state.read_us = 0, work.now_us

    def _note_trouble(self, error: CrmError) -> None:
        with self.database.begin() as uow:
            state = uow.session.get_one(CrmState, self.crm.name)
            state.trouble = f"{error.code}: {error}"[:500]
            uow.session.add(state)

    def _writing(self, uow: UnitOfWork) -> Writing:
        name = self.crm.name
        viewer = Viewer(0, name, name, Role.SYSTEM_ADMIN, "", name)
        return Writing(uow.session, self.clock.wall_us(), self.policy, viewer, self.zone, uow)


def list_crms(look: Reading) -> Page[CrmView]:
    """List the CRMs that have been read, and how it went."""
    rows = look.session.exec(select(CrmState).order_by(CrmState.system))
    return Page(
        rows=[
            CrmView(
                system=row.system,
                read_at=moment(row.read_us, look.zone) if row.read_us else None,
                tried_at=moment(row.tried_us, look.zone) if row.tried_us else None,
                reading=row.began_us > 0,
                trouble=row.trouble,
                changed=row.changed,
                deleted=row.deleted,
            )
            for row in rows
        ]
    )


def _unnamed(session: Session, state: CrmState) -> list[str]:
    """Give whom a reading in full did not name."""
    link = (CustomerLink.source == state.system, col(CustomerLink.gone_us).is_(None))
    return list(session.exec(select(CustomerLink.external_id).where(*link, CustomerLink.seen_us < state.began_us)))
