"""The forms, without scripts: what they do, what they refuse and how they say so."""

import re

import pytest
from starlette.testclient import TestClient

from server.web.auth import routes_of
from server.web.pages import router
from server.web.pages.routing import own_address

from .conftest import Reader
from .day import approve, ask, live_a_day
from .markup import faults, read
from .office import PASSWORD, Office, code_of

ANYBODY = {"/sign-in", "/language"}


def test_signing_in_leads_to_where_one_wanted_to_go(office: Office) -> None:
    client = TestClient(office.app, follow_redirects=False)
    asked = client.get("/alarms?state=all")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/alarms")
    page = client.get("/sign-in?next=/alarms", headers={"accept-language": "en-GB"})
    assert faults(read(page.text)) == []
    assert "User name" in page.text
    wrong = client.post("/sign-in", data={"username": "chen", "password": "wrong", "next": "/alarms"})
    assert wrong.status_code == 401
    assert "用户名或密码不对" in wrong.text
    right = client.post("/sign-in", data={"username": "chen", "password": PASSWORD, "next": "/alarms"})
    assert (right.status_code, right.headers["location"]) == (303, "/alarms")
    assert client.get("/alarms").status_code == 200
    assert client.get("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize(
    ("sent", "came_from", "back"),
    [
        ("/requests/new", "/requests/new?items=T0000", "/requests/new?items=T0000"),
        ("/alarms/1/close", "/alarms/1", "/alarms/1"),
        ("/alarms/1/close", "/alarms/1/close", "/alarms/1"),  # the form came back once, with something to put right
        ("/stocktakes/1/scan", "", "/stocktakes/1"),
        ("/lessons", "https://evil.example/alarms", "/"),
    ],
)
def test_a_form_sent_after_the_sign_in_ended_leads_to_signing_in_and_back(
    office: Office, sent: str, came_from: str, back: str
) -> None:
    reader = Reader(office, "chen", "en")
    reader.post("/sign-out")
    came = came_from if came_from.startswith("https") or not came_from else f"http://testserver{came_from}"
    answer = reader.client.post(sent, data={"csrf": reader.csrf}, headers={"accept": "text/html", "referer": came})
    assert answer.status_code == 401
    api = reader.client.post("/api/v1/requests", json={}, headers={"accept": "text/html"})
    assert (api.status_code, api.json()["code"]) == (401, "not_signed_in")
    page = read(answer.text)
    assert faults(page) == []
    assert "Your sign-in had ended, so what you sent was not taken." in answer.text
    asked = {e.attributes["name"]: e.attributes.get("value", "") for e in page.all("input") if "name" in e.attributes}
    form = {**asked, "username": "chen", "password": PASSWORD}
    assert reader.client.post("/sign-in", data=form).headers["location"] == back


def test_signing_out_ends_it(office: Office) -> None:
    reader = Reader(office, "chen")
    assert reader.post("/sign-out") == (303, "/sign-in")
    assert reader.get("/")[0] == 303


def test_a_form_from_elsewhere_cannot_sign_anybody_in(office: Office) -> None:
    client = TestClient(office.app, follow_redirects=False)
    form = {"username": "chen", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_every_form_without_its_token_is_refused(office: Office) -> None:
    live_a_day(office)
    reader = Reader(office, "chen", "en")
    paths = {route.path for route in routes_of([router]) if "POST" in (route.methods or ())} - ANYBODY
    assert len(paths) >= 10
    for path in paths:
        for form in ({}, {"csrf": "forged"}):
            answer = reader.client.post(path.replace("{number}", "1"), data=form)
            assert answer.status_code == 403, path
            assert "out of date" in answer.text
            assert faults(read(answer.text)) == []


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil", "javascript:x", "", "/a\nb", "a"]
)
def test_no_link_leads_to_another_site(address: str) -> None:
    assert own_address(address) == "/"
    assert own_address("/requests/4?x=1") == "/requests/4?x=1"


def test_the_language_is_kept_and_leads_back(office: Office) -> None:
    reader = Reader(office, "chen", "zh")
    assert reader.post("/language", language="en", back="/items?q=a") == (303, "/items?q=a")
    assert reader.post("/language", language="en", back="//evil.example")[1] == "/"
    reader.client.cookies.delete("guiwei_language")
    reader.client.post("/language", data={"language": "en", "back": "/"})
    assert "Open alarms" in reader.get("/")[1]


def test_asking_approving_and_withdrawing(office: Office) -> None:
    manager = Reader(office, "li")
    status, page = manager.post(
        "/requests/new", step="find", find="长风", items=[code_of(0)], purpose="尽调", mode="reading"
    )
    assert status == 200
    assert 'value="T0000" checked' in page
    assert 'value="T0002"' in page
    assert "尽调</textarea>" in page
    form = {
        "items": [code_of(0), code_of(2)],
        "purpose": "尽调",
        "mode": "loan",
        "applicant": "wang",
        "until": "2026-03-03T12:00",
    }
    assert manager.post("/requests/new", **form) == (303, "/requests/1")
    assert "尽调" in Reader(office, "zhao").get("/requests")[1]  # what waits for a decision comes first
    assert "尽调" not in Reader(office, "zhao").get("/requests?show=mine")[1]
    _, page = Reader(office, "zhao").get("/requests/1")
    assert 'value="approve"' in page
    assert "2026-03-03 12:00" in page
    assert Reader(office, "zhao").post("/requests/1/decide", say="approve", note="可以") == (303, "/requests/1")
    _, page = Reader(office, "wang", "en").get("/requests/1")
    assert 'data-word="approved"' in page
    assert "可以" in page
    assert Reader(office, "wang").post("/requests/1/withdraw") == (303, "/requests/1")
    assert 'data-word="withdrawn"' in Reader(office, "wang").get("/requests/1")[1]


def test_the_first_page_never_calls_all_in_place_while_something_is_out(office: Office) -> None:
    assert "Everything is in its place." in Reader(office, "chen", "en").get("/")[1]
    approve(office, "zhao", ask(office, "li", [0], "客户复核", **{"for": "wang"}))
    office.visit("wang", "a/1", taken=(0,))
    assert "王芳" in Reader(office, "chen", "en").get("/")[1]
    page = Reader(office, "sun", "en").get("/")[1]  # another's loan is not this reader's business
    assert "王芳" not in page
    assert "Everything is in its place." not in page


def test_what_is_not_right_comes_back_with_what_was_filled_in(office: Office) -> None:
    manager = Reader(office, "li", "en")
    status, page = manager.post("/requests/new", items=[], purpose="kept purpose", until="not a time")
    assert status == 422
    assert "Please look again at: Valid until, Which items" in page
    assert "kept purpose</textarea>" in page
    assert faults(read(page)) == []


def test_a_refusal_names_rule_and_who_can_lift_it(office: Office) -> None:
    status, page = Reader(office, "wang", "en").post("/requests/new", items=[code_of(10)], purpose="curious")
    assert status == 403
    said = read(page)
    note = next(e for e in said.all("div") if e.attributes.get("role") == "alert")
    assert "R06" in note.text
    assert "Who can lift it" in note.text
    number = ask(office, "sun", [0], "own")
    _, page = Reader(office, "sun", "en").get(f"/requests/{number}")
    assert 'value="approve"' not in page
    assert "Why the decision is not yours" in page
    status, page = Reader(office, "sun").post(f"/requests/{number}/decide", say="approve")
    assert status == 403
    assert "R10" in page
    assert 'data-word="self_approval_blocked"' in Reader(office, "chen").get("/alarms")[1]


def test_what_is_not_ones_business_is_not_there(office: Office) -> None:
    number = ask(office, "sun", [3], "年报核对")
    assert Reader(office, "wang").get(f"/requests/{number}")[0] == 404
    assert Reader(office, "wang").get("/requests?show=all")[1].count("/requests/1") == 0
    _, page = Reader(office, "wang").get("/items")
    assert "年度审计底稿" not in page
    assert "并购项目" not in page
    assert "SJ·2025-001" not in Reader(office, "wang").get("/items/T0003")[1]
    assert "年度审计底稿" not in Reader(office, "wang").get("/items/T0003")[1]
    assert "年度审计底稿" in Reader(office, "chen").get("/items/T0003")[1]
    assert "T0003" not in Reader(office, "wang").get("/items?q=审计")[1]


def test_an_alarm_is_taken_on_and_closed_with_words(office: Office) -> None:
    live_a_day(office)
    keeper = Reader(office, "chen", "en")
    assert keeper.post("/alarms/2/acknowledge") == (303, "/alarms/2")
    assert keeper.post("/alarms/2/acknowledge")[0] == 403
    status, page = keeper.post("/alarms/2/close", conclusion="  ")
    assert status == 422
    assert "R22" in page
    assert keeper.post("/alarms/2/close", conclusion="He brought it back at once.") == (303, "/alarms/2")
    _, page = keeper.get("/alarms/2")
    assert "He brought it back at once." in page
    assert 'action="/alarms/2/close"' not in page
    assert Reader(office, "feng").post("/alarms/3/acknowledge")[0] == 403


def test_a_return_is_checked(office: Office) -> None:
    live_a_day(office)
    keeper = Reader(office, "chen", "en")
    _, page = keeper.get("/loans?show=returned")
    number = re.findall(r"/loans/(\d+)/check", page)[0]
    assert keeper.post(f"/loans/{number}/check")[0] == 422
    assert keeper.post(f"/loans/{number}/check", complete="yes", parts="x")[0] == 422
    assert keeper.post(f"/loans/{number}/check", complete="yes") == (303, "/loans?show=returned")
    assert f"/loans/{number}/check" not in keeper.get("/loans?show=returned")[1]
    assert "R" in keeper.post(f"/loans/{number}/check", complete="yes")[1]


def test_a_case_is_resolved_with_words(office: Office) -> None:
    approve(office, "zhao", ask(office, "li", [0], "客户复核", **{"for": "wang"}))
    office.visit("wang", "a/1", put=(0,))
    keeper = Reader(office, "chen", "en")
    _, page = keeper.get("/cases")
    assert 'data-word="unexpected"' in page
    assert keeper.post("/cases/1/resolve", resolution=" ")[0] == 422
    assert keeper.post("/cases/1/resolve", resolution="It had never been put back on record.") == (303, "/cases")
    assert "never been put back" in keeper.get("/cases?show=all")[1]
    assert keeper.post("/cases/1/resolve", resolution="again")[0] == 409


def test_a_stocktake_from_opening_to_closing(office: Office) -> None:
    keeper = Reader(office, "chen", "en")
    assert keeper.post("/stocktakes", title="March")[0] == 422
    assert keeper.post("/stocktakes", title="March", stations=["b"]) == (303, "/stocktakes/1")
    assert keeper.post("/stocktakes", title="Again", stations=["b"])[0] == 409
    status, page = keeper.post("/stocktakes/1/scan", code="T0006")
    assert status == 422
    assert 'data-outcome="refused"' in page
    assert "A closed count cannot be opened again." in keeper.get("/stocktakes/1")[1]
    assert keeper.post("/stocktakes/1/scan", code="b/1") == (303, "/stocktakes/1?at=b/1")
    _, where = keeper.post("/stocktakes/1/scan", code="ｔ0006", at="b/1")
    assert 'data-outcome="ok"' in keeper.get(where)[1]
    _, where = keeper.post("/stocktakes/1/scan", code="T0006", at="b/1")
    assert 'data-outcome="already"' in keeper.get(where)[1]
    _, where = keeper.post("/stocktakes/1/scan", code="GW999", at="b/1")
    assert 'data-outcome="refused"' in keeper.get(where)[1]
    assert "1 of 5 found" in keeper.get("/stocktakes/1")[1]
    assert 'data-word="missing"' not in keeper.get("/stocktakes/1")[1]
    assert keeper.post("/stocktakes/1/close") == (303, "/stocktakes/1")
    assert 'data-word="missing"' in keeper.get("/stocktakes/1")[1]
    line = next(e for e in read(keeper.get("/items/T0007")[1]).all("li") if "data-new" in e.attributes)
    assert line.text.split()[0] == "Missing"


def test_a_scan_in_a_stocktake_says_what_is_not_in_order(office: Office) -> None:
    approve(office, "zhao", ask(office, "li", [2], "客户复核", **{"for": "wang"}))
    office.visit("wang", "a/1", taken=(2,))
    keeper = Reader(office, "chen", "en")
    keeper.post("/stocktakes", title="March", stations=["a", "b"])

    def said(code: str, at: str, count: int = 1) -> str:
        _, where = keeper.post(f"/stocktakes/{count}/scan", code=code, at=at)
        document = read(keeper.get(where)[1])
        outcome = next(e for e in document.all("div") if "data-outcome" in e.attributes)
        text = next(e.text for e in document.all("p") if outcome in e.inside)
        return f"{outcome.attributes['data-outcome']}: {text}"

    assert said("T0000", "a/1") == "ok: In order — Counted."
    assert said("T0006", "a/1") == "refused: Not in order — Counted, but it belongs to b/1."
    assert said("T0006", "a/1") == "refused: Not in order — Counted, but it belongs to b/1."
    assert said("T0006", "b/1") == "refused: Not in order — Counted, but it was also seen at a/1."
    assert said("T0002", "a/1") == "refused: Not in order — Counted, but the record says that 王芳 has it."
    keeper.post("/stocktakes/1/close")
    assert keeper.post("/stocktakes/1/recount") == (303, "/stocktakes/2")
    assert said("T0000", "a/1", 2) == "refused: Not in order — It is none of the differences that are counted again."


def test_the_scan_box_finds_everything(busy: Office) -> None:
    reader = Reader(busy, "chen")
    leads = {
        "T0003": "/items/T0003",
        " ｔ０００３ ": "/items/T0003",
        "a/1": "/places/a/1",
        "王芳": "/people/wang",
        "wang": "/people/wang",
        "#2": "/requests/2",
        "": "/",
    }
    for code, address in leads.items():
        answer = reader.client.get("/scan", params={"code": code})
        assert (answer.status_code, answer.headers["location"]) == (303, address), code
    stays = reader.client.get("/scan", params={"code": "T0001", "at": "a/1"})
    assert stays.headers["location"] == "/places/a/1?code=T0001"
    unknown = reader.client.get("/scan", params={"code": '"><b>GW2'})
    assert unknown.status_code == 404
    assert 'data-outcome="refused"' in unknown.text
    assert "<b>GW2" not in unknown.text


def test_an_items_time_line_tells_all_of_it(office: Office) -> None:
    live_a_day(office)
    _, page = Reader(office, "chen", "en").get("/items/T0006")
    said = [e.text for e in read(page).all("li") if "data-new" in e.attributes]
    assert [text.split()[0] for text in said[:3]] == ["Returned", "Taken", "Approval"]
    assert "ledger" in said[0]
    _, page = Reader(office, "wang", "en").get("/items/T0006")
    assert "Taken as approved" not in page


def test_a_long_time_line_goes_on(office: Office) -> None:
    for _ in range(30):
        office.visit("sun", "a/1", taken=(0,))
        office.pass_time(1)
        office.visit("sun", "a/1", put=(0,))
        office.pass_time(1)
    reader = Reader(office, "chen", "en")
    seen, path = [], "/items/T0000"
    while path:
        _, page = reader.get(path)
        seen += re.findall(r'id="(movement-\d+)"', page)
        following = re.findall(r'href="([^"]+)" rel="next"', page)
        path = following[0].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 60
