"""Who may ask the screen for a page, and what it never gives away; where it may listen."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from edge_agent.devices.base import SettingsError
from edge_agent.screen.app import MOST_STREAMS, Pages, Screen, event, make_app, zone_said
from edge_agent.screen.cli import hosts_of, one_address, serve
from tests.edge_agent.screen import states

HOST = "127.0.0.1:8380"
NOW = 1_790_000_000_000_000


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(states.opened(NOW)))
    return Screen("a", file, (HOST, "localhost:8380"), "zh", "8012", lambda: NOW)


@pytest.fixture
def client(screen: Screen) -> TestClient:
    return TestClient(make_app(screen), base_url=f"http://{HOST}")


@pytest.mark.parametrize(("zone", "clock"), [("Asia/Shanghai", "22:13 <small>UTC+8<"), ("UTC", "14:13 <small>UTC+0<")])
def test_the_clock_says_in_which_zone_it_is(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, zone: str, clock: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert f"<time>{clock}" in client.get("/").text
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (zone_said(-12_600), zone_said(20_700)) == ("UTC-3:30", "UTC+5:45")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8380"}, 200),
        ({"host": "evil.example:8380"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"origin": f"http://{HOST}"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_only_the_panel_itself_is_served(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.get("/", headers=headers)
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_can_be_sent_to_it(client: TestClient) -> None:
    assert [client.request(method, "/").status_code for method in ("POST", "PUT", "HEAD")] == [405, 405, 405]


def test_nothing_secret_and_nothing_from_elsewhere_is_on_the_page(client: TestClient) -> None:
    page = client.get("/").text
    assert "王**" in page
    assert all(secret not in page for secret in (states.TOKEN, states.CREDENTIAL, "d" * 32))
    assert "http://" not in page
    assert "https://" not in page
    assert "style=" not in page
    assert "<script>" not in page


def test_a_language_it_does_not_know_is_its_own(client: TestClient) -> None:
    assert '<html lang="zh">' in client.get("/?language=xx").text
    assert '<html lang="en">' in client.get("/?language=en").text


def request(language: str = "en") -> Request:
    query = f"language={language}".encode()
    return Request({"type": "http", "method": "GET", "path": "/events", "query_string": query, "headers": []})


def test_the_stream_tells_what_changed_and_only_then(screen: Screen) -> None:
    async def listen() -> list[str]:
        answer = await Pages(screen).events(request())
        assert isinstance(answer, StreamingResponse)
        stream: Any = answer.body_iterator
        first = await anext(stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(later := asyncio.ensure_future(anext(stream))), 0.5)
        screen.state.write_text(json.dumps(states.offline()))
        second = await asyncio.wait_for(later, 2)
        await stream.aclose()
        return [first, second]

    first, second = asyncio.run(listen())
    assert first.startswith("event: panel\ndata: ")
    assert first.endswith("\n\n")
    assert "Door 2 open" in first
    assert 'data-situation="offline"' in second


def test_only_so_many_streams_are_open_at_once(screen: Screen) -> None:
    async def crowd() -> list[int]:
        pages, streams, statuses = Pages(screen), [], []
        for _ in range(MOST_STREAMS + 1):
            answer = await pages.events(request())
            statuses.append(answer.status_code)
            if isinstance(answer, StreamingResponse):
                stream: AsyncIterator[Any] = aiter(answer.body_iterator)
                await anext(stream)
                streams.append(stream)
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        return [*statuses, (await pages.events(request())).status_code]

    assert asyncio.run(crowd()) == [200] * MOST_STREAMS + [503, 200]


def test_an_event_of_several_lines_is_one_event() -> None:
    assert event("panel", "a\nb\n") == "event: panel\ndata: a\ndata: b\n\n"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "cabinet.example", "224.0.0.1", ""])
def test_it_listens_on_one_address(address: str) -> None:
    with pytest.raises(SettingsError, match="--address"):
        one_address(address)


def test_what_it_cannot_start_with_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state.json"
    with pytest.raises(SettingsError, match="--language xx: one of zh, en"):
        serve("a", state, "", "127.0.0.1", 0, "xx", "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"--port {port}: Address already in use"):
            serve("a", state, "", "127.0.0.1", port, "zh", "")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(SettingsError, match="--extra screen"):
        serve("a", state, "", "127.0.0.1", 0, "zh", "")


def test_the_hosts_are_those_of_its_address() -> None:
    assert hosts_of(one_address("127.0.0.1"), 8380) == ("127.0.0.1:8380", "localhost:8380")
    assert hosts_of(one_address("::1"), 80) == ("[::1]", "localhost")
    assert hosts_of(one_address("192.168.4.7"), 8380) == ("192.168.4.7:8380",)
