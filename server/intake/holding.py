"""Keep stations told what to hold for when the server cannot be asked: after every change, and when they are back."""

from collections.abc import Callable
from typing import Final

from contract.codec import seal
from contract.topics import topic
from server.intake.service import IntakeService
from server.service.cabinet.offline import held_grants, hold, holders
from server.store.sql import fetch

SOON: Final = 0.2
LOOK: Final = 10.0
ANYWAY: Final = 60.0
"""Seconds: after a commit elsewhere in this process, in a quiet moment, and without one."""

_HEAD: Final = "SELECT MAX(id) AS id FROM ledger"


class Holding:
    """Works out what stations should hold when the ledger has grown or time has passed, and tells them."""

    def __init__(self, service: IntakeService, publish: Callable[[str, bytes], None]) -> None:
        self._service, self._publish = service, publish
        self._looked = self._looked_anyway = service.clock.real_mono() - ANYWAY
        self._head: int | None = None
        self._woken = False
        self._back: set[str] = set()
        self._last_us = 0

    def back(self, station: str) -> None:
        """Tell a station that is back what it should hold: it may have missed a change."""
        self._back.add(station)

    def run(self, now: float, *, idle: bool, woken: bool) -> None:
        """Do what is due."""
        self._woken = self._woken or woken
        waits = SOON if self._woken else LOOK if idle else ANYWAY
        changed = set[str]()
        if now - self._looked >= waits:
            self._looked, self._woken = now, False
            changed = self._look(now)
        if changed or self._back:
            self._tell(changed | self._back)
            self._back.clear()

    def _look(self, now: float) -> set[str]:
        with self._service.database.engine.connect() as connection:
            head = fetch(connection, _HEAD)[0].id
        if head == self._head and now - self._looked_anyway < ANYWAY:
            return set()
        self._head, self._looked_anyway = head, now
        with self._service.database.begin() as uow:
            return hold(uow, self._service.policy, self._service.clock.wall_us())

    def _tell(self, stations: set[str]) -> None:
        now_us = self._service.clock.wall_us()
        with self._service.database.engine.connect() as connection:
            known = holders(connection)
            self._last_us = max(now_us, self._last_us + 1, *(last_us + 1 for last_us in known.values()))
            held = [held_grants(connection, name, now_us, self._last_us) for name in sorted(stations & known.keys())]
        for message in held:
            self._publish(topic(message.station, "command"), seal(self._service.keys.signing, message))
