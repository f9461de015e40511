"""Ask a CRM over HTTP: JSON in and out, patient with limits, strict about everything else.

No redirect is followed: a token is for the address it was made for. Only HTTPS, or this very machine.
"""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from server.exchange.crm.base import CrmError

MAX_ANSWER: Final = 8 * 1024 * 1024
BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Leave a redirect as the answer it is."""


@dataclass(slots=True)
class Asking:
    """Asks one system; waits `gap` seconds between two questions, and longer when told or when it is busy."""

    system: str
    timeout: float = 20.0
    tries: int = 5
    gap: float = 0.0
    longest_wait: float = 120.0
    sleep: Callable[[float], object] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _asked: float = field(default=float("-inf"), init=False)

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, Any]:
        """Ask, again while the system is busy; gives the status and the JSON (None when there is none)."""
        where = self._path(url)
        wait = 0.0
        for tried in range(self.tries):
            self.sleep(max(0.0, wait, self._asked + self.gap - self.monotonic()))
            self._asked = self.monotonic()
            try:
                status, said, told = self._once(method, url, headers or {}, body)
            except (OSError, http.client.HTTPException) as error:
                wait = 0.5 * 2.0**tried
                trouble = CrmError("crm_away", f"{self.system} {where}: {type(error).__name__}", retry=True)
                continue
            if status not in BUSY:
                return status, self._json(where, status, said)
            wait = 0.5 * 2.0**tried if told is None else told
            trouble = CrmError("crm_busy", f"{self.system} {where}: answers {status}", retry=True)
            if wait > self.longest_wait:
                break
        raise trouble

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes, float | None]:
        request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))  # noqa: S310 -- see _path
        opener = urllib.request.build_opener(
            _NoRedirect(), urllib.request.HTTPSHandler(context=ssl.create_default_context())
        )
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                return answer.status, answer.read(MAX_ANSWER + 1), None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(MAX_ANSWER + 1), _retry_after(error.headers.get("Retry-After"))

    def _path(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
            raise CrmError("crm_address", f"{self.system}: {parts.scheme}://{parts.hostname} is not HTTPS", retry=False)
        return parts.path

    def _json(self, where: str, status: int, said: bytes) -> Any:
        if len(said) > MAX_ANSWER:
            raise CrmError("crm_answer", f"{self.system} {where}: the answer is too large", retry=False)
        if not said.strip():
            return None
        try:
            return json.loads(said)
        except ValueError:
            raise CrmError(
                "crm_answer", f"{self.system} {where}: {status}, and the answer is not JSON", retry=False
            ) from None


def _retry_after(said: str | None) -> float | None:
    """Read Retry-After: seconds, or a moment."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        at = parsedate_to_datetime(said).timestamp()
    except ValueError:
        return None
    return max(0.0, at - time.time())  # noqa: TID251 -- a moment of the wire, not of a story


def text_of(value: Any, limit: int = 200) -> str:
    """Give what a CRM says of a field as a text: a list by its parts, a lookup by its name, None as ""."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "、".join(filter(None, (text_of(one) for one in value)))[:limit]
    if isinstance(value, dict):
        return text_of(value.get("name") or value.get("label"))
    clean = "".join(c for c in str(value) if c.isprintable()).strip()
    return clean[:limit]
