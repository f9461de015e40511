"""Random acts by random people over months of story time, through the API and a real intake; the oracle looks on.

What is physical is kept here: where each item really is, who took it, which doors a grant really opened. A cabinet that
is cut off goes on being forced, and tells it late. Run as a program it goes on for longer:
`python -m tests.server.months.machine EXAMPLES STEPS`.
"""

import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import Session, col, desc, select

from contract.messages import AccessRequested, DoorClosed, DoorOpened, Event, Grant, SessionEnded, Sighting
from server.intake.batch import Incoming
from server.service.oversight.sheets import note_sheet
from server.store.migrate import migrate
from server.store.tables import Departed, Incident, Item, Loan, Request
from server.store.unit_of_work import Database
from server.sweep.overdue import Overdue
from server.verify import check, open_ledger
from tests.server.company import POLICY, Writer, badge, epc
from tests.server.months.oracle import ALWAYS
from tests.server.months.papers import Papers
from tests.server.web.house import NUMBER, House

MONDAY = datetime(2030, 3, 4, 1, tzinfo=UTC)  # nine o'clock in the office
PLACES = [("a", 1), ("a", 2), ("b", 1)]
HOMES = {n: ("a", 1 if n < 6 else 2) for n in range(1, 7)}
WAITS = [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=9)]
ASKERS = ["wang", "li", "dong", "zhao", "sun", "gao", "qian", "chen"]
DECIDERS = ["zhao", "sun", "gao", "li", "ma", "chen", "wang", "dong"]

everyone = st.sampled_from(sorted(NUMBER))
Plan = tuple[str, str, str, list[int], str]
PLAUSIBLE: list[Plan] = [
    ("li", "wang", "loan", [1, 2, 6], "zhao"),
    ("li", "wang", "reading", [1, 6], "zhao"),
    ("dong", "dong", "loan", [2, 6], "zhao"),
    ("wang", "wang", "loan", [3], "gao"),
    ("wang", "wang", "seal_use", [5], "sun"),
    ("zhao", "zhao", "loan", [1, 2], "sun"),
    ("qian", "qian", "photocopy", [1, 6], "ma"),
    ("gao", "gao", "loan", [3], "gao"),
]
"""Who might well ask for whom, how, for what, and who would approve it."""

plans = st.sampled_from(PLAUSIBLE)
askers, deciders = st.sampled_from(ASKERS), st.sampled_from(DECIDERS)
items = st.lists(st.sampled_from(sorted(HOMES)), min_size=1, max_size=3, unique=True)
some_items = st.lists(st.sampled_from(sorted(HOMES)), max_size=3, unique=True)
places = st.sampled_from(PLACES)
modes = st.sampled_from(["loan", "loan", "loan", "reading", "photocopy", "seal_use"])


def seldom(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw nothing three times of four."""
    return st.one_of(st.none(), st.none(), st.none(), strategy)


numbers = st.integers(0, 3)
"""Which of the newest requests, loans or delegations an act is about."""


class Months(Papers):
    """One company; each rule is one act of somebody, allowed or not."""

    fresh: ClassVar[Callable[[Path], str]]
    """Makes an empty, migrated database, in this folder if it is a file; gives its URL."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database(type(self).fresh(self.folder))
        self.house = House(self.database, self.folder)
        self.house.shift(MONDAY.timestamp() - self.now / 1e6)
        note_sheet(self.database, self.house.policy, POLICY.read_text(encoding="utf-8"), self.now)
        self.stations = {"a": self.house.station, "b": Writer("b")}
        self.sweep = Overdue(self.database, self.house.policy)
        self.where: dict[int, tuple[str, int] | None] = dict(HOMES)
        self.answerable: dict[int, tuple[str, Any]] = {n: ("place", place) for n, place in HOMES.items()}
        self.taken_us: dict[int, int] = {}
        self.gone: set[int] = set()
        self.unsent: list[bytes] = []

    # -- people --------------------------------------------------------------------------------------------------------

    def act(self, who: str, path: str, body: dict[str, Any]) -> Any:
        """Let somebody try something over HTTP; gives the answer when it was allowed, else None."""
        headers = {"Authorization": f"Bearer {getattr(self.house, who).token}"}
        answer = self.house.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.status_code < 300 else None

    def newest(self, table: type[Request | Loan], nth: int) -> int:
        """Give the number of one of the newest of something, or a number that nothing has."""
        with self.database.read() as session:
            ids = session.exec(select(table.id).order_by(desc(col(table.id))).offset(nth).limit(1)).all()
        return ids[0] or 0 if ids else 9999

    def later(self, **span: float) -> str:
        return (datetime.fromtimestamp(self.house.clock.wall_us() / 1e6, UTC) + timedelta(**span)).isoformat()

    @rule(who=askers, whom=askers, what=items, mode=modes, why=st.sampled_from(["核对", "核对", " "]))
    def ask(self, who: str, whom: str, what: list[int], mode: str, why: str) -> None:
        body: dict[str, Any] = {"for": whom, "items": [f"F{n}" for n in what], "mode": mode, "purpose": why}
        if mode == "seal_use":
            body |= {"documents": ["合同"], "impressions": 1}
        self.act(who, "/requests", body)

    @rule(who=deciders, nth=numbers, act=st.sampled_from(["approve", "approve", "approve", "refuse", "withdraw"]))
    def decide(self, who: str, nth: int, act: str) -> None:
        self.act(who, f"/requests/{self.newest(Request, nth)}/{act}", {"note": "可"})

    @rule(plan=plans, by=seldom(deciders), hours=st.sampled_from([0, 0, 0, 2, 30]), extra=some_items)
    def borrow(self, plan: Plan, by: str | None, hours: int, extra: list[int]) -> None:
        """Ask as people do, be approved (by whoever it is) and fetch it, perhaps late, perhaps with more."""
        who, whom, mode, what, right = plan
        self.ask(who, whom, what, mode, "核对")
        self.decide(by or right, 0, "approve")
        self.house.shift(hours * 3600)
        for place in sorted({at for n in what if (at := self.where[n])}):
            self.visit(whom, place, [*what, *extra], [], scans=False)

    @rule(plan=plans, late=st.booleans())
    def overreach(self, plan: Plan, late: bool) -> None:
        """Be approved as it should be, then come when the window is over, or take all that is in the cabinet."""
        self.borrow(plan, None, 30 if late else 0, [] if late else sorted(HOMES))

    @rule(day=st.lists(st.tuples(plans, st.booleans()), min_size=1, max_size=5))
    def busy_day(self, day: list[tuple[Plan, bool]]) -> None:
        """Lend as it should be, one after another; some of it comes back before the next is fetched."""
        for plan, comes_back in day:
            self.borrow(plan, None, 0, [])
            if comes_back and self.held():
                self.bring_back(0, None, None, checked=True)

    @precondition(lambda self: self.held())
    @rule(nth=numbers, who=seldom(askers), place=seldom(places), checked=st.booleans())
    def bring_back(self, nth: int, who: str | None, place: tuple[str, int] | None, checked: bool) -> None:
        """Bring back what is held: its holder or another, to its place or another, checked at once or not."""
        number, holder = self.held()[nth % len(self.held())]
        self.visit(who or holder, place or HOMES[number], [], [number], scans=True)
        if checked:
            self.act("chen", f"/items/F{number}/check", {"complete": True, "parts": 2})

    def held(self) -> list[tuple[int, str]]:
        """Give what is with somebody, by number, and with whom."""
        names = {number: name for name, number in NUMBER.items()}
        return [
            (n, names[at])
            for n, (state, at) in sorted(self.answerable.items())
            if state == "held" and n not in self.gone
        ]

    @rule(who=deciders, whom=deciders, days=st.integers(1, 20), only=st.sampled_from([None, "loan", "reading"]))
    def delegate(self, who: str, whom: str, days: int, only: str | None) -> None:
        scope: dict[str, Any] = {} if only is None else {"modes": [only]}
        self.act(who, "/delegations", {"to": whom, "until": self.later(days=days), "scope": scope})

    @rule(who=st.sampled_from(["chen", "ma", "zhao"]), whom=askers, what=items)
    def register(self, who: str, whom: str, what: list[int]) -> None:
        body = {"person": whom, "items": [f"F{n}" for n in what], "mode": "loan", "purpose": "查阅"}
        self.act(who, "/registrations", body)

    @rule(who=st.sampled_from(["chen", "ma", "gao", "wang"]), whom=everyone, what=items)
    def order(self, who: str, whom: str, what: list[int]) -> None:
        body = {"person": whom, "items": [f"F{n}" for n in what], "task": "repair", "purpose": "修补"}
        self.act(who, "/orders", body)

    @precondition(lambda self: self.held())
    @rule(nth=numbers, who=seldom(everyone), whom=askers, allowed=st.booleans())
    def hand_over(self, nth: int, who: str | None, whom: str, allowed: bool) -> None:
        """Hand on what is held, with an approval for the receiver or without one."""
        number, holder = self.held()[nth % len(self.held())]
        what = [number]
        if allowed:
            self.ask("li" if whom == "wang" else whom, whom, what, "loan", "核对")
            self.decide("sun" if whom == "zhao" else "zhao", 0, "approve")
        body = {"items": [f"F{n}" for n in what], "to": whom, "witness": "ma", "purpose": "转交"}
        if self.act(who or holder, "/handovers", body) is not None:
            for number in what:
                assert self.where[number] is None, "what is in a cabinet was handed over"
                self.answerable[number] = ("held", NUMBER[whom])
                self.taken_us[number] = self.house.clock.wall_us()

    @rule(who=st.sampled_from(["chen", "ma", "wang"]), nth=numbers, whole=st.booleans())
    def check_in(self, who: str, nth: int, whole: bool) -> None:
        body = {"complete": whole, "parts": 2 if whole else 1, "note": "核对"}
        self.act(who, f"/loans/{self.newest(Loan, nth)}/check", body)

    # -- cabinets ------------------------------------------------------------------------------------------------------

    @rule(who=askers, place=places, wants=some_items, brings=some_items, scans=st.booleans())
    def visit(self, who: str, place: tuple[str, int], wants: list[int], brings: list[int], scans: bool) -> None:
        """Show a badge; where a grant opens the door, take and put what one wants."""
        station, door = place
        if self.unsent and station == "b":
            return  # cut off: nobody answers its badges
        out, session = self.stations[station], secrets.token_hex(16)
        asks = out.event(
            AccessRequested,
            at_us=self.now,
            session=session,
            challenge=secrets.token_hex(16),
            credential=badge(NUMBER[who]),
            codes=[f"F{n}" for n in brings] if scans else [],
        )
        answers = self.house.intake.take_many([Incoming(out.batch(asks), station)]).answers
        opened = any(isinstance(answer, Grant) and door in answer.doors for answer in answers)
        events: list[Event] = []
        if opened:
            events = self.through(place, {"cause": "session", "session": session}, wants, brings, NUMBER[who])
        events.append(out.event(SessionEnded, at_us=self.now, session=session, why="done" if opened else "idle"))
        self.tell(station, out.batch(*events))

    @rule(place=places, how=st.sampled_from(["forced", "mechanical_key"]), wants=some_items, brings=some_items)
    def break_in(self, place: tuple[str, int], how: str, wants: list[int], brings: list[int]) -> None:
        """Open a door that no session opens."""
        station = place[0]
        self.tell(station, self.stations[station].batch(*self.through(place, {"cause": how}, wants, brings, None)))

    def through(
        self, place: tuple[str, int], about: dict[str, Any], wants: list[int], brings: list[int], who: int | None
    ) -> list[Event]:
        """Move through an open door what can be moved, and write what the station sees."""
        (station, door), now = place, self.now
        out = self.stations[station]
        taken = [n for n in wants if self.where[n] == place]
        put = [n for n in brings if self.where[n] is None and n not in self.gone]
        opened = out.event(DoorOpened, at_us=now, door=door, **about)
        for number in taken:
            self.where[number] = None
            self.taken_us[number] = now
            self.answerable[number] = ("held", who) if who else ("incident", (station, opened.seq))
        for number in put:
            self.where[number] = place
            self.answerable[number] = ("place", place)
        seen = {
            name: [Sighting(epc=epc(n), reads=3) for n in numbers] for name, numbers in (("taken", taken), ("put", put))
        }
        return [opened, out.event(DoorClosed, at_us=now, door=door, opened_seq=opened.seq, **about, **seen)]

    def tell(self, station: str, batch: bytes) -> None:
        """Send what a station wrote, or keep it while the station is cut off."""
        if station == "b" and self.unsent:
            self.unsent.append(batch)
        else:
            assert not self.house.intake.take_many([Incoming(batch, station)]).refused

    @rule()
    def cut(self) -> None:
        """Cut cabinet b off: what happens there is told when it is back."""
        self.unsent = self.unsent or [b""]

    @rule()
    def heal(self) -> None:
        """Let cabinet b tell what it kept."""
        unsent, self.unsent = self.unsent, []
        if unsent[1:]:
            assert not self.house.intake.take_many([Incoming(batch, "b") for batch in unsent[1:]]).refused

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.house.clock.wall_us()

    @rule(span=st.sampled_from(WAITS))
    def wait(self, span: timedelta) -> None:
        """Let time pass, and the clock's own duties be done."""
        self.house.shift(span.total_seconds())
        self.sweep.turn(self.now)

    # -- what must be so -----------------------------------------------------------------------------------------------

    @invariant()
    def the_rule_book_holds(self) -> None:
        with self.database.read() as session:
            for is_so in ALWAYS:
                is_so(session)
            if not self.unsent:
                self.the_record_is_what_is_so(session)

    def the_record_is_what_is_so(self, session: Session) -> None:
        """Compare custody with where the items really are, and closed loans with what is really out."""
        incidents = {one.id: (one.station, one.opened_seq) for one in session.exec(select(Incident))}
        left = {one.item_id for one in session.exec(select(Departed))}
        assert left == self.gone, f"recorded as gone {left}, gone {self.gone}"
        for item in session.exec(select(Item).where(Item.id.in_(HOMES.keys() - left))):  # type: ignore[union-attr]
            now = item.custody
            at = {
                "place": (now.station, now.door),
                "held": now.person_id,
                "incident": incidents.get(now.incident_id),
            }
            recorded = (now.state, at[now.state])
            assert recorded == self.answerable[item.id or 0], f"{item.code}: recorded {recorded}"
        for loan in session.exec(
            select(Loan).where(Loan.state == "closed", col(Loan.item_id).in_(HOMES.keys() - left))
        ):
            still = self.where[loan.item_id] is None and self.taken_us[loan.item_id] <= loan.taken_us
            assert not still, f"loan {loan.id} is closed, and F{loan.item_id} is out"

    def teardown(self) -> None:
        """Verify the ledger, then leave nothing behind."""
        try:
            with open_ledger(None, self.database.url) as (entries, anchors):
                report = check(entries, anchors)
            assert report.wrong == ""
        finally:
            self.house.client.close()
            self.database.close()
            shutil.rmtree(self.folder)


def bounded(examples: int, steps: int) -> settings:
    """Give the settings of a run that is the same each time; what breaks is told as found, not made small first."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def on(fresh: Callable[[Path], str]) -> type[Months]:
    """Give the machine for databases of one kind."""
    return type("On", (Months,), {"fresh": staticmethod(fresh)})


def on_sqlite(template: Path) -> type[Months]:
    """Give the machine for copies of a migrated, empty SQLite database."""

    def copied(folder: Path) -> str:
        shutil.copy(template, folder / "guiwei.sqlite")
        return f"sqlite:///{folder / 'guiwei.sqlite'}"

    return on(copied)


def longer(examples: int, steps: int, number: int) -> None:
    """Run on SQLite; the same number gives the same months, and what breaks is made as small as it can be."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.sqlite"
        migrate(f"sqlite:///{template}")
        run_state_machine_as_test(
            seed(number)(on_sqlite(template)),
            settings=settings(bounded(examples, steps), derandomize=False, phases=list(Phase)),
        )


if __name__ == "__main__":
    longer(*map(int, sys.argv[1:]))
