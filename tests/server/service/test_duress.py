"""A PIN typed under duress: opens as ever, and those who must know are told; only where the sheet has it."""

import json

import pytest
from sqlmodel import col, select

from contract.messages import AnyAnswer, Denied, Grant, PinTyped
from contract.secrets import seal_pin
from server.domain.policy import load_policy
from server.domain.policy_summary import summary
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.service.lending.notices import tell_of_alarms
from server.service.people.passwords import hash_secret
from server.store.tables import Alarm, Item, LedgerEntry, Notice, Person
from server.store.unit_of_work import Database
from tests.server.company import KEYS, LI, POLICY, WANG, Writer, allow, badge, intake, settle_in

PIN, CRY = "2469", "2460"
SHEET = POLICY.read_text().replace("pin_for_kinds = []", 'pin_for_kinds = ["seal"]')


def service_of(database: Database, *, duress: bool = True, pin: str = PIN) -> IntakeService:
    settle_in(database)
    with database.begin() as uow:
        uow.session.get_one(Item, 1).kind = "seal"
        uow.session.get_one(Person, WANG).pin_hash = hash_secret(pin)
    allow(database, WANG, 1)
    with database.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE authority SET mode = 'seal_use'")
    service = intake(database)
    service.policy = load_policy(SHEET.replace("duress_pin = false", f"duress_pin = {str(duress).lower()}"))
    return service


def type_in(service: IntakeService, pin: str, person: int = WANG) -> AnyAnswer:
    station, challenge = Writer(), f"{int(pin):032x}"
    _, asks = station.asks(person, challenge=challenge, pin=seal_pin(KEYS.pin.public_key(), challenge, pin))
    (answer,) = service.take_many([Incoming(asks, "a")]).answers
    assert isinstance(answer, Grant | Denied)
    return answer


def alarms(database: Database) -> list[tuple[str, str, int | None, str]]:
    with database.read() as db:
        return [(a.kind, a.severity, a.person_id, a.station) for a in db.exec(select(Alarm).order_by(col(Alarm.id)))]


@pytest.mark.parametrize(("pin", "cry"), [("2469", "2460"), ("000000", "000001")])
def test_it_opens_like_the_plain_one_and_cries(database: Database, pin: str, cry: str) -> None:
    service = service_of(database, pin=pin)
    assert [line for line in summary(service.policy, "en") if "alarms silently" in line]
    answer = type_in(service, cry)
    assert isinstance(answer, Grant)
    assert answer.doors == [1]
    assert "duress" not in str(answer), "nothing at the cabinet may show it"
    assert alarms(database) == [("duress_code", "critical", WANG, "a")]
    with database.read() as db:
        alarm = db.exec(select(Alarm)).one()
        kinds = [entry.kind for entry in db.exec(select(LedgerEntry).order_by(col(LedgerEntry.id)))]
        (shown,) = (e for e in db.exec(select(LedgerEntry)) if e.id in json.loads(alarm.evidence))
    assert (shown.kind, alarm.session) == ("grant_given", answer.session)
    assert kinds.index("grant_given") < kinds.index("alarm_set")


def test_the_plain_one_is_silent_and_any_other_is_wrong(database: Database) -> None:
    service = service_of(database)
    assert isinstance(type_in(service, PIN), Grant)
    for wrong in ("2461", "2468", "3469"):
        answer = type_in(service, wrong)
        assert isinstance(answer, Denied)
        assert [reason.code for reason in answer.reasons] == ["pin_wrong"]
    assert alarms(database) == []


def test_whoever_is_forced_in_vain_is_heard_too(database: Database) -> None:
    service = service_of(database)
    with database.begin() as uow:
        uow.session.get_one(Person, LI).pin_hash = hash_secret(PIN)
    answer = type_in(service, CRY, person=LI)
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["no_authority"]
    assert alarms(database) == [("duress_code", "critical", LI, "a")]


def test_where_the_sheet_has_none_it_is_a_wrong_pin(database: Database) -> None:
    service = service_of(database, duress=False)
    answer = type_in(service, CRY)
    assert isinstance(answer, Denied)
    assert [reason.code for reason in answer.reasons] == ["pin_wrong"]
    assert alarms(database) == []
    assert not [line for line in summary(service.policy, "en") if "alarms silently" in line]
    assert not load_policy(POLICY.read_text().replace("duress_pin = false", "")).access.duress_pin, "off unless said"


def test_those_who_must_know_are_told_but_not_who_is_forced(database: Database) -> None:
    service = service_of(database)
    posts = {3: "archivist", 4: "records_manager", 5: "head_of_office", 6: "security_admin", 7: "general_manager"}
    with database.begin() as uow:
        uow.session.get_one(Person, WANG).role = "archivist"
        for number, post in posts.items():
            uow.session.add(
                Person(id=number, username=post, name=post, role=post, pseudonym=f"q{number}", created_us=0)
            )
    type_in(service, CRY)
    with database.begin() as uow:
        tell_of_alarms(uow, 0, 1)
    with database.read() as db:
        told = sorted(str(notice.person_id) for notice in db.exec(select(Notice)))
    assert told == ["3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("typed", "set_alarms"),
    [
        ((CRY,), ["duress_code"]),
        ((PIN,), []),
        (("1111", CRY), ["duress_code"]),
        (("1111",) * 4, []),
        (("1111",) * 5, ["repeated_failed_login"]),
    ],
)
def test_where_no_pin_is_asked_for_it_can_be_typed_all_the_same(
    database: Database, typed: tuple[str, ...], set_alarms: list[str]
) -> None:
    service = service_of(database)
    service.policy = load_policy(POLICY.read_text().replace("duress_pin = false", "duress_pin = true"))
    station = Writer()
    session, asks = station.asks(WANG)
    (answer,) = service.take_many([Incoming(asks, "a")]).answers
    assert isinstance(answer, Grant), "the badge alone opens"
    for number, pin in enumerate(typed):
        challenge = f"{number:032x}"
        sealed = seal_pin(KEYS.pin.public_key(), challenge, pin)
        told = station.send(PinTyped, session=session, challenge=challenge, credential=badge(WANG), pin=sealed)
        assert service.take_many([Incoming(told, "a")]).answers == []
    assert [kind for kind, *_ in alarms(database)] == set_alarms
    assert {person for _, _, person, _ in alarms(database)} <= {WANG}
