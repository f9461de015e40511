"""Role by route by object, acting: every writing call by every post, about what is within reach and what is beyond.

Who is not entitled is told so; what is beyond narrowed rights does not exist; either changes nothing but what is kept
of the refusal itself. Nobody is told, in an answer or a refusal, what is not for them. Who is entitled can do it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from server.domain.scopes import DAY_US, Scope
from server.domain.words import Role
from server.service.people.rights import RIGHTS, Act
from server.service.people.scopes import save_scope
from server.store.tables import LedgerEntry
from server.web.auth import DECLARED, PUBLIC
from tests.conftest import postgres_copy
from tests.server.web.acts import CALLS, Call
from tests.server.web.acts_world import BEYOND, SECRET, WITHIN, World, make_world
from tests.server.web.house import NAMED, NUMBER, House
from tests.server.web.rehearsal import Rehearsed, digest
from tests.server.web.test_leaks import CANARIES

API = "/api/v1"
LEFT = frozenset({"record_look", "ledger", "alarm"})
"""Where a refusal itself is kept: who was refused what, its entry, and the alarm when it is too often."""
KEPT = {"record_refused", "alarm_set", "alarm_repeated"}
KEPT_ANYHOW = ("POST /stocktakes/{number}/scans",)
WORD = re.compile(r"\{([a-z_]+)\}")


@pytest.fixture(scope="module")
def world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("acts")
    database = Rehearsed(postgres_copy(postgres_url))
    house = House(database, folder)
    with TestClient(house.app) as house.client:
        yield make_world(house, database, folder)
    database.close()


def written(house: House) -> dict[str, str]:
    """Give every writing operation that is not for anybody, with its act."""
    return {
        f"{method.upper()} {path.removeprefix(API)}": operation[DECLARED]
        for path, methods in house.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method != "get" and operation[DECLARED] != PUBLIC
    }


def filled(value: Any, things: dict[str, Any]) -> Any:
    """Put the things of a side in the place of their names."""
    if isinstance(value, dict):
        return {key: filled(one, things) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, things) for one in value]
    if isinstance(value, str) and (whole := WORD.fullmatch(value)):
        return things[whole[1]]
    return WORD.sub(lambda found: str(things[found[1]]), value) if isinstance(value, str) else value


def address(name: str, call: Call, things: dict[str, Any]) -> str:
    """Give the address of a call on a side."""
    named = iter(call.at)
    path = re.sub(r"\{[a-z_]+\}", lambda _: str(things[next(named)]), name.split(" ", 1)[1])
    return f"{API}{path}" + (f"?{filled(call.query, things)}" if call.query else "")


def about(name: str, call: Call, things: dict[str, Any]) -> str:
    """Say all that a call says."""
    return address(name, call, things) + repr(filled(call.body, things))


def send(world: World, who: str, name: str, side: str) -> Any:
    """Make a call as somebody, about the things of a side."""
    call, things = CALLS[name], world.things(side)
    sent: dict[str, Any] = {"json": filled(call.body, things)}
    if call.raw:
        sent = {"content": call.raw}
    elif call.form:
        said = filled(call.form, things)
        sent = {"files": {"file": ("a.csv", said.pop("sheet"))}, "data": said}
    headers = {"Authorization": f"Bearer {world.who(who).token}", "Accept-Language": "en", **dict(call.headers)}
    return world.house.client.request(name.split(" ", 1)[0], address(name, call, things), headers=headers, **sent)


def beyond(world: World, role: Role) -> Iterator[str]:
    """Name the calls a post may make that speak of something on a side."""
    for name, act in written(world.house).items():
        inside, outside = (about(name, CALLS[name], world.things(side)) for side in (WITHIN, BEYOND))
        if role in RIGHTS[Act(act)] and inside != outside and name not in KEPT_ANYHOW:
            yield name


def distinct(world: World, name: str) -> list[str]:
    """Name the sides within reach on which a call says something else."""
    said = {about(name, CALLS[name], world.things(side)): side for side in (SECRET, WITHIN)}
    return list(said.values())


def narrow(world: World, role: Role, *, limited: bool) -> str:
    """Narrow somebody's rights, or give them whole (a guest auditor's are narrowed always)."""
    now, who = world.house.clock.wall_us(), NAMED[role]
    limited = limited or role == Role.GUEST_AUDITOR
    scope = Scope(category=frozenset({WITHIN}), until_us=now + DAY_US) if limited else Scope()
    with world.database.begin() as uow:
        save_scope(uow.session, NUMBER[who], scope)
    return who


def leaked(who: str, said: str) -> list[str]:
    """Name the fields that are told to somebody they are not for."""
    return [canary.field for canary in CANARIES if canary.text in said and not canary.seen_by(who)]


def entries_after(world: World, head: int) -> set[str]:
    with world.database.read() as session:
        return set(session.exec(select(LedgerEntry.kind).where(LedgerEntry.id > head)))


def head_of(world: World) -> int:
    with world.database.read() as session:
        return max(session.exec(select(LedgerEntry.id)), default=0) or 0


def test_every_writing_call_has_its_row(world: World) -> None:
    assert set(written(world.house)) == set(CALLS)


def test_who_is_entitled_can_make_every_call(world: World) -> None:
    """Without this a refusal could be of the call and not of the caller."""
    failed = []
    for side in (WITHIN, BEYOND):
        for name, call in CALLS.items():
            with world.database.rehearsal() as entries:
                answer = send(world, call.by, name, side)
            if answer.status_code >= 300 or not (entries or name in UNRECORDED):
                failed.append((name, side, answer.status_code, answer.text[:300], entries))
    assert failed == []


UNRECORDED = ("POST /sign-out", "POST /notices/{number}/read")


@pytest.mark.parametrize("role", list(Role))
def test_r40_who_is_not_entitled_to_a_call_changes_nothing_and_is_told_nothing(world: World, role: Role) -> None:
    who = narrow(world, role, limited=False)
    refused = [name for name, act in written(world.house).items() if role not in RIGHTS[Act(act)]]
    before, head = digest(world.database, LEFT), head_of(world)
    wrong = []
    for name in refused:
        for side in distinct(world, name):
            answer = send(world, who, name, side)
            said = answer.json()
            if (answer.status_code, said["code"]) != (403, "not_your_role") or leaked(who, answer.text):
                wrong.append((name, answer.status_code, answer.text))
    assert wrong == []
    assert digest(world.database, LEFT) == before
    assert entries_after(world, head) <= KEPT


@pytest.mark.parametrize("role", list(Role))
def test_r40_what_is_beyond_narrowed_rights_is_not_acted_on_and_not_told_of(world: World, role: Role) -> None:
    who = narrow(world, role, limited=True)
    before, head = digest(world.database, LEFT), head_of(world)
    wrong = []
    for name in beyond(world, role):
        answer = send(world, who, name, BEYOND)
        if answer.status_code not in (403, 404, 422) or "界外" in answer.text or leaked(who, answer.text):
            wrong.append((name, answer.status_code, answer.text[:400]))
    assert wrong == []
    assert digest(world.database, LEFT) == before
    assert entries_after(world, head) <= KEPT


@pytest.mark.parametrize("role", list(Role))
def test_r40_an_answer_to_somebody_with_narrowed_rights_tells_nothing_from_beyond(world: World, role: Role) -> None:
    who = narrow(world, role, limited=True)
    wrong = []
    for name, act in written(world.house).items():
        if role in RIGHTS[Act(act)]:
            with world.database.rehearsal():
                answer = send(world, who, name, WITHIN)
            if answer.status_code >= 500 or "界外" in answer.text:
                wrong.append((name, answer.status_code, answer.text[:400]))
    assert wrong == []


def test_r40_what_a_counter_scans_beyond_their_rights_is_kept_and_answered_like_a_mark_nobody_knows(
    world: World,
) -> None:
    """What lies on the shelf is a fact of the count, whoever walks along it."""
    who, path = narrow(world, Role.KEEPER, limited=True), f"{API}/stocktakes/{world.shared['stocktake']}/scans"
    headers = {"Authorization": f"Bearer {world.who(who).token}"}
    said = []
    for code in (world.sides[BEYOND]["plain"], "UNKNOWN1"):
        body = {"scans": [{"place": "a/1", "code": code}]}
        with world.database.rehearsal() as entries:
            said.append((world.house.client.post(path, json=body, headers=headers).json(), list(entries)))
    assert said[0] == said[1] == ({"saved": 1, "already": 0, "unknown": 1}, ["stocktake_scanned"])


@pytest.mark.parametrize("role", list(Role))
def test_r40_an_answer_and_a_refusal_tell_nobody_what_is_not_for_them(world: World, role: Role) -> None:
    who = narrow(world, role, limited=False)
    allowed = [name for name, act in written(world.house).items() if role in RIGHTS[Act(act)]]
    wrong = []
    for name in allowed:
        for side in distinct(world, name):
            with world.database.rehearsal():
                answer = send(world, who, name, side)
            if answer.status_code >= 500 or leaked(who, answer.text):
                wrong.append((name, side, answer.status_code, leaked(who, answer.text)))
    assert wrong == []
