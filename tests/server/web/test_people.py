"""People over HTTP: posts that change at once, leavers, reviews of rights, training and breaches."""

from dataclasses import replace
from typing import Any

import pytest

from server.domain.policy_people import TrainingRow
from server.domain.scopes import DAY_US
from server.domain.words import AuthorityKind, Mode, Role, TrainedAct
from server.intake.service import IntakeService
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.lookups import known
from server.service.oversight import duties
from server.store.tables import Authority, KeySet, Line
from tests.server.company import KEYS
from tests.server.web.house import COMPANY, NUMBER, House, moment

MONTH = 31 * 86_400


def shown(house: House, person: str) -> tuple[str, set[tuple[str, str]]]:
    """Let somebody show their badge; give what the ledger says of it and the reasons."""
    _, asks = house.station.asks(NUMBER[person], at_us=house.clock.wall_us())
    house.intake.take(asks)
    rows = house.shen.get("/ledger?limit=500")["rows"]
    entry = [row for row in rows if row["kind"] in ("grant_given", "access_refused")][-1]
    return entry["kind"], {(reason["rule"], reason["code"]) for reason in entry["body"].get("reasons", ())}


def open_alarms(house: House, kind: str) -> list[dict[str, Any]]:
    return [row for row in house.sec.get("/alarms")["rows"] if row["kind"] == kind]


def test_r41_a_change_of_post_takes_effect_at_once_everywhere(house: House) -> None:
    house.approved("F1")
    assert house.wang.get("/me")["role"] == "requester"
    changed = house.sec.ask("PATCH", "/people/wang", {"role": "archivist", "department": "", "note": "调岗"})
    assert (changed["role"], changed["department"]) == ("archivist", "")
    house.wang.get("/me", expect=401)
    again = house.signed_in("wang")
    assert again.get("/items/F3")["masked"] is False
    assert {row["person"] for row in open_alarms(house, "rights_changed")} == {"wang"}
    entry = next(row for row in house.shen.get("/ledger?limit=500")["rows"] if row["kind"] == "person_changed")
    assert (entry["body"]["was"]["role"], entry["body"]["now"]["role"]) == ("requester", "archivist")
    house.sec.ask("PATCH", "/people/wang", {"active": False})
    again.get("/me", expect=401)
    assert shown(house, "wang") == ("access_refused", {("R20", "person_inactive")})
    assert {row["person"] for row in open_alarms(house, "inactive_badge")} == {"wang"}


def test_r41_a_withdrawn_badge_opens_nothing_any_more(house: House) -> None:
    house.approved("F1")
    assert shown(house, "wang")[0] == "grant_given"
    said = house.sec.post("/people/wang/badges/withdraw", {"badge": f"{NUMBER['wang']:010X}"})
    assert [badge["active"] for badge in said["badges"]] == [False]
    assert shown(house, "wang") == ("access_refused", {("R20", "badge_unknown")})
    assert [row["person"] for row in open_alarms(house, "inactive_badge")] == ["wang"]
    house.sec.post("/people/wang/badges/withdraw", {}, expect=404)


def test_r40_nobody_changes_their_own_rights_and_an_administrator_has_no_other_post(house: House) -> None:
    own = house.sec.ask("PATCH", "/people/sec", {"role": "archivist"}, expect=403)
    assert {(r["rule"], r["code"]) for r in own["reasons"]} == {("R40", "own_rights")}
    house.sec.ask("PUT", "/people/sec/scope", {"cabinets": ["a"]}, expect=403)
    house.approved("F1")
    house.visit("wang", taken=[1])
    mixed = house.sec.ask("PATCH", "/people/wang", {"role": "system_admin"}, expect=403)
    assert {r["code"] for r in mixed["reasons"]} == {"post_needs_clearance", "still_holds"}
    house.visit("wang", put=[1])
    house.chen.post("/items/F1/check", {"complete": True, "parts": 2})
    assert house.sec.ask("PATCH", "/people/wang", {"role": "system_admin"})["role"] == "system_admin"
    assert house.sec.ask("PATCH", "/people/wang", {"role": "system_admin"}, expect=403)["reasons"][0]["rule"] == "R40"
    for name in ("chen", "gao", "sys", "aud", "shen"):
        refused = getattr(house, name).ask("PATCH", "/people/wang", {"role": "archivist"}, expect=403)
        assert {r["rule"] for r in refused["reasons"]} == {"R40", "R41"} | ({"R61"} if name == "shen" else set())


def test_r43_a_leaver_is_refused_with_every_reason_and_cleared_of_everything(house: House) -> None:
    house.approved("F1", "F2")
    house.visit("wang", taken=[1])
    house.wang.post("/requests", {"items": ["F5"], "mode": "seal_use", "purpose": "用印", "documents": ["合同"]})
    with house.database.begin() as uow:
        uow.session.add(KeySet(station="a", name="main", holder_id=NUMBER["wang"], since_us=1))
    until = moment(house, 3)
    house.zhao.post("/delegations", {"to": "wang", "until": until}, expect=None)
    reasons = {(r["code"], r["item"]) for r in house.sec.get("/people/wang/clearance")["reasons"]}
    want = {"still_holds", "still_entitled", "still_requests", "still_has_keys", "still_delegates"}
    assert {code for code, _ in reasons} == want
    assert ("still_holds", "F1") in reasons
    refused = house.sec.post("/people/wang/clearance", {"note": "离职"}, expect=403)
    assert {(r["code"], r["item"]) for r in refused["reasons"]} == reasons
    assert {r["rule"] for r in refused["reasons"]} == {"R43"}


def test_r43_clearing_withdraws_right_badge_and_session(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    house.visit("wang", put=[1])
    assert {r["code"] for r in house.sec.get("/people/wang/clearance")["reasons"]} == {"still_answers_for"}
    house.chen.post("/items/F1/check", {"complete": True, "parts": 2})
    said = house.sec.post("/people/wang/clearance", {"note": "离职"})
    assert (said["active"], said["reasons"]) == (False, [])
    assert said["cleared_at"] is not None
    house.wang.get("/me", expect=401)
    assert shown(house, "wang") == ("access_refused", {("R20", "badge_unknown")})
    assert house.noted("person_cleared") == ["离职"]
    house.sec.post("/people/sec/clearance", {"note": ""}, expect=403)


def test_r42_rights_are_reviewed_at_intervals_and_an_overdue_review_is_flagged(house: House) -> None:
    with house.database.begin() as uow:
        duties.open_what_is_due(uow, house.policy, house.clock.wall_us(), house.zone)
    due = {row["person"]: row for row in house.sec.get("/rights?due=true")["rows"]}
    assert set(due) == set(NUMBER) - {"sec"}
    assert [row["person"] for row in house.li.get("/rights")["rows"]] == ["wang"]
    house.shift(7 * MONTH)
    with house.database.begin() as uow:
        assert duties.flag_overdue(uow, house.policy, house.clock.wall_us(), house.zone)
    assert house.signed_in("li").get("/rights")["rows"][0]["overdue"] is True
    said = house.signed_in("li").post("/rights/wang/review", {"said": "confirmed", "note": "仍需"})
    assert (said["said"], said["reviewed_by"], said["overdue"]) == ("confirmed", "li", False)
    kept = house.signed_in("sec").get("/rights?due=true")["rows"]
    assert "wang" not in {row["person"] for row in kept}


def test_r42_a_reviewer_withdraws_and_nobody_reviews_their_own(house: House) -> None:
    assert house.li.rules("/rights/qian/review", {"said": "withdrawn"}) == {("R42", "reviewer_post")}
    assert house.li.rules("/rights/li/review", {"said": "confirmed"}) == {("R42", "own_review")}
    house.approved("F1")
    house.li.post("/rights/wang/review", {"said": "withdrawn", "note": "调离"})
    house.wang.get("/me", expect=401)
    assert shown(house, "wang") == ("access_refused", {("R20", "badge_unknown")})
    assert {row["person"] for row in open_alarms(house, "rights_changed")} == {"wang"}


def test_r44_training_is_recorded_with_its_expiry_and_must_be_renewed(house: House) -> None:
    told = {"person": "wang", "subject": "security", "expires": moment(house, 1), "note": "年度培训"}
    row = house.chen.post("/training", told)
    assert (row["valid"], row["subject"]) == (True, "security")
    assert [r["id"] for r in house.wang.get("/training")["rows"]] == [row["id"]]
    assert house.qian.get("/training")["rows"] == []
    house.qian.get("/training?person=wang", expect=403)
    house.shift(2 * 86_400)
    (late,) = house.signed_in("chen").get("/duties?overdue=true&kind=training_renewal")["rows"]
    assert (late["subject"], late["rule"]) == ("wang", "R44")
    house.signed_in("chen").post("/training", {**told, "expires": moment(house, 400)})
    assert house.signed_in("chen").get("/duties?overdue=true&kind=training_renewal")["rows"] == []
    house.signed_in("wang").post("/training", told, expect=403)


def test_r45_a_breach_is_recorded_against_who_answers_for_it_with_its_outcome(house: House) -> None:
    with house.database.begin() as uow:
        fact = Alarming("taken_extra", "t", house.clock.wall_us(), person_id=NUMBER["wang"])
        number = known(set_alarm(uow, fact, house.clock.wall_us()).id)
    assert house.ma.rules("/breaches", {"rule": "R02", "alarm": number}) == {("R45", "alarm_not_concluded")}
    house.chen.post(f"/alarms/{number}/close", {"conclusion": "口头警告"})
    breach = house.ma.post("/breaches", {"rule": "R02", "alarm": number})
    assert (breach["person"], breach["outcome"], breach["closed_at"] is None) == ("wang", "口头警告", False)
    house.ma.post("/breaches", {"rule": "R02", "alarm": number}, expect=409)
    by_hand = house.ma.post("/breaches", {"rule": "R14", "person": "qian", "what": "在案卷上涂写"})
    assert by_hand["closed_at"] is None
    assert house.ma.rules(f"/breaches/{by_hand['id']}/conclude", {"outcome": " "}) == {("R45", "outcome_missing")}
    assert house.ma.post(f"/breaches/{by_hand['id']}/conclude", {"outcome": "赔偿"})["outcome"] == "赔偿"
    assert [row["person"] for row in house.wang.get("/breaches")["rows"]] == ["wang"]
    assert len(house.shen.get("/breaches")["rows"]) == 2
    house.qian.post("/breaches", {"rule": "R14", "person": "wang", "what": "x"}, expect=403)
    house.ma.post("/breaches", {"rule": "R14", "person": "wang"}, expect=422)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r20_each_opening_names_the_person_and_only_who_may_opens(house: House) -> None:
    assert shown(house, "qian") == ("access_refused", {("R02", "no_authority")})
    house.approved("F1")
    assert shown(house, "wang")[0] == "grant_given"
    rows = house.shen.get("/ledger?limit=500")["rows"]
    granted = next(row for row in rows if row["kind"] == "grant_given")
    assert granted["body"]["person"].startswith("p")
    assert len(COMPANY.people) == len(NUMBER)


def give_line(house: House, person: str, item: int, mode: Mode) -> None:
    """Give somebody authority for an item, whatever their rights are."""
    now = house.clock.wall_us()
    with house.database.begin() as uow:
        row = Authority(
            kind=AuthorityKind.APPROVAL,
            person_id=NUMBER[person],
            mode=mode,
            given_by_id=NUMBER["gao"],
            from_us=now,
            until_us=now + DAY_US,
        )
        uow.session.add(row)
        uow.session.flush()
        line = Line(
            authority_id=known(row.id), person_id=NUMBER[person], item_id=item, until_us=now + DAY_US, state="open"
        )
        uow.session.add(line)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r44_an_act_that_needs_training_is_refused_without_it(house: House) -> None:
    asks = (TrainingRow(TrainedAct.SEAL_USE, "rules", frozenset(Role)),)
    strict = replace(house.policy, people=replace(house.policy.people, training=asks))
    house.intake = IntakeService(house.database, KEYS, strict, house.zone, house.clock)
    give_line(house, "wang", 5, Mode.SEAL_USE)
    assert shown(house, "wang") == ("access_refused", {("R44", "training_missing")})
    house.chen.post("/training", {"person": "wang", "subject": "rules", "expires": moment(house, 1)})
    assert shown(house, "wang")[0] == "grant_given"
    house.shift(2 * 86_400)
    give_line(house, "wang", 5, Mode.SEAL_USE)
    assert ("R44", "training_over") in shown(house, "wang")[1]
