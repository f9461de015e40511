"""History judged again: what was decided stands only as long as facts, sheet and decision agree."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import server
from server.domain.custody import ItemFacts, in_place
from server.domain.ledger import canonical
from server.domain.movements import Seen, SettleFacts, settle
from server.domain.policy import load_policy
from server.domain.words import Cause, ItemKind, Secrecy
from server.service.cabinet.rejudging import DECISIONS, Rejudge
from server.service.oversight.sheets import note_sheet
from server.store.unit_of_work import Database
from server.verify import check, open_ledger
from tests.server.web.house import PASSWORD, House, moment

SHEET = (Path(server.__file__).parent / "policies/default.toml").read_text(encoding="utf-8")
POLICY = load_policy(SHEET)


def closing() -> dict[str, Any]:
    """Give the body of an entry about a file taken by somebody without any approval."""
    item = ItemFacts(1, "GW-1", ItemKind.FILE, Secrecy.ORDINARY, ("a", 1), in_place("a", 1, 5))
    facts = SettleFacts("a", 1, Cause.SESSION, 9, person_id=3, session="s", taken=(Seen("E1", item),))
    verdicts = [{"epc": one.epc, "verdict": one.verdict} for one in settle(POLICY, facts)]
    body = {"kind": "door_closed", "policy": POLICY.digest, "facts": msgspec.to_builtins(facts), "verdicts": verdicts}
    found: dict[str, Any] = json.loads(canonical(body))
    return found


def after(body: dict[str, Any], sheet: str = SHEET) -> str:
    again = Rejudge()
    assert again.fault({"kind": "policy_set", "policy": load_policy(sheet).digest, "sheet": sheet}) == ""
    return again.fault(body)


def test_an_honest_verdict_comes_out_the_same() -> None:
    assert closing()["verdicts"] == [{"epc": "E1", "verdict": "without_approval"}]
    assert after(closing()) == ""


def test_a_verdict_made_kinder_is_found() -> None:
    body = closing()
    body["verdicts"][0]["verdict"] = "as_approved"
    assert "judged again" in after(body)


@pytest.mark.parametrize("lost", ["taken", "station"])
def test_facts_that_were_thinned_are_found(lost: str) -> None:
    body = closing()
    del body["facts"][lost]
    assert after(body) != ""


def test_a_sheet_nobody_entered_is_found() -> None:
    assert "which no entry before it holds" in Rejudge().fault(closing())
    assert "which no entry before it holds" in after(closing(), SHEET + "\n# another company's sheet\n")


def test_a_sheet_is_entered_once_until_it_changes(database: Database) -> None:
    other = load_policy(SHEET + "\n# changed\n")
    assert [
        note_sheet(database, POLICY, SHEET, 1),
        note_sheet(database, POLICY, SHEET, 2),
        note_sheet(database, other, SHEET + "\n# changed\n", 3),
        note_sheet(database, POLICY, SHEET, 4),
    ] == [True, False, True, True]


DAY: dict[str, tuple[tuple[str, ...], object]] = {
    "request_filed": (("filer", "role"), "guest_auditor"),
    "request_step_approved": (("approver", "role"), "requester"),
    "request_approved": (("approver", "role"), "requester"),
    "request_refused": (("approver", "id"), 1),
    "registered": (("person", "role"), "requester"),
    "ordered": (("by", "role"), "requester"),
    "renewal_filed": (("before",), 99),
    "emergency_used": (("proof",), ""),
    "emergency_approved": (("is_decided",), True),
    "emergency_disapproved": (("approver", "role"), "requester"),
}
"""Entry kind -> where a fact is whose change makes what was allowed forbidden, and the change."""

REST = {
    "request_filed": "items",
    "request_step_approved": "request",
    "request_approved": "request",
    "request_refused": "request",
    "registered": "items",
    "ordered": "items",
    "renewal_filed": "out",
    "emergency_used": "items",
    "emergency_approved": "emergency",
    "emergency_disapproved": "emergency",
}
"""Entry kind -> a fact it cannot be without."""


@pytest.fixture
def decided(database: Database, tmp_path: Path) -> list[dict[str, Any]]:
    """Give the bodies of a ledger with a decision of every kind, made over HTTP."""
    house = House(database, tmp_path)
    note_sheet(database, POLICY, SHEET, house.clock.wall_us())
    loan = house.approved("F1", due=moment(house, 0.1))
    refused = house.li.post("/requests", {"items": ["F6"], "mode": "loan", "purpose": "核对", "for": "wang"})["id"]
    house.zhao.post(f"/requests/{refused}/refuse", {"note": "否"})
    house.chen.post("/registrations", {"person": "dong", "items": ["F6"], "mode": "loan", "purpose": "查阅"})
    house.chen.post("/orders", {"person": "ke", "items": ["F6"], "task": "repair", "purpose": "修补"})
    shared = house.wang.post(
        "/requests", {"items": ["F3"], "mode": "sharing", "purpose": "审计", "recipient": "采购部"}
    )
    house.ma.post(f"/requests/{shared['id']}/approve")
    house.visit("wang", taken=[1])
    house.wang.post(f"/requests/{loan}/renew", {"due": moment(house, 1)})
    for item, said in (("F2", "approve"), ("F3", "disapprove")):
        taken = {"items": [item], "other": "chen", "purpose": "水管爆裂", "password": PASSWORD}
        number = house.wang.post("/emergencies", taken)["id"]
        (house.zhao if item == "F2" else house.gao).post(f"/emergencies/{number}/{said}", {"note": "已核"})
    with open_ledger(None, database.url) as (entries, anchors):
        rows = list(entries)
        report = check(rows, anchors)
    bodies = [json.loads(row.body) for row in rows]
    judged = [body for body in bodies if body["kind"] in (*DECISIONS, "door_closed")]
    assert (report.wrong, report.judged) == ("", len(judged))
    return bodies


def fault_of(bodies: list[dict[str, Any]]) -> str:
    again = Rejudge()
    return next((found for body in bodies if (found := again.fault(body))), "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r60_a_decision_that_its_own_facts_forbid_is_found(decided: list[dict[str, Any]]) -> None:
    assert set(DAY) == set(DECISIONS)
    assert fault_of(decided) == ""
    for kind, ((*parts, field), value) in DAY.items():
        bodies = json.loads(json.dumps(decided))
        body = next(one for one in bodies if one["kind"] == kind)
        facts = body["facts"][parts[0]] if parts else body["facts"]
        assert field in facts, (kind, sorted(facts))
        facts[field] = value
        assert fault_of(bodies).startswith("judged again it is refused: R"), kind


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r60_a_decision_without_whole_facts_or_its_sheet_is_found(decided: list[dict[str, Any]]) -> None:
    for kind in DAY:
        bodies = json.loads(json.dumps(decided))
        del next(one for one in bodies if one["kind"] == kind)["facts"][REST[kind]]
        assert "not whole" in fault_of(bodies), kind
        del next(one for one in bodies if one["kind"] == kind)["facts"]
        assert fault_of(bodies) == "it carries no facts to judge it by", kind
    assert "which no entry before it holds" in fault_of([body for body in decided if body["kind"] != "policy_set"])
