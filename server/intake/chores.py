"""What the intake does between batches: commands sent, lapsed grants freed, the database's log tidied.

The ear is told which keys are in force, and stations what to hold for when nobody can be asked.
"""

from typing import Final

from contract.codec import seal
from contract.topics import topic
from server.intake.hearing import Hearing
from server.intake.service import IntakeService
from server.service.cabinet.offline import held_grants
from server.store import inbox
from server.store.sql import fetch, run_many

_COMMANDS: Final = "SELECT command, station, payload FROM outgoing WHERE awaits > 0 ORDER BY created_us, command"
_LAPSED: Final = "SELECT session FROM visit WHERE lapses_us IS NOT NULL AND lapses_us < :now"
_END: Final = 'UPDATE visit SET lapses_us = NULL, "grant" = NULL WHERE session = :session'
_FREE: Final = "UPDATE line SET state = 'open', session = NULL WHERE session = :session AND state = 'reserved'"
RESEND_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 1.0
LAPSE_SECONDS: Final = 5.0
TIDY_SECONDS: Final = 10.0


class Chores:
    """Remembers when each chore was last done; `look` asks for commands to be looked for at once."""

    def __init__(self, service: IntakeService, hearing: Hearing) -> None:
        self.look = True
        self._service = service
        self._hearing = hearing
        self._sent: dict[str, tuple[str, float]] = {}
        self._held: dict[str, int] = {}
        """As of when each station was told what to hold for when nobody can be asked."""
        now = service.clock.real_mono()
        self._looked = self._lapsed = self._tidied = now

    def run(self, idle: bool) -> None:
        """Do what is due; some of it only when no message waits."""
        now = self._service.clock.real_mono()
        if idle and now - self._tidied >= TIDY_SECONDS:
            self._tidied = now
            self._service.database.tidy()
        if self.look or now - self._looked >= LOOK_SECONDS:
            self.look, self._looked = False, now
            self._look_at_stations()
            self._send_commands(now)
        if now - self._lapsed >= LAPSE_SECONDS:
            self._lapsed = now
            free_lapsed(self._service)

    def forget_sent(self, station: str) -> None:
        """Send a station that is back its open commands again."""
        self._sent = {command: sent for command, sent in self._sent.items() if sent[0] != station}
        self.look = True
        self._held.pop(station, None)

    def _look_at_stations(self) -> None:
        """Tell the ear the keys in force, and stations what to hold, where that has changed."""
        now_us = self._service.clock.wall_us()
        with self._service.database.engine.connect() as connection:
            stations = inbox.active_stations(connection)
            news = {name: us for name, _, us in stations if us is not None and us != self._held.get(name)}
            held = [held_grants(connection, name, now_us, us) for name, us in news.items()]
        self._hearing.know({name: bytes.fromhex(key) for name, key, _ in stations})
        for message in held:
            self._hearing.publish(topic(message.station, "command"), seal(self._service.keys.signing, message))
        self._held |= news

    def _send_commands(self, now: float) -> None:
        with self._service.database.engine.connect() as connection:
            rows = fetch(connection, _COMMANDS)
        self._sent = {row.command: self._sent[row.command] for row in rows if row.command in self._sent}
        for row in rows:
            if row.command not in self._sent or now - self._sent[row.command][1] >= RESEND_SECONDS:
                self._sent[row.command] = (row.station, now)
                self._hearing.publish(topic(row.station, "command"), bytes(row.payload))


def free_lapsed(service: IntakeService) -> int:
    """Free what grants have reserved that no relay fired for in time (real time); returns how many lapsed."""
    now = service.clock.real_wall_us()
    with service.database.engine.connect() as connection:
        if not fetch(connection, _LAPSED, now=now):
            return 0
    with service.database.begin() as uow:
        lapsed = [row.session for row in fetch(uow.connection, _LAPSED, now=now)]
        rows = [{"session": session} for session in lapsed]
        run_many(uow.connection, _FREE, rows)
        run_many(uow.connection, _END, rows)
        for session in lapsed:
            uow.ledger("grant_lapsed", service.clock.wall_us(), {"session": session})
    return len(lapsed)
