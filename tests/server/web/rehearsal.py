"""A database on which an act can be rehearsed, and all that a database says in one digest."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from sqlmodel import SQLModel, select

from server.store.tables import LedgerEntry
from server.store.unit_of_work import Database, UnitOfWork


class _UndoneError(Exception):
    """Ends a rehearsal."""


class Rehearsed(Database):
    """A database on which acts can be rehearsed: carried out to the end, looked at, and undone."""

    rehearsing = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.entries: list[str] = []

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open the writing transaction; while rehearsing, note the kinds of its ledger entries and undo it."""
        try:
            with super().begin() as uow:
                yield uow
                if self.rehearsing:
                    uow.flush()
                    kinds = select(LedgerEntry.kind).where(LedgerEntry.id > self._head)
                    self.entries += uow.session.exec(kinds)
                    raise _UndoneError
        except _UndoneError:
            pass

    @contextmanager
    def rehearsal(self) -> Iterator[list[str]]:
        """Undo what is done in the block; gives the kinds of the ledger entries it would have left."""
        with self.read() as session:
            self._head = max(session.exec(select(LedgerEntry.id)), default=0)
        self.rehearsing, self.entries = True, []
        try:
            yield self.entries
        finally:
            self.rehearsing = False


def digest(database: Database, left_out: frozenset[str]) -> str:
    """Say everything the database holds, but for some tables, in one digest."""
    said = sha256()
    with database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in left_out:
                rows = sorted(map(repr, session.connection().execute(table.select())))
                said.update(repr((table.name, rows)).encode())
    return said.hexdigest()
