"""Items that open for nobody alone: another's badge at the same cabinet, just before."""

import json

import pytest
from sqlmodel import select

from contract.messages import AnyAnswer, Denied, Grant
from server.domain.policy import load_policy
from server.domain.policy_summary import summary
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.store.tables import Item, LedgerEntry, Person
from server.store.unit_of_work import Database
from tests.server.company import LI, POLICY, WANG, Writer, allow, intake, settle_in

ASKS = 'two_persons_for_secrecy = ["secret"]'
SHEET = POLICY.read_text().replace("two_persons_for_secrecy = []", ASKS)


@pytest.fixture
def service(database: Database) -> IntakeService:
    settle_in(database)
    with database.begin() as uow:
        uow.session.get_one(Item, 1).secrecy = "secret"
    allow(database, WANG, 1)
    service = intake(database)
    service.policy = load_policy(SHEET)
    return service


def shows(service: IntakeService, person: int, station: str = "a") -> AnyAnswer:
    _, asks = Writer(station).asks(person)
    (answer,) = service.take_many([Incoming(asks, station)]).answers
    assert isinstance(answer, Grant | Denied)
    return answer


def refusal(answer: AnyAnswer) -> list[tuple[str, str, str]]:
    assert isinstance(answer, Denied)
    return [(reason.code, reason.item, reason.params["seconds"]) for reason in answer.reasons]


def test_nobody_opens_it_alone_and_twice_oneself_is_alone(service: IntakeService, database: Database) -> None:
    for _ in range(2):
        assert refusal(shows(service, WANG)) == [("second_person_needed", "F1", "60")]
    shows(service, LI)
    assert isinstance(shows(service, WANG), Grant)
    with database.read() as db:
        granted = [json.loads(e.body) for e in db.exec(select(LedgerEntry)) if e.kind == "grant_given"]
    assert [entry["beside"] for entry in granted] == [["p2"]]


def test_at_another_cabinet_or_too_long_ago_is_not_beside(service: IntakeService, database: Database) -> None:
    shows(service, LI, station="b")
    assert refusal(shows(service, WANG)) == [("second_person_needed", "F1", "60")]
    shows(service, LI)
    with database.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE visit SET asked_us = asked_us - 61000000")
    assert refusal(shows(service, WANG)) == [("second_person_needed", "F1", "60")]


@pytest.mark.parametrize("change", [{"active": False}, {"role": "internal_auditor"}])
def test_only_who_may_be_beside_counts(service: IntakeService, database: Database, change: dict[str, object]) -> None:
    service.policy = load_policy(SHEET.replace(ASKS, f'{ASKS}\nsecond_person_by = ["requester"]'))
    with database.begin() as uow:
        uow.session.get_one(Person, LI).sqlmodel_update(change)
    shows(service, LI)
    assert refusal(shows(service, WANG)) == [("second_person_needed", "F1", "60")]


def test_what_is_less_secret_opens_for_one(service: IntakeService, database: Database) -> None:
    allow(database, WANG, 2)
    answer = shows(service, WANG)
    assert isinstance(answer, Grant)
    assert [item.code for item in answer.items] == ["F2"]


def test_the_sheet_is_told_and_without_it_nobody_is_asked_for(service: IntakeService) -> None:
    assert [line for line in summary(service.policy, "en") if "two persons" in line]
    service.policy = load_policy(POLICY.read_text())
    assert not [line for line in summary(service.policy, "en") if "two persons" in line]
    assert isinstance(shows(service, WANG), Grant)
