"""Role by route, from the OpenAPI document: who may is let through the gate, who may not is told so at it."""

import json
import re
from functools import cache
from typing import Any

import pytest
from fastapi import APIRouter

from server.domain.words import Role
from server.service.people.rights import RIGHTS, Act
from server.web.app import api_document
from server.web.auth import DECLARED, PUBLIC, check_gates, routes_of
from server.web.pages import router as pages
from server.web.routes import ROUTERS
from tests.server.web.house import NAMED, House

OPEN = {
    "POST /api/v1/sign-in",
    "POST /api/v1/captures",
    "POST /api/v1/enrolments",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
}
ENDLESS = {"GET /api/v1/stream"}


@cache
def document() -> dict[str, Any]:
    """Give the API's document, which takes a second to make."""
    made: dict[str, Any] = json.loads(api_document())
    return made


def operations(document: dict[str, Any]) -> dict[str, str]:
    return {
        f"{method.upper()} {path}": operation[DECLARED]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_declares_its_act_and_only_these_are_open(house: House) -> None:
    declared = operations(document())
    assert {name for name, act in declared.items() if act == PUBLIC} == OPEN
    assert {act for act in declared.values() if act != PUBLIC} <= set(Act)
    assert set(Act) == set(RIGHTS)
    for route in routes_of([*ROUTERS, pages]):
        act = (route.openapi_extra or {})[DECLARED]
        assert act == PUBLIC or act in set(Act)


def test_an_app_with_a_route_that_declares_nothing_is_not_built() -> None:
    router, outer = APIRouter(), APIRouter()

    @router.get("/bare")
    async def bare() -> None: ...

    outer.include_router(router)
    with pytest.raises(RuntimeError, match="/bare"):
        check_gates([outer])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_the_gate_of_every_route_that_reads(house: House, role: Role) -> None:
    """What writes is tried with all that it needs, in `test_acts`."""
    caller = getattr(house, NAMED[role])
    wrong: list[tuple[str, object]] = []
    with house.client:  # one event loop for all that is asked
        for name, act in operations(document()).items():
            method, path = name.split(" ", 1)
            if act == PUBLIC or name in ENDLESS or method != "GET":
                continue
            path = re.sub(r"\{[a-z]+\}", "999", path)
            headers = {"Authorization": f"Bearer {caller.token}"}
            answer = house.client.get(path, headers=headers)
            stopped = answer.status_code == 403 and answer.json()["code"] == "not_your_role"
            if stopped and not {"R40"} <= {reason["rule"] for reason in answer.json()["reasons"]}:
                wrong.append((name, "no rule named"))
            if stopped == (role in RIGHTS[Act(act)]) or answer.status_code in (401, 500):
                wrong.append((name, answer.status_code))
    assert not wrong


def test_nobody_gets_in_without_signing_in(house: House) -> None:
    for name, act in operations(document()).items():
        if act != PUBLIC:
            method, path = name.split(" ", 1)
            answer = house.client.request(method, re.sub(r"\{[a-z]+\}", "999", path), json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name
