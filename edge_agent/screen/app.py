"""The screen's pages: one page, the stream that keeps it new, and its static files; nothing can be sent to it.

1. Only the station's own panel is served: the Host must be the address listened on, the Origin (if any) the same.
2. No script but our own file, no inline script or style, no other host.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_agent.screen.seen import Watch
from edge_agent.screen.view import panel, word
from edge_agent.screen.words import LANGUAGES, Language

HERE: Final = Path(__file__).parent
LOOK_S: Final = 0.2
BEAT_S: Final = 5.0
MOST_STREAMS: Final = 8
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Turn away what is not a page of this screen asking for itself."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self._hosts = frozenset(hosts)

    def barred(self, method: str, headers: Headers) -> int:
        """Give the status a request is turned away with, 0 for one that may pass."""
        if headers.get("host", "").lower() not in self._hosts:
            return 421
        if headers.get("origin", f"http://{headers['host']}").lower() != f"http://{headers['host']}".lower():
            return 403
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403
        return 0 if method == "GET" else 405

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        status = self.barred(scope["method"], Headers(scope=scope))
        served = PlainTextResponse("not for this screen\n", status) if status else self.app
        await served(scope, receive, guarded)


@dataclass(frozen=True, slots=True)
class Screen:
    """What a screen is set to: which station, where, in which language, and whom to call."""

    station: str
    state: Path
    hosts: tuple[str, ...]
    language: Language
    contact: str
    wall_us: Callable[[], int]


def make_app(screen: Screen) -> ASGIApp:
    """Make the app of one screen."""
    pages = Pages(screen)
    routes = [
        Route("/", pages.page, methods=["GET"]),
        Route("/events", pages.events, methods=["GET"]),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    return Guard(Starlette(routes=routes), screen.hosts)


class Pages:
    """Page and stream of one screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._watch = Watch(screen.state, time.monotonic)
        self._streams = 0
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def page(self, request: Request) -> Response:
        """Show the page as it is now."""
        return HTMLResponse(self._render("page.html", self._language(request)))

    async def events(self, request: Request) -> Response:
        """Send the panel whenever it changed, and a beat while it did not."""
        if self._streams >= MOST_STREAMS:
            return PlainTextResponse("too many screens are open\n", 503)
        return StreamingResponse(self._changes(self._language(request)), media_type="text/event-stream")

    def _language(self, request: Request) -> Language:
        asked = request.query_params.get("language", "")
        return next((language for language in LANGUAGES if language == asked), self._screen.language)

    def _render(self, template: str, language: Language) -> str:
        wall_us = self._screen.wall_us()
        local = time.localtime(wall_us / 1e6)
        shown = panel(self._watch.look(), wall_us, language)

        def say(key: str, **fields: object) -> str:
            return word(key, language, **fields)

        return self._templates.get_template(template).render(
            shown,
            say=say,
            language=language,
            other=next(name for name in LANGUAGES if name != language),
            home=self._screen.language,
            station=self._screen.station,
            contact=self._screen.contact,
            clock=time.strftime("%H:%M", local),
            zone=zone_said(local.tm_gmtoff),
        )

    async def _changes(self, language: Language) -> AsyncIterator[str]:
        self._streams += 1
        last, beat = "", time.monotonic()
        try:
            while True:
                html, now = self._render("panel.html", language), time.monotonic()
                if html != last:
                    yield event("panel", html)
                    last, beat = html, now
                elif now - beat >= BEAT_S:
                    yield event("beat", "-")
                    beat = now
                await asyncio.sleep(LOOK_S)
        finally:
            self._streams -= 1


def zone_said(offset_s: int) -> str:
    """Name a zone by how far it is from UTC: the station is told none, so whoever reads the clock sees whose it is."""
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"UTC{'-' if offset_s < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def event(name: str, data: str) -> str:
    """Give one event of a stream."""
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in data.splitlines()) + "\n"
