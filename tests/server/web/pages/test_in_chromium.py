"""The pages in a real browser: live, ready for a scanner, and silent on its console."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from server.web.auth import COOKIE

from .browser import chromium, served, signed_in
from .day import approve, ask, live_a_day
from .office import PASSWORD, Office, open_office

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SMALL: dict[str, Any] = {**PHONE, "viewport": {"width": 320, "height": 640}}
SECOND = 1.0
NOTE_SOUNDS = """
window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { heard.push(this.frequency.value); return start.apply(this, at); };
"""
PLAIN = (
    "/items/T0000",
    "/items/T0000/record",
    "/imports/2",
    "/emergencies/1",
    "/disposal/lists/1",
    "/requests?show=all",
    "/requests/new?items=T0011",
    "/loans",
    "/alarms",
    "/alarms/1",
    "/stocktakes",
    "/stocktakes/1?at=b/1",
    "/stations",
    "/places/b/1",
    "/people",
    "/more",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to the module."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office in which a day has happened and more may; each test acts on items of its own."""
    found = open_office(tmp_path_factory.mktemp("lively"))
    live_a_day(found)
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """Serve the office."""
    with served(office) as found:
        yield found


def opened(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """Open a page that notes everything its console complains about."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.goto(address)
    return page, said


def listening(page: Page) -> None:
    """Wait until the page's stream is open: late, perhaps, on a machine that runs everything else too."""
    page.wait_for_function("() => document.body._htmx?.sse?.status === 200", timeout=30_000)


def test_a_verdict_appears_within_a_second_of_its_commit(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    page, said = opened(context, address)
    listening(page)
    alarms = page.locator(".tile").nth(2).locator(".n")
    before, unlawful = int(alarms.inner_text()), page.locator(".feed .tone[data-word=without_approval]")
    seen, took = unlawful.count(), []
    for round_, item in enumerate((2, 4, 5), start=1):
        office.visit("wang", "a/1", taken=(item,))
        committed = time.monotonic()
        expect(alarms).to_have_text(str(before + round_), timeout=10_000)
        took.append(time.monotonic() - committed)
    assert min(took) < SECOND, took
    assert unlawful.count() == seen + 3
    assert page.locator(".feed [data-fresh]").count() == 3
    assert said == []
    context.close()


def test_a_stream_that_does_not_open_is_asked_for_again(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    tried: list[str] = []

    def refuse_once(route: Route) -> None:
        tried.append(route.request.url)
        if len(tried) == 1:
            route.abort()
        else:
            route.continue_()

    context.route("**/live?*", refuse_once)
    page, _ = opened(context, address)
    listening(page)
    assert len(tried) == 2
    context.close()


def test_an_open_list_is_live_and_a_form_is_left_alone(office: Office, address: str, browser: Browser) -> None:
    approve(office, "zhao", ask(office, "li", [9], "客户复核", **{"for": "wang"}))
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    page, said = opened(context, f"{address}/items")
    listening(page)
    page.fill("#f-q", "half typed")
    office.visit("wang", "b/2", taken=(9,))
    row = page.locator("tr", has_text="T0009")
    expect(row.locator(".tone[data-word=held]")).to_be_visible(timeout=10_000)
    assert page.input_value("#f-q") == "half typed"
    assert said == []
    context.close()


def test_what_a_scanner_types_goes_to_the_scan_box(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    page, said = opened(context, address)
    page.keyboard.type("T0003")
    assert page.input_value("#scan") == "T0003"
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/T0003")
    assert said == []
    context.close()


def test_a_refusal_is_put_away_by_touch_and_never_by_enter(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "chen", "en", **PHONE)
    page, said = opened(context, f"{address}/places/a/1")
    page.fill("#scan", "T0006")
    page.keyboard.press("Enter")
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Enter")
    page.locator("[data-dismiss]").focus()
    page.keyboard.press("Enter")
    expect(refusal).to_be_visible()
    page.locator("[data-dismiss]").tap()
    expect(refusal).to_have_count(0)
    page.keyboard.type("T0011")
    page.keyboard.press("Enter")
    expect(page.locator("[data-outcome=ok]")).to_be_visible()
    assert said == []
    context.close()


@pytest.mark.parametrize(
    ("path", "wrong", "right", "outcome"),
    [("/places/a/1", "T0006", "T0011", "ok"), ("/stocktakes/1?at=b/1", "T0000", "T0006", "already")],
)
def test_what_is_scanned_before_a_refusal_is_put_away_is_heard_and_gone(
    office: Office, address: str, browser: Browser, path: str, wrong: str, right: str, outcome: str
) -> None:
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    context.add_init_script(NOTE_SOUNDS)
    page, said = opened(context, address + path)
    page.keyboard.type(wrong)
    page.keyboard.press("Enter")
    refusal, insisted = page.locator("[data-refusal]"), page.locator("[data-insist]")
    expect(refusal).to_be_visible()
    expect(insisted).to_be_hidden()
    where = page.url
    for code in ("T0002", "T0003"):
        page.evaluate("heard = []")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        assert page.evaluate("heard") == [220]
        assert page.input_value("#scan") == ""
        expect(insisted).to_be_visible()
        assert page.locator("[data-refusal][data-again]").count() == 1
    page.keyboard.type("T0004")
    page.locator("[data-dismiss]").click()
    expect(refusal).to_have_count(0)
    assert (page.input_value("#scan"), page.url) == ("", where)
    page.keyboard.type(right)
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-outcome={outcome}]")).to_be_visible()
    assert said == []
    context.close()


def test_what_was_typed_waits_for_who_typed_it_to_sign_in_again(office: Office, address: str, browser: Browser) -> None:
    def send_too_late(page: Page) -> None:
        page.goto(f"{address}/requests/new?items=T0000")
        page.fill("#f-purpose", "two lines\nof reasons")
        page.fill("#f-for", "wang")
        page.check("[name=mode][value=reading]")
        context.clear_cookies(name="guiwei_session")
        page.click("text=Send the request")
        expect(page.locator("main.door .note")).to_contain_text("what you sent was not taken")

    def sign_in(page: Page) -> None:
        page.fill("#username", "chen")
        page.fill("#password", PASSWORD)
        page.click("main button.wide")
        expect(page.locator("#f-purpose")).to_be_visible()

    context = signed_in(browser, office, address, "chen", "en", **DESK)
    page, said = opened(context, address)
    send_too_late(page)
    sign_in(page)
    assert page.url == f"{address}/requests/new?items=T0000"
    assert page.input_value("#f-purpose") == "two lines\nof reasons"
    assert page.input_value("#f-for") == "wang"
    assert page.is_checked("[name=mode][value=reading]")
    with page.expect_navigation():
        page.click("text=Send the request")
    assert page.evaluate("sessionStorage.length") == 0
    context.add_cookies([{"name": COOKIE, "value": office.token("li")[0], "url": address}])
    send_too_late(page)
    sign_in(page)
    assert page.input_value("#f-purpose") == ""
    assert page.evaluate("sessionStorage.length") == 0
    assert [text for text in said if "status of 40" not in text] == []
    context.close()


def test_hostile_words_are_only_words(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "chen", "zh", **DESK)
    page, said = opened(context, f"{address}/items/T0011")
    for path in (
        "/",
        "/items",
        "/requests/4",
        "/requests?show=all",
        "/places/a/1",
        "/scan?code=<img src=x onerror=alert(1)>",
    ):
        page.goto(address + path)
        assert page.locator("main img, main b, main script").count() == page.locator(".meter b").count()
    assert [text for text in said if "404" not in text] == []
    context.close()


@pytest.mark.parametrize("size", [DESK, PHONE, SMALL], ids=["desk", "phone", "small"])
def test_nothing_is_wider_than_the_screen(office: Office, address: str, browser: Browser, size: dict[str, Any]) -> None:
    for language in ("zh", "en"):
        context = signed_in(browser, office, address, "chen", language, **size)
        page, said = opened(context, address)
        for path in PLAIN:
            page.goto(address + path)
            wide = page.evaluate("document.documentElement.scrollWidth")  # innerWidth would grow with it on a phone
            assert wide <= size["viewport"]["width"], (path, wide)
        assert said == []
        context.close()


def test_a_wide_report_is_readable_on_a_desk_and_whole_on_paper(office: Office, address: str, browser: Browser) -> None:
    widths = "cells => cells.map(cell => cell.clientWidth)"
    right = "cells => Math.max(...cells.map(cell => cell.getBoundingClientRect().right))"
    context = signed_in(browser, office, address, "chen", "en", **DESK)
    page = context.new_page()
    page.goto(f"{address}/reports/loan_register")
    assert min(page.locator(".report td.long").evaluate_all(widths)) >= 150
    dates = page.locator(".report td", has_text=re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d$"))
    wraps = dates.evaluate_all("cells => cells.map(cell => getComputedStyle(cell).whiteSpace)")
    assert set(wraps) == {"nowrap"}
    page.set_viewport_size({"width": 1047, "height": 720})  # A4 on its side between margins of 10 mm
    page.emulate_media(media="print")
    assert page.locator(".report th, .report td").evaluate_all(right) <= 1047
    assert page.locator(".report").locator("xpath=..").evaluate("box => getComputedStyle(box).overflowX") == "visible"
    context.close()


def test_everything_can_be_reached_by_keyboard(office: Office, address: str, browser: Browser) -> None:
    ask_path = f"{address}/requests/new?items=T0000"
    context = signed_in(browser, office, address, "li", "en", **DESK)
    page, said = opened(context, ask_path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    for name in ("items", "find", "mode", "purpose", "until", "due", "applicant", "step"):
        assert name in reached, reached
    assert said == []
    context.close()


def test_forms_work_without_scripts(office: Office, address: str, browser: Browser) -> None:
    context = signed_in(browser, office, address, "li", "en", java_script_enabled=False, **PHONE)
    page, _ = opened(context, f"{address}/items/T0000")
    page.click("text=Ask for it")
    page.fill("#f-purpose", "customer review")
    page.fill("#f-for", "wang")
    page.click("text=Send the request")
    expect(page.locator("h1")).to_have_text(re.compile(r"Request no\. \d+"))
    page.click("text=More")
    page.click("main >> text=中文")
    expect(page.locator("h1")).to_have_text(re.compile("更多"))
    context.close()
