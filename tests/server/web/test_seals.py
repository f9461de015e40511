"""The seal register, what customers entrusted, and key sets, by HTTP."""

from datetime import datetime
from hashlib import sha256

from contract.messages import DoorClosed, DoorOpened
from tests.server.web.house import House
from tests.server.web.test_attachments import PDF, image, sent
from tests.server.web.test_lending import alarms, sweep, told
from tests.server.web.test_requests import at

IMPRESSION, PHOTO = image("PNG"), image("JPEG")
DIGEST = sha256(IMPRESSION).hexdigest()
PAGE = {
    "seal": "F5",
    "name": "合同专用章",
    "scope": "对外合同",
    "impression": DIGEST,
    "engraved_by": "总经理批准 2026-07",
    "engraved_at": "2026-01-05T09:00:00+08:00",
    "keeper": "ke",
}
WANTED = {"items": ["F5"], "mode": "seal_use", "purpose": "签订采购合同", "documents": ["采购合同"], "impressions": 2}


def attached(house: House, data: bytes, of: str = "F5") -> str:
    """Attach bytes to an item; gives their digest."""
    answer = sent(house.chen, data, "x", of)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def entered(house: House) -> None:
    """Have the seal's page written, with the picture of its impression."""
    attached(house, IMPRESSION)
    house.ma.post("/seals", PAGE)


def seal_out(house: House) -> int:
    """Let wang take the seal for two approved impressions; gives the request's number."""
    number: int = house.wang.post("/requests", WANTED)["id"]
    house.zhao.post(f"/requests/{number}/approve")
    house.visit("wang", taken=[5])
    return number


def test_r17_a_seal_has_its_page_in_the_register_from_engraving_to_out_of_use(house: House) -> None:
    assert ("R17", "not_a_seal") in house.ma.rules("/seals", {**PAGE, "seal": "F1"})
    assert house.wang.rules("/seals", PAGE) == {("R17", "seal_kept_by")}
    attached(house, IMPRESSION)
    assert house.ma.post("/seals", PAGE)["keeper"] == "ke"
    assert house.ma.post("/seals", PAGE, expect=409)["code"] == "seal_entered"
    assert ("R22", "conclusion_missing") in house.ma.rules("/seals/F5/retire", {"reason": " "})
    assert house.ma.post("/seals/F5/retire", {"reason": "磨损更换"})["out_reason"] == "磨损更换"
    assert ("R17", "seal_out_of_use") in house.wang.rules("/requests", WANTED)
    assert ("R17", "seal_out_of_use") in house.ma.rules("/seals/F5/retire", {"reason": "再"})
    house.wang.get("/seals/F1", expect=404)


def test_r17_the_register_of_uses_keeps_who_asked_approved_and_supervised_and_the_count(house: House) -> None:
    entered(house)
    assert house.chen.rules("/items/F5/uses", {"impressions": 1, "supervisor": "chen"}) >= {
        ("R17", "seal_use_not_approved")
    }
    number = seal_out(house)
    assert ("R17", "seal_supervisor_party") in house.wang.rules(
        "/items/F5/uses", {"impressions": 1, "supervisor": "wang"}
    )
    assert ("R17", "seal_use_recorded_by") in house.qian.rules(
        "/items/F5/uses", {"impressions": 1, "supervisor": "chen"}
    )
    used = house.wang.post("/items/F5/uses", {"impressions": 2, "supervisor": "chen"})
    names = (used["applicant"], used["approver"], used["supervisor"], used["recorded_by"])
    assert names == ("wang", "zhao", "chen", "wang")
    assert (used["request"], used["documents"], used["approved"], used["recorded"], used["excess"]) == (
        number,
        ["采购合同"],
        2,
        2,
        False,
    )
    house.visit("wang", put=[5])
    assert house.chen.post("/items/F5/check", {"complete": True})["state"] == "closed"
    assert [row["id"] for row in house.shen.get("/items/F5/uses")["rows"]] == [used["id"]]
    assert house.qian.get("/items/F5/uses")["rows"] == []


def test_r17_more_impressions_than_approved_are_a_discrepancy_until_explained(house: House) -> None:
    seal_out(house)
    house.wang.post("/items/F5/uses", {"impressions": 1, "supervisor": "chen"})
    used = house.wang.post("/items/F5/uses", {"impressions": 2, "supervisor": "chen"})
    assert (used["excess"], alarms(house)) == (True, {"seal_used_beyond_approval": False})
    house.visit("wang", put=[5])
    checked = house.chen.post("/items/F5/check", {"complete": True})
    assert checked["state"] == "discrepancy"
    (kept,) = house.chen.get(f"/loans/{checked['id']}")["keeps_open"]
    assert (kept["rule"], kept["params"]) == ("R17", {"approved": "2", "recorded": "3"})
    explain = f"/seal-uses/{used['id']}/explain"
    assert ("R17", "seal_explained_by") in house.chen.rules(explain, {"conclusion": "盖废一张"})
    assert house.ma.post(explain, {"conclusion": "盖废一张,已销毁"})["explained_by"] == "ma"
    assert alarms(house) == {"seal_used_beyond_approval": True}
    assert house.chen.post("/items/F5/check", {"complete": True})["state"] == "closed"
    assert house.ma.rules(explain, {"conclusion": "再"}) == {("R17", "seal_nothing_to_explain")}


def refused(house: House, path: str, body: object) -> str:
    """Have somebody name a digest that will not do; gives the code of what is said."""
    return str(house.ma.post(path, body, expect=422)["code"])


def test_r17_the_impression_of_a_seal_is_a_picture_attached_to_that_seal(house: House) -> None:
    assert refused(house, "/seals", PAGE) == "no_such_attachment"
    attached(house, IMPRESSION, of="F1")
    assert refused(house, "/seals", PAGE) == "no_such_attachment"
    assert refused(house, "/seals", {**PAGE, "impression": attached(house, PDF)}) == "not_an_image"
    assert house.shen.get("/seals")["rows"] == []
    entered(house)
    assert house.shen.get("/seals/F5")["impression"] == DIGEST


def test_r17_a_photo_of_the_impressions_is_attached_to_the_seal_or_its_request(house: House) -> None:
    request = seal_out(house)
    body = {"impressions": 1, "supervisor": "chen", "photo": sha256(PHOTO).hexdigest()}
    assert refused(house, "/items/F5/uses", body) == "no_such_attachment"
    attached(house, PHOTO, of="F1")
    assert refused(house, "/items/F5/uses", body) == "no_such_attachment"
    assert sent(house.wang, PHOTO, "用印.jpg", str(request), "request").status_code == 201
    assert house.wang.post("/items/F5/uses", body)["photo"] == body["photo"]
    again = {**body, "photo": attached(house, IMPRESSION)}
    assert house.wang.post("/items/F5/uses", again)["photo"] == again["photo"]


def test_r14_a_seal_passes_to_another_keeper_before_a_witness(house: House) -> None:
    entered(house)
    for witness in ("ke", "chen"):
        said = house.ke.rules("/seals/F5/keeper", {"to": "chen", "witness": witness})
        assert said == {("R14", "seal_handover_witness")}
    assert ("R14", "seal_handed_by") in house.wang.rules("/seals/F5/keeper", {"to": "chen", "witness": "ma"})
    passed = house.ke.post("/seals/F5/keeper", {"to": "chen", "witness": "ma"})
    assert (passed["giver"], passed["receiver"], passed["witness"]) == ("ke", "chen", "ma")
    assert house.shen.get("/seals/F5")["keeper"] == "chen"
    assert told(house, "chen") == ["seal_handed_over"]


def test_r14_a_borrower_cannot_pass_a_thing_on_without_the_receivers_own_authority(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    assert ("R14", "handover_needs_authority") in house.wang.rules("/handovers", {"items": ["F1"], "to": "qian"})
    assert house.chen.get("/items/F1")["custody"]["person"] == "wang"


def entrusted(house: House, **more: object) -> dict[str, str]:
    """Have a customer entrust the seal for sealing bids within two days; gives the receipt."""
    body = {
        "item": "F5",
        "customer": "华东建设",
        "mandate": "投标文件用印",
        "modes": ["seal_use"],
        "until": at(house, days=20),
        "handed_over_by": "华东建设 周经理",
    }
    receipt: dict[str, str] = house.chen.post("/entrusted", {**body, **more})
    return receipt


def test_r19_what_a_customer_entrusts_is_used_within_the_mandate_only(house: House) -> None:
    receipt = entrusted(house, modes=["reading"])
    year = datetime.fromisoformat(receipt["received_at"]).year
    assert (receipt["receipt"], receipt["handed_over_by"]) == (f"WT{year}-0001", "华东建设 周经理")
    assert house.wang.rules("/requests", WANTED) == {("R19", "mandate_mode")}
    said = house.chen.rules(
        "/entrusted",
        {
            "item": "F5",
            "customer": "x",
            "mandate": " ",
            "modes": [],
            "until": at(house, days=1),
            "handed_over_by": "x",
        },
    )
    assert said == {("R19", "mandate_missing"), ("R19", "entrusted_already")}


def test_r19_nothing_entrusted_is_promised_beyond_the_mandates_end(house: House) -> None:
    entrusted(house, until=at(house, days=2))
    within = {**WANTED, "until": at(house, days=1)}
    beyond = {**WANTED, "until": at(house, days=3)}
    assert house.wang.rules("/requests", beyond) == {("R19", "mandate_over")}
    number = house.wang.post("/requests", within)["id"]
    assert ("R19", "mandate_over") in house.zhao.rules(f"/requests/{number}/approve", {"until": at(house, days=3)})
    house.zhao.post(f"/requests/{number}/approve")
    sweep(house)
    assert told(house, "ma").count("mandate_ending") == 1


def test_r19_the_customer_is_told_every_use_and_gets_it_back_against_a_signed_receipt(house: House) -> None:
    entrusted(house)
    seal_out(house)
    house.wang.post("/items/F5/uses", {"impressions": 2, "supervisor": "chen"})
    back = {"to": "华东建设 周经理", "signed": DIGEST}
    assert house.chen.rules("/entrusted/F5/hand-back", back) == {("R19", "entrusted_out")}
    house.visit("wang", put=[5])
    assert refused(house, "/entrusted/F5/hand-back", back) == "no_such_attachment"
    attached(house, IMPRESSION)
    (use,) = house.ma.get("/entrusted/F5/uses")["rows"]
    assert (use["purpose"], use["documents"], use["impressions"]) == ("签订采购合同", ["采购合同"], 2)
    assert "wang" not in str(use)
    returned = house.chen.post("/entrusted/F5/hand-back", back)
    assert (returned["return_receipt"][:2], returned["return_receipt"][-5:], returned["signed"]) == (
        "JH",
        "-0001",
        DIGEST,
    )
    assert house.chen.get("/items/F5")["active"] is False
    assert house.chen.rules("/entrusted/F5/hand-back", back) == {("R19", "not_entrusted")}
    assert (house.chen.get("/entrusted")["rows"], len(house.chen.get("/entrusted?all=true")["rows"])) == ([], 1)
    house.wang.get("/entrusted", expect=403)


def turn_key(house: House) -> None:
    """Open and close door 1 of cabinet a with its mechanical key."""
    now = house.clock.wall_us()
    opened = house.station.event(DoorOpened, at_us=now, door=1, cause="mechanical_key")
    house.intake.take(house.station.batch(opened))
    house.intake.take(house.station.send(DoorClosed, at_us=now, door=1, cause="mechanical_key", opened_seq=opened.seq))


DECLARED = {"cabinet": "a", "set": "spare", "reason": "门锁断电"}


def test_r21_two_key_sets_per_cabinet_and_who_has_them(house: House) -> None:
    assert house.ma.rules("/key-sets", {"cabinet": "a", "set": "spare", "holder": "chen"}) == {
        ("R21", "key_holder_post")
    }
    assert house.ma.post("/key-sets", {"cabinet": "a", "set": "third", "holder": "gao"}, expect=422)["code"] == (
        "no_such_key_set"
    )
    house.ma.post("/key-sets", {"cabinet": "a", "set": "spare", "holder": "gao"})
    house.ma.post("/key-sets", {"cabinet": "a", "set": "office", "holder": "chen"})
    house.ma.post("/key-sets", {"cabinet": "a", "set": "office", "holder": "ke"})
    sets = {(row["cabinet"], row["set"]): row["holder"] for row in house.shen.get("/key-sets")["rows"]}
    assert sets == {("a", "office"): "ke", ("a", "spare"): "gao", ("b", "office"): None, ("b", "spare"): None}


def test_r21_a_declared_opening_is_told_to_the_records_manager_at_once_and_clears_its_alarm(house: House) -> None:
    turn_key(house)
    assert alarms(house) == {"door_opened_by_mechanical_key": False}
    assert house.gao.rules("/key-uses", {**DECLARED, "reason": " "}) == {("R21", "key_reason_missing")}
    assert house.gao.post("/key-uses", DECLARED)["incident"] is not None
    assert (told(house, "ma"), alarms(house)) == (["key_use_declared"], {"door_opened_by_mechanical_key": True})
    assert [row["state"] for row in house.ma.get("/key-openings")["rows"]] == ["declared"]
    house.shift(2 * 86_400)
    sweep(house)
    assert "spare_key_use_undeclared" not in alarms(house)


def test_r21_a_key_declared_beforehand_explains_one_opening_only(house: House) -> None:
    house.gao.post("/key-uses", DECLARED)
    house.shift(600)
    turn_key(house)
    sweep(house)
    assert [row["state"] for row in house.ma.get("/key-openings")["rows"]] == ["declared"]
    turn_key(house)
    sweep(house)
    assert [row["state"] for row in house.ma.get("/key-openings")["rows"]] == ["waiting", "declared"]


def test_r21_a_mechanical_opening_nobody_declares_in_the_window_is_alarmed(house: House) -> None:
    turn_key(house)
    house.shift(23 * 3600)
    sweep(house)
    assert "spare_key_use_undeclared" not in alarms(house)
    house.shift(2 * 3600)
    for _ in range(2):
        sweep(house)
    assert alarms(house)["spare_key_use_undeclared"] is False
    assert [row["state"] for row in house.ma.get("/key-openings")["rows"]] == ["undeclared"]
    late = {**DECLARED, "when": at(house, hours=-25)}
    assert house.gao.rules("/key-uses", late) == {("R21", "key_use_outside_window")}
