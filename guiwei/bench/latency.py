"""From a door-close event in a station's outbox to its verdict on the first page in a browser: the whole way, measured.

One cabinet on emulated devices, its agent, broker and server as processes, headless Chromium on the first page. The
moments are the event's own (written just before it is committed) and the browser's when the line appears.
The reference, in the same run, is how long the same browser takes to fetch `/health/live`.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from guiwei.bench.figures import Result, quantile, say
from guiwei.doctor import find_program
from guiwei.drill.quiet import Quiet
from guiwei.drill.specs import ItemSpec, PersonSpec, StationSpec
from guiwei.drill.story import Story
from guiwei.drill.world import ADMIN, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_MS = 1000.0
WATCH = """() => {
  const seen = window.guiweiSeen = {};
  const look = () => document.querySelectorAll('li[id^="movement-"]').forEach(
    line => { seen[line.id] ??= Date.now(); });
  look();
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""
FETCH = """async () => {
  const begun = performance.now();
  await fetch('/health/live', {cache: 'no-store'});
  return performance.now() - begun;
}"""


def measure(closings: int) -> Result:
    """Close a door so many times, each time with one item gone or back, and time each verdict's way to the page."""
    result = Result("latency", closings)
    folder = Path(tempfile.mkdtemp(prefix="guiwei-bench-"))
    world = World(_story(), folder)
    world.clock.base_us = 0  # story time is real time here, so that the browser's clock is the same
    try:
        world.start()
        with _browser(world) as page:
            page.evaluate(WATCH)
            _close_doors(world, closings)
            page.wait_for_timeout(1500)
            seen = {key: float(ms) for key, ms in page.evaluate("() => window.guiweiSeen").items()}
            fetched = [float(page.evaluate(FETCH)) for _ in range(50)]
        _reckon(result, world, seen, fetched)
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _story() -> Story:
    return Story(
        name="latency", file="latency", start_us=round(datetime.now(UTC).timestamp() * 1e6), rules=[],  # noqa: TID251
        policy="default", people={"chen": PersonSpec(name="陈刚", role="archivist")},
        stations={"a": StationSpec(doors=1)}, items={"f1": ItemSpec(place="a/1", title="往返的卷宗")},
        steps=[], expects=[], lines=[],
    )  # fmt: skip


@contextmanager
def _browser(world: World) -> "Iterator[Page]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=find_program("chromium"), args=["--no-sandbox"])
        try:
            page = chromium.new_page()
            page.goto(f"{world.base}/")
            page.fill("input[name=username]", ADMIN)
            page.fill("input[name=password]", world.passwords[ADMIN])
            page.press("input[name=password]", "Enter")
            page.wait_for_selector(".feed")
            yield page
        finally:
            chromium.close()


def _close_doors(world: World, closings: int) -> None:
    """Break the door open, take the item or put it back, shut the door; again and again."""
    quiet, cabinet, epc = Quiet(world), world.cabinets["a"], world.epcs["f1"]
    quiet.wait()
    for n in range(closings):
        cabinet.force(1)
        quiet.wait()
        if n % 2 == 0:
            cabinet.take(1, epc)
        else:
            cabinet.put(1, epc)
        cabinet.push(1)
        quiet.wait()
        if n % 20 == 19:
            say(f"{n + 1} of {closings} closings")


def _reckon(result: Result, world: World, seen: dict[str, float], fetched: list[float]) -> None:
    outbox = sqlite3.connect(f"file:{world.cabinets['a'].folder / 'data' / 'outbox.sqlite'}?mode=ro", uri=True)
    bodies = [msgspec.json.decode(body) for (body,) in outbox.execute("SELECT body FROM event ORDER BY seq")]
    outbox.close()
    closed = {
        b["seq"]: b["wall_us"] / 1000 for b in bodies if b["kind"] == "door_closed" and (b.get("taken") or b.get("put"))
    }
    rows = sorted(world.api(ADMIN).rows("/movements"), key=lambda row: int(str(row["id"])))
    times = [
        seen[f"movement-{row['id']}"] - at
        for row, at in zip(rows, closed.values(), strict=True)
        if f"movement-{row['id']}" in seen
    ]
    if len(times) < len(rows):
        result.misses.append(f"{len(rows) - len(times)} of {len(rows)} verdicts never came to the page")
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        value = round(quantile(times, part), 1)
        result.figures[f"close_to_page_{name}"] = {
            "value": value, "unit": "ms", "min": round(min(times), 1), "max": round(max(times), 1)
        }  # fmt: skip
    fetch = round(quantile(fetched, 0.5), 2)
    result.reference["browser_fetch_p50"] = {
        "value": fetch, "unit": "ms", "min": round(min(fetched), 2), "max": round(max(fetched), 2)
    }  # fmt: skip
    p99 = float(result.figures["close_to_page_p99"]["value"])
    result.ratios["p99_to_browser_fetch"] = round(p99 / fetch, 2)
    if p99 > MOST_MS:
        result.misses.append(f"close_to_page_p99 is {p99} ms, should be at most {MOST_MS:.0f}")
