"""Backups as acts of the site (R39): taken at intervals and before bulk changes, recorded, alarmed when they fail.

For other topics: `before(why)` takes one and says where it is, or raises ConflictError, so that the change is not made.
It has a unit of work of its own: call it before yours begins.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session, col, select

from server.domain.alarms import cause_key
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Reading
from server.service.errors import ConflictError
from server.service.lookups import known
from server.service.paging import paged
from server.service.shapes import Page, Shape, moment
from server.store import backup as files
from server.store.anchors import LedgerCutError, anchor
from server.store.inbox import latest_anchor
from server.store.tables import BackupTaken, LedgerEntry
from server.store.unit_of_work import Database

FAILED: Final = cause_key(AlarmKind.BACKUP_FAILED, "site")
OVERDUE: Final = cause_key(AlarmKind.BACKUP_OVERDUE, "site")


class BackupView(Shape):
    id: int
    at: str
    why: str
    name: str
    entries: int
    head: str
    second: bool
    error: str


@dataclass(frozen=True, slots=True)
class Backups:
    """Where this site's backups go, and the moment they are taken at."""

    database: Database
    data: Path
    place: Path
    second: Path | None
    now_us: Callable[[], int]
    key: Ed25519PrivateKey | None = None
    """Signs an anchor over the ledger first, so that one covers all that is backed up."""

    def before(self, why: str) -> str:
        """Take a backup before something that changes much; gives its folder."""
        row = self.take(why)
        if row.error:
            raise ConflictError("backup_failed", f"no backup could be taken, so nothing is changed (R39): {row.error}")
        return str(self.place / row.name)

    def take(self, why: str) -> BackupTaken:
        """Take a backup, copy it to the second place, and record what came of it; never raises for a failure."""
        row = BackupTaken(at_us=self.now_us(), why=why)
        sworn = self._anchored(row.at_us)
        try:
            folder, manifest = files.take(self.database.url, self.data, self.place, row.at_us)
            row.name, row.entries, row.head = folder.name, manifest.entries, manifest.head
            if self.second is not None:
                files.copy(folder, self.second)
                files.note(self.second, f"{sworn[0]}:{sworn[1]}" if sworn else "", row.at_us)
                row.second = True
        except files.BackupError as error:
            row.error = str(error)[:1000]
        with self.database.begin() as uow:
            uow.session.add(row)
            body = {"why": why, "name": row.name, "entries": row.entries, "head": row.head, "second": row.second}
            uow.ledger("backup_failed" if row.error else "backup_taken", row.at_us, body)
            if row.error:
                set_alarm(uow, Alarming(AlarmKind.BACKUP_FAILED, FAILED, row.at_us), row.at_us)
            else:
                clear_alarm(uow, FAILED, row.at_us)
                clear_alarm(uow, OVERDUE, row.at_us)
        return row

    def _anchored(self, now_us: int) -> tuple[int, str] | None:
        """Anchor the ledger; gives the newest anchor (size, root)."""
        if self.key is not None:
            with suppress(LedgerCutError):  # is backed up as it is; the check of the ledger alarms it
                anchor(self.database, self.key, now_us)
        with self.database.engine.connect() as connection:
            return latest_anchor(connection)


def last_good_us(session: Session) -> int:
    """Say when the last good backup was taken; before there is one, since when there is something to back up."""
    taken = select(BackupTaken.at_us).where(BackupTaken.error == "").order_by(col(BackupTaken.id).desc()).limit(1)
    began = select(LedgerEntry.at_us).order_by(col(LedgerEntry.id)).limit(1)
    return session.exec(taken).first() or session.exec(began).first() or 0


def last_tried_us(session: Session) -> int:
    """Say when a backup was last tried, 0 for never."""
    return session.exec(select(BackupTaken.at_us).order_by(col(BackupTaken.id).desc()).limit(1)).first() or 0


def list_backups(look: Reading, before: int | None, limit: int) -> Page[BackupView]:
    """List backups tried, the newest first."""
    query = select(BackupTaken).order_by(col(BackupTaken.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(BackupTaken.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: [_view(look, row) for row in rows])


def _view(look: Reading, row: BackupTaken) -> BackupView:
    kept = row.model_dump(include={"why", "name", "entries", "head", "second", "error"})
    return BackupView(id=known(row.id), at=moment(row.at_us, look.zone), **kept)
