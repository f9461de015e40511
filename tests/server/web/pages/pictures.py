"""Make the pictures of docs/pictures: `python -m tests.server.web.pages.pictures docs/pictures`."""

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from .browser import chromium, served, signed_in
from .day import ask, live_a_day
from .office import open_office

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {**DESK, "color_scheme": "dark"}
PICTURES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("now-desk-zh", "/", "chen", "zh", DESK),
    ("now-desk-en-dark", "/", "chen", "en", DARK),
    ("now-phone-zh", "/", "chen", "zh", PHONE),
    ("item-desk-zh", "/items/T0006", "chen", "zh", DESK),
    ("approve-phone-zh", "/requests/6", "zhao", "zh", PHONE),
    ("alarm-phone-en", "/alarms/2", "chen", "en", PHONE),
    ("stocktake-desk-zh", "/stocktakes/1?at=b/1&seen=T0006&how=ok", "chen", "zh", DESK),
)
COLOURS = 160


def main(folder: Path) -> None:
    """Let a day happen in an office and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        office = open_office(Path(place))
        live_a_day(office)
        ask(office, "li", [9], "专利年费缴纳,需核对受理通知书", **{"for": "wang"})
        with served(office) as address, chromium() as browser:
            for name, path, who, language, size in PICTURES:
                context = signed_in(browser, office, address, who, language, **size)
                page = context.new_page()
                page.goto(address + path)
                picture = Image.open(io.BytesIO(page.screenshot()))
                picture.convert("RGB").quantize(COLOURS).save(folder / f"{name}.png", optimize=True)
                context.close()
        office.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
