"""What surrounds every request: headers, limits, problems, health and metrics."""

from collections.abc import Iterator
from dataclasses import replace

from fastapi.testclient import TestClient

from contract.codec import open_receipt
from server.web.app import create_app
from server.web.deps import WebSettings
from server.web.guard import MAX_BODY
from tests.server.company import KEYS
from tests.server.web.house import NUMBER, PASSWORD, House

TYPE = "application/problem+json"


def test_every_answer_carries_the_security_headers(house: House) -> None:
    for path in ("/health/live", "/api/v1/me", "/nowhere"):
        headers = house.client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
    assert house.client.get("/api/v1/me").headers["Cache-Control"] == "no-store"


def test_failures_are_problems_with_stable_codes(house: House) -> None:
    answers = {
        "no_such_address": house.client.get("/api/v1/nowhere"),
        "method_not_allowed": house.client.delete("/api/v1/me"),
        "not_signed_in": house.client.get("/api/v1/me"),
        "invalid": house.client.post("/api/v1/sign-in", json={"username": "x", "password": "y", "role": "z"}),
    }
    for code, answer in answers.items():
        assert (answer.headers["content-type"], answer.json()["code"]) == (TYPE, code)
        assert answer.json()["status"] == answer.status_code


def test_a_refused_password_is_not_sent_back(house: House) -> None:
    answer = house.client.post("/api/v1/sign-in", json={"username": "x", "password": ["geheim"]})
    assert answer.status_code == 422
    assert "geheim" not in answer.text


def test_a_body_too_large_is_refused_however_it_is_sent(house: House) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 2):
            yield bytes(65536)

    for content in (bytes(MAX_BODY + 1), parts()):
        answer = house.client.post("/api/v1/captures", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_station_may_send_over_http_and_nobody_else(house: House) -> None:
    _, asks = house.station.asks(NUMBER["wang"])
    answer = house.client.post("/api/v1/captures", content=asks)
    assert open_receipt(KEYS.signing.public_key(), answer.content).upto == 1
    forged = asks + b" "  # not what was signed
    refused = house.client.post("/api/v1/captures", content=forged)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_signature")
    assert house.shen.get("/quarantine")["rows"][0]["reason"] == "bad_signature"


def test_health_and_metrics(house: House) -> None:
    assert house.client.get("/health/live").json() == {"status": "live"}
    assert house.client.get("/health/ready").json()["status"] == "ready"
    deaf = TestClient(create_app(replace(house.app.state.deps, hearing=lambda: False))).get("/health/ready")
    assert (deaf.status_code, deaf.json()["status"]) == (503, "not_ready")
    assert house.client.get("/metrics").status_code == 403
    told = WebSettings("guiwei", house.zone, metrics_token="geheim")
    guarded = TestClient(create_app(replace(house.app.state.deps, settings=told)))
    assert guarded.get("/metrics", headers={"Authorization": "Bearer geheim"}).status_code == 200
    assert guarded.get("/metrics", headers={"Authorization": "Bearer Geheim"}).status_code == 403
    text = house.app.state.metrics.text({"x": ("A thing.", [({"a": 'b"\n'}, 2)])})
    assert 'guiwei_http_requests_total{method="GET",route="/health/live",status="200"} 1' in text
    assert 'x{a="b\\"\\n"} 2' in text


def test_a_number_or_date_beyond_all_bounds_is_refused(house: House) -> None:
    house.client.cookies.set("guiwei_session", house.chen.token)
    for path, status in (
        (f"/alarms/{2**70}", 404),
        (f"/items?after={2**70}", 422),
        (f"/items/F1?after=1.{'9' * 30}", 422),
    ):
        page = house.client.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    body = {"items": ["F1"], "mode": "loan", "purpose": "x", "until": "9999-12-31T23:59:59Z"}
    assert house.sun.post("/requests", body, expect=422)["code"] == "invalid"


def test_a_form_needs_no_idempotency_key_and_may_have_one(house: House) -> None:
    csrf = house.client.post("/api/v1/sign-in", json={"username": "chen", "password": PASSWORD}).json()["csrf"]
    headers = {"X-CSRF-Token": csrf, "Idempotency-Key": "k"}
    answer = house.client.post("/stocktakes", data={"stations": "a"}, headers=headers, follow_redirects=False)
    assert answer.status_code == 303
