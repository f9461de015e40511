"""Alarm certificates that are about to end: stations', which renew theirs themselves, and the site's own, which do not.

What is looked at is real time, as TLS does; a site's own are named as the broker knows their holders.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlmodel import col, func, or_, select

from server.domain.alarms import cause_key
from server.domain.certificates import KINDS, alarm_for_end
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.store.tables import Alarm, Station, StationKey
from server.store.unit_of_work import Database

HOUR: Final = 3600.0
_KNOWN: Final = (
    select(Station.name, func.coalesce(StationKey.until_us, 0))
    .outerjoin(StationKey, col(StationKey.public_key) == Station.public_key)
    .where(or_(col(StationKey.until_us) > 0, Station.public_key == ""))
)
"""When the certificates end that the server signed for stations: 0 for one without a key; others are left out."""


@dataclass(slots=True)
class Certificates:
    """Looks once an hour; `own` gives the ends (µs) of the site's own certificates by name."""

    database: Database
    real_us: Callable[[], int]
    real_mono: Callable[[], float]
    own: Callable[[], Mapping[str, int]]
    next_look: float = 0.0

    def turn(self, now_us: int) -> None:
        """Set and clear."""
        if self.real_mono() < self.next_look:
            return
        self.next_look = self.real_mono() + HOUR
        own = self.own()
        with self.database.read() as session:
            ends = {**own, **dict(session.exec(_KNOWN).all())}
            told = (col(Alarm.kind).in_([kind for _, kind in KINDS]), col(Alarm.closed_us).is_(None))
            rows = session.exec(select(Alarm.cause, Alarm.station).where(*told, col(Alarm.cleared_us).is_(None)))
            uncleared = dict(rows.all())
        real_us = self.real_us()
        found = {name: alarm_for_end(until_us, real_us) for name, until_us in ends.items()}
        wrong = {certificate_cause(kind, name): (kind, name) for name, kind in found.items() if kind is not None}
        new = wrong.keys() - uncleared.keys()
        over = {cause for cause, name in uncleared.items() if cause not in wrong and name in ends}
        if not new and not over:
            return
        with self.database.begin() as uow:
            for cause in sorted(new):
                kind, name = wrong[cause]
                set_alarm(uow, Alarming(kind, cause, now_us, station=name), now_us)
            for cause in sorted(over):
                clear_alarm(uow, cause, now_us)


def certificate_cause(kind: AlarmKind, name: str) -> str:
    """Make the cause as the station's own condition makes it, so that both set one alarm."""
    return cause_key(kind, name, "", None)
