"""What is remarked on at a cabinet: the alarms it sets through the intake, and what clears them."""

from pathlib import Path

import pytest
from sqlmodel import select

from contract.messages import DoorClosed, ExitPassed, Grant, Sighting
from server.domain.policy import load_policy
from server.intake.batch import Incoming
from server.intake.service import IntakeService
from server.store.tables import Alarm, Item, Tag
from server.store.unit_of_work import Database
from tests.server.company import POLICY, WANG, Writer, allow, badge, epc, intake, settle_in
from tests.server.web.house import House
from tests.server.web.test_stocktakes import answer

SHEET = POLICY.read_text()
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is asked of it is asked above
TID, OTHER = "E280110520001234", "E280110520009999"


@pytest.fixture
def service(database: Database) -> IntakeService:
    settle_in(database)
    allow(database, WANG, 1)
    return intake(database)


def alarms(database: Database) -> list[tuple[str, int | None, int | None, int, bool]]:
    """(kind, person, item, times repeated, cleared) of every alarm."""
    with database.read() as session:
        rows = session.exec(select(Alarm).order_by(Alarm.id))  # type: ignore[arg-type]
        return [(row.kind, row.person_id, row.item_id, row.repeated, row.cleared_us is not None) for row in rows]


def stranger(service: IntakeService, station: str, number: int) -> None:
    """Show a badge that nobody ever had."""
    service.take_many([Incoming(Writer(station).asks(1000 + number, credential=badge(1000 + number))[1], station)])


def test_strange_badges_are_told_of_when_there_are_many_at_one_cabinet(
    service: IntakeService, database: Database
) -> None:
    for number in range(2):
        stranger(service, "a", number)
        stranger(service, "b", number)
    assert alarms(database) == []
    stranger(service, "a", 1)
    assert alarms(database) == [("login_with_foreign_credential", None, None, 0, False)]
    stranger(service, "a", 2)
    assert alarms(database) == [("login_with_foreign_credential", None, None, 1, False)]
    with database.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE visit SET asked_us = asked_us - 601000000")
    stranger(service, "b", 3)
    assert len(alarms(database)) == 1


@on_sqlite
def test_a_badge_that_was_withdrawn_is_no_strange_one(service: IntakeService, database: Database) -> None:
    with database.begin() as uow:
        uow.connection.exec_driver_sql("UPDATE person SET active = false")
    for _ in range(3):
        service.take_many([Incoming(Writer("a").asks(WANG)[1], "a")])
    assert {kind for kind, *_ in alarms(database)} == {"inactive_badge"}


@on_sqlite
def test_an_opening_out_of_hours_is_granted_and_told_of(service: IntakeService, database: Database) -> None:
    for sheet, told in ((SHEET, 0), (SHEET.replace("23:59:59.999999", "00:00:00.000001"), 1)):
        service.policy = load_policy(sheet)
        allow(database, WANG, 2 + told)
        (answer,) = service.take_many([Incoming(Writer("a").asks(WANG)[1], "a")]).answers
        assert isinstance(answer, Grant)
        assert alarms(database) == [("access_outside_schedule", WANG, None, 0, False)] * told


@on_sqlite
@pytest.mark.parametrize("way", ["taken", "put", "exit"])
def test_another_tag_under_an_items_number_is_told_of(service: IntakeService, database: Database, way: str) -> None:
    with database.begin() as uow:
        uow.session.get_one(Tag, epc(1)).tid = TID
    writer, kind = Writer("a"), "tag_swapped_or_cloned"

    def read(tid: str | None) -> None:
        seen = [Sighting(epc=epc(1), tid=tid, reads=3), Sighting(epc=epc(2), tid=tid, reads=3)]
        if way == "exit":
            service.take(writer.send(ExitPassed, device="gate", leaves="premises", items=seen))
        else:
            service.take(writer.send(DoorClosed, door=1, cause="no_session", **{way: seen}))

    for tid in (None, TID, TID[:8]):
        read(tid)
    assert kind not in {alarm[0] for alarm in alarms(database)}
    read(OTHER)
    read(OTHER)
    assert [alarm for alarm in alarms(database) if alarm[0] == kind] == [(kind, None, 1, 1, False)]


@on_sqlite
def test_a_new_tag_ends_it(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path)
    with database.begin() as uow:
        uow.session.get_one(Tag, epc(1)).tid = TID
    house.intake.take(
        house.station.send(DoorClosed, door=1, cause="no_session", put=[Sighting(epc=epc(1), tid=OTHER, reads=1)])
    )
    mine = ("tag_swapped_or_cloned", None, 1, 0)
    assert [alarm[4] for alarm in alarms(database) if alarm[:4] == mine] == [False]
    house.chen.post("/items/F1/tags", {"epc": "E2AA00000001", "tid": OTHER})
    assert [alarm[4] for alarm in alarms(database) if alarm[:4] == mine] == [True]


def test_what_a_stocktake_alarms_and_the_next_one_clears(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path)
    with database.read() as session:
        assert session.get_one(Item, 4).secrecy == "top_secret"

    def counted(behind: dict[int, list[int]]) -> list[tuple[str, int | None, bool]]:
        number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
        house.ke.post(f"/stocktakes/{number}/sweep")
        for door in (1, 2):
            answer(house, door, *behind[door])
        house.chen.post(f"/stocktakes/{number}/close")
        return [(kind, item, cleared) for kind, _, item, _, cleared in alarms(database)]

    found = counted({1: [1, 2], 2: [2]})
    assert found == [("duplicate_tag", 2, False), ("never_lend_item_absent", 4, False)]
    assert counted({1: [1], 2: []}) == found, "what was not seen clears nothing"
    assert counted({1: [1, 2, 3, 4], 2: []}) == [(kind, item, True) for kind, item, _ in found]
