"""Retention, appraisal, holds and destruction over HTTP, from the day an item's term ends to the register (R51-R54)."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.store.unit_of_work import Database
from server.sweep.retention import Retention
from tests.server.company import epc
from tests.server.web.house import NUMBER, House

DATABASES = ("sqlite", "postgres")

LONG_AGO = {"period": "D10", "begun": "2001-05-20"}


def ended(house: House, *codes: str) -> dict[str, int]:
    """Let the terms of these items be over; gives the numbers of their appraisals."""
    for code in codes:
        house.chen.post(f"/items/{code}/retention", LONG_AGO)
    Retention(house.database, house.policy).turn(house.clock.wall_us())
    return {row["item"]: row["id"] for row in house.ma.get("/appraisals")["rows"]}


def doomed(house: House, *codes: str) -> None:
    """Have these items appraised: they may be destroyed."""
    for number in ended(house, *codes).values():
        house.ma.post(f"/appraisals/{number}/decide", {"outcome": "destroy", "note": "无保存价值"})


def filed(house: House, *codes: str, **more: Any) -> int:
    body = {"items": list(codes), "title": "2026 年销毁清册", "why": "期满", **more}
    number: int = house.chen.post("/destructions", body)["id"]
    return number


def approved(house: House, *codes: str) -> int:
    """File a list of ordinary items and have the head approve it, with one witness."""
    doomed(house, *codes)
    number = filed(house, *codes)
    house.zhao.post(f"/destructions/{number}/approve")
    house.sun.post(f"/destructions/{number}/witnesses", {"witnesses": ["ma"]})
    return number


def destroyed(house: House, number: int, *codes: str, put: int = 0) -> dict[str, Any]:
    """Take the items out by the order, scan each as both, and carry it out."""
    house.visit("chen", taken=[int(code[1:]) for code in codes])
    for code in codes:
        house.chen.post(f"/destructions/{number}/confirm", {"code": code})
        house.ma.post(f"/destructions/{number}/confirm", {"code": code})
    said: dict[str, Any] = house.chen.post(f"/destructions/{number}/carry-out", {"method": "shredding"})
    return said


def counted(house: House) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in house.chen.get("/counts")["rows"]:
        found[row["state"]] = found.get(row["state"], 0) + row["n"]
    return {state: n for state, n in found.items() if n}


def test_r51_what_reaches_its_end_is_proposed_and_never_destroyed_by_itself(house: House) -> None:
    assert house.chen.get("/items/F1/retention")["period"] == "D30"
    assert house.chen.get("/retentions?over=true")["rows"] == []
    assert list(ended(house, "F1", "F2")) == ["F2", "F1"]
    Retention(house.database, house.policy).turn(house.clock.wall_us())
    assert len(house.shen.get("/appraisals")["rows"]) == 2
    assert house.chen.get("/items/F1")["active"] is True
    assert [row["item"] for row in house.chen.get("/retentions?over=true")["rows"]] == ["F1", "F2"]
    assert any(notice["kind"] == "appraisal_proposed" for notice in house.zhao.get("/notices")["rows"])
    kinds = [row["kind"] for row in house.shen.get("/ledger?limit=500")["rows"]]
    assert kinds.count("appraisal_proposed") == 2


def test_r51_an_appraisal_keeps_longer_for_ever_or_lets_go(house: House) -> None:
    numbers = ended(house, "F1", "F2", "F6")
    path = "/appraisals/{}/decide"
    assert house.chen.rules(path.format(numbers["F1"]), {"outcome": "keep"}) == {("R51", "appraised_by")}
    missing = house.ma.post(path.format(numbers["F1"]), {"outcome": "extend"}, expect=422)
    assert missing["code"] == "until_missing"
    house.ma.post(path.format(numbers["F1"]), {"outcome": "extend", "until": "2099-01-01"})
    house.ma.post(path.format(numbers["F2"]), {"outcome": "keep"})
    house.zhao.post(path.format(numbers["F6"]), {"outcome": "destroy"})
    assert house.ma.post(path.format(numbers["F6"]), {"outcome": "keep"}, expect=409)["code"] == "appraisal_decided"
    said = {code: house.chen.get(f"/items/{code}/retention") for code in ("F1", "F2", "F6")}
    assert {code: (one["ends_on"], one["outcome"]) for code, one in said.items()} == {
        "F1": ("2099-01-01", "extend"),
        "F2": (None, "keep"),
        "F6": ("2012-01-01", "destroy"),
    }
    body = {"items": ["F1", "F2", "F3", "F6"], "title": "清册", "why": "期满"}
    assert house.chen.rules("/destructions", body) == {
        ("R51", "retention_running"),
        ("R51", "retention_permanent"),
        ("R51", "not_appraised"),
    }


def test_r51_a_held_item_can_be_put_on_no_list_and_stops_one_it_is_on(house: House) -> None:
    doomed(house, "F1", "F2")
    assert house.chen.rules("/disposal-holds", {"items": ["F1"], "why": "诉讼"}) == {("R51", "hold_by")}
    (hold,) = house.ma.post("/disposal-holds", {"items": ["F1"], "why": "诉讼"})["rows"]
    assert house.chen.rules("/destructions", {"items": ["F1"], "title": "a", "why": "b"}) == {("R51", "under_hold")}
    number = filed(house, "F2")
    house.gao.post("/disposal-holds", {"items": ["F2"], "why": "审计"})
    assert house.zhao.rules(f"/destructions/{number}/approve") == {("R51", "under_hold")}
    house.chen.post(f"/destructions/{number}/strike", {"item": "F2", "why": "审计"})
    house.ma.post(f"/disposal-holds/{hold['id']}/lift", {"why": "结案"})
    assert filed(house, "F1") == number + 1
    assert [row["item"] for row in house.shen.get("/disposal-holds")["rows"]] == ["F2"]


def test_r52_for_any_secrecy_level_the_head_reviews_and_the_general_manager_approves(house: House) -> None:
    doomed(house, "F1", "F3")
    number = filed(house, "F1", "F3")
    path = f"/destructions/{number}"
    assert house.chen.get(path)["path"] == "secrecy"
    assert house.gao.rules(f"{path}/approve") == {("R52", "destruction_not_reviewed")}
    assert house.zhao.rules(f"{path}/approve") == {
        ("R52", "destruction_needs_higher"),
        ("R52", "destruction_not_reviewed"),
    }
    assert house.chen.rules(f"{path}/review") == {("R52", "destruction_own_list"), ("R52", "destruction_decided_by")}
    house.zhao.post(f"{path}/review", {"note": "属实"})
    assert house.sun.rules(f"{path}/approve") == {("R52", "destruction_decided_by")}
    assert house.gao.post(f"{path}/approve")["state"] == "approved"
    assert house.gao.rules(f"{path}/approve") == {("R52", "destruction_state")}
    steps = [(step["step"], step["by"]) for step in house.shen.get(path)["steps"]]
    assert steps == [("review", "zhao"), ("approve", "gao")]


def test_r52_for_ordinary_items_the_heads_approval_is_enough(house: House) -> None:
    doomed(house, "F1", "F2")
    number = filed(house, "F1")
    assert house.chen.rules("/destructions", {"items": ["F1"], "title": "a", "why": "b"}) == {
        ("R52", "on_another_list")
    }
    assert house.ma.rules("/destructions", {"items": ["F2"], "title": "a", "why": "b"}) == {
        ("R52", "destruction_filed_by")
    }
    assert house.zhao.post(f"/destructions/{number}/approve")["state"] == "approved"
    other = filed(house, "F2")
    assert house.zhao.post(f"/destructions/{other}/refuse", {"note": "仍需参考"})["state"] == "refused"
    again = filed(house, "F2")
    assert house.chen.post(f"/destructions/{again}/withdraw")["state"] == "withdrawn"


def test_r53_the_witness_is_appointed_and_is_not_who_carries_it_out(house: House) -> None:
    doomed(house, "F1")
    number = filed(house, "F1")
    path = f"/destructions/{number}/witnesses"
    assert house.zhao.rules(path, {"witnesses": ["ma"]}) == {("R52", "destruction_state")}
    house.zhao.post(f"/destructions/{number}/approve")
    assert house.zhao.rules(path, {"witnesses": ["chen"]}) == {
        ("R53", "witness_is_actor"),
        ("R53", "witnesses_too_few"),
    }
    assert house.zhao.rules(path, {"witnesses": []}) == {("R53", "witnesses_too_few")}
    house.ma.post(path, {"witnesses": ["wang"]}, expect=403)
    house.sun.post(path, {"witnesses": ["wang"]})
    assert house.wang.get("/destructions")["rows"][0]["items"][0]["item"] == "F1"
    assert house.qian.get("/destructions")["rows"] == []
    house.qian.get(f"/destructions/{number}", expect=404)


def test_r53_each_item_is_confirmed_by_actor_and_witness_before_it_is_destroyed(house: House) -> None:
    number = approved(house, "F1", "F2")
    path = f"/destructions/{number}"
    assert house.chen.rules(f"{path}/confirm", {"code": "F1"}) == {("R53", "not_in_hand")}
    house.visit("chen", taken=[1, 2])
    assert house.chen.get("/items/F1")["custody"]["person"] == "chen"
    assert house.ke.rules(f"{path}/confirm", {"code": "F1"}) == {("R53", "not_actor_nor_witness")}
    assert house.ma.rules(f"{path}/confirm", {"code": "F6"}) == {("R53", "not_on_list")}
    house.chen.post(f"{path}/confirm", {"code": "F1"})
    house.chen.post(f"{path}/confirm", {"code": "F2"})
    house.ma.post(f"{path}/confirm", {"code": "F1"})
    assert house.chen.rules(f"{path}/carry-out", {"method": "burning"}) == {("R53", "not_confirmed")}
    house.ma.post(f"{path}/confirm", {"code": "F2"})
    assert house.ma.rules(f"{path}/carry-out", {"method": "burning"}) == {("R53", "not_actor_nor_witness")}
    said = house.chen.post(f"{path}/carry-out", {"method": "burning"})
    assert [(row["item"], row["method"], row["actor"], row["witnesses"]) for row in said["items"]] == [
        ("F1", "burning", "chen", ["ma"]),
        ("F2", "burning", "chen", ["ma"]),
    ]
    assert house.shen.get(f"{path}/certificate") == said
    assert [row["item"] for row in house.shen.get("/destruction-register")["rows"]] == ["F1", "F2"]


def test_r53_what_is_destroyed_leaves_custody_the_counts_and_the_doors(house: House) -> None:
    assert counted(house) == {"place": 6}
    number = approved(house, "F1", "F2")
    destroyed(house, number, "F1", "F2")
    assert counted(house) == {"place": 4}
    item = house.chen.get("/items/F1")
    assert (item["active"], item["custody"]["state"], item["custody"]["person"]) == (False, "gone", None)
    assert [row["code"] for row in house.chen.get("/items")["rows"]] == ["F3", "F4", "F5", "F6"]
    assert house.chen.get("/loans?state=out")["rows"] == []
    expected = house.chen.post("/stocktakes", {"stations": ["a"]})["expected"]
    assert expected == 4
    house.visit("wang", taken=[], put=[1])
    assert "unknown_tag_in_cabinet" in {alarm["kind"] for alarm in house.chen.get("/alarms")["rows"]}
    assert house.chen.get("/items/F1")["custody"]["state"] == "gone"


def test_r53_codes_numbers_and_tags_of_destroyed_items_are_never_used_again(house: House) -> None:
    destroyed(house, approved(house, "F1"), "F1")
    new = {"kind": "file", "title": "新", "secrecy": "ordinary", "place": "a/1"}
    assert house.chen.rules("/items", {"code": "F1", **new}) == {("R53", "code_of_destroyed")}
    assert house.chen.rules("/items", {"code": "F9", "epc": epc(1), **new}) == {("R53", "tag_of_destroyed")}
    assert house.chen.rules("/items/F2/tags", {"epc": epc(1)}) == {("R53", "tag_of_destroyed")}


def test_r54_nobody_removes_a_record_and_the_database_itself_refuses(house: House, database: Database) -> None:
    destroyed(house, approved(house, "F1"), "F1")
    assert house.chen.rules("/destructions", {"items": ["F1"], "title": "a", "why": "b"}) == {
        ("R54", "item_left_for_good")
    }
    assert house.chen.rules("/items/F1/retention", {"period": "Y"}) == {("R54", "item_left_for_good")}
    document = house.app.openapi()
    assert [path for path, methods in document["paths"].items() if "delete" in methods] == []
    refused = (
        "DELETE FROM item WHERE id = 2",
        "DELETE FROM custody WHERE item_id = 2",
        "DELETE FROM tag",
        "DELETE FROM person WHERE id = 15",
        "DELETE FROM movement",
        "DELETE FROM loan",
        "UPDATE item SET active = FALSE WHERE id = 2",
        "UPDATE item SET active = TRUE WHERE id = 1",
        "UPDATE destruction_register SET title = ''",
        "DELETE FROM destruction_register",
        "UPDATE departure SET how = 'handed_back'",
        "DELETE FROM departure",
        "DELETE FROM destruction",
    )
    for statement in refused:
        with pytest.raises(DBAPIError, match=r"R5[34]"), database.begin() as uow:
            uow.connection.execute(text(statement))


def test_r54_late_news_of_a_destroyed_item_does_not_bring_it_back(house: House) -> None:
    number = approved(house, "F1")
    house.visit("chen", taken=[1])
    between = house.clock.wall_us()
    house.shift(60)
    for one in (house.chen, house.ma):
        one.post(f"/destructions/{number}/confirm", {"code": "F1"})
    house.chen.post(f"/destructions/{number}/carry-out", {"method": "shredding"})
    house.shift(60)
    session, asks = house.station.asks(NUMBER["chen"], at_us=between + 1_000_000)
    house.intake.take(asks)
    house.intake.take(house.station.closes(session, put=[1], at_us=between + 2_000_000))
    item = house.chen.get("/items/F1")
    assert (item["active"], item["custody"]["state"], item["custody"]["place"]) == (False, "gone", None)
    assert counted(house) == {"place": 5}
