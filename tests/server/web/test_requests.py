"""Asking, deciding, delegating, registering, ordering and handing over, by HTTP."""

from datetime import UTC, datetime, timedelta

from tests.server.web.house import House

DATABASES = ("sqlite", "postgres")

ASK = {"items": ["F1"], "mode": "loan", "purpose": "客户复核", "for": "wang"}


def at(house: House, **after: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=house.clock.wall_us())
    return (moment + timedelta(**after)).isoformat()


def test_a_request_is_filed_approved_and_seen_by_those_it_concerns(house: House) -> None:
    filed = house.li.post("/requests", ASK)
    assert (filed["state"], filed["applicant"], filed["filed_by"]) == ("filed", "wang", "li")
    assert house.wang.get(f"/requests/{filed['id']}")["items"] == ["F1"]
    house.qian.get(f"/requests/{filed['id']}", expect=404)
    assert [notice["kind"] for notice in house.zhao.get("/notices")["rows"]] == ["request_filed"]
    approved = house.zhao.post(f"/requests/{filed['id']}/approve", {"note": "可"})
    assert (approved["state"], approved["decisions"][0]["approver"]) == ("approved", "zhao")
    assert {notice["kind"] for notice in house.wang.get("/notices")["rows"]} == {"request_approved"}
    assert house.zhao.post(f"/requests/{filed['id']}/approve", expect=403)["reasons"][0]["code"] == (
        "request_not_waiting"
    )
    kinds = [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]
    assert kinds.index("request_filed") < kinds.index("request_approved")


def test_every_reason_is_told_in_the_readers_language(house: House) -> None:
    body = {"items": ["F4"], "mode": "loan", "purpose": " "}
    said = house.wang.post("/requests", body, expect=403)
    assert {reason["rule"] for reason in said["reasons"]} == {"R01", "R06"}
    assert "no purpose is given" in said["detail"]
    house.wang.language = "zh-CN,zh;q=0.9"
    assert "没有写明用途" in house.wang.post("/requests", body, expect=403)["detail"]


def test_nobody_approves_their_own_request_and_trying_is_alarmed(house: House) -> None:
    filed = house.li.post("/requests", ASK)
    assert ("R10", "own_request") in house.li.rules(f"/requests/{filed['id']}/approve")
    (alarm,) = house.chen.get("/alarms")["rows"]
    assert (alarm["kind"], alarm["person"]) == ("self_approval_blocked", "li")
    assert house.li.get(f"/requests/{filed['id']}")["state"] == "filed"


def test_who_may_not_decide_is_told_by_which_rule_even_where_they_see_nothing(house: House) -> None:
    filed = house.li.post("/requests", ASK)
    house.qian.get(f"/requests/{filed['id']}", expect=404)
    assert ("R09", "approver_post") in house.qian.rules(f"/requests/{filed['id']}/approve")
    assert house.li.get(f"/requests/{filed['id']}")["state"] == "filed"


def test_whom_the_role_keeps_from_an_act_is_told_whose_it_is(house: House) -> None:
    said = house.wang.post("/items/F1/check", {"complete": True}, expect=403)
    assert (said["code"], [reason["rule"] for reason in said["reasons"]]) == ("not_your_role", ["R11", "R40"])
    assert "archivist" in said["reasons"][0]["text"]


def test_refused_and_withdrawn_requests_entitle_to_nothing(house: House) -> None:
    first, second = (house.li.post("/requests", {**ASK, "items": [item]})["id"] for item in ("F1", "F2"))
    assert house.zhao.post(f"/requests/{first}/refuse", {"note": "否"})["state"] == "refused"
    house.zhao.post(f"/requests/{second}/approve")
    stranger = house.qian.rules(f"/requests/{second}/withdraw")
    assert stranger == {("R01", "not_your_request"), ("R40", "not_your_request")}
    assert house.wang.post(f"/requests/{second}/withdraw", {"note": "不需要了"})["state"] == "withdrawn"
    assert (house.noted("request_refused"), house.noted("request_withdrawn")) == (["否"], ["不需要了"])
    house.visit("wang", taken=[2])  # no door opens: whoever took it, nobody is named
    assert [row["verdict"] for row in house.shen.get("/movements")["rows"]] == ["unattributed"]


def test_a_request_past_its_window_is_shown_expired(house: House) -> None:
    filed = house.li.post("/requests", {**ASK, "until": at(house, hours=1)})
    house.shift(3700)
    assert house.li.get(f"/requests/{filed['id']}")["state"] == "expired"
    assert ("R02", "window_over") in house.zhao.rules(f"/requests/{filed['id']}/approve")


def test_a_delegate_approves_within_the_scope_only(house: House) -> None:
    secret = {"items": ["F3"], "mode": "loan", "purpose": "核对", "for": "wang"}
    number = house.li.post("/requests", secret)["id"]
    assert house.zhao.rules(f"/requests/{number}/approve") == {("R08", "approver_post")}
    body = {"to": "zhao", "until": at(house, days=2), "scope": {"secrecy": ["ordinary"]}}
    house.gao.post("/delegations", body)
    assert ("R10", "delegation_scope") in house.zhao.rules(f"/requests/{number}/approve")
    given = house.gao.post("/delegations", {**body, "scope": {}})
    approved = house.zhao.post(f"/requests/{number}/approve")
    assert approved["decisions"][0]["delegation"] == given["id"]
    assert house.gao.rules("/delegations", {**body, "to": "wang"}) == {("R10", "delegate_post")}
    house.gao.post(f"/delegations/{given['id']}/revoke")
    another = house.li.post("/requests", secret)["id"]
    assert ("R10", "delegation_revoked") in house.zhao.rules(f"/requests/{another}/approve")


def test_who_no_longer_stands_in_sees_others_requests_no_more(house: House) -> None:
    number = house.li.post("/requests", ASK)["id"]
    given = house.zhao.post("/delegations", {"to": "dong", "until": at(house, days=2)})
    assert house.dong.get(f"/requests/{number}")["id"] == number
    house.zhao.post(f"/delegations/{given['id']}/revoke")
    house.dong.get(f"/requests/{number}", expect=404)
    assert house.dong.get("/requests")["rows"] == []


def test_standing_rules_and_duty_orders_let_the_door_open(house: House) -> None:
    registered = house.chen.post("/registrations", {"person": "dong", "items": ["F1"], "purpose": "查阅"})
    assert (registered["kind"], registered["person"]) == ("standing", "dong")
    assert house.chen.rules("/registrations", {"person": "wang", "items": ["F1"], "purpose": "查阅"}) == {
        ("R09", "registered_post")
    }
    ordered = house.chen.post("/orders", {"person": "ke", "items": ["F2"], "task": "move", "purpose": "调柜"})
    assert (ordered["kind"], ordered["mode"]) == ("order", "duty")
    house.visit("dong", taken=[1])
    house.visit("ke", taken=[2])
    assert {row["verdict"] for row in house.shen.get("/movements")["rows"]} == {"as_approved"}


def test_handing_over_needs_the_receivers_own_authority(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    refused = house.wang.rules("/handovers", {"items": ["F1"], "to": "qian"})
    assert ("R14", "handover_needs_authority") in refused
    house.chen.post("/registrations", {"person": "dong", "items": ["F1"], "purpose": "接手"})
    done = house.wang.post("/handovers", {"items": ["F1"], "to": "dong", "purpose": "接手"})
    assert (done["by"], done["to"]) == ("wang", "dong")
    assert house.chen.get("/items/F1")["custody"]["person"] == "dong"
    loans = {loan["person"]: loan["state"] for loan in house.chen.get("/loans")["rows"]}
    assert loans == {"wang": "closed", "dong": "out"}
    assert house.dong.rules("/handovers", {"items": ["F1"], "to": "dong"}) >= {("R14", "handover_to_oneself")}


def test_the_same_idempotency_key_acts_once(house: House) -> None:
    first = house.li.post("/requests", ASK, idempotency_key="k1")
    again = house.li.post("/requests", ASK, idempotency_key="k1")
    assert again == first
    said = house.li.post("/requests", {**ASK, "items": ["F2"]}, expect=409, idempotency_key="k1")
    assert said["code"] == "idempotency_key_reused"
    assert len(house.li.get("/requests")["rows"]) == 1
    assert house.chen.get("/requests")["rows"][0]["id"] == first["id"]


def test_lists_go_on_where_the_part_before_ended(house: House) -> None:
    numbers = [house.li.post("/requests", ASK)["id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        part = house.li.get(f"/requests?limit=2{cursor}")
        seen += [row["id"] for row in part["rows"]]
        if part["next"] is None:
            break
        cursor = f"&before={part['next']}"
    assert seen == numbers[::-1]
