"""Role by route by object by field: whoever asks for whatever there is, sees no field that is not for them.

Every call and page that reads is asked for by somebody in every post, with their rights whole and narrowed, about their
own things, others', and what is outside. A canary in each field that is not for everybody says where it leaked.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from contract.secrets import credential_of
from server.domain.scopes import DAY_US, Scope
from server.domain.words import AlarmKind, Mode, Role
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.lookups import known
from server.service.people.reach import KINDS, noun_of
from server.service.people.rights import ADMINS, AUDITORS, LEADERS, OFFICE, RIGHTS, SEES_ALL, SEES_SECRETS, Act
from server.service.people.scopes import save_scope
from server.store.tables import Attachment, Content, Notice, RecordChange
from server.store.unit_of_work import Database
from server.web.auth import COOKIE, DECLARED, EXPORTS, PUBLIC, routes_of
from server.web.pages import router as pages
from server.web.routes import ROUTERS
from tests.conftest import postgres_copy
from tests.server.web.house import NUMBER, PEOPLE, SITE, House
from tests.server.web.test_people import give_line

ENDLESS = ("/api/v1/stream", "/live")
ROLE = {name: role for name, role, _ in PEOPLE}
SECRET = {"code": "S7", "kind": "file", "title": "密题金丝雀", "secrecy": "secret", "category": "合同", "place": "a/1"}
BEYOND = {"code": "Z1", "kind": "file", "title": "界外题名", "secrecy": "ordinary", "category": "人事", "place": "b/1"}
SAMPLES = {"code": ("F1", "S7", "Z1"), "username": ("wang", "li"), "number": ("1", "2")}
NAMES = {"/places/{station}/{door}": ("/places/b/1", "/places/a/1")}


@dataclass(frozen=True)
class Canary:
    """A text that stands in one field of one thing, and who may see it."""

    field: str
    text: str
    seen_by: Callable[[str], bool]


def in_ledger(name: str) -> bool:
    return ROLE[name] in RIGHTS[Act.SEE_LEDGER]


def watches(name: str) -> bool:
    return name == "wang" or ROLE[name] in OFFICE | LEADERS | ADMINS | AUDITORS


def asked(name: str) -> bool:
    return name in ("wang", "li") or ROLE[name] in SEES_ALL or in_ledger(name)


CANARIES = (
    Canary("item.title above ordinary", "密题金丝雀", lambda name: ROLE[name] in SEES_SECRETS),
    Canary("item.record_number above ordinary", "MD金丝雀", lambda name: ROLE[name] in SEES_SECRETS or in_ledger(name)),
    Canary("request.purpose of another", "用途金丝雀", asked),
    Canary("breach of another", "违规金丝雀", watches),
    Canary("training of another", "培训金丝雀", watches),
    Canary("notice to another", "通知金丝雀", lambda name: name == "wang"),
    Canary(
        "badge of another",
        credential_of(SITE, f"{NUMBER['wang']:010X}")[:16],
        lambda name: ROLE[name] == Role.SECURITY_ADMIN or in_ledger(name),
    ),
    Canary("password", "argon2", lambda _: False),
)
OUTSIDE = tuple(
    Canary(f"outside narrowed rights: {field}", text, lambda name: name == "li")
    for field, text in (
        ("title", "界外题名"),
        ("record number", "JW金丝雀"),
        ("category", "人事"),
        ("purpose", "界外用途"),
        ("conclusion", "界外结论"),
        ("attachment", "界外附件"),
        ("change", "界外旧题"),
        ("content", "界外文件"),
    )
)


@pytest.fixture(scope="module")
def world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A company in which every canary sits in its field; nobody changes it."""
    folder = tmp_path_factory.mktemp("leaks")
    database = Database(postgres_copy(postgres_url))
    house = House(database, folder)
    with TestClient(house.app) as house.client:  # one event loop for all that is asked
        yield _filled(house)
    database.close()


def _filled(house: House) -> House:
    house.chen.post("/items", {**SECRET, "record_number": "MD金丝雀", "epc": "E2F7"})
    house.chen.post("/items", {**BEYOND, "record_number": "JW金丝雀", "epc": "E2F8"})
    house.approved("F1", purpose="用途金丝雀")
    house.visit("wang", taken=[1])
    house.approved("Z1", person="li", purpose="界外用途")
    give_line(house, "li", 8, Mode.LOAN)
    house.chen.post("/training", {"person": "wang", "subject": "security", "note": "培训金丝雀"})
    house.ma.post("/breaches", {"rule": "R14", "person": "wang", "what": "违规金丝雀"})
    now = house.clock.wall_us()
    with house.database.begin() as uow:
        alarm = known(set_alarm(uow, Alarming(AlarmKind.TAKEN_EXTRA, "z", now, NUMBER["li"], 8, "b", 1), now).id)
        uow.session.add(Notice(person_id=NUMBER["wang"], kind="x", text="通知金丝雀", created_us=now))
        file: dict[str, Any] = {"media": "text/plain", "size": 1, "sha256": "0" * 64, "at_us": now}
        uow.session.add(Attachment(subject="item", subject_id=8, name="界外附件", **file))
        change: dict[str, Any] = {"field": "title", "old": "界外旧题", "new": "界外题名", "version": 1, "at_us": now}
        uow.session.add(RecordChange(subject="item", subject_id=8, **change))
        uow.session.add(Content(item_id=8, position=1, title="界外文件", added_us=now))
    house.chen.post(f"/alarms/{alarm}/close", {"conclusion": "界外结论"})
    return house


def test_every_noun_of_an_address_says_what_it_is_about() -> None:
    nouns = {noun_of(route.path) for route in routes_of([*ROUTERS, pages])}
    assert nouns - set(KINDS) == set(), "add a row to KINDS in server/service/people/reach.py"


def test_every_route_that_gives_records_out_in_bulk_is_declared(world: House) -> None:
    for path, methods in world.app.openapi()["paths"].items():
        for operation in methods.values():
            bulk = {"text/csv", "application/x-ndjson"} & set(operation["responses"].get("200", {}).get("content", ()))
            given = operation[DECLARED] == Act.EXPORT and "{" in path
            assert not (bulk or given) or operation.get(EXPORTS), path


@pytest.mark.slow
@pytest.mark.parametrize("narrowed", [False, True], ids=["whole", "narrowed"])
@pytest.mark.parametrize("name", ROLE)
def test_nobody_sees_what_is_not_for_them(world: House, name: str, narrowed: bool) -> None:
    guest = ROLE[name] == Role.GUEST_AUDITOR
    now = world.clock.wall_us()
    with world.database.begin() as uow:
        scope = Scope(category=frozenset({"合同"}), until_us=now + DAY_US) if narrowed or guest else Scope()
        save_scope(uow.session, NUMBER[name], scope)
    token = world.signed_in(name).token
    leaks: list[tuple[str, str]] = []
    canaries = [canary for canary in CANARIES + (OUTSIDE if narrowed or guest else ()) if not canary.seen_by(name)]
    for address, page in addresses(ROLE[name], with_pages=not narrowed):
        headers = {"Cookie": f"{COOKIE}={token}"} if page else {"Authorization": f"Bearer {token}"}
        answer = world.client.get(address, headers=headers, follow_redirects=False)
        said = answer.content.decode("utf-8", "ignore")
        assert answer.status_code < 500, (address, said)
        leaks += [(address, canary.field) for canary in canaries if canary.text in said]
    assert leaks == []


def addresses(role: Role, with_pages: bool) -> Iterator[tuple[str, bool]]:
    """Give every address that reads and is open to a post, with samples of what it names, and whether it is a page."""
    for routers, page in ((ROUTERS, False), ([pages] if with_pages else [], True)):
        for route in routes_of(routers):
            act = (route.openapi_extra or {})[DECLARED]
            if "GET" not in (route.methods or ()) or act == PUBLIC or route.path in ENDLESS:
                continue
            if role not in RIGHTS[Act(act)]:  # stopped at the gate, which `test_matrix` sees to
                continue
            for address in samples(route.path):
                yield f"{address}?form=csv&format=csv", page


def samples(path: str) -> Iterator[str]:
    """Put samples of what there is into an address."""
    yield from NAMES.get(path, ())
    found = re.search(r"\{([a-z_]+)\}", path)
    if found is None:
        yield path
    elif path not in NAMES:
        for value in SAMPLES.get(found[1], ("1", "items", "loans")):
            yield from samples(path.replace(found[0], value, 1))
