"""HTTP as a signed-in person: one client per person, problems turned into refusals with their rules."""

import secrets
import time
from dataclasses import dataclass, field

import httpx2


@dataclass(frozen=True)
class Refusal(Exception):  # noqa: N818  a refusal is an answer; it becomes a difference only when nobody expects it
    """The server said no: its status, its stable code, its words and the rules it names."""

    status: int
    code: str
    detail: str
    rules: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.status} {self.code} {'+'.join(self.rules)}: {self.detail}"


PATIENCE = 10.0
"""Seconds for which somebody goes on trying to reach the server."""

Json = dict[str, "object"]


class Api:
    """One person's way into the server."""

    def __init__(self, base: str, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.client = httpx2.Client(base_url=f"{base}/api/v1", timeout=20.0)
        self.signed_in = False

    def get(self, path: str, **query: object) -> Json:
        """Read; raises Refusal."""
        return self._ask("GET", path, params={k: str(v) for k, v in query.items() if v is not None})

    def rows(self, path: str, **query: object) -> list[Json]:
        """Read a whole list, page by page."""
        rows: list[Json] = []
        after: object = None
        while True:
            page = self.get(path, after=after, limit=200, **query)
            rows += page["rows"]  # type: ignore[arg-type]
            after = page.get("next")
            if after is None:
                return rows

    def post(self, path: str, body: Json | None = None) -> Json:
        """Act, once however often it has to be said; raises Refusal."""
        return self._ask("POST", path, json=body or {}, headers={"Idempotency-Key": secrets.token_hex(16)})

    def close(self) -> None:
        """Drop the connection."""
        self.client.close()

    def _sign_in(self) -> None:
        who = {"username": self.username, "password": self.password}
        answer = self._send("POST", "/sign-in", json=who)
        self._check(answer)
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        self.signed_in = True

    def _ask(self, method: str, path: str, **how: object) -> Json:
        if not self.signed_in:
            self._sign_in()
        answer = self._send(method, path, **how)
        if answer.status_code == 401:
            self._sign_in()
            answer = self._send(method, path, **how)
        self._check(answer)
        return answer.json() if answer.content else {}

    def _send(self, method: str, path: str, **how: object) -> httpx2.Response:
        """Send, and send again while the server is away: people press the button again."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.client.request(method, path, **how)  # type: ignore[arg-type]
            except httpx2.TransportError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _check(self, answer: httpx2.Response) -> None:
        if answer.status_code < 400:
            return
        try:
            problem = answer.json()
        except ValueError:
            problem = {"detail": answer.text[:300]}
        rules = tuple(dict.fromkeys(str(r.get("rule")) for r in problem.get("reasons", []) if isinstance(r, dict)))
        detail = str(problem.get("detail") or problem.get("title") or problem)
        raise Refusal(answer.status_code, str(problem.get("code", "")), detail, rules)
