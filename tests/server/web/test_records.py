"""Items, loans, alarms, cases and the ledger, by HTTP; and what of them each person may see."""

import json

import pytest
from sqlmodel import select

from labels.codes import new_code
from server.domain.alarms import cause_key
from server.domain.ledger import GENESIS, entry_hash
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.store.tables import Case, Movement
from server.web.auth import COOKIE
from tests.server.company import epc
from tests.server.web.house import NUMBER, House

DATABASES = ("sqlite", "postgres")

NEW = {"code": "F9", "kind": "file", "title": "新", "secrecy": "ordinary", "place": "a/2"}


def test_a_secret_title_is_for_those_whose_duty_it_is(house: House) -> None:
    assert house.chen.get("/items/F3")["title"] == "题名3"
    seen = house.wang.get("/items/F3")
    assert (seen["masked"], "题名3" in json.dumps(seen, ensure_ascii=False)) == (True, False)
    assert [row["code"] for row in house.wang.get("/items?q=题名3")["rows"]] == []
    assert [row["code"] for row in house.chen.get("/items?q=题名3")["rows"]] == ["F3"]
    assert [row["code"] for row in house.wang.get("/items?q=%25")["rows"]] == []
    house.sys.get("/items/F3", expect=403)


def test_what_is_masked_is_not_found_by_searching_either(house: House) -> None:
    secret = {"code": "S1", "kind": "file", "title": "合并案", "secrecy": "secret", "place": "a/1"}
    house.chen.post("/items", {**secret, "record_number": "JM-2024-0007"})
    for words in ("JM-2024", "合并"):
        assert house.wang.get(f"/items?q={words}")["rows"] == []
        assert [row["code"] for row in house.chen.get(f"/items?q={words}")["rows"]] == ["S1"]


def test_an_item_is_taken_in_retagged_and_its_old_tag_is_dead_for_ever(house: House) -> None:
    assert house.chen.post("/items", {**NEW, "epc": "E2AA"})["home"] == "a/2"
    assert house.chen.post("/items", NEW, expect=409)["code"] == "item_taken"
    assert house.chen.post("/items/F9/tags", {"epc": "E2AB"})["tags"] == ["E2AB"]
    assert house.chen.post("/items/F1/tags", {"epc": "E2AA"}, expect=409)["code"] == "tag_taken"
    assert house.chen.post("/items", {**NEW, "code": "F10", "place": "z/1"}, expect=422)["code"] == "no_such_place"
    assert house.chen.post("/items", {**NEW, "holder_id": 3}, expect=422)["code"] == "invalid"
    counts = {(row["station"], row["category"], row["state"]): row["n"] for row in house.chen.get("/counts")["rows"]}
    assert counts == {("a", "合同", "place"): 6, ("a", "", "place"): 1}


def test_a_loan_is_taken_returned_and_checked(house: House) -> None:
    number = house.approved("F1")
    house.visit("wang", taken=[1])
    assert house.chen.get("/items/F1")["custody"]["person"] == "wang"
    (loan,) = house.wang.get("/loans")["rows"]
    assert (loan["state"], loan["overdue"], loan["due_rule"]) == ("out", False, "R05")
    assert house.li.get(f"/requests/{number}")["state"] == "out"
    assert house.qian.get("/loans")["rows"] == []
    assert house.chen.rules(f"/loans/{loan['id']}/check", {"complete": True}) == {("R11", "loan_not_returned")}
    house.visit("wang", put=[1])
    short = house.chen.post("/items/F1/check", {"complete": False, "parts": 1, "note": "缺一份"})
    assert short["state"] == "discrepancy"
    (alarm,) = house.chen.get("/alarms")["rows"]
    assert (alarm["kind"], alarm["item"], alarm["person"]) == ("returned_incomplete", "F1", "wang")
    assert house.chen.post(f"/loans/{loan['id']}/check", {"complete": True, "parts": 2})["state"] == "closed"
    assert house.chen.get(f"/alarms/{alarm['id']}")["cleared_at"] is not None
    assert house.li.get(f"/requests/{number}")["state"] == "closed"


def test_movements_carry_their_reasons_and_are_ones_own_unless_ones_post_sees_all(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1, 2])
    rows = {row["item"]: row for row in house.shen.get("/movements")["rows"]}
    assert {item: row["verdict"] for item, row in rows.items()} == {"F1": "as_approved", "F2": "extra"}
    assert all(reason["text"] for reason in rows["F2"]["reasons"])
    assert len(house.wang.get("/movements")["rows"]) == 2
    assert house.qian.get("/items/F2/history")["rows"] == []
    (alarm,) = house.chen.get("/alarms")["rows"]
    assert (alarm["kind"], alarm["text"]) == ("taken_extra", "More was taken than approved: F2 · wang · a/1")
    house.chen.language = "zh"
    assert house.chen.get("/alarms")["rows"][0]["text"] == "多取了未批准的: F2 · wang · a/1"


def test_an_alarm_is_repeated_cleared_acknowledged_and_closed_with_a_conclusion(house: House) -> None:
    cause = cause_key("lock_fault", "a", 1)  # type: ignore[arg-type]
    now = house.clock.wall_us()
    for entry in (1, 2):
        with house.database.begin() as uow:
            set_alarm(uow, Alarming("lock_fault", cause, now, station="a", door=1, evidence=(entry,)), now)
    with house.database.begin() as uow:
        assert clear_alarm(uow, cause, now)
    with house.database.begin() as uow:
        assert not clear_alarm(uow, cause, now)
    (alarm,) = house.chen.get("/alarms")["rows"]
    assert (alarm["repeated"], alarm["state"], alarm["cleared_at"] is not None) == (1, "set", True)
    number = alarm["id"]
    assert house.chen.post(f"/alarms/{number}/acknowledge", {"note": "去看"})["acknowledged_by"] == "chen"
    assert house.noted("alarm_acknowledged") == ["去看"]
    assert house.chen.post(f"/alarms/{number}/close", {"conclusion": " "}, expect=422)["code"] == "invalid"
    assert house.zhao.post(f"/alarms/{number}/close", {"conclusion": "换锁"})["conclusion"] == "换锁"
    assert house.chen.rules(f"/alarms/{number}/close", {"conclusion": "再"}) == {("R22", "alarm_not_open")}
    assert house.chen.get("/alarms")["rows"] == []
    assert len(house.chen.get("/alarms?state=all")["rows"]) == 1
    house.wang.get("/alarms", expect=403)
    with house.database.begin() as uow:
        again = set_alarm(uow, Alarming("lock_fault", cause, now, station="a", door=1), now)
    assert again.id != number


def test_a_case_is_resolved_once(house: House) -> None:
    with house.database.begin() as uow:
        uow.session.add(Case(kind="two_places", item_id=1, opened_us=1))
    (case,) = house.chen.get("/cases")["rows"]
    assert house.chen.post(f"/cases/{case['id']}/resolve", {"resolution": "查明"})["resolution"] == "查明"
    assert house.chen.post(f"/cases/{case['id']}/resolve", {"resolution": "x"}, expect=409)["code"] == "case_resolved"
    assert house.chen.get("/cases")["rows"] == []


def test_notices_are_ones_own(house: House) -> None:
    house.approved("F1")
    (notice,) = house.wang.get("/notices")["rows"]
    house.qian.post(f"/notices/{notice['id']}/read", expect=404)
    house.wang.post(f"/notices/{notice['id']}/read")
    assert house.wang.get("/notices")["rows"][0]["read_at"] is not None


def test_the_exported_ledger_is_a_whole_chain(house: House) -> None:
    house.approved("F1")
    answer = house.client.get("/api/v1/ledger/export", headers={"Authorization": f"Bearer {house.aud.token}"})
    entries = [json.loads(line) for line in answer.text.splitlines()]
    previous = GENESIS
    for number, entry in enumerate(entries, 1):
        assert entry["id"] == number
        assert entry["previous"] == previous
        previous = entry_hash(previous, entry["body"])
        assert entry["hash"] == previous
    assert entries[-1]["kind"] == "record_exported"
    assert "wang" not in answer.text


def test_people_and_stations_are_taken_in_by_different_administrators(house: House) -> None:
    body = {"username": "xin", "name": "新人", "role": "requester", "badges": ["00000000FF"], "password": "geheim"}
    house.sys.post("/people", body, expect=403)
    answer = house.sec.post("/people", body)
    assert "geheim" not in json.dumps(answer)
    assert house.sec.post("/people", body, expect=409)["code"] == "username_taken"
    assert house.sec.post("/people/wang/badges", {"badge": "00000000FF"}, expect=409)["code"] == "badge_taken"
    assert house.client.post("/api/v1/sign-in", json={"username": "xin", "password": "geheim"}).status_code == 200
    assert COOKIE in house.client.cookies
    station = {"name": "c", "doors": 4, "public_key": "0" * 64}
    assert house.sys.post("/stations", station)["online"] is False
    assert house.sys.post("/stations", station, expect=409)["code"] == "station_taken"
    assert len(house.chen.get("/stations")["rows"]) == 3


def test_the_first_page_counts_what_it_links_to(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1, 6])
    seen = house.chen.get("/overview")
    assert (seen["out"], seen["overdue"], seen["open_alarms"]) == (2, 0, 1)
    assert seen["silent_stations"] == ["b"]
    house.shift(5 * 86_400)
    assert house.chen.get("/overview")["overdue"] == 2
    assert {row["item"] for row in house.chen.get("/loans?overdue=true")["rows"]} == {"F1", "F6"}
    assert epc(1) == house.chen.get("/items/F1")["tags"][0]


def test_the_first_page_counts_a_borrowers_own(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1, 6])
    house.shift(5 * 86_400)
    for who, own, n in (("wang", True, 2), ("qian", True, 0), ("chen", False, 2), ("sys", False, 2)):
        seen = getattr(house, who).get("/overview")
        assert (seen["own_loans"], seen["out"], seen["overdue"]) == (own, n, n), who
    assert len(house.wang.get("/loans?overdue=true")["rows"]) == 2
    assert house.qian.get("/loans?overdue=true")["rows"] == []


def test_labels_are_drawn_and_recorded(house: House) -> None:
    code = new_code(7)
    house.chen.post("/items", {**NEW, "code": code})
    headers = {"Authorization": f"Bearer {house.chen.token}"}
    starts = {"pdf": b"%PDF-", "png": b"\x89PNG", "zpl": b"^XA"}
    for form, start in starts.items():
        answer = house.client.post("/api/v1/labels", json={"items": [code], "format": form}, headers=headers)
        assert answer.content.startswith(start), answer.text[:200]
    assert house.chen.post("/labels", {"items": ["F1"]}, expect=422)["code"] == "label"
    assert house.chen.post("/labels", {"items": [code, "F1"], "format": "png"}, expect=422)["code"] == "one_label"
    kinds = [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]
    assert kinds.count("labels_printed") == 3


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_can_hold_is_refused_or_kept_whole(house: House, text: str) -> None:
    body = json.dumps({"items": ["F1"], "mode": "loan", "purpose": text, "for": "wang"})
    headers = {"Authorization": f"Bearer {house.li.token}", "Content-Type": "application/json"}
    answer = house.client.post("/api/v1/requests", content=body, headers=headers)
    assert answer.status_code in (201, 422)
    if answer.status_code == 201:
        assert house.li.get("/requests")["rows"][0]["purpose"] == text
    for path in ("/items?q=%00", "/items/%00", "/movements?item=%00", "/people?after=%00"):
        answer = house.client.get(f"/api/v1{path}", headers=headers)
        assert answer.status_code in (200, 404, 422), path


def test_what_was_handed_over_is_folded_with_what_comes_late(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    house.chen.post("/registrations", {"person": "dong", "items": ["F1"], "purpose": "接手"})
    house.shift(60)
    house.wang.post("/handovers", {"items": ["F1"], "to": "dong"})
    assert [row["verdict"] for row in house.shen.get("/movements")["rows"]] == ["as_approved"]
    with house.database.read() as session:
        passed = session.exec(select(Movement).where(Movement.station == "")).one()
    assert (passed.direction, passed.person_id, passed.cause) == ("none", NUMBER["dong"], "handover")


@pytest.mark.parametrize("code", ["HT/2024/001", ".", "..", "F 1", ""])
def test_a_code_is_a_word_of_an_address(house: House, code: str) -> None:
    """With a slash in it, or dots alone, nothing could be asked about the item."""
    assert house.chen.post("/items", {**NEW, "code": code}, expect=422)["code"] == "invalid"
    house.chen.post("/items", {**NEW, "code": "HT-2024.001"})
    assert house.chen.get("/items/HT-2024.001")["code"] == "HT-2024.001"
