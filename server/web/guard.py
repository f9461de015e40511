"""What surrounds every request: security headers, a limit on bodies, and the count for the metrics."""

import re
import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.exchange.sheets import MAX_FILE
from server.web.metrics import Metrics

MAX_BODY: Final = 1024 * 1024
UPLOAD: Final = 64 * MAX_BODY
ROOMY: Final = (
    (re.compile(r"(/api/v1)?/imports"), MAX_FILE + MAX_BODY),
    (re.compile(r"(/api/v1)?/attachments|/seals(/[^/]+/uses)?|/entrusted/[^/]+/hand-back"), UPLOAD + MAX_BODY),
)
"""Where a file is handed in, and how large the body may be there."""
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}


class Guard:
    """Plain ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp, metrics: Metrics, secure: bool) -> None:
        self.app = app
        self.metrics = metrics
        self.headers = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request inside the guard."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, seconds = time.monotonic(), 500, 0.0

        async def guarded(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.monotonic() - started
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            most = next((roomy for path, roomy in ROOMY if path.fullmatch(scope["path"])), MAX_BODY)
            if (over := _declared(scope) > most) and scope["path"].startswith("/api/"):
                await _too_large(most)(scope, receive, guarded)
            else:  # a page's form is read no further either, and its page says so
                await self.app(scope, _limited(receive, -1 if over else most), guarded)
        finally:
            route = scope.get("route")
            self.metrics.served(scope["method"], getattr(route, "path", "none"), status, seconds)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _limited(receive: Receive, most: int) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, f"a body may have {most} bytes")
        return message

    return limited


def _too_large(most: int) -> JSONResponse:
    body = {"type": "urn:guiwei:problem:too_large", "title": "too large", "status": 413, "code": "too_large"}
    return JSONResponse({**body, "detail": f"a body may have {most} bytes"}, 413, None, "application/problem+json")
