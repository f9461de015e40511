"""What becomes so for requests because time passes: the queue moves on, and emergencies stay unapproved."""

from dataclasses import dataclass

from server.domain.policy import Policy
from server.service.requests import emergencies, holds
from server.store.unit_of_work import Database


@dataclass(slots=True)
class Queues:
    """Tells the first of a queue when the item is back; looks again only when there is something to do."""

    database: Database
    policy: Policy

    def turn(self, now_us: int) -> None:
        """Move every queue on."""
        with self.database.read() as session:
            if not holds.something_to_do(session, now_us):
                return
        with self.database.begin() as uow:
            holds.advance(uow, self.policy, now_us)


@dataclass(slots=True)
class Unapproved:
    """Alarms the emergencies that nobody approved in time, each once."""

    database: Database
    looked_us: int = 0

    def turn(self, now_us: int) -> None:
        """Alarm what has become late since the last turn; after a start, everything late is looked at again."""
        with self.database.read() as session:
            found = emergencies.late(session, self.looked_us, now_us)
            told = emergencies.told(session, found)
        if set(told) != {row.id for row in found}:
            with self.database.begin() as uow:
                for row in found:
                    if row.id not in told:
                        emergencies.alarm_late(uow, row, now_us)
        self.looked_us = now_us
