"""What a station that lies, or whose clock does, may not bring about: its signature is good, what it says is not."""

from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from contract.messages import DoorOpened, Event
from server.service.shapes import moment
from server.store.tables import Alarm, Inbox, Quarantine
from server.store.unit_of_work import Database
from tests.server.company import Writer, intake, settle_in


@pytest.mark.parametrize("offset_us", [-(10**30), -(2**62), -(10**18), 10**30, 2**62])
def test_an_impossible_time_stops_nobody(database: Database, offset_us: int) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    service.take(station.send(DoorOpened, door=1, cause="forced", offset_us=offset_us))
    service.take(station.send(DoorOpened, door=2, cause="forced"))
    with database.read() as db:
        assert [row.seq for row in db.exec(select(Inbox).order_by(col(Inbox.seq)))] == [1, 2]
        said = [row.reason for row in db.exec(select(Quarantine))]
        alarms = db.exec(select(Alarm)).all()
        assert said == ["malformed"] * (2 - len(alarms))
        for alarm in alarms:
            assert moment(alarm.occurred_us, ZoneInfo("Asia/Shanghai"))  # a page can show it


def test_a_line_end_is_no_part_of_a_name(database: Database) -> None:
    settle_in(database)
    service, station = intake(database), Writer()
    raw: Event = station.event(DoorOpened, door=1, cause="forced", session="0" * 32 + "\n")
    service.take(station.batch(raw))
    with database.read() as db:
        assert [row.reason for row in db.exec(select(Quarantine))] == ["malformed"]
