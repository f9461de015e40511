"""Alarm a station that has been silent for longer than the policy allows, and clear the alarm when it is heard."""

from dataclasses import dataclass

from sqlmodel import col, select

from server.domain.alarms import cause_key
from server.domain.policy import Policy
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.store.tables import Alarm, Station
from server.store.unit_of_work import Database

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Silent:
    """Looks at who is silent, and since when."""

    database: Database
    policy: Policy

    def turn(self, now_us: int) -> None:
        """Set and clear; a station that was never heard is not in use yet, and not silent."""
        limit_us = self.policy.alarms.station_offline_minutes * MINUTE_US
        with self.database.read() as session:
            stations = list(session.exec(select(Station).where(Station.active)))
            open_ones = (Alarm.kind == AlarmKind.STATION_OFFLINE, col(Alarm.closed_us).is_(None))
            uncleared = set(session.exec(select(Alarm.cause).where(*open_ones, col(Alarm.cleared_us).is_(None))))
        wrong = {
            _cause(station): station for station in stations if (silent_since(station) or now_us) < now_us - limit_us
        }
        new, over = wrong.keys() - uncleared, uncleared - wrong.keys()
        if not new and not over:
            return
        with self.database.begin() as uow:
            for cause in sorted(new):
                station = wrong[cause]
                fact = Alarming(AlarmKind.STATION_OFFLINE, cause, silent_since(station) or now_us, station=station.name)
                set_alarm(uow, fact, now_us)
            for cause in sorted(over):
                clear_alarm(uow, cause, now_us)


def silent_since(station: Station) -> int | None:
    """Say since when a station is silent; None when it is not, or was never heard."""
    return None if station.online else max(station.status_us, station.heard_us) or None


def _cause(station: Station) -> str:
    return cause_key(AlarmKind.STATION_OFFLINE, station.name)
