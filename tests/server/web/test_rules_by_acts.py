"""Rules whose own function is tested alone elsewhere, shown once from the act to what a person is told."""

from datetime import UTC, datetime

import pytest

from tests.server.web.house import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONDAY_TEN = datetime(2030, 3, 4, 2, tzinfo=UTC)


@pytest.fixture
def monday(house: House) -> House:
    """The company on a Monday at ten in the morning."""
    house.shift(MONDAY_TEN.timestamp() - house.clock.wall_us() / 1e6)
    return house


def due(house: House) -> dict[str, tuple[str, str]]:
    return {loan["item"]: (loan["due_at"], loan["due_rule"]) for loan in house.chen.get("/loans")["rows"]}


def test_r05_an_original_is_due_at_close_of_business_unless_the_approval_says_otherwise(monday: House) -> None:
    monday.approved("F1")
    monday.approved("F2", due="2030-03-05T12:00:00+08:00")
    monday.visit("wang", taken=[1, 2])
    assert due(monday) == {
        "F1": ("2030-03-04T17:30:00.000+08:00", "R05"),
        "F2": ("2030-03-05T12:00:00.000+08:00", "approval"),
    }
    assert monday.chen.get("/loans?overdue=true")["rows"] == []
    monday.shift(8 * 3600)
    assert [loan["item"] for loan in monday.chen.get("/loans?overdue=true")["rows"]] == ["F1"]


def test_r02_what_is_taken_on_the_way_of_a_return_is_without_approval(monday: House) -> None:
    monday.approved("F1")
    monday.visit("wang", taken=[1])
    monday.visit("wang", put=[1], taken=[2])
    rows = {row["item"]: row for row in monday.shen.get("/movements")["rows"] if row["item"] == "F2"}
    assert (rows["F2"]["verdict"], rows["F2"]["lawful"], rows["F2"]["person"]) == ("without_approval", "no", "wang")
    assert {reason["rule"] for reason in rows["F2"]["reasons"]} == {"R02"}
    assert [alarm["kind"] for alarm in monday.chen.get("/alarms")["rows"]] == ["taken_without_approval"]


def test_r09_leaders_borrow_ordinary_items_straight_and_nobody_else_does(monday: House) -> None:
    straight = {"items": ["F6"], "mode": "loan", "purpose": "查阅"}
    assert ("R09", "registered_post") in monday.chen.rules("/registrations", {**straight, "person": "wang"})
    secret = monday.chen.rules("/registrations", {**straight, "items": ["F3"], "person": "gao"})
    assert ("R09", "registered_secrecy") in secret
    monday.chen.post("/registrations", {**straight, "person": "dong"})
    monday.visit("dong", door=2, taken=[6])
    assert monday.chen.get("/items/F6")["custody"]["person"] == "dong"
    assert monday.chen.get("/alarms?state=all")["rows"] == []


def test_r10_nobody_approves_their_own_request_and_the_try_is_alarmed(monday: House) -> None:
    own = monday.zhao.post("/requests", {"items": ["F1"], "mode": "loan", "purpose": "核对"})["id"]
    filed = monday.zhao.post("/requests", {"items": ["F2"], "mode": "loan", "purpose": "核对", "for": "wang"})["id"]
    for number in (own, filed):
        assert ("R10", "own_request") in monday.zhao.rules(f"/requests/{number}/approve")
        assert ("R10", "own_request") in monday.zhao.rules(f"/requests/{number}/refuse")
    kinds = [alarm["kind"] for alarm in monday.chen.get("/alarms")["rows"]]
    assert set(kinds) == {"self_approval_blocked"}
    assert monday.sun.post(f"/requests/{own}/approve")["state"] == "approved"


def test_r18_an_opening_without_a_session_names_nobody_and_its_items_are_under_its_incident(monday: House) -> None:
    monday.approved("F1")
    monday.visit("wang", taken=[1])
    monday.visit("wang", put=[1])
    monday.intake.take(monday.station.closes(None, cause="forced", taken=[2]))
    custody = monday.chen.get("/items/F2")["custody"]
    assert (custody["state"], custody["person"], custody["incident"]["kind"]) == ("incident", None, "door_forced")
    (row,) = [row for row in monday.shen.get("/movements")["rows"] if row["item"] == "F2"]
    assert (row["verdict"], row["person"], row["lawful"]) == ("unattributed", None, "unresolved")


def test_r10_a_delegate_approves_within_the_written_scope_and_time_only(monday: House) -> None:
    given = {"to": "zhao", "until": "2030-03-04T12:00:00+08:00", "scope": {"modes": ["reading"]}}
    monday.gao.post("/delegations", given)
    body = {"items": ["F3"], "purpose": "核对", "until": "2030-03-05T12:00:00+08:00"}
    loan, reading, late = (
        monday.wang.post("/requests", {**body, "mode": mode})["id"] for mode in ("loan", "reading", "reading")
    )
    assert ("R10", "delegation_scope") in monday.zhao.rules(f"/requests/{loan}/approve")
    assert monday.zhao.post(f"/requests/{reading}/approve")["state"] == "approved"
    monday.shift(3 * 3600)
    assert ("R10", "delegation_over") in monday.zhao.rules(f"/requests/{late}/approve")
