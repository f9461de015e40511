"""Narrowed rights over HTTP: what is outside is not listed, not shown, not acted on, and its cabinet stays shut."""

import json
import re
from typing import Any

import pytest

from server.domain.policy_people import InformationRules
from server.domain.words import AlarmKind, Mode, Role
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.people.rights import ASKED_OF_AUDITORS, RIGHTS, Act
from server.web.auth import DECLARED, PUBLIC
from tests.server.web.house import NUMBER, Caller, House, moment
from tests.server.web.test_people import give_line, open_alarms, shown

OTHER = {"code": "Z1", "kind": "file", "title": "界外题名", "secrecy": "ordinary", "category": "人事", "place": "b/1"}
LISTS = ("/items", "/items?q=Z1", "/items?q=界外", "/movements", "/loans", "/requests", "/alarms?state=all", "/counts")
MARKS = ("Z1", "界外", "人事")


@pytest.fixture
def split(house: House) -> House:
    """The company, with one file outside what is narrowed, which somebody has borrowed and is alarmed about."""
    house.chen.post("/items", {**OTHER, "epc": "E2FF"})
    house.approved("Z1", person="li")
    give_line(house, "li", 7, Mode.LOAN)
    with house.database.begin() as uow:
        now = house.clock.wall_us()
        set_alarm(uow, Alarming(AlarmKind.TAKEN_EXTRA, "z", now, NUMBER["li"], 7, "b", 1), now)
    return house


def narrowed(house: House, person: str, **limits: Any) -> Caller:
    """Narrow somebody's rights, and sign them in again."""
    house.sec.ask("PUT", f"/people/{person}/scope", limits)
    return house.signed_in(person)


@pytest.mark.parametrize(
    "limits", [{"categories": ["合同"]}, {"cabinets": ["a"]}], ids=lambda limits: next(iter(limits))
)
def test_r40_what_is_outside_narrowed_rights_is_neither_listed_nor_shown_nor_acted_on(
    split: House, limits: dict[str, list[str]]
) -> None:
    house = split
    assert "Z1" in json.dumps(house.chen.get("/alarms?state=all"))
    chen = narrowed(house, "chen", **limits)
    for path in LISTS:
        said = json.dumps(chen.get(path), ensure_ascii=False)
        assert not [mark for mark in MARKS if mark in said], (path, said)
    assert len(chen.get("/items")["rows"]) == 6
    chen.get("/items/Z1", expect=404)
    chen.get("/items/Z1/history", expect=404)
    chen.post("/items/Z1/tags", {"epc": "E2FE"}, expect=404)
    (number,) = [row["id"] for row in house.zhao.get("/alarms")["rows"] if row["item"] == "Z1"]
    chen.get(f"/alarms/{number}", expect=404)
    chen.post(f"/alarms/{number}/close", {"conclusion": "x"}, expect=404)
    (request,) = [row["id"] for row in house.zhao.get("/requests")["rows"] if row["items"] == ["Z1"]]
    chen.get(f"/requests/{request}", expect=404)
    order = {"person": "chen", "items": ["Z1"], "task": "move", "purpose": "x"}
    chen.post("/orders", order, expect=404)
    chen.post("/labels", {"items": ["Z1"], "format": "png"}, expect=404)
    assert (chen.get("/overview")["out"], chen.get("/overview")["open_alarms"]) == (0, 1)
    assert chen.get("/ledger", expect=403)["code"] == "not_your_role"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "left"), [("secrecy", {"F3"}), ("departments", set())])
def test_r40_rights_are_narrowed_by_secrecy_and_by_department(house: House, name: str, left: set[str]) -> None:
    chen = narrowed(house, "chen", **{name: ["secret"]})
    assert {row["code"] for row in chen.get("/items")["rows"]} == left
    whole = narrowed(house, "chen")
    assert len(whole.get("/items")["rows"]) == 6


def test_r40_what_one_holds_oneself_stays_within_reach(split: House) -> None:
    house = split
    house.visit("li", taken=[])
    li = narrowed(house, "li", cabinets=["a"])
    li.get("/items/Z1", expect=404)
    assert [row["items"] for row in li.get("/requests")["rows"]] == [["Z1"]]


def test_r40_a_cabinet_outside_narrowed_rights_stays_shut(house: House) -> None:
    house.approved("F1")
    assert shown(house, "wang")[0] == "grant_given"
    house.sec.ask("PUT", "/people/wang/scope", {"cabinets": ["b"]})
    kind, reasons = shown(house, "wang")
    assert (kind, ("R40", "outside_scope") in reasons) == ("access_refused", True)
    house.sec.ask("PUT", "/people/wang/scope", {"secrecy": ["ordinary"], "categories": ["合同"]})
    house.approved("F2")
    assert shown(house, "wang")[0] == "grant_given"
    house.approved("F6")
    house.visit("wang", taken=[6], door=2)
    house.sec.ask("PUT", "/people/wang/scope", {"categories": ["人事"]})
    assert shown(house, "wang")[0] == "grant_given"  # what is held comes back


def test_r61_a_guest_auditor_looks_only_for_a_time_and_within_a_scope_and_each_look_is_recorded(split: House) -> None:
    house = split
    assert [row["code"] for row in house.guest.get("/items")["rows"]] == ["F1", "F2", "F3", "F4", "F5", "F6"]
    house.guest.get("/items/Z1", expect=404)
    house.guest.get("/items/F1")
    looks = [(row["what"], row["about"]) for row in house.shen.get("/looks?person=guest")["rows"]]
    assert looks == [
        ("looked", "GET /api/v1/items/F1"),
        ("refused", "GET /api/v1/items/Z1"),
        ("looked", "GET /api/v1/items/Z1"),
        ("looked", "GET /api/v1/items"),
    ]
    kinds = [row["kind"] for row in house.shen.get("/ledger?limit=500")["rows"]]
    assert (kinds.count("record_looked"), kinds.count("record_refused")) == (3, 1)
    far = {"categories": ["合同"], "until": moment(house, 60)}
    wrong = [({"categories": ["合同"]}, "guest_unlimited"), (far, "guest_too_long")]
    for limits, code in [*wrong, ({"until": moment(house, 5)}, "guest_unlimited")]:
        said = house.sec.ask("PUT", "/people/guest/scope", limits, expect=403)
        assert {(r["rule"], r["code"]) for r in said["reasons"]} == {("R61", code)}
    house.shift(8 * 86_400)
    over = house.signed_in("guest").get("/items", expect=403)
    assert {(r["rule"], r["code"]) for r in over["reasons"]} == {("R61", "access_over")}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r61_auditors_change_nothing(house: House) -> None:
    """Every call that changes something is refused to them, but for what is asked of auditors themselves."""
    wrong = []
    for path, methods in house.app.openapi()["paths"].items():
        for method, operation in methods.items():
            act = operation[DECLARED]
            if method in ("get", "head") or act == PUBLIC or act in ASKED_OF_AUDITORS:
                continue
            for name in ("shen", "guest"):
                address = re.sub(r"\{[a-z_]+\}", "1", path.removeprefix("/api/v1"))
                said = getattr(house, name).ask(method, address, {}, expect=403)
                if not {reason["rule"] for reason in said["reasons"]} & {"R40", "R61"}:
                    wrong.append((name, method, path))
    assert wrong == []
    assert Role.GUEST_AUDITOR not in RIGHTS[Act.ATTEND_DESTRUCTION] | RIGHTS[Act.ASK_CREDIT]
    house.shen.post("/notices/1/read", expect=404)


def too_many(house: House, field: str) -> int:
    rules: InformationRules = house.policy.information
    return int(getattr(rules, field))


def test_r22_being_refused_records_again_and_again_is_alarmed(house: House) -> None:
    for _ in range(too_many(house, "refusals") - 1):
        house.qian.get("/ledger", expect=403)
    assert open_alarms(house, "record_access_refused_repeatedly") == []
    house.qian.get("/ledger", expect=403)
    assert [row["person"] for row in open_alarms(house, "record_access_refused_repeatedly")] == ["qian"]


def test_r22_an_unusual_amount_of_exports_is_alarmed(house: House) -> None:
    def export() -> None:
        headers = {"Authorization": f"Bearer {house.ma.token}"}
        assert house.client.get("/api/v1/ledger/export", headers=headers).status_code == 200

    for _ in range(too_many(house, "exports") - 1):
        export()
    assert open_alarms(house, "unusual_export") == []
    export()
    assert [row["person"] for row in open_alarms(house, "unusual_export")] == ["ma"]


def test_r22_opening_secret_records_without_a_duty_is_alarmed_and_with_one_is_not(house: House) -> None:
    codes = [f"S{n}" for n in range(too_many(house, "outside_duty_views"))]
    for code in codes:
        house.chen.post("/items", {**OTHER, "code": code, "secrecy": "secret", "place": "a/1"})
    for code in codes:
        house.chen.get(f"/items/{code}")  # keeping them is the archivist's duty
    asked = {"items": codes[:1], "mode": "reading", "purpose": "复核"}
    house.wang.post("/requests", asked)
    for code in codes:
        house.gao.get(f"/items/{code}")  # the first is asked for: deciding it is the general manager's duty
    assert open_alarms(house, "record_viewed_outside_duty") == []
    house.chen.post("/items", {**OTHER, "code": "S99", "secrecy": "confidential", "place": "a/1"})
    house.gao.get("/items/S99")
    assert [row["person"] for row in open_alarms(house, "record_viewed_outside_duty")] == ["gao"]
    closed = open_alarms(house, "record_viewed_outside_duty")[0]["id"]
    house.sec.post(f"/alarms/{closed}/close", {"conclusion": "已查明"})


def test_r40_what_is_within_narrowed_rights_is_not_moved_beyond_them_nor_made_there(split: House) -> None:
    chen = narrowed(split, "chen", categories=["合同"])
    for change in ({"category": "人事"}, {"category": ""}):
        said = chen.ask("PATCH", "/items/F1", {**change, "reason": "x"}, 403, If_Match='"1"')
        assert [(r["rule"], r["code"]) for r in said["reasons"]] == [("R40", "outside_scope")]
    new = {**OTHER, "code": "Z2", "place": "a/1"}
    assert chen.rules("/items", new) == {("R40", "outside_scope")}
    assert chen.get("/items/F1")["category"] == "合同"
    chen.ask("PATCH", "/items/F1", {"title": "改题", "reason": "x"}, If_Match='"1"')
