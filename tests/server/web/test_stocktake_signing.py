"""After the count (R50): differences of number and condition explained by one, signed off by another, counted again."""

from typing import Any

from server.domain.words import DutyKind
from server.store.tables import Duty
from tests.server.web.house import House


def counted(house: House, *codes: str, **conditions: str) -> int:
    """Count these items of cabinet a, and close."""
    number: int = house.ke.post("/stocktakes", {"stations": ["a"], "title": "年度盘点"})["id"]
    places = {"F6": "a/2"}
    scans = [{"place": places.get(code, "a/1"), "code": code} for code in codes]
    house.ke.post(f"/stocktakes/{number}/scans", {"scans": scans})
    said = [{"item": item, "condition": condition} for item, condition in conditions.items()]
    if said:
        house.ke.post(f"/stocktakes/{number}/conditions", {"conditions": said})
    house.ke.post(f"/stocktakes/{number}/close")
    return number


def differences(house: House, number: int) -> dict[str, dict[str, Any]]:
    return {row["mark"]: row for row in house.shen.get(f"/stocktakes/{number}/differences")["rows"]}


def test_r50_each_difference_is_explained_and_signed_off_by_a_second_person(house: House) -> None:
    number = counted(house, "F1", "F2", "F3", "F6", F2="damaged", F1="good")
    path = f"/stocktakes/{number}"
    found = differences(house, number)
    assert {mark: (row["result"], row["condition"]) for mark, row in found.items()} == {
        "F2": ("found", "damaged"),
        "F4": ("missing", ""),
        "F5": ("missing", ""),
    }
    assert house.ma.rules(f"{path}/sign") == {("R50", "difference_unexplained")}
    for mark, row in found.items():
        house.chen.post(f"{path}/differences/{row['id']}/explain", {"explanation": f"{mark} 已查明"})
    assert house.chen.rules(f"{path}/sign") == {("R50", "signed_by_counter"), ("R50", "signed_by")}
    one = house.ma.post(f"{path}/sign", {"differences": [found["F2"]["id"]]})
    assert (one["state"], one["unsigned"]) == ("closed", 2)
    assert house.zhao.post(f"{path}/sign")["state"] == "signed"
    after = differences(house, number)
    assert {mark: row["signed_by"] for mark, row in after.items()} == {"F2": "ma", "F4": "zhao", "F5": "zhao"}
    body = {"explanation": "另说"}
    assert house.chen.post(f"{path}/differences/{found['F4']['id']}/explain", body, expect=409)
    report = house.gao.get(f"{path}/report")
    assert (report["counted_by"], report["agree"], report["accuracy"], report["damaged"]) == (
        ["chen", "ke"],
        4,
        "66.7%",
        1,
    )


def test_r50_who_counted_cannot_sign_even_in_a_post_that_may(house: House) -> None:
    number: int = house.ma.post("/stocktakes", {"stations": ["b"]})["id"]
    house.ma.post(f"/stocktakes/{number}/scans", {"scans": [{"place": "b/1", "code": "F1"}]})
    house.ma.post(f"/stocktakes/{number}/close")
    (row,) = differences(house, number).values()
    house.ke.post(f"/stocktakes/{number}/differences/{row['id']}/explain", {"explanation": "放错柜"})
    assert house.ma.rules(f"/stocktakes/{number}/sign") == {("R50", "signed_by_counter")}
    assert house.gao.post(f"/stocktakes/{number}/sign")["state"] == "signed"


def test_r50_differences_are_counted_again_and_both_counts_stand(house: House) -> None:
    number = counted(house, "F1", "F2", "F3", "F6")
    again = house.ke.post(f"/stocktakes/{number}/recount")
    assert ([line["item"] for line in again["lines"]], again["recount_of"]) == (["F4", "F5"], number)
    scans = [{"place": "a/1", "code": "F4"}, {"place": "a/1", "code": "F1"}]
    house.ke.post(f"/stocktakes/{again['id']}/scans", {"scans": scans})
    closed = house.ke.post(f"/stocktakes/{again['id']}/close")
    assert {line["item"]: line["result"] for line in closed["lines"]} == {"F4": "found", "F5": "missing"}
    found = differences(house, number)
    assert {mark: (row["result"], row["recounted"]) for mark, row in found.items()} == {
        "F4": ("missing", "found"),
        "F5": ("missing", "missing"),
    }
    assert differences(house, again["id"]) == {}


def test_r50_a_stocktake_is_due_until_its_differences_are_signed(house: House) -> None:
    with house.database.begin() as uow:
        due = house.clock.wall_us() + 1_000_000
        uow.session.add(Duty(kind=DutyKind.STOCKTAKE_DUE, subject="a", from_us=0, due_us=due))
    house.shift(5)
    overdue = house.shen.get("/duties?overdue=true")["rows"]
    assert [(row["kind"], row["subject"]) for row in overdue] == [("stocktake_due", "a")]
    number = counted(house, "F1", "F2", "F3", "F5", "F6")
    assert len(house.shen.get("/duties?overdue=true")["rows"]) == 1
    (row,) = differences(house, number).values()
    house.ke.post(f"/stocktakes/{number}/differences/{row['id']}/explain", {"explanation": "已找到"})
    house.ma.post(f"/stocktakes/{number}/sign")
    assert house.shen.get("/duties?overdue=true")["rows"] == []
