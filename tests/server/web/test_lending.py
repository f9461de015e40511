"""A loan's life by HTTP: checks, what is owed, claims, losses, repairs, copies; and what the clock brings to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from server.domain.words import Departure
from server.service.context import Writing
from server.service.disposal.lifetimes import leave
from server.service.people.sign_in import viewer_of
from server.store.tables import Item, Movement, Person
from server.sweep.lending import Lending
from server.sweep.overdue import Overdue
from tests.server.web.house import House
from tests.server.web.test_requests import at

DAY = 86_400


def sweep(house: House) -> None:
    """Let the jobs of the clock have their turn."""
    Overdue(house.database, house.policy).turn(house.clock.wall_us())
    Lending(house.database, house.policy, house.zone).turn(house.clock.wall_us())


def lent(house: House, number: int = 1, **more: Any) -> int:
    """Lend an item to wang; gives the loan's number."""
    house.approved(f"F{number}", **more)
    house.visit("wang", taken=[number])
    loan: int = house.wang.get("/loans")["rows"][-1]["id"]
    return loan


def told(house: House, who: str) -> list[str]:
    """Give the kinds of notices somebody has, oldest first."""
    return [row["kind"] for row in getattr(house, who).get("/notices")["rows"]][::-1]


def alarms(house: House) -> dict[str, bool]:
    """Give the open alarms by kind, and whether each is cleared."""
    return {row["kind"]: row["cleared_at"] is not None for row in house.chen.get("/alarms")["rows"]}


def photocopied(house: House, item: str = "F1") -> int:
    """Have wang's photocopy request approved by the records manager; gives its number."""
    body = {"items": [item], "mode": "photocopy", "purpose": "投标用", "pages": "1-3"}
    number: int = house.wang.post("/requests", body)["id"]
    house.ma.post(f"/requests/{number}/approve")
    return number


COPIES = {"pages": "1-3", "purpose": "投标用"}


def test_r11_a_part_that_is_missing_keeps_the_loan_open_and_is_listed_as_owed(house: House) -> None:
    loan = lent(house)
    house.visit("wang", put=[1])
    house.chen.post("/items/F1/check", {"complete": False, "parts": 1, "note": "缺附件二"})
    life = house.wang.get(f"/loans/{loan}")
    assert (life["life"], life["owed"]) == ("discrepancy", [{"what": "parts", "n": 1}])
    assert (alarms(house), house.shen.get(f"/loans/{loan}")["checks"][0]["parts"]) == (
        {"returned_incomplete": False},
        1,
    )
    house.chen.post("/items/F1/check", {"complete": True, "parts": 2})
    life = house.wang.get(f"/loans/{loan}")
    assert (life["life"], life["owed"], len(life["checks"])) == ("closed", [], 2)
    house.qian.get(f"/loans/{loan}", expect=404)


def test_r16_damage_found_on_return_is_repaired_before_the_loan_closes_and_nothing_is_used_meanwhile(
    house: House,
) -> None:
    loan = lent(house)
    house.visit("wang", put=[1])
    assert house.chen.post("/items/F1/check", {"complete": True, "damage": "封面脱落"})["state"] == "returned"
    life = house.wang.get(f"/loans/{loan}")
    assert (life["life"], [reason["rule"] for reason in life["keeps_open"]]) == ("repair", ["R16"])
    assert ("R16", "in_repair") in house.li.rules("/requests", ASK)
    (repair,) = house.chen.get("/repairs")["rows"]
    house.shift(11 * DAY)
    sweep(house)
    assert (house.chen.get("/repairs")["rows"][0]["overdue"], told(house, "ma").count("repair_overdue")) == (True, 1)
    closed = house.chen.post(f"/repairs/{repair['id']}/close", {"conclusion": "已重新装订"})
    assert (closed["outcome"], house.chen.get("/repairs")["rows"]) == ("已重新装订", [])
    assert house.wang.get(f"/loans/{loan}")["life"] == "closed"
    assert house.chen.rules(f"/repairs/{repair['id']}/close", {"conclusion": "再"}) == {("R16", "repair_not_open")}
    house.li.post("/requests", ASK)


ASK = {"items": ["F1"], "mode": "loan", "purpose": "客户复核", "for": "wang"}


def test_r16_damage_is_reported_at_any_time(house: House) -> None:
    assert house.chen.post("/items/F2/repairs", {"damage": "受潮"})["loan"] is None
    assert house.wang.post("/items/F2/repairs", {"damage": "受潮"}, expect=403)["reasons"][0]["rule"] == "R16"
    assert told(house, "ma") == ["repair_opened"]


def test_r18_claiming_that_it_is_back_opens_a_search_and_the_holder_stays_answerable(house: House) -> None:
    loan = lent(house)
    house.qian.post(f"/loans/{loan}/claim", expect=404)
    assert house.wang.post(f"/loans/{loan}/claim", {"note": "昨天放回去了"})["state"] == "claimed"
    assert house.chen.get("/items/F1")["custody"]["person"] == "wang"
    assert house.wang.rules(f"/loans/{loan}/claim") == {("R18", "loan_not_out")}
    house.shift(8 * DAY)
    sweep(house)
    assert alarms(house) == {"same_day_original_not_returned": False}
    assert told(house, "ma").count("search_overdue") == 1
    house.visit("wang", put=[1])  # it stood there all the time
    sweep(house)
    assert (house.wang.get(f"/loans/{loan}")["life"], house.chen.get("/searches")["rows"]) == ("returned", [])
    assert house.chen.post("/items/F1/check", {"complete": True})["state"] == "closed"


def test_r18_what_is_searched_for_is_found_over_the_desk_or_the_claim_is_withdrawn(house: House) -> None:
    first, second = lent(house, 1), lent(house, 2)
    for loan in (first, second):
        house.wang.post(f"/loans/{loan}/claim")
    assert house.wang.post(f"/loans/{second}/withdraw-claim")["state"] == "withdrawn"
    assert house.wang.get(f"/loans/{second}")["life"] == "out"
    assert house.chen.post(f"/loans/{first}/find", {"note": "夹在邻卷"})["state"] == "found"
    assert house.chen.get("/items/F1")["custody"]["state"] == "place"
    assert house.chen.rules(f"/loans/{second}/find") == {("R18", "search_not_open")}
    counts = {row["state"]: row["n"] for row in house.chen.get("/counts")["rows"]}
    assert counts == {"place": 5, "held": 1}


def test_r18_a_loss_is_under_an_incident_until_found_or_concluded(house: House) -> None:
    loan = lent(house)
    assert ("R18", "lost_declared_by") in house.wang.rules(f"/loans/{loan}/lose", {"conclusion": "找不到"})
    lost = house.chen.post(f"/loans/{loan}/lose", {"conclusion": "出租车上遗失"})
    custody = house.chen.get("/items/F1")["custody"]
    assert (custody["state"], custody["incident"]) == ("incident", {"id": lost["incident"], "kind": "item_lost"})
    assert alarms(house) == {"item_lost": False}
    assert ("R18", "search_concluded_by") in house.chen.rules(f"/loans/{loan}/conclude", {"conclusion": "补办"})
    assert house.ma.post(f"/loans/{loan}/conclude", {"conclusion": "登报声明并补办"})["state"] == "concluded"
    assert (house.wang.get(f"/loans/{loan}")["life"], alarms(house)) == ("closed", {"item_lost": True})
    with house.database.read() as session:
        item = session.exec(select(Item).where(Item.code == "F1")).one()
        rows = session.exec(select(Movement).where(Movement.item_id == item.id).order_by(Movement.id))  # type: ignore[arg-type]
        assert [(row.cause, row.incident_id) for row in rows] == [("session", None), ("lost", lost["incident"])]


def test_r18_what_was_lost_and_comes_back_is_returned(house: House) -> None:
    loan = lent(house)
    house.chen.post(f"/loans/{loan}/lose", {"conclusion": "不见了"})
    house.visit("wang", put=[1])
    sweep(house)
    assert house.wang.get(f"/loans/{loan}")["life"] == "returned"
    assert alarms(house)["item_lost"] is True
    assert house.chen.post("/items/F1/check", {"complete": True})["state"] == "closed"


def test_r12_copies_have_numbers_of_their_own_and_keep_the_loan_open_until_each_is_checked(house: House) -> None:
    number = photocopied(house)
    house.visit("wang", taken=[1])
    loan = house.wang.get("/loans")["rows"][0]["id"]
    assert house.wang.post("/items/F1/copies", {**COPIES, "request": number}, expect=403)["reasons"][0]["rule"] == "R12"
    made = house.chen.post("/items/F1/copies", {**COPIES, "request": number, "count": 2})["rows"]
    assert [(copy["number"], copy["person"], copy["original"]) for copy in made] == [
        ("F1/C1", "wang", "F1"),
        ("F1/C2", "wang", "F1"),
    ]
    house.visit("wang", put=[1])
    assert house.chen.post("/items/F1/check", {"complete": True})["state"] == "returned"
    assert house.wang.get(f"/loans/{loan}")["keeps_open"][0]["params"] == {"count": "2"}
    for n, copy in enumerate(made, 1):
        assert house.chen.post(f"/copies/{copy['item']}/return")["state"] == "returned"
        assert house.wang.get(f"/loans/{loan}")["loan"]["state"] == "returned"
        house.chen.post(f"/items/{copy['item']}/check", {"complete": True})
        assert (house.wang.get(f"/loans/{loan}")["loan"]["state"] == "closed") == (n == 2)
    assert house.wang.get(f"/requests/{number}")["state"] == "closed"
    assert house.chen.rules("/items/F1/copies", {**COPIES, "request": number}) == {("R12", "copy_record_closed")}
    assert house.chen.rules(f"/copies/{made[0]['item']}/return") == {("R12", "copy_not_out")}


def test_r12_an_original_is_not_handed_on_while_copies_made_of_it_are_out(house: House) -> None:
    number = photocopied(house)
    house.visit("wang", taken=[1])
    (copy,) = house.chen.post("/items/F1/copies", {**COPIES, "request": number})["rows"]
    passing = house.qian.post("/requests", {"items": ["F1"], "mode": "transfer", "purpose": "接手"})["id"]
    house.zhao.post(f"/requests/{passing}/approve")
    handing = {"items": ["F1"], "to": "qian", "witness": "ma", "purpose": "转交"}
    assert house.wang.rules("/handovers", handing) == {("R12", "copies_out")}
    assert house.wang.get("/loans")["rows"][0]["state"] == "out"
    house.chen.post(f"/copies/{copy['item']}/return")
    house.chen.post(f"/items/{copy['item']}/check", {"complete": True})
    house.wang.post("/handovers", handing)
    assert house.chen.get("/items/F1")["custody"]["person"] == "qian"


def test_r12_no_copy_without_its_approval_its_pages_and_its_purpose(house: House) -> None:
    loan = house.approved("F1")
    said = house.chen.rules("/items/F1/copies", {"pages": " ", "purpose": " ", "request": loan})
    assert said == {("R12", "copy_not_approved"), ("R12", "copy_pages_missing"), ("R01", "purpose_missing")}
    assert ("R12", "copy_not_approved") in house.chen.rules("/items/F1/copies", COPIES)
    assert ("R12", "copy_of_secret") in house.chen.rules("/items/F4/copies", {**COPIES, "standing": True})


def test_r12_a_copy_that_is_not_back_in_time_is_alarmed_as_one(house: House) -> None:
    number = photocopied(house)
    house.chen.post("/items/F1/copies", {**COPIES, "request": number, "tags": ["E2C1"]})
    house.shift(5 * DAY)
    sweep(house)
    assert alarms(house) == {"copy_not_returned": False}


def test_r13_a_standing_copy_is_kept_and_lent_and_holds_nothing_open(house: House) -> None:
    (copy,) = house.chen.post("/items/F1/copies", {**COPIES, "standing": True, "tags": [EPC]})["rows"]
    assert (copy["standing"], copy["person"], house.chen.get(f"/items/{copy['item']}")["kind"]) == (True, None, "copy")
    house.li.post("/requests", {**ASK, "items": [copy["item"]]})
    secret = house.chen.rules("/items/F3/copies", {**COPIES, "standing": True})
    assert secret == {("R12", "copy_not_approved")}


@pytest.mark.parametrize("mode", ["loan", "reading"])
def test_r13_a_standing_copy_is_asked_for_and_approved_as_a_copy_is(house: House, mode: str) -> None:
    (copy,) = house.chen.post("/items/F1/copies", {**COPIES, "standing": True, "tags": [EPC]})["rows"]
    ask = {"items": [copy["item"]], "mode": mode, "purpose": "投标用"}
    assert house.wang.rules("/requests", {**ask, "items": ["F1"]}) == {("R09", "filer_post")}
    filed = house.wang.post("/requests", ask)
    assert filed["awaits"] == ["records_manager"]
    assert house.zhao.rules(f"/requests/{filed['id']}/approve") == {(rule, "approver_post") for rule in ("R12", "R13")}
    assert house.ma.post(f"/requests/{filed['id']}/approve")["state"] == "approved"
    own = house.ma.post("/requests", ask)
    assert set(own["awaits"]) >= {"head_of_office"}
    assert ("R10", "own_request") in house.ma.rules(f"/requests/{own['id']}/approve")
    assert house.zhao.post(f"/requests/{own['id']}/approve")["state"] == "approved"


EPC = "E2000000000000000000F1C1"


def test_r04_what_is_read_in_the_room_and_still_out_at_the_due_moment_is_judged_to_have_left_it(house: House) -> None:
    number = house.li.post("/requests", {**ASK, "mode": "reading"})["id"]
    house.zhao.post(f"/requests/{number}/approve")
    house.visit("wang", taken=[1])
    house.shift(5 * DAY)
    sweep(house)
    assert alarms(house) == {"reading_room_item_left_room": False}


def test_r05_r08_the_borrower_is_reminded_before_and_at_the_due_moment_the_earliest_of_all_limits(house: House) -> None:
    number = house.li.post("/requests", {**ASK, "items": ["F3"], "due": at(house, hours=30)})["id"]
    house.gao.post(f"/requests/{number}/approve")
    house.visit("wang", taken=[3])
    (loan,) = house.wang.get("/loans")["rows"]
    taken, due = (datetime.fromisoformat(loan[key]) for key in ("taken_at", "due_at"))
    assert (loan["due_rule"], due - taken) == ("R08", timedelta(hours=4))
    for hours, expected in ((3.4, []), (0.2, ["due_soon"]), (0.5, ["due_soon", "due_now"])):
        house.shift(hours * 3600)
        sweep(house)
        sweep(house)
        assert [kind for kind in told(house, "wang") if kind.startswith("due_")] == expected
    assert house.wang.get(f"/loans/{loan['id']}")["life"] == "overdue"


def test_r05_a_loan_that_stays_out_climbs_the_ladder_of_the_sheet(house: House) -> None:
    loan = lent(house, due=at(house, hours=2))
    for hours, life, who in ((27, "overdue", "li"), (60, "overdue_hard", "zhao"), (96, "escalated", "gao")):
        house.shift(hours * 3600)
        sweep(house)
        assert house.wang.get(f"/loans/{loan}")["life"] == life
        assert "overdue_escalated" in told(house, who)
    assert told(house, "qian") == []
    assert told(house, "wang").count("overdue_borrower") == 3


def test_r05_a_year_without_holidays_in_the_sheet_is_told_and_shown(house: House) -> None:
    year = 2027
    now = house.clock.wall_us()
    begins = datetime(year, 6, 1, tzinfo=UTC)
    house.shift((begins - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() - now / 1e6)
    loan = lent(house)
    sweep(house)
    sweep(house)
    assert house.wang.get(f"/loans/{loan}")["calendar_known"] is False
    assert told(house, "ma").count("calendar_missing") == 1


def test_what_a_person_sees_of_copies_and_searches_is_their_own(house: House) -> None:
    number = photocopied(house)
    house.chen.post("/items/F1/copies", {**COPIES, "request": number})
    seen: list[Callable[[], list[Any]]] = [
        lambda: house.qian.get("/copies")["rows"],
        lambda: house.qian.get("/items/F1/copies")["rows"],
        lambda: house.qian.get("/searches?all=true")["rows"],
    ]
    assert [look() for look in seen] == [[], [], []]
    assert len(house.wang.get("/copies")["rows"]) == 1


def test_r12_a_copy_that_is_destroyed_holds_its_originals_loan_open_no_more(house: House) -> None:
    number = photocopied(house)
    house.visit("wang", taken=[1])
    (copy,) = house.chen.post("/items/F1/copies", {**COPIES, "request": number})["rows"]
    house.visit("wang", put=[1])
    house.chen.post("/items/F1/check", {"complete": True})
    assert house.wang.get(f"/requests/{number}")["state"] == "out"
    with house.database.begin() as uow:
        person = uow.session.exec(select(Person).where(Person.username == "chen")).one()
        work = Writing(uow.session, house.clock.wall_us(), house.policy, viewer_of(person), house.zone, uow)
        item = uow.session.exec(select(Item).where(Item.code == copy["item"])).one()
        leave(work, item, Departure.DESTROYED, work.ledger("destruction_carried_out", item=item.code))
    assert house.wang.get(f"/requests/{number}")["state"] == "closed"
