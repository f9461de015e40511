"""A year in the company, day by day: asked for, approved, taken, brought back (or not), alarmed, concluded, counted.

Everything goes the way it always goes: people through the use cases, cabinets through the intake, time through the
sweep. What the rules refuse is refused here too, and belongs to the picture.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from contract.secrets import credential_of
from guiwei.sample.cabinets import SECOND, Cabinet, StoryClock
from server.bootstrap import Real, sweeper
from server.domain.office import is_office_day
from server.domain.words import Role
from server.service.cabinet import alarms, cases
from server.service.context import Writing
from server.service.errors import ServiceError
from server.service.inputs import NewCheck, NewDecision, NewRequest, NewScan, NewScans, NewStocktake
from server.service.lending import loans
from server.service.people.rights import Viewer
from server.service.people.sign_in import viewer_of
from server.service.requests import requests
from server.service.stocktaking import stocktake_signing, stocktakes
from server.service.stocktaking.stocktake_signing import Explanation, Signing
from server.store.tables import Alarm, Case, Item, Person, Tag
from server.store.unit_of_work import UnitOfWork

T = TypeVar("T")
MINUTE = 60 * SECOND
PURPOSES = ("客户复核", "合同续签", "项目结算", "审计配合", "投诉处理", "资质年检", "法务核对", "财务对账")
CONCLUSIONS = (
    "已当面核实,当事人补办手续",
    "误操作,已教育并归还",
    "核对监控后确认无误",
    "柜门传感器松动,已修复",
    "已归还,登记清楚",
)
APPROVERS = (Role.HEAD_OF_OFFICE, Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER, Role.RECORDS_MANAGER)
KEPT_US = 12 * 24 * 3600 * SECOND
"""Alarms of the last days are still open when the year ends: there must be something to do."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What one needs to know of an item to take it."""

    code: str
    epc: str
    kind: str
    secrecy: str
    station: str
    door: int


@dataclass(slots=True)
class Out:
    """Something that somebody has, and when they mean to bring it back."""

    thing: Thing
    person: Viewer
    back_us: int


@dataclass(slots=True)
class Year:
    """The company at work."""

    real: Real
    clock: StoryClock
    cabinets: dict[str, Cabinet]
    rng: random.Random
    badges: dict[str, str]
    people: list[Viewer] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    out: dict[str, Out] = field(default_factory=dict)
    refused: int = 0
    end_us: int = 0

    def live(self, first: date, last: date, told: Callable[[date], object]) -> None:
        """Live from one day to another."""
        self._look_around()
        self.end_us = self._us(last, time(18, 0))
        sweep = sweeper(self.real)
        day, stocktake_due = first, first + timedelta(days=45)
        while day <= last:
            if is_office_day(self.real.policy.office, day):
                self._morning(day)
                if day >= stocktake_due:
                    self._count(day)
                    stocktake_due = day + timedelta(days=90)
                self._evening(day, (last - day).days)
                self._at(day, time(18, 0))
                sweep.turn()
                self._conclude()
            told(day)
            day += timedelta(days=1)

    def _look_around(self) -> None:
        with self.real.database.read() as session:
            self.people = [viewer_of(one) for one in session.exec(select(Person).order_by(col(Person.id)))]
            rows = session.exec(
                select(Item, Tag.epc).join(Tag, col(Tag.item_id) == col(Item.id)).order_by(col(Item.id))
            )
            self.things = [
                Thing(item.code, epc, item.kind, item.secrecy, item.home_station or "", item.home_door or 1)
                for item, epc in rows
            ]

    # ------------------------------------------------------------ a day

    def _morning(self, day: date) -> None:
        """File and decide what is asked for today, and let it be fetched."""
        self._at(day, time(8, 50))
        wanted = [self._wanted() for _ in range(self.rng.randint(2, 5))]
        granted = []
        with self.real.database.begin() as uow:
            for person, things, seal in wanted:
                self.clock.now_us += self.rng.randint(1, 4) * MINUTE
                if self._asked(uow, person, things, seal):
                    granted.append((person, things))
        for person, things in granted:
            self.clock.now_us += self.rng.randint(2, 25) * MINUTE
            self._fetch(day, person, things)
        if self.rng.random() < 0.03:
            self._something_wrong(day)

    def _evening(self, day: date, days_left: int) -> None:
        """Bring back what is to be brought back today, and check it."""
        self._at(day, time(15, 30))
        end = self._us(day, time(17, 20))
        for code in [code for code, one in self.out.items() if one.back_us <= end]:
            one = self.out[code]
            if days_left < 20 and self.rng.random() < 0.12:
                one.back_us = self._us(
                    day + timedelta(days=40), time(16)
                )  # forgotten: it is overdue when the year ends
                continue
            self.clock.now_us += self.rng.randint(1, 5) * MINUTE
            home = one.thing
            wrong = self.rng.random() < 0.015
            cabinet, badge = self.cabinets[home.station], self.badges[one.person.username]
            if wrong and (door := home.door % 4 + 1) and cabinet.visit(badge, door, put=[home.epc]):
                self.clock.now_us += 10 * MINUTE
                self._tidy(home, door)  # the archivist puts it where it belongs
            elif not cabinet.visit(badge, home.door, put=[home.epc]):
                continue
            del self.out[code]
            with self.real.database.begin() as uow:
                self._check(uow, home)

    def _wanted(self) -> tuple[Viewer, list[Thing], bool]:
        seal = self.rng.random() < 0.2
        person = self.rng.choice([one for one in self.people if one.role in (Role.REQUESTER, Role.DIRECTOR)])
        free = [one for one in self.things if (one.kind == "seal") == seal and one.code not in self.out]
        if not seal and self.rng.random() < 0.9:
            free = [one for one in free if one.secrecy in ("ordinary", "secret")]
        first = self.rng.choice(free)
        near = [
            one for one in free if (one.station, one.door, one.secrecy) == (first.station, first.door, first.secrecy)
        ]
        more = [] if seal or self.rng.random() < 0.7 else [self.rng.choice(near)]
        return person, list(dict.fromkeys([first, *more])), seal

    def _asked(self, uow: UnitOfWork, person: Viewer, things: list[Thing], seal: bool) -> bool:
        """Have somebody ask, through their manager where the rules say so, and whoever may decide."""
        mode = "seal_use" if seal else "reading" if things[0].secrecy == "confidential" else "loan"
        body: dict[str, Any] = {
            "items": [one.code for one in things],
            "mode": mode,
            "purpose": self.rng.choice(PURPOSES),
        }
        if seal:
            body |= {"documents": [f"{self.rng.choice(PURPOSES)}函"], "impressions": self.rng.randint(1, 4)}
        manager = next(
            p for p in self.people if p.role == Role.DEPARTMENT_MANAGER and p.department == person.department
        )
        for filer, asked in ((person, body), (manager, {**body, "for": person.username})):
            request = NewRequest.model_validate(asked)
            said = self._try(uow, filer, lambda work, request=request: requests.file_request(work, request))  # type: ignore[misc]
            if said is not None:
                return self._decided(uow, said.id)
        self.refused += 1
        return False

    def _decided(self, uow: UnitOfWork, number: int) -> bool:
        act = "approve" if self.rng.random() < 0.94 else "refuse"
        note = NewDecision(note="同意" if act == "approve" else "请先补充事由")
        for role in APPROVERS:
            for one in [viewer for viewer in self.people if viewer.role == role]:
                self.clock.now_us += MINUTE
                said = self._try(uow, one, lambda work: requests.decide(work, number, act, note))
                if said is not None and said.state != "filed":
                    return said.state == "approved"
        return False

    def _fetch(self, day: date, person: Viewer, things: list[Thing]) -> None:
        """Take what was approved; now and then something more, or something else."""
        things = [one for one in things if one.code not in self.out]  # what somebody was faster with is not there
        if not things:
            return
        first, taken = things[0], list(things)
        if self.rng.random() < 0.012:
            beside = [
                t for t in self.things if (t.station, t.door) == (first.station, first.door) and t.code not in self.out
            ]
            taken += [self.rng.choice(beside)]
        taken = list(dict.fromkeys(taken))
        if not self.cabinets[first.station].visit(self.badges[person.username], first.door, [t.epc for t in taken]):
            return
        late = self.rng.random()
        days = 0 if late < 0.9 else self.rng.randint(1, 4)
        back = self._us(day + timedelta(days=days), time(17, 0))
        for one in taken:
            self.out[one.code] = Out(one, person, back)

    def _something_wrong(self, day: date) -> None:
        """Let a door be forced, or somebody help themselves."""
        thing = self.rng.choice([one for one in self.things if one.code not in self.out and one.kind != "seal"])
        cabinet = self.cabinets[thing.station]
        if self.rng.random() < 0.3:
            cabinet.force(thing.door)
            return
        person = self.rng.choice([one for one in self.people if one.role in (Role.ARCHIVIST, Role.REQUESTER)])
        if cabinet.visit(self.badges[person.username], thing.door, taken=[thing.epc]):
            self.out[thing.code] = Out(thing, person, self._us(day, time(17, 0)))

    def _tidy(self, thing: Thing, door: int) -> None:
        badge = self.badges[next(one for one in self.people if one.role == Role.ARCHIVIST).username]
        self.cabinets[thing.station].visit(badge, door, taken=[thing.epc])
        self.clock.now_us += 2 * MINUTE
        self.cabinets[thing.station].visit(badge, thing.door, put=[thing.epc])

    def _check(self, uow: UnitOfWork, thing: Thing) -> None:
        archivist = next(one for one in self.people if one.role == Role.ARCHIVIST)
        with uow.session.no_autoflush:
            item = uow.session.exec(select(Item).where(Item.code == thing.code)).one()
        whole = self.rng.random() > 0.01
        parts = item.parts if whole else max(0, item.parts - 1)
        asked = NewCheck(complete=whole, parts=parts, pages=item.pages, note="" if whole else "缺一件,已通知当事人补交")
        self._try(uow, archivist, lambda work: loans.check_item(work, thing.code, asked))

    def _conclude(self) -> None:
        """Acknowledge and close what alarmed a while ago; resolve what contradicted itself."""
        before = self.clock.now_us - self.rng.randint(1, 6) * 24 * 60 * MINUTE
        if self.clock.now_us > self.end_us - KEPT_US:
            return
        manager = next(one for one in self.people if one.role == Role.RECORDS_MANAGER)
        with self.real.database.begin() as uow:
            for number in _open_ids(uow.session, before):
                self._try(uow, manager, lambda work, n=number: alarms.acknowledge(work, n))  # type: ignore[misc]
                why = self.rng.choice(CONCLUSIONS)
                self._try(uow, manager, lambda work, n=number, why=why: alarms.close(work, n, why))  # type: ignore[misc]
            query = select(Case.id).where(col(Case.resolved_us).is_(None), Case.opened_us < before)
            for case in uow.session.exec(query).all():
                self._try(uow, manager, lambda work, n=case: cases.resolve(work, n or 0, "到柜核对,已更正"))  # type: ignore[misc]

    def _count(self, day: date) -> None:
        """Count two cabinets, and have the differences explained by one and signed by another."""
        self._at(day, time(13, 0))
        archivist = next(one for one in self.people if one.role == Role.ARCHIVIST)
        manager = next(one for one in self.people if one.role == Role.RECORDS_MANAGER)
        names = sorted(self.rng.sample(sorted(self.cabinets), 2))
        asked = NewStocktake(title=f"{day.year} 年 {day.month} 月盘点", stations=names)
        with self.real.database.begin() as uow:
            number = self._do(uow, archivist, lambda work: stocktakes.open_stocktake(work, asked)).id
            here = [one for one in self.things if one.station in names and one.code not in self.out]
            missed = set(self.rng.sample(here, min(2, len(here))))
            scans = [NewScan(place=f"{one.station}/{one.door}", code=one.code) for one in here if one not in missed]
            for n in range(0, len(scans), 500):
                part = NewScans(scans=scans[n : n + 500])
                self._do(uow, archivist, lambda work, part=part: stocktakes.scan(work, number, part))  # type: ignore[misc]
            self.clock.now_us += 90 * MINUTE
            self._do(uow, archivist, lambda work: stocktakes.close(work, number))
            left = self._do(uow, archivist, lambda work: stocktake_signing.list_differences(work, number))
            why = Explanation(explanation="复查时在同柜相邻位置找到,已放回")
            for row in left.rows:
                self._do(uow, archivist, lambda work, n=row.id: stocktake_signing.explain(work, number, n, why))  # type: ignore[misc]
            self._try(uow, manager, lambda work: stocktake_signing.sign(work, number, Signing()))

    # ------------------------------------------------------------ how things are done

    def _try(self, uow: UnitOfWork, viewer: Viewer, act: Callable[[Writing], T]) -> T | None:
        """Do something that the rules may refuse."""
        try:
            return self._do(uow, viewer, act)
        except ServiceError:
            return None

    def _do(self, uow: UnitOfWork, viewer: Viewer, act: Callable[[Writing], T]) -> T:
        return act(Writing(uow.session, self.clock.now_us, self.real.policy, viewer, self.real.zone, uow))

    def _at(self, day: date, at: time) -> None:
        """Let it be a moment of a day; time never runs backwards."""
        self.clock.now_us = max(self.clock.now_us, self._us(day, at))

    def _us(self, day: date, at: time) -> int:
        return round(datetime.combine(day, at, self.real.zone).astimezone(UTC).timestamp()) * SECOND


def credentials(site: str, people: list[dict[str, Any]]) -> dict[str, str]:
    """Give what stands for each person's card."""
    return {one["username"]: credential_of(site, one["badges"][0]) for one in people}


def _open_ids(session: Session, before: int) -> Iterator[int]:
    query = select(Alarm.id).where(col(Alarm.closed_us).is_(None), Alarm.occurred_us < before).order_by(col(Alarm.id))
    yield from (number for number in session.exec(query).all() if number is not None)
