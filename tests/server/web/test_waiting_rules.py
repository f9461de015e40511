"""The rules of what stands beside a request, each through the API: renewals, queues, emergencies."""

import pytest

from server.sweep.waiting import Queues, Unapproved
from tests.server.web.house import NUMBER, PASSWORD, House
from tests.server.web.test_request_rules import verdicts
from tests.server.web.test_requests import ASK, at

HOUR = 3600.0


def test_r05_a_loan_is_renewed_by_the_same_approvers_so_often_and_not_when_overdue(house: House) -> None:
    number = house.approved("F1", due=at(house, hours=2))
    assert ("R05", "renewal_nothing_out") in house.wang.rules(f"/requests/{number}/renew", {"due": at(house, days=1)})
    house.visit("wang", taken=[1])
    house.qian.post(f"/requests/{number}/renew", {"due": at(house, days=1)}, expect=404)
    assert ("R01", "renewal_not_yours") in house.sun.rules(f"/requests/{number}/renew", {"due": at(house, days=1)})
    for days in (1, 2):
        filed = house.wang.post(f"/requests/{number}/renew", {"due": at(house, days=days), "purpose": "尚未核完"})
        assert (filed["renews"], filed["awaits"], filed["state"]) == (number, ["head_of_office"], "filed")
        house.gao.rules(f"/requests/{filed['id']}/approve")
        house.zhao.post(f"/requests/{filed['id']}/approve")
        (loan,) = house.chen.get("/loans")["rows"]
        assert (loan["due_at"], loan["due_rule"]) == (filed["due_at"], "approval")
    assert house.wang.rules(f"/requests/{number}/renew", {"due": at(house, days=9)}) == {("R05", "renewal_too_often")}
    assert verdicts(house) == ["as_approved"]


def test_r05_what_is_overdue_or_waited_for_is_not_renewed(house: House) -> None:
    number = house.approved("F1", due=at(house, hours=2))
    house.visit("wang", taken=[1])
    waiting = house.wang.post(f"/requests/{number}/renew", {"due": at(house, days=1)})["id"]
    house.dong.post("/items/F1/holds", {"purpose": "等用"})
    assert house.zhao.rules(f"/requests/{waiting}/approve") == {("R05", "renewal_held")}
    house.shift(2 * HOUR + 60)
    renewed = house.wang.rules(f"/requests/{number}/renew", {"due": at(house, days=1)})
    assert renewed == {("R05", "renewal_overdue"), ("R05", "renewal_held")}


def test_r01_the_first_in_the_queue_is_told_and_the_item_is_kept_for_them(house: House) -> None:
    assert house.qian.rules("/items/F1/holds") == {("R01", "hold_not_out")}
    assert house.qian.rules("/items/F4/holds") >= {("R06", "secrecy_never")}
    house.approved("F1")
    house.visit("wang", taken=[1])
    assert house.wang.rules("/items/F1/holds") == {("R01", "hold_is_yours")}
    first, second = house.dong.post("/items/F1/holds"), house.qian.post("/items/F1/holds")
    assert (first["position"], second["position"]) == (1, 2)
    assert house.dong.rules("/items/F1/holds") == {("R01", "hold_twice")}
    assert [row["person"] for row in house.chen.get("/items/F1/holds")] == ["dong", "qian"]
    assert [row["person"] for row in house.qian.get("/items/F1/holds")] == ["qian"]
    queues = Queues(house.database, house.policy)
    house.visit("wang", put=[1])
    queues.turn(house.clock.wall_us())
    assert house.dong.get("/holds")["rows"][0]["kept_until"] is None  # back, but not checked yet
    house.chen.post("/items/F1/check", {"complete": True})
    queues.turn(house.clock.wall_us())
    assert [notice["kind"] for notice in house.dong.get("/notices")["rows"]] == ["hold_ready"]
    assert house.dong.get("/holds")["rows"][0]["kept_until"]
    number = house.li.post("/requests", ASK)["id"]
    assert house.zhao.rules(f"/requests/{number}/approve") == {("R01", "kept_for_another")}
    theirs = house.dong.post("/requests", {**ASK, "for": None})["id"]
    assert house.zhao.post(f"/requests/{theirs}/approve")["state"] == "approved"
    assert house.dong.get("/holds")["rows"][0]["why"] == "given"


def test_r01_what_is_kept_in_vain_goes_to_the_next_and_who_leaves_is_passed_over(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    for who in (house.dong, house.qian, house.sun):
        who.post("/items/F1/holds")
    mine = house.qian.get("/holds")["rows"][0]["id"]
    house.dong.post(f"/holds/{mine}/leave", expect=404)
    assert house.qian.post(f"/holds/{mine}/leave")["why"] == "left"
    house.visit("wang", put=[1])
    house.chen.post("/items/F1/check", {"complete": True})
    queues = Queues(house.database, house.policy)
    queues.turn(house.clock.wall_us())
    house.shift(25 * HOUR)
    queues.turn(house.clock.wall_us())
    assert house.dong.get("/holds")["rows"][0]["why"] == "lapsed"
    assert house.sun.get("/holds")["rows"][0]["kept_until"]


EMERGENCY = {"items": ["F2", "F4"], "other": "chen", "purpose": "水管爆裂,抢救档案"}


def test_r02_an_emergency_needs_a_second_person_who_shows_to_be_there(house: House) -> None:
    assert house.wang.rules("/emergencies", EMERGENCY) == {("R02", "emergency_unproven")}
    assert ("R02", "emergency_unproven") in house.wang.rules("/emergencies", {**EMERGENCY, "badge": f"{1:010X}"})
    assert ("R02", "emergency_unproven") in house.wang.rules("/emergencies", {**EMERGENCY, "password": "guessed"})
    alone = {**EMERGENCY, "other": "wang", "password": PASSWORD, "purpose": ""}
    assert house.wang.rules("/emergencies", alone) == {("R02", "emergency_alone"), ("R01", "purpose_missing")}
    by_auditor = house.wang.rules("/emergencies", {**EMERGENCY, "other": "shen"})
    assert ("R02", "emergency_post") in by_auditor
    house.visit("wang", taken=[2])
    assert verdicts(house) == ["unattributed"]


@pytest.mark.parametrize("proof", [{"badge": f"{NUMBER['chen']:010X}"}, {"password": PASSWORD}])
def test_r02_an_emergency_opens_at_once_and_is_alarmed_approved_afterwards_and_flagged_for_ever(
    house: House, proof: dict[str, str]
) -> None:
    used = house.wang.post("/emergencies", {**EMERGENCY, **proof})
    number = used["id"]
    assert (used["state"], used["proof"], used["flagged"]) == ("waiting", next(iter(proof)), True)
    alarms = {alarm["kind"]: alarm["severity"] for alarm in house.chen.get("/alarms")["rows"]}
    assert alarms["emergency_open_used"] == "critical"
    house.visit("wang", taken=[2, 4])
    assert verdicts(house) == ["as_approved", "as_approved"]
    house.qian.get(f"/emergencies/{number}", expect=404)
    assert ("R10", "emergency_own") in house.chen.rules(f"/emergencies/{number}/approve")
    assert ("R02", "emergency_post_afterwards") in house.zhao.rules(f"/emergencies/{number}/approve")
    assert house.gao.post(f"/emergencies/{number}/approve")["state"] == "approved"  # nobody else could: F4 is R06


def test_r02_an_emergency_is_approved_by_whoever_could_have_approved(house: House) -> None:
    body = {**EMERGENCY, "items": ["F2"], "password": PASSWORD}
    number = house.wang.post("/emergencies", body)["id"]
    assert house.gao.rules(f"/emergencies/{number}/approve") == {("R02", "emergency_post_afterwards")}
    house.zhao.post("/delegations", {"to": "dong", "until": at(house, days=2)})
    done = house.dong.post(f"/emergencies/{number}/approve", {"note": "属实"})
    assert (done["state"], done["approver"], done["delegation"], done["flagged"]) == ("approved", "dong", 1, True)
    assert ("R02", "emergency_decided") in house.zhao.rules(f"/emergencies/{number}/disapprove")
    Unapproved(house.database).turn(house.clock.wall_us() + 48 * 3_600_000_000)
    assert {alarm["kind"] for alarm in house.chen.get("/alarms")["rows"]} == {"emergency_open_used"}


def test_r02_an_emergency_not_approved_in_time_is_alarmed_and_stays_flagged(house: House) -> None:
    body = {**EMERGENCY, "items": ["F3"], "password": PASSWORD}
    number = house.wang.post("/emergencies", body)["id"]
    job = Unapproved(house.database)
    job.turn(house.clock.wall_us())
    house.shift(25 * HOUR)
    for _ in range(2):
        job.turn(house.clock.wall_us())
    Unapproved(house.database).turn(house.clock.wall_us())
    kinds = [alarm["kind"] for alarm in house.chen.get("/alarms")["rows"]]
    assert kinds.count("emergency_not_approved") == 1
    assert house.wang.get(f"/emergencies/{number}")["state"] == "late"
    said = house.sun.post(f"/emergencies/{number}/disapprove", {"note": "并非紧急"})
    assert (said["state"], said["flagged"]) == ("disapproved", True)


@pytest.mark.parametrize(("said", "second"), [("approve", "as_approved"), ("disapprove", "without_approval")])
def test_r02_a_disapproved_emergency_entitles_to_nothing_more(house: House, said: str, second: str) -> None:
    number = house.wang.post("/emergencies", {**EMERGENCY, "items": ["F1", "F2"], "password": PASSWORD})["id"]
    house.visit("wang", taken=[1])
    house.zhao.post(f"/emergencies/{number}/{said}", {"note": "已核"})
    house.visit("wang", taken=[2])
    assert verdicts(house) == ["as_approved", "not_taken", second]


def test_r02_what_a_session_has_reserved_of_a_disapproved_emergency_is_void_too(house: House) -> None:
    number = house.wang.post("/emergencies", {**EMERGENCY, "items": ["F1"], "password": PASSWORD})["id"]
    session, asks = house.station.asks(NUMBER["wang"], at_us=house.clock.wall_us())
    house.intake.take(asks)
    house.zhao.post(f"/emergencies/{number}/disapprove", {"note": "并非紧急"})
    house.intake.take(house.station.closes(session, at_us=house.clock.wall_us(), taken=[1]))
    assert verdicts(house) == ["without_approval"]
