"""Customers by HTTP (R37-R39): grades by approval only, control plans, sealed fields, keys that turn while serving."""

import base64
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from server.domain.words import Role
from server.service.context import Writing
from server.service.customers.customers import CustomerFacts, mark_gone, upsert_customer
from server.service.customers.sealed import rotate_keys
from server.service.customers.vault import FILE, SealBrokenError
from server.service.people.rights import Viewer
from server.store.tables import SealedValue, Unmasking
from tests.server.web.house import House

IDENTITY = "91310000MA1K4BCDE9"
CONTACT = "138 0000 1111"
HOUR = 3600


def customer(house: House, **more: Any) -> int:
    """Take a customer in; gives the number."""
    body = {"name": "长风机械", "sealed": {"identity_number": IDENTITY, "contact": CONTACT}, **more}
    number: int = house.chen.post("/customers", body)["id"]
    return number


def allowed(house: House, number: int | None, act: str, person: str = "chen") -> int:
    """Have somebody allowed to see or change a grade; gives the request's number."""
    asked: int = getattr(house, person).post("/credit-requests", {"customer": number, "act": act, "purpose": "复核"})[
        "id"
    ]
    house.zhao.post(f"/credit-requests/{asked}/approve")
    return asked


def patched(house: House, number: int, expect: int | None = None, **change: Any) -> Any:
    """Change a customer in the version it is in."""
    version = house.chen.get(f"/customers/{number}")["version"]
    return house.chen.ask("PATCH", f"/customers/{number}", change, expect, If_Match=f'"{version}"')


def ahead(house: House, days: float) -> str:
    """Write the moment some days on."""
    return (datetime.fromtimestamp(house.clock.wall_us() / 1e6, UTC) + timedelta(days=days)).isoformat()


def codes(said: Any) -> set[tuple[str, str]]:
    """Say by which rules something was refused."""
    return {(reason["rule"], reason["code"]) for reason in said["reasons"]}


# ------------------------------------------------------------ R37


def test_r37_a_grade_is_neither_seen_nor_changed_without_an_approval_of_its_own(house: House) -> None:
    number = customer(house)
    assert codes(patched(house, number, 403, grade="A")) == {("R37", "credit_change_needs_approval")}
    seeing = allowed(house, number, "see")
    assert codes(patched(house, number, 403, grade="A")) == {("R37", "credit_change_needs_approval")}
    allowed(house, number, "change")
    assert patched(house, number, grade="A")["grade"] == "A"
    assert codes(patched(house, number, 403, grade="B")) == {("R37", "credit_change_needs_approval")}
    for other in ("ma", "gao", "wang", "shen"):
        seen = getattr(house, other).get(f"/customers/{number}")
        assert (seen["grade"], seen["grade_masked"]) == (None, True), other
        changes = str(getattr(house, other).get(f"/customers/{number}/changes"))
        assert "'new': 'A'" not in changes
        assert "'A'" not in str(getattr(house, other).get(f"/customers/{number}/as-of?at={ahead(house, 0)[:-6]}Z"))
    assert house.chen.get(f"/customers/{number}")["grade"] == "A"
    house.shift(25 * HOUR)
    assert house.chen.get(f"/customers/{number}")["grade"] is None
    states = {row["id"]: row["state"] for row in house.chen.get("/credit-requests")["rows"]}
    assert states[seeing] == "expired"


def test_r37_an_approval_covers_its_customer_and_nobody_approves_their_own(house: House) -> None:
    one, other = customer(house), customer(house, name="别家", sealed={})
    allowed(house, one, "see", "wang")
    assert house.wang.get(f"/customers/{one}")["grade_masked"] is False
    assert house.wang.get(f"/customers/{other}")["grade_masked"] is True
    own = house.ma.post("/credit-requests", {"customer": one, "purpose": "自查"})["id"]
    said = house.ma.rules(f"/credit-requests/{own}/approve")
    assert ("R37", "own_request") in said
    assert house.zhao.rules(f"/credit-requests/{own}/approve") == {("R37", "approver_post")}
    assert house.gao.post(f"/credit-requests/{own}/approve")["state"] == "approved"
    house.li.post(f"/credit-requests/{own}/approve", expect=403)
    assert house.chen.rules("/credit-requests", {"act": "change", "purpose": ""}) == {
        ("R37", "purpose_missing"),
        ("R37", "credit_one_customer"),
    }
    assert {row["person"] for row in house.wang.get("/credit-requests")["rows"]} == {"wang"}


def test_r37_a_refused_request_gives_nothing(house: House) -> None:
    number = customer(house)
    asked = house.wang.post("/credit-requests", {"customer": number, "purpose": "好奇"})["id"]
    assert house.zhao.post(f"/credit-requests/{asked}/refuse", {"note": "无必要"})["state"] == "refused"
    assert house.wang.get(f"/customers/{number}")["grade"] is None
    assert house.zhao.rules(f"/credit-requests/{asked}/approve") == {("R37", "request_not_waiting")}


def test_r37_a_risk_has_a_control_plan_with_owner_and_review_dates(house: House) -> None:
    number = customer(house)
    allowed(house, number, "change")
    assert codes(patched(house, number, 403, grade="C")) == {("R37", "grade_needs_plan")}
    plan = {"owner": "li", "plan": "预付款,逐单审批", "review": ahead(house, 20)}
    house.chen.ask("PUT", f"/customers/{number}/control-plan", {**plan, "review": ahead(house, -1)}, 422)
    house.chen.ask("PUT", f"/customers/{number}/control-plan", plan)
    assert patched(house, number, grade="C")["version"] == 3
    assert house.li.get(f"/customers/{number}/control-plan")["owner"] == "li"
    house.wang.get(f"/customers/{number}/control-plan", expect=403)
    house.shift(21 * 24 * HOUR)
    from tests.server.web.test_keeping import turn

    turn(house)
    late = house.ma.get("/duties?overdue=true&kind=control_plan_review")["rows"]
    assert [row["subject"] for row in late] == [f"customer/{number}"]
    again = {"review": ahead(house, 30), "note": "维持"}
    house.wang.post(f"/customers/{number}/control-plan/reviews", again, expect=403)
    assert house.li.post(f"/customers/{number}/control-plan/reviews", again)["overdue"] is False
    assert house.ma.get("/duties?overdue=true&kind=control_plan_review")["rows"] == []


def test_r39_a_backup_is_taken_before_a_credit_file_is_updated(house: House) -> None:
    number, taken = customer(house), list[str]()

    def backup(why: str) -> str:
        assert house.chen.get(f"/customers/{number}")["version"] == 2
        taken.append(why)
        return why

    house.app.state.deps = replace(house.app.state.deps, backup=backup)
    assert codes(patched(house, number, 403, sealed={"credit": "授信 50 万"})) == {
        ("R37", "credit_change_needs_approval")
    }
    assert taken == []
    allowed(house, number, "change")
    assert patched(house, number, sealed={"credit": "授信 50 万"})["sealed"]["credit"] == "＊＊＊"
    assert taken == [f"credit file of customer {number}"]


# ------------------------------------------------------------ R38


def test_r38_sensitive_fields_are_sealed_at_rest_and_masked(house: House, tmp_path: Path) -> None:
    number = customer(house)
    shown = house.ma.get(f"/customers/{number}")
    assert set(shown["sealed"].values()) == {"＊＊＊"}
    assert IDENTITY not in str([house.shen.get("/ledger?limit=500"), house.chen.get(f"/customers/{number}/changes")])
    with house.database.read() as session:
        rows = session.exec(select(SealedValue)).all()
    assert all(IDENTITY not in row.sealed + row.blind and row.key_id for row in rows)
    assert len(rows) == 2
    assert all(value.encode() not in base64.b64decode(row.sealed) for row in rows for value in (IDENTITY, CONTACT))
    if house.database.is_sqlite:
        with closing(sqlite3.connect(tmp_path / "guiwei.sqlite")) as connection:
            assert IDENTITY not in "\n".join(connection.iterdump())
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_r38_unmasking_is_for_whose_duty_needs_it_and_every_time_is_recorded(house: House) -> None:
    number = customer(house)
    body = {"field": "identity_number", "purpose": "核对合同"}
    assert house.ma.post(f"/customers/{number}/unmask", body)["value"] == IDENTITY
    assert house.wang.rules(f"/customers/{number}/unmask", body) == {("R38", "field_not_needed")}
    assert house.ma.rules(f"/customers/{number}/unmask", {**body, "purpose": ""}) == {("R38", "purpose_missing")}
    house.ma.post(f"/customers/{number}/unmask", {**body, "field": "shoe_size"}, expect=422)
    with house.database.read() as session:
        rows = session.exec(select(Unmasking).order_by(Unmasking.id)).all()  # type: ignore[arg-type]
    assert [(row.field, row.purpose, row.allowed) for row in rows] == [
        ("identity_number", "核对合同", True),
        ("identity_number", "核对合同", False),
        ("identity_number", "", False),
    ]
    kinds = [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]
    assert (kinds.count("field_unmasked"), kinds.count("field_refused")) == (1, 2)


def test_r22_repeated_refusals_to_unmask_are_an_alarm(house: House) -> None:
    number = customer(house)
    for _ in range(3):
        house.wang.rules(f"/customers/{number}/unmask", {"field": "contact", "purpose": "x"})
    alarms = [row["kind"] for row in house.ma.get("/alarms")["rows"]]
    assert alarms.count("record_access_refused_repeatedly") == 1


def test_r38_the_credit_file_needs_an_approval_besides_the_role(house: House) -> None:
    number = customer(house)
    allowed(house, number, "change")
    patched(house, number, sealed={"credit": "授信 50 万"})
    body = {"field": "credit", "purpose": "签约"}
    assert house.li.rules(f"/customers/{number}/unmask", body) == {("R37", "credit_seeing_needs_approval")}
    allowed(house, number, "see", "li")
    assert house.li.post(f"/customers/{number}/unmask", body)["value"] == "授信 50 万"


def test_r38_a_value_is_found_exactly_without_being_opened(house: House) -> None:
    number = customer(house)
    customer(house, name="别家", sealed={"identity_number": "110101199001011234"})
    body = {"field": "identity_number", "purpose": "查重"}
    found = house.ma.post("/customers/lookup", {**body, "value": f" {IDENTITY.lower()} "})
    assert [row["id"] for row in found["rows"]] == [number]
    assert house.ma.post("/customers/lookup", {**body, "value": IDENTITY[:-1]})["rows"] == []
    assert house.wang.rules("/customers/lookup", {**body, "value": IDENTITY}) == {("R38", "field_not_needed")}
    patched(house, number, sealed={"identity_number": "另一个"})
    assert house.ma.post("/customers/lookup", {**body, "value": IDENTITY})["rows"] == []


def test_r38_keys_turn_while_the_server_serves(house: House, tmp_path: Path) -> None:
    number = customer(house)
    before = house.vault.current
    old_file = (tmp_path / FILE).read_text()
    assert rotate_keys(house.database, type(house.vault)(tmp_path), house.clock.wall_us()) == 2
    after = house.vault.current
    with house.database.read() as session:
        assert {row.key_id for row in session.exec(select(SealedValue))} == {after}
    assert after != before
    body = {"field": "identity_number", "purpose": "核对"}
    assert house.ma.post(f"/customers/{number}/unmask", body)["value"] == IDENTITY
    assert [r["id"] for r in house.ma.post("/customers/lookup", {**body, "value": IDENTITY})["rows"]] == [number]
    rotate_keys(house.database, house.vault, house.clock.wall_us())
    assert before not in (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(old_file)
    with pytest.raises(SealBrokenError, match="there is no key"):
        house.ma.post(f"/customers/{number}/unmask", body)


def test_a_sealed_value_moved_to_another_customer_does_not_open(house: House) -> None:
    sealed = house.vault.seal("1", "contact", "138")
    assert house.vault.open("1", "contact", sealed.key_id, sealed.text) == "138"
    for place, field in (("2", "contact"), ("1", "identity_number")):
        with pytest.raises(SealBrokenError):
            house.vault.open(place, field, sealed.key_id, sealed.text)


# ------------------------------------------------------------ R35 and R66 for customers


def test_r35_a_customers_changes_are_kept_and_earlier_states_seen(house: House) -> None:
    number = customer(house, region="华东")
    house.shift(60)
    before = ahead(house, 0)
    house.shift(60)
    patched(house, number, region="华南", sealed={"contact": "139"}, reason="迁址")
    rows = house.wang.get(f"/customers/{number}/changes")["rows"]
    assert {(row["field"], row["old"], row["new"]) for row in rows if row["reason"] == "迁址"} == {
        ("region", "华东", "华南"),
        ("contact", "＊＊＊", "＊＊＊"),
    }
    old = house.wang.get(f"/customers/{number}/as-of?at={before.replace('+', '%2B')}")
    assert old["fields"]["region"] == "华东"
    house.chen.ask("PATCH", f"/customers/{number}", {"name": "x"}, 428)
    house.chen.ask("PATCH", f"/customers/{number}", {"name": "x"}, 412, If_Match='"1"')


def test_r66_another_systems_customer_is_taken_in_kept_in_step_and_marked_gone(house: House) -> None:
    viewer = Viewer(0, "zoho", "zoho", Role.SYSTEM_ADMIN, "", "zoho")

    def step(facts: CustomerFacts | None) -> int:
        with house.database.begin() as uow:
            work = Writing(uow.session, house.clock.wall_us(), house.policy, viewer, house.zone, uow)
            if facts is None:
                return int(mark_gone(work, "zoho", "Z1"))
            return upsert_customer(work, house.vault, "zoho", "Z1", facts)

    number = step(CustomerFacts("甲公司", region="华东", grade="B", sealed={"contact": "138"}))
    assert step(CustomerFacts("甲公司", region="华东", grade="A")) == number
    assert step(CustomerFacts("甲集团")) == number
    shown = house.chen.get(f"/customers/{number}")
    assert (shown["name"], shown["region"], shown["version"]) == ("甲集团", "华东", 3)
    assert shown["links"] == [{"source": "zoho", "external_id": "Z1", "gone": False}]
    allowed(house, number, "see")
    assert house.chen.get(f"/customers/{number}")["grade"] == "B"
    assert (step(None), step(None)) == (1, 0)
    assert house.chen.get(f"/customers/{number}")["gone"] is True
    step(CustomerFacts("甲集团"))
    assert house.chen.get(f"/customers/{number}")["gone"] is False
