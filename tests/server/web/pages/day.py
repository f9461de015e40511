"""A working day in the office: lawful and unlawful, so that every page has something of everything to show."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from sqlmodel import select

from contract.messages import StationStarted
from server.exchange import sheets
from server.exchange.kinds import Kind
from server.service.cabinet import alarms
from server.service.context import Writing
from server.service.disposal import appraisals, destructions, retention
from server.service.disposal.appraisals import NewHold, NewOutcome
from server.service.disposal.destructions import NewDestruction
from server.service.disposal.retention import NewRetention
from server.service.imports import imports
from server.service.imports.import_run import Importer
from server.service.imports.import_shapes import NewImport
from server.service.inputs import (
    NewDecision,
    NewDelegation,
    NewOrder,
    NewRegistration,
    NewRequest,
    NewScans,
    NewStocktake,
)
from server.service.oversight import checkups as checking
from server.service.oversight import feedback as saying
from server.service.people.sign_in import viewer_of
from server.service.reporting import kept
from server.service.requests import authority, delegations, emergencies, holds, requests
from server.service.stocktaking import stocktakes
from server.store.tables import Person
from server.sweep.duties import Duties
from server.sweep.retention import Retention

from .keeping_day import keep_records
from .lending_day import keep_registers
from .office import HOSTILE, MINUTE, SITE, ZONE, Office, badge_of, code_of, epc_of

T = TypeVar("T")


def ask(office: Office, who: str, items: list[int], purpose: str, **more: object) -> int:
    """File a request and give its number."""
    asked = {"items": [code_of(i) for i in items], "mode": "loan", "purpose": purpose, **more}
    return office.do(who, lambda work: requests.file_request(work, NewRequest.model_validate(asked))).id


def approve(office: Office, who: str, number: int) -> None:
    """Approve a request."""
    office.do(who, lambda work: requests.decide(work, number, "approve", NewDecision(note="同意")))


def live_a_day(office: Office) -> None:
    """Let a day happen, from nine in the morning."""
    for cabinet in office.cabinets.values():
        cabinet.send(office, lambda **base: StationStarted(version="test", **base))
    keep_records(office)
    lawful = ask(office, "li", [0], "客户复核", **{"for": "wang"})
    office.pass_time(4)
    approve(office, "zhao", lawful)
    office.pass_time(11)
    office.visit("wang", "a/1", taken=(0, 2))
    office.pass_time(9)
    office.visit("sun", "a/1", taken=(1,))
    seal = ask(office, "li", [6], "签订采购合同", mode="seal_use", documents=["采购合同 2026-31"], impressions=2)
    office.pass_time(6)
    approve(office, "zhao", seal)
    office.visit("li", "b/1", taken=(6,))
    office.pass_time(22)
    office.visit("li", "b/1", put=(6,))
    secret = ask(office, "sun", [3], "年报核对")
    approve(office, "wu", secret)
    office.visit("sun", "a/2", taken=(3,))
    office.pass_time(7)
    office.force("b/2", taken=(8,), unknown=("E20000000000000000009999",))
    office.pass_time(12)
    office.visit("wang", "a/1", put=(2,), at_us=office.clock.wall_us() - 9 * MINUTE, offline=True)
    ask(office, "li", [11], f"看一看 {HOSTILE}", **{"for": "wang"})
    refused = ask(office, "li", [5], "人事核查", **{"for": "wang"})
    office.do("zhao", lambda work: requests.decide(work, refused, "refuse", NewDecision(note="请先征得人事部同意")))
    office.do("chen", lambda work: alarms.acknowledge(work, 1))
    office.pass_time(5 * 60)
    stand_in(office)
    keep_registers(office)
    count(office)
    doom(office)
    oversee(office)
    hand_sheets_in(office)


def stand_in(office: Office) -> None:
    """Delegate, register, order, queue for what is out, and take something in an emergency."""
    until = "2026-03-04T18:00:00+08:00"
    given = {"to": "zhou", "until": until, "scope": {"secrecy": ["ordinary"], "modes": ["loan", "reading"]}}
    office.do("zhao", lambda work: delegations.delegate(work, NewDelegation.model_validate(given)))
    mine = {"person": "sun", "items": [code_of(9)], "purpose": "月度核对", "mode": "reading"}
    office.do("chen", lambda work: authority.register(work, NewRegistration.model_validate(mine)))
    task = {"person": "zheng", "items": [code_of(5)], "task": "move", "purpose": "调整柜位"}
    office.do("chen", lambda work: authority.order(work, NewOrder.model_validate(task)))
    office.do("zhou", lambda work: holds.join(work, code_of(3), holds.NewHold(purpose="年报")))
    taken = {"items": [code_of(9)], "other": "chen", "purpose": "空调漏水,抢出档案", "badge": badge_of("chen")}
    used = emergencies.NewEmergency.model_validate(taken)
    office.do("zheng", lambda work: emergencies.use(work, used, SITE, password_right=False))


def count(office: Office) -> None:
    """Open a stocktake of cabinet b and count some of it."""
    opened = office.do(
        "chen", lambda work: stocktakes.open_stocktake(work, NewStocktake(title="三月抽盘", stations=["b"]))
    )
    scans = [
        {"place": "b/1", "code": code_of(6)},
        {"place": "b/1", "code": code_of(9)},
        {"place": "b/2", "code": code_of(10)},
        {"place": "b/2", "epc": epc_of(4000)},
    ]
    office.do("chen", lambda work: stocktakes.scan(work, opened.id, NewScans.model_validate({"scans": scans})))


def doom(office: Office) -> None:
    """Let the retention of four items end: one is on a destruction list, one held back, two to be appraised."""
    asked = NewRetention(period="D10", begun=date(2001, 5, 20))
    outcome = NewOutcome.model_validate({"outcome": "destroy"})

    def end(code: str) -> None:
        office.do("chen", lambda work: retention.set_retention(work, code, asked))

    def give_up(number: int) -> None:
        office.do("qian", lambda work: appraisals.decide(work, number, outcome))

    for item in (7, 9, 10, 11):
        end(code_of(item))
    Retention(office.database, office.deps.policy).turn(office.clock.wall_us())
    for number in (1, 2):
        give_up(number)
    listed = NewDestruction(items=[code_of(7)], title="到期销毁", why="期满")
    office.do("chen", lambda work: destructions.file_list(work, listed))
    office.do("qian", lambda work: appraisals.place_holds(work, NewHold(items=[code_of(9)], why="诉讼")))


def asking(act: Callable[..., T], *asked: object) -> Callable[[Writing], T]:
    """Give an act of a use case that asks for just this."""
    return lambda work: act(work, *asked)


def oversee(office: Office) -> None:
    """Inspect a cabinet, open a response to the forced door, give feedback, learn, and have reports made."""
    Duties(office.database, office.deps.policy, ZONE).turn(office.clock.wall_us())
    listed = next(p for kind, p in office.deps.policy.oversight.checklists.items() if kind == "cabinet_inspection")
    points = [{"point": point, "result": "ok"} for point in listed]
    inspected = {"kind": "cabinet_inspection", "station": "a", "points": points, "note": HOSTILE}
    for asked in (inspected, {"kind": "incident_response", "station": "b", "alarm": 1}):
        new = checking.NewCheckup.model_validate(asked)
        office.do("chen", asking(checking.record, new))
    said = saying.NewFeedback(text=HOSTILE)
    office.do("wang", lambda work: saying.give(work, said))
    office.do("qian", lambda work: saying.learn(work, saying.NewLesson(text="下班前一小时提醒归还", measure=HOSTILE)))
    for name, period in (("unreturned", None), ("half_yearly", "2026-H1"), ("evaluation", None)):
        office.do("qian", asking(kept.make, name, period))


def hand_sheets_in(office: Office) -> None:
    """Try a sheet with faults in it, and hand one in whose columns nobody can guess."""
    deps, settings = office.deps, office.deps.settings
    rows = f"题名,密级,位置,编码\n{HOSTILE.replace(',', ' ')},普通,a/1,N1\n合同,{HOSTILE[:4]},z/9,N2\n"
    for kind, data in ((Kind.ITEMS, rows.replace('"', "'")), (Kind.ITEMS, "甲,乙\n1,2\n")):
        asked = NewImport(kind=kind, filename=HOSTILE, dry_run=True)
        job = office.do("chen", asking(imports.begin_import, asked, data.encode(), sheets.read_sheet(data.encode())))
        with deps.database.read() as session:
            chen = viewer_of(session.exec(select(Person).where(Person.username == "chen")).one())
        Importer(deps.database, deps.clock, deps.policy, settings.zone, SITE, deps.vault).run(chen, job.id)
