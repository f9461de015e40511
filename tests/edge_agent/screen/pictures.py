"""Make the pictures of the station screen: `python -m tests.edge_agent.screen.pictures docs/pictures [all]`."""

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.edge_agent.screen import states
from tests.edge_agent.screen.panel import Panel

CHROMIUM = "/usr/bin/chromium"
WIDE: dict[str, Any] = {"viewport": {"width": 1024, "height": 600}}
TALL: dict[str, Any] = {"viewport": {"width": 600, "height": 1024}}
DARK: dict[str, Any] = {**WIDE, "color_scheme": "dark"}
SHOWN = {"screen-open-zh", "screen-refused-zh", "screen-offline-tall-en"}
COLOURS = 128


def pictures() -> list[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    """List name, state, language and panel of every picture."""
    told = {
        "idle": states.idle(),
        "granted": states.granted(),
        "open": states.opened(time.time_ns() // 1000),
        "refused": states.refused(),
        "offline": states.offline(),
    }
    panels = (("-zh", "zh", WIDE), ("-tall-en", "en", TALL), ("-en", "en", WIDE), ("-dark-zh", "zh", DARK))
    return [
        (f"screen-{name}{end}", state, language, panel)
        for name, state in told.items()
        for end, language, panel in panels
    ]


def take(browser: Browser, panel: Panel, state: dict[str, Any], language: str, size: dict[str, Any]) -> bytes:
    """Take one picture."""
    panel.says(state)
    context = browser.new_context(**size)
    page = context.new_page()
    page.goto(f"{panel.address}?language={language}")
    taken = page.screenshot(animations="disabled")
    context.close()
    return taken


def main(folder: Path, *, every: bool) -> None:
    """Take the pictures the documents show, or every one."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        panel = Panel(Path(place))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, state, language, size in pictures():
            if every or name in SHOWN:
                picture = Image.open(io.BytesIO(take(browser, panel, state, language, size)))
                picture.convert("RGB").quantize(COLOURS).save(folder / f"{name}.png", optimize=True)
        browser.close()
        panel.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), every="all" in sys.argv[2:])
