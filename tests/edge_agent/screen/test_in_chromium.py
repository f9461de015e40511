"""The screen in a real browser at the panel's size: live, readable, silent on its console, put away by touch only."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.edge_agent.screen import states
from tests.edge_agent.screen.panel import Panel

CHROMIUM = "/usr/bin/chromium"
WIDE: dict[str, Any] = {"viewport": {"width": 1024, "height": 600}, "has_touch": True}
SIZES: tuple[ViewportSize, ...] = (
    {"width": 1024, "height": 600},
    {"width": 600, "height": 1024},
    {"width": 800, "height": 480},
)
LEAST_TARGET = 44
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """Give one screen to the module."""
    found = Panel(tmp_path_factory.mktemp("screen"))
    yield found
    assert found.close() == -signal.SIGTERM  # it closed what was open, then ended as it was told


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one browser to the module."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser: Browser, panel: Panel, language: str) -> tuple[Page, list[str]]:
    """Open a page whose stream runs, and that notes everything its console complains about."""
    page = browser.new_context(**WIDE).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{panel.address}?language={language}")
    expect(page.locator("body[data-live=true]")).to_be_attached()
    return page, said


def situation(page: Page, name: str) -> None:
    expect(page.locator(f"main[data-situation={name}]")).to_be_attached()


def test_it_follows_the_station_within_a_second(browser: Browser, panel: Panel) -> None:
    panel.says(states.idle())
    page, said = opened(browser, panel, "zh")
    situation(page, "idle")
    took = []
    for name, state in (("granted", states.granted()), ("idle", states.idle()), ("granted", states.granted())):
        began = time.monotonic()
        panel.says(state)
        situation(page, name)
        took.append(time.monotonic() - began)
    assert min(took) < 1.0, took
    expect(page.locator(".who strong")).to_have_text("王**")
    expect(page.locator(".may code")).to_have_text(["T0006", "T0011"])
    panel.says(states.opened(time.time_ns() // 1000))
    expect(page.locator(".moved li")).to_have_count(4)
    expect(page.locator(".moved li.bad .verdict")).to_have_text("不在准予之列，请放回")
    panel.says(states.offline())
    situation(page, "offline")
    expect(page.locator("[data-unsent='17']")).to_have_text("17 条待发送")
    assert said == []
    page.context.close()


def test_a_refusal_is_put_away_by_touch_and_never_by_enter(browser: Browser, panel: Panel) -> None:
    hostile = {**states.REASONS[2], "item": "<b>T0011</b>"}
    panel.says(states.refused(n=2, reasons=[*states.REASONS[:2], hostile]))
    page, said = opened(browser, panel, "en")
    refusal = page.locator("[data-refusal]")
    expect(refusal.locator("li strong").last).to_have_text("<b>T0011</b> belongs in b/2")
    assert page.locator("main b").count() == 0
    page.locator("[data-dismiss]").focus()
    page.keyboard.press("Enter")
    expect(refusal).to_be_visible()
    page.locator("[data-dismiss]").tap()
    expect(refusal).to_have_count(0)
    panel.says(states.refused(n=2) | {"unsent": 1})
    expect(page.locator("[data-unsent='1']")).to_be_attached()
    expect(refusal).to_have_count(0)
    panel.says(states.refused(n=3))
    expect(refusal).to_be_visible()
    assert said == []
    page.context.close()


CUT_OFF = """() => [...document.querySelectorAll("html, .bar, .say, .help, .refusal")].filter(
  (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1
).map((box) => box.className || box.tagName)"""


def test_everything_fits_and_can_be_touched(browser: Browser, panel: Panel) -> None:
    many = {str(number): states.door() for number in range(1, 7)}
    panel.says(states.idle())
    page, said = opened(browser, panel, "en")
    told = (
        ("open", states.opened(time.time_ns() // 1000) | {"doors": many | {"2": states.door("open", "open")}}),
        ("denied", states.refused()),
        ("offline", states.offline()),
    )
    for name, state in told:
        panel.says(state)
        situation(page, name)
        for size in SIZES:
            page.set_viewport_size(size)
            assert page.evaluate(CUT_OFF) == [], (name, size)
            for target in page.locator("a, button").all():
                box = target.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) >= LEAST_TARGET, (name, size)
    assert said == []
    page.context.close()


def test_it_works_without_scripts_and_switches_its_language(browser: Browser, panel: Panel) -> None:
    panel.says(states.idle())
    page = browser.new_context(**WIDE, java_script_enabled=False).new_page()
    page.goto(panel.address)
    expect(page.locator("h2")).to_have_text("请刷卡")
    page.locator("a", has_text="English").tap()
    expect(page.locator("h2")).to_have_text("Show your badge")
    page.context.close()
