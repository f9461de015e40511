"""What every use case is given: the transaction, the moment, the policy, and who asks."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from server.domain.policy import Policy
from server.service.people.rights import Viewer
from server.store.narrowing import narrow, remember
from server.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reading:
    """A look at the database by one person at one moment."""

    session: Session
    now_us: int
    policy: Policy
    viewer: Viewer
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Narrow what the session finds to what this person's rights reach (R40)."""
        narrow(self.session, self.viewer.scope, self.viewer.id)


@dataclass(frozen=True, slots=True)
class Writing(Reading):
    """The same, in a unit of work: what is done here is committed together with its ledger entries, or not at all."""

    uow: UnitOfWork

    def __post_init__(self) -> None:
        """Let rules be judged by every fact; what is named is looked up within this person's reach (`lookups`)."""
        remember(self.session, self.viewer.scope, self.viewer.id)

    def ledger(self, kind: str, /, **body: Any) -> int:
        """Append an entry that names who did it, by pseudonym; returns its number."""
        return self.uow.ledger(kind, self.now_us, {"by": self.viewer.pseudonym, **body})

    def look(self) -> Reading:
        """Give a look at what is done so far, no wider than this person's rights: for what they are told of it."""
        if not self.viewer.scope.limits:
            return self
        self.session.flush()
        session = Session(bind=self.uow.connection, expire_on_commit=False)
        return Reading(session, self.now_us, self.policy, self.viewer, self.zone)
