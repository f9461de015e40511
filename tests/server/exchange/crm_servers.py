"""Zoho CRM and Fxiaoke as their API documents describe them, on real sockets of this machine; written from those
documents, not from our connectors. Each keeps what it was asked, and can be told to misbehave.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Answer:
    """What is answered once: status, body (JSON unless bytes), headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """One question as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class System:
    """A server of a CRM: subclasses say what it answers; `awry` is answered first, one after another."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.awry: list[Answer] = []
        self.url = ""

    def answer(self, asked: Asked) -> Answer:
        """Answer a question."""
        raise NotImplementedError

    def paths(self) -> list[str]:
        """Give the paths that were asked for."""
        return [one.path for one in self.asked]

    @contextmanager
    def serving(self) -> Iterator["System"]:
        """Serve on a free port of this machine."""
        system = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None: ...

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, query, headers, body)
                system.asked.append(asked)
                said = system.awry.pop(0) if system.awry else system.answer(asked)
                raw = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
                if said.body is None:
                    raw = b""
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _serve  # noqa: N815 -- the base's names

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(2)


class ZohoServer(System):
    """Accounts and their deletions: pages by token, `If-Modified-Since`, tokens that end."""

    def __init__(self, per_page: int = 2) -> None:
        super().__init__()
        self.per_page = per_page
        self.accounts: list[dict[str, Any]] = []
        self.deleted: list[dict[str, Any]] = []
        self.tokens = 0
        self.token = ""

    def answer(self, asked: Asked) -> Answer:
        """Answer as the documents say."""
        if asked.path == "/oauth/v2/token":
            return self._token(asked)
        if asked.headers.get("authorization") != f"Zoho-oauthtoken {self.token}":
            body = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
            return Answer(401, body)
        if asked.path == "/crm/v8/Accounts":
            return self._records(asked)
        if asked.path == "/crm/v8/Accounts/deleted":
            return self._deleted(asked)
        return Answer(404, {"code": "INVALID_URL_PATTERN", "status": "error"})

    def _token(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if (form.get("grant_type"), form.get("refresh_token")) != ("refresh_token", "refresh-me"):
            return Answer(200, {"error": "invalid_code"})
        if (form.get("client_id"), form.get("client_secret")) != ("client", "very-secret"):
            return Answer(200, {"error": "invalid_client"})
        self.tokens += 1
        self.token = f"1000.token-{self.tokens}"
        body = {"access_token": self.token, "api_domain": self.url, "token_type": "Bearer", "expires_in": 3600}
        return Answer(200, body)

    def _records(self, asked: Asked) -> Answer:
        if "fields" not in asked.query:
            return Answer(400, {"code": "REQUIRED_PARAM_MISSING", "details": {"param": "fields"}, "status": "error"})
        rows = _since(self.accounts, asked, "Modified_Time")
        if not rows:
            return Answer(304) if "if-modified-since" in asked.headers else Answer(204)
        token = asked.query.get("page_token", "t0")
        if not token.startswith("t"):
            return Answer(400, {"code": "INVALID_DATA", "status": "error"})
        first = int(token[1:])
        more = first + self.per_page < len(rows)
        info = {
            "per_page": self.per_page,
            "count": len(rows[first : first + self.per_page]),
            "page": first // self.per_page + 1,
            "next_page_token": f"t{first + self.per_page}" if more else None,
            "more_records": more,
        }
        wanted = asked.query["fields"].split(",")
        data = [{"id": r["id"], **{n: r.get(n) for n in wanted}} for r in rows[first : first + self.per_page]]
        return Answer(200, {"data": data, "info": info})

    def _deleted(self, asked: Asked) -> Answer:
        rows = _since(self.deleted, asked, "deleted_time")
        if not rows:
            return Answer(304) if "if-modified-since" in asked.headers else Answer(204)
        number = int(asked.query.get("page", "1"))
        first = (number - 1) * self.per_page
        info = {"per_page": self.per_page, "page": number, "more_records": first + self.per_page < len(rows)}
        return Answer(200, {"data": rows[first : first + self.per_page], "info": info})


class FxiaokeServer(System):
    """AccountObj by condition: every answer is 200 with an errorCode, tokens end with 20016."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[dict[str, Any]] = []
        self.tokens = 0
        self.token = ""

    def answer(self, asked: Asked) -> Answer:
        """Answer as the documents say."""
        said = json.loads(asked.body)
        if "thirdTraceId" not in asked.query:
            return self._refused(10001, "thirdTraceId is missing")
        if asked.path == "/cgi/corpAccessToken/get/V2":
            return self._token(said)
        if asked.path != "/cgi/crm/v2/data/query":
            return Answer(404)
        if "corpAccessToken" not in said:
            return self._refused(20017, "corpAccessToken为必填项,不能为空")
        if (said["corpAccessToken"], said.get("corpId")) != (self.token, "FSCID_1"):
            return self._refused(20016, "the cropId,cropAccessToken or authorization is error")
        if said.get("currentOpenUserId") != "FSUID_1":
            return self._refused(30005, "no such user")
        return self._query(said["data"])

    def _token(self, said: dict[str, Any]) -> Answer:
        if (said.get("appId"), said.get("appSecret"), said.get("permanentCode")) != (
            "FSAID_1",
            "very-secret",
            "for-ever",
        ):
            return self._refused(10006, "the parameter appSecret is missing or illegal")
        self.tokens += 1
        self.token = f"token-{self.tokens}"
        body = {"corpAccessToken": self.token, "corpId": "FSCID_1", "expiresIn": 7200}
        return Answer(200, {**body, "errorCode": 0, "errorMessage": "success"})

    def _query(self, data: dict[str, Any]) -> Answer:
        search = data["search_query_info"]
        limit, offset = search["limit"], search["offset"]
        if data["dataObjectApiName"] != "AccountObj" or not 0 < limit <= 100 or offset % limit:
            return self._refused(10006, "limit or offset")
        if offset > 10_000:
            return self._refused(10013, "offset out of range 10000")
        names = {one["field_name"] for one in search["filters"]}
        rows = self.accounts if "is_deleted" in names else [row for row in self.accounts if not row["is_deleted"]]
        for one in search["filters"]:
            rows = [
                row for row in rows if COMPARED[one["operator"]](_as(row[one["field_name"]]), one["field_values"][0])
            ]
        (order,) = search["orders"]
        rows = sorted(rows, key=lambda row: str(row[order["fieldName"]]), reverse=not order["isAsc"])
        kept = {*search["fieldProjection"]}
        shown = [
            {n: v for n, v in row.items() if n.removesuffix("__r") in kept} for row in rows[offset : offset + limit]
        ]
        body = {"dataList": shown, "offset": offset, "limit": limit, "total": 0}
        return Answer(200, {"traceId": "E-O.x", "data": body, "errorMessage": "OK", "errorCode": 0})

    def _refused(self, code: int, message: str) -> Answer:
        return Answer(200, {"errorCode": code, "errorMessage": message, "traceId": "E-O.x"})


COMPARED: dict[str, Callable[[str, str], bool]] = {
    "EQ": lambda row, value: row == value,
    "GT": lambda row, value: row > value,
    "GTE": lambda row, value: int(row) >= int(value),
}


def _as(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _since(rows: list[dict[str, Any]], asked: Asked, name: str) -> list[dict[str, Any]]:
    since = asked.headers.get("if-modified-since")
    if since is None:
        return rows
    return [row for row in rows if datetime.fromisoformat(row[name]) >= datetime.fromisoformat(since)]
