"""Certificates that are about to end are alarmed in time, once for each step, and cleared when there is a new one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import certificates
from guiwei import tls
from server.domain.certificates import DAY_US, alarm_for_end, is_due
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, set_alarm
from server.store.tables import Station, StationKey
from server.store.unit_of_work import Database
from server.sweep.certificates import Certificates, certificate_cause
from server.sweep.ends import Listener, ends_of
from tests.server.sweep.test_sweep import alarms
from tests.server.web.house import House

ENDING, OVER = AlarmKind.CERTIFICATE_ENDING, AlarmKind.CERTIFICATE_NEARLY_OVER


@pytest.mark.parametrize(
    ("days", "kind", "due"),
    [
        (91, None, False), (89, None, True), (31, None, True), (30, ENDING, True), (8, ENDING, True), (7, OVER, True),
        (0, OVER, True), (-400, OVER, True),
    ],
)  # fmt: skip
def test_what_the_days_that_are_left_mean(days: int, kind: AlarmKind | None, due: bool) -> None:
    now_us = 10_000 * DAY_US
    assert alarm_for_end(now_us + days * DAY_US, now_us) == kind
    assert is_due(now_us + days * DAY_US, now_us) is due
    assert alarm_for_end(0, now_us) is None


def test_one_alarm_for_each_step_and_none_once_it_is_renewed(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path)
    now_us, own, mono = house.clock.real_wall_us(), {"broker": 10**18}, iter(range(0, 10**9, 4000))

    def lasts(days: int) -> None:
        with database.begin() as uow:
            key = uow.session.get_one(Station, "a").public_key
            row = uow.session.get(StationKey, key) or StationKey(public_key=key, station="a")
            row.until_us = now_us + days * DAY_US
            uow.session.add(row)
        job.turn(house.clock.wall_us())

    job = Certificates(database, lambda: now_us, lambda: next(mono), lambda: own)
    lasts(400)
    assert alarms(house) == []
    lasts(29)
    with database.begin() as uow:  # what the station says of itself is the same alarm
        kind = AlarmKind.CERTIFICATE_ENDING
        set_alarm(uow, Alarming(kind, certificate_cause(kind, "a"), 1, station="a"), house.clock.wall_us())
    assert alarms(house) == [("certificate_ending", 0, False)]
    lasts(7)
    assert alarms(house) == [("certificate_ending", 0, True), ("certificate_nearly_over", 0, False)]
    lasts(825)
    assert [cleared for _, _, cleared in alarms(house)] == [True, True]
    own["broker"] = now_us + DAY_US
    job.turn(house.clock.wall_us())
    assert alarms(house)[2:] == [("certificate_nearly_over", 0, False)]


def test_what_a_station_says_stays_where_the_server_did_not_sign(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path)
    with database.begin() as uow:
        set_alarm(uow, Alarming(ENDING, certificate_cause(ENDING, "a"), 1, station="a"), house.clock.wall_us())
    Certificates(database, house.clock.real_wall_us, lambda: 1.0, dict).turn(house.clock.wall_us())
    assert alarms(house) == [("certificate_ending", 0, False)]


def test_the_sites_own_certificates_are_looked_at(tmp_path: Path) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - certificates are made now
    tls.make_authority(tmp_path, now)
    tls.issue(tmp_path, "server-web", now)
    (tmp_path / "bad.crt").write_text("none")
    files = {"web": tmp_path / "server-web.crt", "bad": tmp_path / "bad.crt", "gone": tmp_path / "gone.crt", "no": None}
    ends = ends_of(files, Listener("127.0.0.1", 9))
    assert ends.keys() == {"web"}
    last = now + timedelta(days=certificates.DAYS)
    assert ends["web"] == pytest.approx(last.timestamp() * 1e6, abs=2e6)
