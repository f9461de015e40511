"""Fxiaoke (纷享销客): the customers (AccountObj) of its open platform, read with a corpAccessToken.

Token: POST /cgi/corpAccessToken/get/V2, lasts two hours, at most ten a minute. Records: POST /cgi/crm/v2/data/query
with `search_query_info`: limit at most 100, offset at most 10,000, so a reading goes on by `_id` as its guide to deep
paging says. Every answer is 200 with an `errorCode`: 0 well, 20016 the token is over. https://developer.fxiaoke.com/openapi_v2/
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.exchange.crm.base import CrmCustomer, CrmError, CrmPage
from server.exchange.crm.http import Asking, text_of

LIMIT: Final = 100
GAP: Final = 0.2
"""Seconds between two questions: an interface may be asked 100 times in 20 seconds."""
TOKEN_OVER: Final = 20016
LATER: Final = frozenset({-1, 14001, 30004, 50009})
NEVER: Final = frozenset({10006, 20017, 20021, 20022, 30002, 30003})
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name",),
    "industry": ("industry_level1__r", "industry_level1"),
    "size": ("employee_number__r", "employee_number"),
    "region": ("province__r", "city__r"),
}
"""Our fields; `__r` is how the system reads a choice out, and the value itself stands in where there is no reading."""
ASKED: Final = ["_id", "name", "industry_level1", "employee_number", "province", "city", "is_deleted", "life_status"]


@dataclass(frozen=True, slots=True)
class FxiaokeSettings:
    """Whose data, and as whom it is read; the address is that of the company's cloud."""

    app_id: str
    open_user_id: str
    app_secret: str = field(repr=False)
    permanent_code: str = field(repr=False)
    url: str = "https://open.fxiaoke.com"


@dataclass(slots=True)
class Fxiaoke:
    """Reads customers from Fxiaoke."""

    settings: FxiaokeSettings
    ask: Asking = field(default_factory=lambda: Asking("fxiaoke", gap=GAP))
    monotonic: Callable[[], float] = time.monotonic
    name: str = "fxiaoke"
    _token: str = field(default="", repr=False, init=False)
    _corp: str = field(default="", init=False)
    _until: float = field(default=0.0, init=False)

    def page(self, since_us: int, at: str) -> CrmPage:
        """Read a page: first what is there ("" or "c<last id>"), then what was made void ("v<last id>")."""
        void, last = at.startswith("v"), at[1:]
        filters = [_filter("last_modified_time", "GTE", str(since_us // 1000))] if since_us else []
        if last:
            filters.append(_filter("_id", "GT", last))
        if void:
            filters.append(_filter("is_deleted", "EQ", "true"))
        rows = self._query(filters)
        ids = [_id(row) for row in rows]
        if ids and (ids != sorted(ids) or (last and ids[0] <= last)):
            raise CrmError("crm_answer", "fxiaoke: a page does not follow on from the one before", retry=False)
        more = len(rows) >= LIMIT
        go_on = f"{'v' if void else 'c'}{ids[-1]}" if more else "" if void else "v"
        gone = tuple(number for number, row in zip(ids, rows, strict=True) if void or _is_void(row))
        there = () if void else tuple(_customer(row) for row in rows if not _is_void(row))
        return CrmPage(there, gone, go_on)

    def _query(self, filters: list[dict[str, Any]]) -> list[Any]:
        search = {
            "limit": LIMIT,
            "offset": 0,
            "filters": filters,
            "orders": [{"fieldName": "_id", "isAsc": True}],
            "fieldProjection": ASKED,
        }
        data = {"dataObjectApiName": "AccountObj", "find_explicit_total_num": False, "search_query_info": search}
        for again in (False, True):
            self._access(fresh=again)
            said = self._post(
                "/cgi/crm/v2/data/query",
                {
                    "corpAccessToken": self._token,
                    "corpId": self._corp,
                    "currentOpenUserId": self.settings.open_user_id,
                    "data": data,
                },
            )
            if said["errorCode"] != TOKEN_OVER:
                break
        _check(said)
        found = said.get("data")
        rows = found.get("dataList") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise CrmError("crm_answer", "fxiaoke: an answer without data.dataList", retry=False)
        return rows

    def _access(self, fresh: bool) -> None:
        """Have a token; it is kept for as long as the platform gives out the same one."""
        if not fresh and self._token and self.monotonic() < self._until:
            return
        settings = self.settings
        asked = {
            "appId": settings.app_id,
            "appSecret": settings.app_secret,
            "permanentCode": settings.permanent_code,
        }
        said = self._post("/cgi/corpAccessToken/get/V2", asked)
        _check(said)
        token, corp, lasts = said.get("corpAccessToken"), said.get("corpId"), said.get("expiresIn")
        if not isinstance(token, str) or not isinstance(corp, str) or not token:
            raise CrmError("crm_answer", "fxiaoke: an answer without corpAccessToken and corpId", retry=False)
        seconds = lasts if isinstance(lasts, int) and 0 < lasts <= 7200 else 7200
        self._token, self._corp, self._until = token, corp, self.monotonic() + min(6600, seconds * 0.9)

    def _post(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        url = f"{self.settings.url}{path}?thirdTraceId={uuid.uuid4()}"
        body = json.dumps(asked, ensure_ascii=False).encode()
        status, said = self.ask("POST", url, headers={"Content-Type": "application/json"}, body=body)
        if status != 200 or not isinstance(said, dict) or not isinstance(said.get("errorCode"), int):
            raise CrmError("crm_answer", f"fxiaoke {path}: {status}, and no errorCode", retry=False)
        return said


def _check(said: Mapping[str, Any]) -> None:
    """Raise what an errorCode means: most are refusals for good, some pass."""
    code = said["errorCode"]
    if code == 0:
        return
    detail = f"fxiaoke: errorCode {code} {text_of(said.get('errorMessage'))} ({text_of(said.get('traceId'))})"
    if code in LATER:
        raise CrmError("crm_busy", detail, retry=True)
    raise CrmError("crm_refused" if code in NEVER or code == TOKEN_OVER else "crm_answer", detail, retry=False)


def _filter(name: str, operator: str, value: str) -> dict[str, Any]:
    return {"field_name": name, "operator": operator, "field_values": [value]}


def _customer(row: Mapping[str, Any]) -> CrmCustomer:
    def read(*names: str) -> str:
        return next((found for name in names if (found := text_of(row.get(name)))), "")

    region = " ".join(filter(None, (text_of(row.get(name)) for name in FIELDS["region"])))
    number = _id(row)
    return CrmCustomer(
        number, read(*FIELDS["name"]) or number, read(*FIELDS["industry"]), read(*FIELDS["size"]), region
    )


def _is_void(row: Mapping[str, Any]) -> bool:
    return row.get("is_deleted") is True or row.get("life_status") == "invalid"


def _id(row: Any) -> str:
    found = row.get("_id") if isinstance(row, dict) else None
    if not isinstance(found, str) or not found:
        raise CrmError("crm_answer", "fxiaoke: a record without an _id", retry=False)
    return found
