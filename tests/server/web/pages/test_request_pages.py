"""The forms beside a request: delegating, registering, ordering, waiting, renewing, and an emergency."""

from .conftest import Reader
from .day import approve, ask
from .office import PASSWORD, Office, code_of

LATER = "2026-03-04T18:00"
SECRET = "年度审计底稿"


def test_a_delegation_is_made_and_revoked_and_a_refusal_keeps_the_form(office: Office) -> None:
    reader = Reader(office, "wu", "en")
    status, page = reader.post("/delegations", to="wang", until=LATER, secrecy="secret")
    assert status == 403
    assert "R10" in page
    assert "the delegate may only be" in page
    assert 'value="wang"' in page
    assert reader.post("/delegations", to="zhao", until="soon")[0] == 422
    assert reader.post("/delegations", to="zhao", until=LATER, secrecy="secret", departments="销售部、运营部") == (
        303,
        "/delegations",
    )
    listed = reader.get("/delegations")[1]
    assert "In force" in listed
    assert "运营部" in listed
    assert reader.post("/delegations/1/revoke") == (303, "/delegations")
    assert "Revoked" in reader.get("/delegations")[1]


def test_a_standing_rule_and_an_order_are_given_on_one_page(office: Office) -> None:
    reader = Reader(office, "chen", "en")
    rule = {"kind": "standing", "person": "sun", "items": f"{code_of(0)}\n{code_of(1)}", "purpose": "月度核对"}
    assert reader.post("/authorities", **rule) == (303, "/authorities?kind=standing")
    assert "月度核对" in reader.get("/authorities")[1]
    status, page = reader.post("/authorities", **{**rule, "person": "wang"})
    assert (status, "R09" in page) == (403, True)
    order = {"kind": "order", "person": "zheng", "items": code_of(2), "purpose": "调整柜位", "task": "repair"}
    assert reader.post("/authorities", **order) == (303, "/authorities?kind=order")
    assert "Repair · 调整柜位" in reader.get("/authorities?kind=order")[1]
    assert Reader(office, "wang").post("/authorities", **order)[0] == 403


def test_who_waits_and_who_renews_finds_the_forms(office: Office) -> None:
    number = ask(office, "li", [0], "客户复核", **{"for": "wang"})
    approve(office, "zhao", number)
    office.visit("wang", "a/1", taken=(0,))
    waiting = Reader(office, "sun", "en")
    assert "Wait for it" in waiting.get("/items/T0000")[1]
    assert waiting.post("/items/T0000/holds") == (303, "/items/T0000")
    assert "Wait no more" in waiting.get("/items/T0000")[1]
    holder = Reader(office, "wang", "en")
    assert "Wait for it" not in holder.get("/items/T0000")[1]
    status, page = holder.post(f"/requests/{number}/renew", due=LATER)
    assert status == 403
    assert "somebody waits for T0000" in page
    assert waiting.post("/holds/1/leave") == (303, "/items/T0000")
    status, address = holder.post(f"/requests/{number}/renew", due=LATER, purpose="尚未核完")
    assert status == 303
    assert f'href="/requests/{number}"' in holder.get(address)[1]
    assert holder.post(f"/requests/{number}/renew", due="")[0] == 422


def test_an_emergency_is_opened_and_approved_afterwards(office: Office) -> None:
    reader = Reader(office, "zheng", "en")
    form = {"items": code_of(9), "other": "chen", "purpose": "空调漏水"}
    status, page = reader.post("/emergencies", **form)
    assert status == 403
    assert "the second person must sign" in page
    assert "空调漏水" in page
    assert reader.post("/emergencies", **form, password=PASSWORD) == (303, "/emergencies/1")
    assert reader.post("/emergencies", **form, password=PASSWORD) == (303, "/emergencies/2")
    shown = reader.get("/emergencies/1")[1]
    assert "Why the decision is not yours" in shown
    assert "do not approve it" in shown
    head = Reader(office, "zhao", "en")
    assert head.post("/emergencies/1/decide", say="perhaps")[0] == 422
    assert head.post("/emergencies/1/decide", say="approve", note="属实") == (303, "/emergencies/1")
    assert head.post("/emergencies/2/decide", say="disapprove") == (303, "/emergencies/2")
    listed = head.get("/emergencies")[1]
    assert "Approved afterwards" in listed
    assert "Was no emergency" in listed
    assert "Flagged for ever" in listed


def test_asking_to_share_or_copy_names_what_the_rule_wants(office: Office) -> None:
    reader = Reader(office, "wang", "en")
    form = {"step": "file", "items": code_of(9), "mode": "sharing", "purpose": "联合审计"}
    status, page = reader.post("/requests/new", **form)
    assert (status, "R65" in page) == (403, True)
    status, page = reader.post("/requests/new", **form, recipient="长风机械", outside="true")
    assert (status, "R04" in page) == (403, True)
    status, address = reader.post("/requests/new", **form, recipient="运营部")
    assert status == 303
    assert "运营部" in reader.get(address)[1]
    copied = {**form, "mode": "photocopy", "pages": "3–7"}
    assert "3–7" in reader.get(reader.post("/requests/new", **copied)[1])[1]


def test_r02_r10_the_page_says_by_whose_authority_one_decides_and_what_it_then_entitles_to(office: Office) -> None:
    lend = {"for": "wang"}
    first, second, third = (ask(office, "li", [index], "客户复核", **lend) for index in (0, 1, 2))
    own, until = Reader(office, "zhao", "en"), "2026-03-04T18:00"
    page = own.get(f"/requests/{first}")[1]
    assert "In your own post: Head of the manager" in page
    assert "What it entitles to" not in page
    assert own.post(f"/requests/{first}/decide", say="approve")[0] == 303
    page = own.get(f"/requests/{first}")[1]
    assert "By which authority" not in page
    assert "What it entitles to (R02)" in page
    assert 'data-word="open"' in page
    office.visit("wang", "a/1", taken=(0,))
    assert 'data-word="consumed"' in Reader(office, "wang", "en").get(f"/requests/{first}")[1]
    assert own.post("/delegations", to="qian", until=until, modes="loan")[0] == 303
    page = Reader(office, "qian", "en").get(f"/requests/{second}")[1]
    name = page.split("In the stead of ")[1]
    assert "Head of the manager" in name
    assert "No. 1 (R10)" in name
    assert "Loan" in name.split("</dl>")[0]
    assert "代 " in Reader(office, "qian").get(f"/requests/{third}")[1]
    assert Reader(office, "qian").post(f"/requests/{second}/decide", say="approve")[0] == 303
    assert "by delegation 1 (R10): Loan" in Reader(office, "li", "en").get(f"/requests/{second}")[1]
    assert "the decision is not yours" in Reader(office, "li", "en").get(f"/requests/{third}")[1]


def test_a_secret_title_stays_with_who_borrowed_it_as_their_loans_tell_it(office: Office) -> None:
    number = ask(office, "sun", [3], "年报核对")
    sun, li = Reader(office, "sun"), Reader(office, "li")
    assert SECRET not in sun.get(f"/requests/{number}")[1]
    approve(office, "wu", number)
    office.visit("sun", "a/2", taken=(3,))
    office.pass_time(9)
    office.visit("sun", "a/2", put=(3,))
    for path in ("/loans?show=returned", "/loans/1", f"/requests/{number}"):
        assert SECRET in sun.get(path)[1], path
    other = ask(office, "li", [3], "年报核对")
    assert SECRET not in li.get(f"/requests/{other}")[1]
