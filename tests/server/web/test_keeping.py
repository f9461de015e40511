"""Building and keeping the record by HTTP (R30-R36): numbers, categories, contents, filing, collections, changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from server.store.tables import Notice, Record
from server.sweep.duties import Duties
from server.sweep.file_reviews import Reviews
from tests.server.web.house import NUMBER, SALES, House

DAY = 86_400
FILES = {f"F{n}" for n in (1, 2, 3, 4, 6)}  # F5 is a seal
NEW = {"kind": "file", "title": "新卷", "secrecy": "ordinary", "place": "a/2", "category": "合同", "department": SALES}


def taken_in(house: House, code: str, **more: Any) -> dict[str, Any]:
    """Take an item in."""
    row: dict[str, Any] = house.chen.post("/items", {**NEW, "code": code, **more})
    return row


def patched(house: House, code: str, expect: int | None = None, **change: Any) -> Any:
    """Change an item's record in the version it is in."""
    version = house.chen.get(f"/items/{code}")["version"]
    return house.chen.ask("PATCH", f"/items/{code}", change, expect, If_Match=f'"{version}"')


def ago(house: House, days: float) -> str:
    """Write the moment some days ago."""
    return (datetime.fromtimestamp(house.clock.wall_us() / 1e6, UTC) - timedelta(days=days)).isoformat()


def year(house: House) -> int:
    """Give the office's year."""
    return datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone).year


def turn(house: House) -> None:
    """Let the clock's part look."""
    reviews = Reviews(house.database, house.policy, house.zone)
    while not reviews.announced:
        reviews.turn(house.clock.wall_us())
    Duties(house.database, house.policy, house.zone).turn(house.clock.wall_us())


# ------------------------------------------------------------ R30


def test_r30_every_scheme_of_the_sheet_counts_on_in_its_own_series(house: House) -> None:
    now = year(house)
    assert taken_in(house, "N1", scheme="department")["record_number"] == f"{now}XS0001"
    assert taken_in(house, "N2", scheme="department")["record_number"] == f"{now}XS0002"
    other = taken_in(house, "N3", scheme="department", department="采购部")
    assert other["record_number"] == f"{now}CG0001"
    assert taken_in(house, "N4", scheme="category")["record_number"] == f"HT{now}0001"
    assert taken_in(house, "N5", scheme="contract")["record_number"] == f"HT-XS-{now}-001"
    given = house.chen.post("/record-numbers", {"item": "F1", "scheme": "category"})
    assert given["number"] == f"HT{now}0002"
    archive = taken_in(house, "N6", scheme="archive", term="D30")
    assert archive["record_number"] == f"Q001-HT·{now}-D30-XS-0001"
    assert house.chen.get("/items/F1")["record_number"] == f"HT{now}0002"


def test_r30_a_number_that_lacks_a_part_is_refused_with_every_part_it_lacks(house: House) -> None:
    body = {**NEW, "code": "N1", "scheme": "archive", "department": "外星部", "category": "怪"}
    said = house.chen.post("/items", body, expect=403)
    assert {(r["rule"], r["params"].get("field")) for r in said["reasons"]} == {
        ("R30", "category"),
        ("R30", "term"),
        ("R30", "department"),
    }
    assert house.chen.rules("/items", {**NEW, "code": "N1", "scheme": "none"}) == {("R30", "number_scheme_unknown")}
    house.chen.get("/items/N1", expect=404)
    assert house.chen.get("/record-numbers/series")["rows"] == []


def test_r30_a_cancelled_number_is_kept_with_its_reason_and_never_given_again(house: House) -> None:
    first = taken_in(house, "N1", scheme="contract")["record_number"]
    said = house.chen.post("/record-numbers/cancel", {"number": first, "reason": "重复立卷"})
    assert (said["number"], said["reason"], said["item"]) == (first, "重复立卷", "N1")
    assert house.chen.get("/items/N1")["record_number"] is None
    second = taken_in(house, "N2", scheme="contract")["record_number"]
    assert second != first
    taken = house.chen.post("/items", {**NEW, "code": "N3", "record_number": first}, expect=409)
    assert taken["code"] == "item_taken"
    house.chen.post("/record-numbers/cancel", {"number": first, "reason": "再次"}, expect=409)
    (series,) = house.chen.get("/record-numbers/series")["rows"]
    assert (series["last"], series["in_use"], series["cancelled"], series["silent_gaps"]) == (2, 1, 1, 0)
    rows = house.shen.get(f"/record-numbers?series={series['key'].replace('#', '%23')}")["rows"]
    assert [(row["number"], row["reason"]) for row in rows] == [(first, "重复立卷"), (second, "")]


def test_r30_a_number_given_by_hand_takes_its_place_in_the_sequence(house: House) -> None:
    now = year(house)
    taken_in(house, "N1", record_number=f"HT-XS-{now}-001")
    assert taken_in(house, "N2", scheme="contract")["record_number"] == f"HT-XS-{now}-002"
    (series,) = house.chen.get("/record-numbers/series")["rows"]
    assert (series["last"], series["silent_gaps"]) == (2, 0)


def test_r30_an_act_that_fails_gives_its_number_back(house: House) -> None:
    now = year(house)
    house.chen.post("/items", {**NEW, "code": "N1", "scheme": "contract", "epc": "ABCD"})
    house.chen.post("/items", {**NEW, "code": "N2", "scheme": "contract", "epc": "ABCD"}, expect=409)
    assert taken_in(house, "N3", scheme="contract")["record_number"] == f"HT-XS-{now}-002"


# ------------------------------------------------------------ R31


def test_r31_files_are_found_by_what_is_known_of_them_and_their_customers(house: House) -> None:
    facts = {"name": "长风机械", "industry": "制造", "size": "大型", "region": "华东"}
    number = house.chen.post("/customers", facts)["id"]
    house.chen.post("/customers", {"name": "别家", "industry": "制造", "region": "华南"})
    patched(house, "F1", customer=number, file_type="contract")
    for query in ("industry=制造", "size=大型", "region=华东", f"customer={number}", "type=contract", "q=题名1"):
        assert [row["code"] for row in house.wang.get(f"/items?{query}")["rows"]] == ["F1"], query
    assert house.wang.get("/items?industry=制造&region=华南")["rows"] == []
    assert len(house.wang.get("/items?category=contract")["rows"]) == 6
    assert house.wang.get("/items?category=basic")["rows"] == []
    assert {row["key"] for row in house.wang.get("/categories")["rows"]} >= {
        "basic", "transactions", "service", "complaints", "feedback", "relationship",
        "person", "enterprise", "partner", "other", "contract", "company",
    }  # fmt: skip
    assert [row["name"] for row in house.wang.get("/customers?region=华东")["rows"]] == ["长风机械"]
    assert house.guest.get("/items?industry=制造")["rows"] == []


def test_r31_grades_are_searched_only_by_who_may_see_them(house: House) -> None:
    number = house.chen.post("/customers", {"name": "长风机械"})["id"]
    patched(house, "F1", customer=number)
    asked = house.chen.post("/credit-requests", {"customer": number, "act": "change", "purpose": "评级"})["id"]
    house.ma.post(f"/credit-requests/{asked}/approve")
    house.chen.ask("PATCH", f"/customers/{number}", {"grade": "A"}, If_Match='"1"')
    assert house.chen.get("/items?grade=A")["rows"] == []
    seen = house.chen.post("/credit-requests", {"purpose": "年度分析"})["id"]
    house.ma.post(f"/credit-requests/{seen}/approve")
    assert [row["code"] for row in house.chen.get("/items?grade=A")["rows"]] == ["F1"]
    assert house.chen.get("/items?grade=B")["rows"] == []
    assert [row["id"] for row in house.chen.get("/customers?grade=A")["rows"]] == [number]
    assert house.ma.get("/customers?grade=A")["rows"] == []


# ------------------------------------------------------------ R32


def test_r32_a_projects_papers_are_temporary_until_five_days_after_completion(house: House) -> None:
    begun = house.chen.post("/items/F1/filing", {"kind": "project", "at": ago(house, 40)})
    assert (begun["phase"], begun["next"], begun["due_at"]) == ("temporary", "completed", None)
    done = house.chen.post("/items/F1/filing/events", {"event": "completed", "at": ago(house, 4)})
    assert (done["phase"], done["next"], done["overdue"]) == ("temporary", "filed", False)
    assert house.chen.get("/filings?overdue=true")["rows"] == []
    house.shift(2 * DAY)
    late = house.chen.get("/filings?overdue=true")["rows"]
    assert [(row["item"], row["rule"]) for row in late] == [("F1", "R32")]
    turn(house)
    assert [row["subject"] for row in house.ma.get("/duties?overdue=true&kind=formal_filing")["rows"]] == ["F1"]
    filed = house.chen.post("/items/F1/filing/events", {"event": "filed"})
    assert (filed["phase"], filed["overdue"], filed["next"]) == ("formal", False, None)
    assert house.ma.get("/duties?kind=formal_filing")["rows"] == []


def test_r32_a_file_that_is_not_in_its_cabinet_does_not_become_formal(house: House) -> None:
    house.chen.post("/items/F1/filing", {"kind": "project"})
    step = house.chen.rules("/items/F1/filing/events", {"event": "filed"})
    assert step == {("R32", "filing_not_next")}
    house.chen.post("/items/F1/filing/events", {"event": "completed"})
    house.approved("F1")
    house.visit("wang", taken=[1])
    assert house.chen.rules("/items/F1/filing/events", {"event": "filed"}) == {("R32", "filing_not_shelved")}


def test_r32_contracts_are_handed_over_within_a_month_and_filed_within_one_more(house: House) -> None:
    signed = house.chen.post("/items/F2/filing", {"kind": "contract"})
    start = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    assert 27 <= (datetime.fromisoformat(signed["due_at"]) - start).days <= 31
    house.shift(20 * DAY)
    handed = house.chen.post("/items/F2/filing/events", {"event": "handed_over"})
    assert 47 <= (datetime.fromisoformat(handed["due_at"]) - start).days <= 52
    house.chen.rules("/items/F2/filing/events", {"event": "signed"})
    assert house.chen.post("/items/F2/filing/events", {"event": "filed"})["phase"] == "formal"


def test_r32_other_new_files_are_filed_within_five_working_days_of_the_end_of_service(house: House) -> None:
    house.chen.post("/items/F2/filing", {"kind": "service", "at": ago(house, 30)})
    ended = house.chen.post("/items/F2/filing/events", {"event": "ended"})
    start = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone).date()
    due = datetime.fromisoformat(ended["due_at"]).date()
    offered = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    from server.domain.office import is_office_day

    assert sum(is_office_day(house.policy.office, day) for day in offered) == 5
    assert is_office_day(house.policy.office, due)


# ------------------------------------------------------------ R33


def test_r33_each_department_is_reminded_and_what_did_not_arrive_is_listed(house: House) -> None:
    now = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    months = next(n for n in range(1, 5) if (now.month + n - 1) % 12 + 1 in (1, 4, 7, 10))
    first = datetime(now.year + (now.month + months - 1) // 12, (now.month + months - 1) % 12 + 1, 2, tzinfo=house.zone)
    house.shift((first - now).total_seconds())
    turn(house)
    rounds = [row for row in house.ma.get("/collections")["rows"] if row["kind"] == "quarterly_collection"]
    assert rounds[0]["missing"] == sorted([SALES, "采购部"])
    with house.database.read() as session:
        told = session.exec(select(Notice.text).where(Notice.person_id == NUMBER["li"])).all()
    assert any(SALES in text for text in told)
    body = {"kind": "quarterly_collection", "department": SALES, "documents": "一季度会议纪要 12 份"}
    came = house.li.post("/collections/arrivals", body)
    assert (came["arrived"], came["missing"]) == ([SALES], ["采购部"])
    house.shift(40 * DAY)
    turn(house)
    late = next(row for row in house.ma.get("/collections")["rows"] if row["due_at"] == came["due_at"])
    assert (late["missing"], late["overdue"]) == (["采购部"], True)
    wrong = house.li.post("/collections/arrivals", {**body, "department": "采购部"}, expect=403)
    assert wrong["code"] == "not_your_department"
    house.li.post("/collections/arrivals", body, expect=404)


def test_r33_confidential_documents_are_filed_in_the_original(house: House) -> None:
    taken_in(house, "C1", secrecy="confidential", kind="copy")
    taken_in(house, "C2", secrecy="confidential")
    house.chen.post("/items/C2/contents", {"title": "决议复印件", "original": False})
    for code in ("C1", "C2"):
        house.chen.post(f"/items/{code}/filing", {"kind": "service"})
        house.chen.post(f"/items/{code}/filing/events", {"event": "ended"})
        said = house.chen.rules(f"/items/{code}/filing/events", {"event": "filed"})
        assert said == {("R33", "original_needed")}
    number = house.chen.get("/items/C2/contents")["rows"][0]["id"]
    house.chen.post(f"/items/C2/contents/{number}/remove", {"reason": "换成原件"})
    house.chen.post("/items/C2/contents", {"title": "决议原件"})
    assert house.chen.post("/items/C2/filing/events", {"event": "filed"})["phase"] == "formal"


# ------------------------------------------------------------ R34


def test_r34_a_file_shows_what_of_its_expected_documents_is_missing(house: House) -> None:
    patched(house, "F1", file_type="contract")
    every = house.chen.get("/items/F1")["missing"]
    assert set(every) == {
        "negotiation", "licences", "capability", "mandate", "guarantees",
        "correspondence", "notarisation", "contract", "acceptance", "payment",
    }  # fmt: skip
    body = {"title": "买卖合同", "kind": "contract", "number": "HT-1", "author": "法务部", "pages": "1-12"}
    listed = house.chen.post("/items/F1/contents", body)
    assert [(row["position"], row["title"]) for row in listed["rows"]] == [(1, "买卖合同")]
    assert "contract" not in listed["missing"]
    assert len(listed["missing"]) == 9
    assert house.wang.get("/items/F1")["missing"] == listed["missing"]
    removed = house.chen.post(f"/items/F1/contents/{listed['rows'][0]['id']}/remove", {"reason": "移至他卷"})
    assert (removed["rows"], len(removed["missing"])) == ([], 10)
    assert house.chen.post("/items/F1/contents", body)["rows"][0]["position"] == 2
    wrong = house.chen.rules("/items/F1/contents", {"title": "x", "kind": "selfie"})
    assert wrong == {("R34", "document_kind_unknown")}
    said = patched(house, "F1", 403, file_type="diary")
    assert [r["code"] for r in said["reasons"]] == ["file_type_unknown"]


def test_r34_the_contents_of_a_secret_file_are_masked_for_others(house: House) -> None:
    house.chen.post("/items/F3/contents", {"title": "底价", "author": "赵", "note": "勿外传"})
    assert "底价" in str(house.ma.get("/items/F3/contents"))
    hidden = str(house.wang.get("/items/F3/contents")) + str(house.wang.get("/items/F3/changes"))
    assert "底价" not in hidden


# ------------------------------------------------------------ R35


def test_r35_every_change_keeps_what_who_and_when_and_the_earlier_state_is_seen(house: House) -> None:
    before = ago(house, 0)
    house.shift(60)
    assert patched(house, "F1", title="新题名", pages=9, reason="核对更正")["title"] == "新题名"
    house.shift(60)
    between = ago(house, 0)
    house.shift(60)
    assert patched(house, "F1", title="再改", department=SALES)["version"] == 3
    rows = house.shen.get("/items/F1/changes")["rows"]
    assert [(row["field"], row["old"], row["new"], row["by"]) for row in rows if row["version"] == 2] == [
        ("pages", "0", "9", "chen"),
        ("title", "题名1", "新题名", "chen"),
    ]
    assert {row["reason"] for row in rows if row["version"] == 2} == {"核对更正"}
    assert rows[0]["at"] > rows[-1]["at"]
    old = house.shen.get(f"/items/F1/as-of?at={before.replace('+', '%2B')}")["fields"]
    assert (old["title"], old["pages"], old["department"]) == ("题名1", "0", "")
    mid = house.shen.get(f"/items/F1/as-of?at={between.replace('+', '%2B')}")["fields"]
    assert (mid["title"], mid["pages"], mid["department"]) == ("新题名", "9", "")
    entries = [e["body"] for e in house.shen.get("/ledger?limit=500")["rows"] if e["kind"] == "item_changed"]
    assert [entry["fields"] for entry in entries] == [["pages", "title"], ["department", "title"]]


def test_r35_a_change_names_the_version_it_is_made_to(house: House) -> None:
    assert house.chen.ask("PATCH", "/items/F1", {"title": "x"}, 428)["code"] == "condition_needed"
    patched(house, "F1", title="x")
    assert house.chen.ask("PATCH", "/items/F1", {"title": "y"}, 412, If_Match='"1"')["code"] == "stale"
    headers = {"Authorization": f"Bearer {house.chen.token}"}
    assert house.client.get("/api/v1/items/F1", headers=headers).headers["etag"] == '"2"'
    assert house.chen.get("/items/F1")["title"] == "x"
    house.wang.ask("PATCH", "/items/F1", {"title": "y"}, 403, If_Match='"2"')


def test_r35_counts_follow_a_changed_category(house: House) -> None:
    patched(house, "F1", category="基本信息")
    rows = house.chen.get("/counts")["rows"]
    assert {row["category"]: row["n"] for row in rows if row["state"] == "place"} == {"合同": 5, "基本信息": 1}


def test_r35_a_new_record_number_cancels_the_old_one(house: House) -> None:
    assert patched(house, "F1", record_number="旧-1")["record_number"] == "旧-1"
    assert patched(house, "F1", 422, record_number="新-1")["code"] == "reason"
    assert patched(house, "F1", record_number="新-1", reason="编号规则变更")["record_number"] == "新-1"
    numbers = {row["number"]: row for row in house.chen.get("/record-numbers")["rows"]}
    assert numbers["旧-1"]["reason"] == "编号规则变更"
    assert patched(house, "F2", 409, record_number="旧-1")["code"] == "item_taken"


# ------------------------------------------------------------ R36


def test_r36_an_active_file_is_reviewed_yearly_and_overdue_ones_are_flagged(house: House) -> None:
    due = datetime.fromisoformat(house.chen.get("/items/F1")["review_due_at"])
    start = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    assert 364 <= (due - start).days <= 366
    assert house.ma.get("/reviews?overdue=true")["rows"] == []
    house.shift(368 * DAY)
    turn(house)
    assert {row["item"] for row in house.ma.get("/reviews?overdue=true")["rows"]} == FILES
    flagged = house.ma.get("/duties?overdue=true&kind=file_review")["rows"]
    assert {row["subject"] for row in flagged} == FILES
    assert house.chen.post("/items/F1/reviews", {"accurate": False, "note": "页数不符"})["overdue"] is True
    assert house.chen.post("/items/F1/reviews", {"accurate": True})["overdue"] is False
    assert "F1" not in {row["item"] for row in house.ma.get("/reviews?overdue=true")["rows"]}
    assert "F1" not in {row["subject"] for row in house.ma.get("/duties?kind=file_review")["rows"]}
    turn(house)
    assert "F1" not in {row["subject"] for row in house.ma.get("/duties?kind=file_review")["rows"]}
    house.shift(368 * DAY)
    turn(house)
    assert "F1" in {row["item"] for row in house.ma.get("/reviews?overdue=true")["rows"]}


@pytest.mark.parametrize("name", ["wang", "guest"])
def test_the_registers_are_not_everybodys(house: House, name: str) -> None:
    caller = getattr(house, name)
    may = name == "guest"
    for path in ("/record-numbers", "/filings", "/reviews", "/collections"):
        caller.get(path, expect=200 if may else 403)


def test_r36_files_that_came_by_another_way_are_reviewed_too(house: House) -> None:
    with house.database.begin() as uow:
        for record in uow.session.exec(select(Record)):
            uow.session.delete(record)
    reviews = Reviews(house.database, house.policy, house.zone)
    reviews.turn(house.clock.wall_us())
    assert {row["item"] for row in house.ma.get("/reviews")["rows"]} == FILES
    assert reviews.begun == ""
    reviews.turn(house.clock.wall_us() + 61_000_000)
    assert reviews.begun == reviews.announced != ""


def test_r40_registers_and_records_end_where_ones_rights_end(house: House) -> None:
    patched(house, "F2", category="基本信息", record_number="N-2")
    for code in ("F1", "F2"):
        house.chen.post(f"/items/{code}/filing", {"kind": "service"})
        house.chen.post(f"/items/{code}/contents", {"title": "文件"})
    house.sec.ask("PUT", "/people/shen/scope", {"categories": ["合同"]})
    assert [row["item"] for row in house.shen.get("/filings")["rows"]] == ["F1"]
    assert "F2" not in {row["item"] for row in house.shen.get("/reviews")["rows"]}
    assert "N-2" not in str(house.shen.get("/record-numbers"))
    for path in ("contents", "changes", "as-of?at=2030-01-01T00:00:00Z"):
        house.shen.get(f"/items/F1/{path}")
        house.shen.get(f"/items/F2/{path}", expect=404)
    house.shen.get("/attachments?subject=item&of=F2", expect=404)
