"""The office served over HTTP on a free port, and a headless browser to look at it with."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from server.web.auth import COOKIE

from .office import Office

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def served(office: Office) -> Iterator[str]:
    """Serve the office's app; gives its address."""
    config = uvicorn.Config(office.app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        office.deps.live.close()
        server.should_exit = True
        thread.join(5)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that Debian ships."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def signed_in(
    browser: Browser, office: Office, address: str, username: str, language: str = "zh", **more: object
) -> BrowserContext:
    """Open a browser context in which somebody is signed in."""
    token, _ = office.token(username)
    context = browser.new_context(**more)  # type: ignore[arg-type]
    for name, value in ((COOKIE, token), ("guiwei_language", language)):
        context.add_cookies([{"name": name, "value": value, "url": address}])
    return context
