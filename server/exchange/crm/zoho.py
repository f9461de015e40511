"""Zoho CRM: the records API (v8) of one module, read with an OAuth refresh token.

Records: GET /crm/v8/{module}?fields=…&per_page=200[&page_token=…], `If-Modified-Since` for what changed; 204 no record,
304 none changed. Deletions: GET /crm/v8/{module}/deleted?type=all&page=n. An access token lives an hour and is asked
for again when it is refused (401 INVALID_TOKEN). https://www.zoho.com/crm/developer/docs/api/v8/
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from server.exchange.crm.base import CrmCustomer, CrmError, CrmPage
from server.exchange.crm.http import Asking, text_of

PER_PAGE: Final = 200
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("Account_Name",),
    "industry": ("Industry",),
    "size": ("Employees",),
    "region": ("Billing_State", "Billing_City"),
}
"""Our fields, and whose values they are joined of."""
OVER: Final = frozenset({"EXPIRED_PAGE_TOKEN", "INVALID_PAGE_TOKEN", "PAGE_TOKEN_EXPIRED"})


@dataclass(frozen=True, slots=True)
class ZohoSettings:
    """Whose data, and how to get at it; the data centre is in both addresses."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    accounts_url: str = "https://accounts.zoho.com.cn"
    api_url: str = "https://www.zohoapis.com.cn"
    module: str = "Accounts"


@dataclass(slots=True)
class Zoho:
    """Reads customers from Zoho CRM."""

    settings: ZohoSettings
    ask: Asking = field(default_factory=lambda: Asking("zoho"))
    monotonic: Callable[[], float] = time.monotonic
    name: str = "zoho"
    _token: str = field(default="", repr=False, init=False)
    _until: float = field(default=0.0, init=False)

    def page(self, since_us: int, at: str) -> CrmPage:
        """Read a page: first the records (`at` is "" or "r<page token>"), then the deletions ("d<page>")."""
        if at.startswith("d"):
            return self._deleted(since_us, int(at[1:]))
        asked = {"fields": ",".join(one for names in FIELDS.values() for one in names), "per_page": str(PER_PAGE)}
        if at:
            asked["page_token"] = at[1:]
        try:
            rows, info = self._get("", asked, since_us)
        except CrmError as error:
            if at and error.code == "crm_page_over":  # a token lasts a day: begin again, what was read is read twice
                return self.page(since_us, "")
            raise
        more = text_of(info.get("next_page_token"), 4000) if info.get("more_records") else ""
        if info.get("more_records") and (not more or more == at[1:]):
            raise CrmError(
                "crm_answer", "zoho: there are more records, but no page token that leads to them", retry=False
            )
        return CrmPage(tuple(map(_customer, rows)), next=f"r{more}" if more else "d1")

    def _deleted(self, since_us: int, number: int) -> CrmPage:
        asked = {"type": "all", "per_page": str(PER_PAGE), "page": str(number)}
        rows, info = self._get("/deleted", asked, since_us)
        more = bool(info.get("more_records")) and bool(rows)
        return CrmPage((), tuple(_id(row) for row in rows), f"d{number + 1}" if more else "")

    def _get(self, tail: str, asked: Mapping[str, str], since_us: int) -> tuple[list[Any], Mapping[str, Any]]:
        url = f"{self.settings.api_url}/crm/v8/{self.settings.module}{tail}?{urlencode(asked)}"
        for again in (False, True):
            headers = {"Authorization": f"Zoho-oauthtoken {self._access(fresh=again)}"}
            if since_us:
                headers["If-Modified-Since"] = datetime.fromtimestamp(since_us // 1_000_000, UTC).isoformat()
            status, said = self.ask("GET", url, headers=headers)
            if status != 401:
                break
        if status in (204, 304):
            return [], {}
        if status != 200 or not isinstance(said, dict):
            raise _refusal(status, said)
        rows, info = said.get("data"), said.get("info")
        if not isinstance(rows, list) or not isinstance(info, dict):
            raise CrmError("crm_answer", "zoho: an answer without data and info", retry=False)
        return rows, info

    def _access(self, fresh: bool) -> str:
        """Give an access token, asking for one when there is none, it is about to end, or it was refused."""
        if fresh or not self._token or self.monotonic() > self._until:
            form = {
                "grant_type": "refresh_token",
                "client_id": self.settings.client_id,
                "client_secret": self.settings.client_secret,
                "refresh_token": self.settings.refresh_token,
            }
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form).encode()
            status, said = self.ask("POST", f"{self.settings.accounts_url}/oauth/v2/token", headers=headers, body=body)
            token = said.get("access_token") if isinstance(said, dict) else None
            if status != 200 or not isinstance(token, str) or not token:
                why = text_of(said.get("error")) if isinstance(said, dict) else str(status)
                raise CrmError("crm_refused", f"zoho gives no access token: {why}", retry=why == "access_denied")
            lasts = said.get("expires_in")
            self._token = token
            self._until = self.monotonic() + (lasts if isinstance(lasts, int) and 0 < lasts <= 3600 else 3600) * 0.9
        return self._token


def _customer(row: Any) -> CrmCustomer:
    number = _id(row)
    said = {name: " ".join(filter(None, (text_of(row.get(one)) for one in of))) for name, of in FIELDS.items()}
    return CrmCustomer(number, said["name"] or number, said["industry"], said["size"], said["region"])


def _id(row: Any) -> str:
    found = row.get("id") if isinstance(row, dict) else None
    if not isinstance(found, str | int) or not (number := text_of(found)):
        raise CrmError(
            "crm_answer", f"zoho: a record without an id: {json.dumps(row, ensure_ascii=False)[:80]}", retry=False
        )
    return number


def _refusal(status: int, said: Any) -> CrmError:
    code = text_of(said.get("code")) if isinstance(said, dict) else ""
    if code in OVER:
        return CrmError("crm_page_over", f"zoho: {code}", retry=True)
    name = "crm_refused" if status in (401, 403) else "crm_answer"
    return CrmError(name, f"zoho answers {status} {code}".strip(), retry=False)
