"""The rules of requests, each through the API: who asks, in how many steps it is approved, what follows from it."""

from dataclasses import replace

import pytest

from server.domain.policy import load_policy
from server.service.records.record_numbers import record_of
from server.store.tables import Customer
from tests.server.company import POLICY
from tests.server.web.house import NUMBER, House
from tests.server.web.test_requests import ASK, at

LISTED = load_policy((POLICY.parent / "listed_company.toml").read_text(encoding="utf-8"))
SHARE = {"items": ["F1"], "mode": "sharing", "purpose": "联合审计", "recipient": "采购部"}
SHARE_SECRET = {**SHARE, "items": ["F3"]}
HOUR = 3600.0


def verdicts(house: House) -> list[str]:
    return [row["verdict"] for row in house.shen.get("/movements")["rows"]]


def to_do(house: House, who: str) -> list[int]:
    return [row["id"] for row in getattr(house, who).get("/requests?show=todo")["rows"]]


def test_r01_taking_follows_request_approval_take_return_each_recorded(house: House) -> None:
    assert house.li.rules("/requests", {**ASK, "purpose": "  "}) == {("R01", "purpose_missing")}
    number = house.approved("F1")
    house.visit("wang", taken=[1])
    house.visit("wang", put=[1])
    assert verdicts(house) == ["as_approved", "returned"]
    rows = house.shen.get("/ledger?limit=500")["rows"]
    kinds = [row["kind"] for row in rows]
    order = [kinds.index(kind) for kind in ("request_filed", "request_approved", "grant_given", "door_closed")]
    assert order == sorted(order)
    filed = next(row["body"] for row in rows if row["kind"] == "request_filed")
    assert (filed["request"], filed["purpose"], filed["items"]) == (number, "客户复核", ["F1"])
    assert filed["by"] != filed["person"]


def test_r02_one_line_entitles_once_within_its_window(house: House) -> None:
    house.approved("F1", until=at(house, hours=1))
    house.visit("wang", taken=[1])
    house.visit("wang", put=[1])
    house.visit("wang", taken=[1])
    assert verdicts(house) == ["as_approved", "returned", "unattributed"]
    house.approved("F2", until=at(house, hours=1))
    house.shift(HOUR + 1)
    house.visit("wang", taken=[2])
    assert verdicts(house)[-1] == "unattributed"


def test_r03_an_approval_to_read_is_none_to_seal_or_to_pass_on(house: House) -> None:
    assert ("R03", "mode_not_for_kind") in house.li.rules("/requests", {**ASK, "mode": "seal_use"})
    assert ("R03", "mode_not_for_kind") in house.li.rules("/requests", {**ASK, "items": ["F5"]})
    house.approved("F1")
    house.visit("wang", taken=[1])
    number = house.qian.post("/requests", {"items": ["F1"], "mode": "transfer", "purpose": "接手"})["id"]
    house.zhao.post(f"/requests/{number}/approve")
    house.visit("wang", put=[1])
    house.visit("qian", taken=[1])
    assert verdicts(house)[-1] == "unattributed"
    refused = [row["body"] for row in house.shen.get("/ledger?limit=500")["rows"] if row["kind"] == "access_refused"]
    assert ("R14", "transfer_hand_to_hand") in {(said["rule"], said["code"]) for said in refused[-1]["reasons"]}


def test_r06_top_secret_is_refused_whoever_asks_in_whatever_mode(house: House) -> None:
    for mode in ("reading", "loan", "photocopy", "sharing", "transfer"):
        for who in (house.gao, house.li, house.wang):
            said = who.rules("/requests", {**SHARE, "items": ["F4"], "mode": mode})
            assert ("R06", "secrecy_never") in said


def test_r07_r08_secret_is_lent_by_the_leadership_only(house: House) -> None:
    number = house.li.post("/requests", {**ASK, "items": ["F3"]})["id"]
    assert house.zhao.rules(f"/requests/{number}/approve") == {("R08", "approver_post")}
    assert house.sun.post(f"/requests/{number}/approve")["state"] == "approved"
    house.visit("wang", taken=[3])
    (loan,) = house.chen.get("/loans")["rows"]
    assert loan["due_rule"] in ("R05", "R08")


def test_r08_a_renewal_never_goes_past_four_hours(house: House) -> None:
    number = house.li.post("/requests", {**ASK, "items": ["F3"], "due": at(house, hours=1)})["id"]
    house.sun.post(f"/requests/{number}/approve")
    house.visit("wang", taken=[3])
    first = house.wang.post(f"/requests/{number}/renew", {"due": at(house, hours=9)})
    assert house.gao.post(f"/requests/{first['id']}/approve")["state"] == "approved"
    (loan,) = house.chen.get("/loans")["rows"]
    assert loan["due_rule"] == "R08"
    again = house.wang.rules(f"/requests/{number}/renew", {"due": at(house, hours=20)})
    assert ("R08", "renewal_no_longer") in again


def test_r09_ordinary_files_are_filed_by_the_manager_and_approved_by_the_head_of_office(house: House) -> None:
    assert house.wang.rules("/requests", {**ASK, "for": None}) == {("R09", "filer_post")}
    assert house.li.rules("/requests", {**ASK, "for": "qian"}) == {("R09", "filer_post")}
    filed = house.li.post("/requests", ASK)
    assert filed["awaits"] == ["head_of_office"]
    assert house.gao.rules(f"/requests/{filed['id']}/approve") == {("R09", "approver_post")}
    straight = {"person": "dong", "items": ["F2"], "purpose": "查阅"}
    house.chen.post("/registrations", straight)
    assert [row["items"] for row in house.dong.get("/registrations")["rows"]] == [["F2"]]
    assert house.wang.get("/registrations")["rows"] == []


def test_r10_an_approver_finds_what_waits_for_them_and_nobody_else_does(house: House) -> None:
    ordinary = house.li.post("/requests", ASK)["id"]
    secret = house.li.post("/requests", {**ASK, "items": ["F3"]})["id"]
    assert to_do(house, "zhao") == [ordinary]
    assert to_do(house, "gao") == to_do(house, "sun") == [secret]
    assert to_do(house, "li") == to_do(house, "wang") == to_do(house, "ma") == []
    own = house.zhao.post("/requests", {**ASK, "for": None, "items": ["F2"]})["id"]
    assert to_do(house, "zhao") == [ordinary]
    assert to_do(house, "sun") == [own, secret]
    assert [row["id"] for row in house.zhao.get("/requests?show=mine")["rows"]] == [own]
    house.zhao.post(f"/requests/{ordinary}/refuse")
    assert to_do(house, "zhao") == []


def test_r10_lists_narrowed_to_ones_own_go_on_past_what_is_left_out(house: House) -> None:
    mine = [house.zhao.post("/requests", {**ASK, "for": None})["id"]]
    for _ in range(4):
        house.li.post("/requests", ASK)
    mine.append(house.zhao.post("/requests", {**ASK, "for": None})["id"])
    first = house.zhao.get("/requests?show=mine&limit=1")
    rest = house.zhao.get(f"/requests?show=mine&limit=1&before={first['next']}")
    assert [row["id"] for row in first["rows"] + rest["rows"]] == mine[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        ({}, {"F1", "F3"}),
        ({"secrecy": ["ordinary"]}, {"F1"}),
        ({"modes": ["reading"]}, set()),
        ({"departments": ["采购部"]}, set()),
        ({"departments": ["销售部"], "modes": ["loan"]}, {"F1", "F3"}),
        ({"categories": ["合同"]}, {"F1", "F3"}),
        ({"categories": ["投诉"]}, set()),
    ],
)
def test_r10_a_delegate_sees_only_what_lies_within_the_scope(
    house: House, scope: dict[str, list[str]], sees: set[str]
) -> None:
    numbers = {item: house.li.post("/requests", {**ASK, "items": [item]})["id"] for item in ("F1", "F3")}
    house.zhao.post("/delegations", {"to": "dong", "until": at(house, days=2), "scope": scope})
    assert {row["items"][0] for row in house.dong.get("/requests")["rows"]} == sees
    for item, number in numbers.items():
        house.dong.get(f"/requests/{number}", expect=200 if item in sees else 404)
    assert to_do(house, "dong") == ([numbers["F1"]] if "F1" in sees else [])
    if "F1" not in sees:
        assert ("R10", "delegation_scope") in house.dong.rules(f"/requests/{numbers['F1']}/approve")


def test_r10_a_delegation_is_judged_anew_when_it_is_used_and_never_chained(house: House) -> None:
    number = house.li.post("/requests", ASK)["id"]
    house.zhao.post("/delegations", {"to": "dong", "until": at(house, days=2)})
    house.dong.rules("/delegations", {"to": "ke", "until": at(house, days=1)})
    with house.database.begin() as uow:
        uow.connection.exec_driver_sql(f"UPDATE person SET role = 'requester' WHERE id = {NUMBER['zhao']}")
    assert ("R10", "delegation_gives_nothing") in house.dong.rules(f"/requests/{number}/approve")
    house.dong.get(f"/requests/{number}", expect=404)
    with house.database.begin() as uow:
        uow.connection.exec_driver_sql(f"UPDATE person SET role = 'head_of_office' WHERE id = {NUMBER['zhao']}")
    assert house.dong.post(f"/requests/{number}/approve")["state"] == "approved"


def test_r10_a_delegate_of_the_filer_or_applicant_decides_nothing_of_theirs(house: House) -> None:
    number = house.gao.post("/requests", {**ASK, "for": None, "items": ["F3"]})["id"]
    house.gao.post("/delegations", {"to": "zhao", "until": at(house, days=2)})
    assert ("R10", "own_request_by_delegate") in house.zhao.rules(f"/requests/{number}/approve")


def test_r65_sharing_names_with_whom_and_secret_is_approved_in_two_steps(house: House) -> None:
    assert house.wang.rules("/requests", {**SHARE, "recipient": ""}) == {("R65", "recipient_missing")}
    filed = house.wang.post("/requests", SHARE_SECRET)
    number = filed["id"]
    assert (filed["recipient"], filed["awaits"]) == ("采购部", ["records_manager"])
    assert house.gao.rules(f"/requests/{number}/approve") == {("R65", "approver_post")}
    step = house.ma.post(f"/requests/{number}/approve", {"note": "可"})
    assert (step["state"], [said["step"] for said in step["decisions"]]) == ("filed", [0])
    assert step["awaits"] == ["deputy_general_manager", "general_manager"]
    house.visit("wang", taken=[3])
    assert verdicts(house) == ["unattributed"]
    assert to_do(house, "gao") == [number]
    assert ("R10", "step_decided_before") in house.ma.rules(f"/requests/{number}/approve")
    house.gao.post("/delegations", {"to": "zhao", "until": at(house, days=1)})
    done = house.zhao.post(f"/requests/{number}/approve")
    assert (done["state"], [said["step"] for said in done["decisions"]], done["awaits"]) == ("approved", [0, 1], [])


def test_r65_refusing_at_any_step_refuses(house: House) -> None:
    number = house.wang.post("/requests", SHARE_SECRET)["id"]
    house.ma.post(f"/requests/{number}/approve")
    assert house.sun.post(f"/requests/{number}/refuse", {"note": "否"})["state"] == "refused"
    assert ("R01", "request_not_waiting") in house.gao.rules(f"/requests/{number}/approve")


def test_r04_r65_outside_go_registered_copies_only(house: House) -> None:
    said = house.wang.rules("/requests", {**SHARE, "recipient": "长风机械", "outside": True})
    assert said == {("R04", "outside_needs_copy")}
    copy = {"code": "C1", "kind": "copy", "title": "合同影印件", "secrecy": "ordinary", "place": "a/1"}
    house.chen.post("/items", copy)
    filed = house.wang.post("/requests", {**SHARE, "items": ["C1"], "recipient": "长风机械", "outside": True})
    assert filed["outside"] is True
    refused = house.zhao.rules(f"/requests/{filed['id']}/approve")
    assert refused == {("R65", "approver_post"), ("R04", "approver_post")}
    assert house.ma.post(f"/requests/{filed['id']}/approve")["state"] == "approved"


def test_r12_a_photocopy_names_pages_and_purpose_and_is_approved_by_the_records_manager(house: House) -> None:
    ask = {"items": ["F1"], "mode": "photocopy", "purpose": "法院举证", "pages": "3–7"}
    assert house.wang.rules("/requests", {**ask, "purpose": ""}) == {("R01", "purpose_missing")}
    filed = house.wang.post("/requests", ask)
    assert (filed["pages"], filed["awaits"]) == ("3–7", ["records_manager"])
    assert house.zhao.rules(f"/requests/{filed['id']}/approve") == {("R12", "approver_post")}
    assert house.ma.post(f"/requests/{filed['id']}/approve")["state"] == "approved"


def test_r12_r17_the_stricter_sheet_asks_for_pages_and_for_two_approvals_of_a_seal(house: House) -> None:
    house.app.state.deps = replace(house.app.state.deps, policy=LISTED)
    copy = {"items": ["F1"], "mode": "photocopy", "purpose": "法院举证"}
    assert house.wang.rules("/requests", copy) == {("R12", "pages_missing")}
    seal = {"items": ["F5"], "mode": "seal_use", "purpose": "签约"}
    assert house.wang.rules("/requests", seal) == {
        ("R17", "seal_documents_missing"),
        ("R17", "seal_impressions_missing"),
        ("R44", "training_missing"),
    }
    house.ma.post("/training", {"person": "wang", "subject": "rules"})
    number = house.wang.post("/requests", {**seal, "documents": ["采购合同"], "impressions": 2})["id"]
    assert house.gao.rules(f"/requests/{number}/approve") == {("R17", "approver_post")}
    assert house.zhao.post(f"/requests/{number}/approve")["state"] == "filed"
    done = house.gao.post(f"/requests/{number}/approve")
    assert (done["state"], [said["approver"] for said in done["decisions"]]) == ("approved", ["zhao", "gao"])
    assert (done["documents"], done["impressions"]) == (["采购合同"], 2)


def test_r14_passing_on_is_a_transfer_with_its_own_approval(house: House) -> None:
    transfer = {"items": ["F1"], "mode": "transfer", "purpose": "出差接手", "for": "qian"}
    assert ("R14", "transfer_not_held") in house.dong.rules("/requests", transfer)
    house.approved("F1")
    house.visit("wang", taken=[1])
    assert ("R14", "handover_needs_authority") in house.wang.rules("/handovers", {"items": ["F1"], "to": "qian"})
    number = house.dong.post("/requests", transfer)["id"]
    assert house.gao.rules(f"/requests/{number}/approve") == {("R14", "approver_post")}
    house.zhao.post(f"/requests/{number}/approve")
    house.wang.post("/handovers", {"items": ["F1"], "to": "qian", "purpose": "出差接手"})
    assert house.chen.get("/items/F1")["custody"]["person"] == "qian"
    before, after = house.chen.get("/loans")["rows"]
    assert (after["person"], after["mode"], after["due_at"]) == ("qian", "loan", before["due_at"])
    assert ("R02", "line_used") in house.qian.rules("/handovers", {"items": ["F1"], "to": "qian"})


def test_r02_orders_are_listed_for_who_gave_them_and_who_carries_them_out(house: House) -> None:
    house.chen.post("/orders", {"person": "ke", "items": ["F2"], "task": "move", "purpose": "调柜"})
    (row,) = house.ke.get("/orders")["rows"]
    assert (row["items"], row["given_by"], row["purpose"]) == (["F2"], "chen", "move: 调柜")
    assert house.wang.get("/orders")["rows"] == []


def test_r02_r35_a_move_order_says_where_items_belong_and_keeps_where_they_did(house: House) -> None:
    move = {"person": "chen", "items": ["F1"], "task": "move", "purpose": "换柜"}
    assert house.chen.rules("/orders", {**move, "task": "repair", "to": "a/2"}) == {("R02", "order_place")}
    house.chen.post("/orders", {**move, "to": "a/2"})
    house.visit("chen", taken=[1])
    house.visit("chen", put=[1], door=2)
    assert verdicts(house) == ["as_approved", "returned"]
    assert house.chen.get("/items/F1")["home"] == "a/2"
    change = house.chen.get("/items/F1/changes")["rows"][0]
    assert (change["field"], change["old"], change["new"], change["by"]) == ("place", "a/1", "a/2", "chen")


def test_r02_r52_r54_whoever_orders_without_the_right_is_told_every_reason(house: House) -> None:
    order = {"person": "wang", "items": ["F1"], "task": "destruction", "purpose": ""}
    assert house.sun.rules("/orders", order) == {
        ("R01", "purpose_missing"),
        ("R02", "order_giver"),
        ("R40", "role_may_not"),
        ("R52", "destruction_needs_list"),
        ("R54", "destruction_outside"),
    }
    admin = house.sys.post("/orders", order, expect=403)
    assert {reason["rule"] for reason in admin["reasons"]} == {"R02", "R40", "R54"}
    assert "requester" not in admin["detail"]
    auditor = house.shen.post("/orders", order, expect=403)
    assert {reason["rule"] for reason in auditor["reasons"]} == {"R02", "R40", "R54", "R61"}
    assert house.gao.post("/orders", {**order, "task": "stock_out", "purpose": "调拨"})["person"] == "wang"


def test_r37_a_copy_of_a_risky_customers_file_is_lent_as_the_file_is(house: House) -> None:
    with house.database.begin() as uow:
        risky = Customer(name="华东公司", grade="C", created_us=1)
        uow.session.add(risky)
        uow.session.flush()
        record_of(uow.session, 1).customer_id = risky.id
    copies = house.ma.post("/items/F1/copies", {"pages": "1", "purpose": "常备", "standing": True})
    code = copies["rows"][0]["item"]
    house.app.state.deps = replace(house.app.state.deps, policy=LISTED)
    number = house.li.post("/requests", {"items": [code], "mode": "loan", "purpose": "复核", "for": "wang"})["id"]
    assert house.zhao.post(f"/requests/{number}/approve")["awaits"] == ["deputy_general_manager"]


def test_r40_a_move_order_reaches_no_further_than_the_rights_of_who_gives_it(house: House) -> None:
    house.sec.ask("PUT", "/people/chen/scope", {"cabinets": ["a"]})
    chen = house.signed_in("chen")
    move = {"person": "chen", "items": ["F1"], "task": "move", "purpose": "换柜"}
    assert chen.rules("/orders", {**move, "to": "b/1"}) == {("R40", "outside_scope")}
    assert chen.get("/items/F1")["home"] == "a/1"
    assert chen.post("/orders", {**move, "to": "a/2"})["items"] == ["F1"]
