"""Every page, for every role, in both languages: it renders or says plainly that it is not for this reader."""

import re

import pytest

from server.domain.words import Role
from server.service.people.rights import RIGHTS, Act
from server.web.auth import DECLARED, PUBLIC, routes_of
from server.web.pages import router
from server.web.pages.i18n import LANGUAGES
from server.web.routes import ROUTERS

from .conftest import Reader
from .markup import faults, read
from .office import HOSTILE, NAMES, Office

PAGES = {
    "/": Act.SEE_OVERVIEW,
    "/items": Act.FIND_ITEMS,
    "/items/T0011": Act.FIND_ITEMS,
    "/items/T0011/record": Act.SEE_RECORDS,
    "/keeping": Act.SEE_KEEPING,
    "/customers": Act.SEE_CUSTOMERS,
    "/customers/1": Act.SEE_CUSTOMERS,
    "/credit-requests": Act.ASK_CREDIT,
    "/movements": Act.SEE_MOVEMENTS,
    "/places/b/1": Act.FIND_ITEMS,
    "/requests?show=all": Act.SEE_REQUESTS,
    "/requests/new?items=T0004,T0011": Act.REQUEST,
    "/delegations": Act.SEE_REQUESTS,
    "/authorities?kind=order": Act.SEE_REQUESTS,
    "/emergencies": Act.SEE_REQUESTS,
    "/loans": Act.SEE_LOANS,
    "/copies": Act.SEE_LOANS,
    "/repairs": Act.SEE_COUNTS,
    "/seals": Act.SEE_SEALS,
    "/seals/T0006": Act.SEE_SEALS,
    "/entrusted": Act.SEE_ENTRUSTED,
    "/entrusted/T0004": Act.SEE_ENTRUSTED,
    "/keys": Act.SEE_KEYS,
    "/alarms": Act.SEE_ALARMS,
    "/alarms/3": Act.SEE_ALARMS,
    "/cases": Act.SEE_ALARMS,
    "/stocktakes": Act.SEE_COUNTS,
    "/stocktakes/1?at=b/1": Act.SEE_COUNTS,
    "/stations": Act.SEE_OVERVIEW,
    "/stations/a": Act.MANAGE_STATIONS,
    "/disposal": Act.ATTEND_DESTRUCTION,
    "/backups": Act.SEE_BACKUPS,
    "/people": Act.FIND_PEOPLE,
    "/people/sun": Act.FIND_PEOPLE,
    "/people/sun/clearance": Act.CLEAR_PEOPLE,
    "/rights": Act.REVIEW_RIGHTS,
    "/notices": Act.OWN,
    "/looks": Act.SEE_LOOKS,
    "/rules": Act.OWN,
    "/imports": Act.IMPORT,
    "/start": Act.IMPORT,
    "/more": Act.OWN,
    "/duties": Act.SEE_DUTIES,
    "/checkups": Act.SEE_OVERSIGHT,
    "/checkups/1": Act.SEE_OVERSIGHT,
    "/feedback": Act.SEE_FEEDBACK,
    "/reports": Act.SEE_REPORTS,
    "/reports/unreturned": Act.SEE_REPORTS,
    "/reports/evaluation": Act.SEE_REPORTS,
    "/ledger": Act.SEE_LEDGER,
    "/quarantine": Act.SEE_QUARANTINE,
}
VARIANTS = (
    "/imports/1",
    "/imports/2",
    "/disposal?show=appraisals",
    "/disposal?show=holds",
    "/disposal?show=register",
    "/disposal/lists/1",
    "/items?q=合同&custody=held",
    "/items/T0000",
    "/items/T0000/record",
    "/items?category=合同&type=contract&region=华东",
    "/keeping?show=reviews&late=1",
    "/keeping?show=collections",
    "/keeping?show=numbers",
    "/customers?q=长风&grade=A",
    "/places/b/1?code=T0001",
    "/places/b/1?code=T0006",
    "/requests",
    "/requests?show=todo",
    "/requests/1",
    "/requests/4",
    "/requests/5",
    "/requests?show=mine",
    "/authorities?kind=standing",
    "/emergencies/1",
    "/loans?show=overdue",
    "/loans?show=returned",
    "/loans/2/check",
    "/loans/1",
    "/loans/3",
    "/copies?item=T0009",
    "/entrusted?show=all",
    "/alarms?state=all",
    "/alarms/1",
    "/cases?show=all",
    "/stocktakes/1?show=misplaced",
    "/stocktakes/1?at=b/1&seen=T0006&how=ok",
    "/stocktakes/1?at=b/1&seen=XX&how=unknown",
    "/stations?silent=true",
    "/duties?show=overdue",
    "/duties?show=ended",
    "/checkups?show=open&new=cabinet_inspection",
    "/checkups?new=incident_response",
    "/checkups/2",
    "/feedback?show=all",
    "/reports/half_yearly",
    "/reports/loan_register?of=2026-03",
    "/reports/seal_register",
    "/reports/folder_cover?of=T0000",
)
BUSY = ("/", "/more", "/start", "/items/T0011", "/items/T0000", "/requests/1")
ROUTES = list(routes_of([router, *ROUTERS]))
ENGLISH = re.compile(r"[A-Za-z]{4,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_every_page_for_every_role(busy: Office, role: Role, language: str) -> None:
    reader = Reader(busy, NAMES[role][0], language)
    for path, act in PAGES.items():
        status, html = reader.get(path)
        assert status == (200 if role in RIGHTS[act] else 403), (path, role)
        document = read(html)
        assert faults(document) == [], path
        led = [("GET", link.attributes.get("href", "")) for link in document.all("a")]
        led += [(e.attributes.get("method", "get").upper(), e.attributes["action"]) for e in document.all("form")]
        assert [to for to in led if status == 200 and not open_to(role, *to)] == [], path
        assert document.all("html")[0].attributes["lang"] == ("zh-CN" if language == "zh" else "en")
        assert HOSTILE not in html
        assert "<script>alert" not in html
        assert "49 }}" not in html


@pytest.mark.parametrize("role", Role)
def test_no_page_leads_to_one_that_is_closed_to_its_reader(busy: Office, role: Role) -> None:
    reader = Reader(busy, NAMES[role][0])
    pages = [html for status, html in map(reader.get, BUSY) if status == 200]
    links = {link.attributes.get("href") or "" for html in pages for link in read(html).all("a")}
    ours = sorted({link for link in links if link.startswith("/")})
    assert ours
    assert [link for link in ours if reader.get(link)[0] == 403] == []


def open_to(role: Role, method: str, address: str) -> bool:
    """Say whether a role includes the act of the route at an address; what leads nowhere is open to nobody."""
    path = address.split("?")[0].split("#")[0]
    if not address.startswith("/"):
        return address.startswith("#")
    acts = [
        str((route.openapi_extra or {})[DECLARED])
        for route in ROUTES
        if method in (route.methods or ()) and route.path_regex.match(path)
    ]
    return bool(acts) and (acts[0] == PUBLIC or role in RIGHTS[Act(acts[0])])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_page(busy: Office, language: str) -> None:
    reader = Reader(busy, "chen", language)
    for path in VARIANTS:
        status, html = reader.get(path)
        assert status == 200, path
        assert faults(read(html)) == [], path
        assert HOSTILE not in html


def test_pages_that_need_a_known_thing_say_so(busy: Office) -> None:
    reader = Reader(busy, "chen")
    for path in (
        "/items/NOBODY",
        "/requests/999",
        "/alarms/999",
        "/people/nobody",
        "/stocktakes/99",
        "/loans/99/check",
    ):
        status, html = reader.get(path)
        assert status == 404, path
        assert faults(read(html)) == [], path
    unknown = reader.client.get("/no/such/page", headers={"accept": "text/html"})
    assert unknown.status_code == 404
    assert faults(read(unknown.text)) == []
    assert reader.client.get("/api/v1/nothing", headers={"accept": "text/html"}).json()["code"] == "no_such_address"
    for path in (
        "/requests/abc",
        "/places/a/9",
        "/places/zz/1",
        "/places/a/x",
        "/places/a/99999999999999999999",
        "/loans/99999999999999999999",
        "/stocktakes/-1",
        "/imports/1e3",
    ):
        status, html = reader.get(path)
        assert (status, read(html).all("h1")[0].text) == (404, "这里没有内容"), path
    assert reader.post("/requests/abc/decide", say="approve")[0] == 404
    for path in ("/api/v1/requests/abc", "/api/v1/loans/99999999999999999999"):
        assert reader.client.get(path, headers={"accept": "text/html"}).status_code == 422, path
    assert reader.get("/items/T0000?after=x")[0] == 422


def test_the_frame_is_in_the_readers_language(busy: Office) -> None:
    _, english = Reader(busy, "chen", "en").get("/more")
    _, chinese = Reader(busy, "chen", "zh").get("/more")
    ours = [e.text.strip() for e in read(english).all("nav")]
    assert not any(CHINESE.search(text) for text in ours), ours
    theirs = [e.text.strip() for e in read(chinese).all("nav")]
    assert not any(ENGLISH.search(text) for text in theirs), theirs


def test_every_page_there_is_is_looked_at() -> None:
    seen = {
        re.sub(r"/\d+|/T\d+|/sun|/b/1|(?<=/stations)/a|(?<=/reports)/\w+", "/_", path.split("?")[0])
        for path in (*PAGES, *VARIANTS)
    }
    elsewhere = {"/sign-in", "/live", "/scan"}
    pages = [route.path for route in routes_of([router]) if "GET" in (route.methods or ())]
    assert {re.sub(r"\{[^}]+\}(/\{[^}]+\})?", "_", path) for path in pages} - elsewhere == seen
