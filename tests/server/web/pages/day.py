"""A working day in the office: lawful and unlawful, so that every page has something of everything to show."""

from contract.messages import StationStarted
from server.service import alarms, requests, stocktakes
from server.service.inputs import NewDecision, NewRequest, NewScans, NewStocktake

from .office import HOSTILE, MINUTE, Office, code_of, epc_of


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
    count(office)


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
