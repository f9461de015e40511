"""The ledger is anchored while it grows: after a thousand entries, or once any has waited a minute."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.signing import public_hex
from server.store.inbox import latest_anchor
from server.store.unit_of_work import Database
from server.sweep.anchoring import MOST_ENTRIES, MOST_SECONDS, Anchoring
from server.verify import check, open_ledger

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Hall:
    """A ledger, the job, and a clock that tests turn."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.mono = 0.0
        self.job = Anchoring(database, KEY, lambda: self.mono)

    def enter(self, entries: int) -> None:
        """Append so many entries."""
        with self.database.begin() as uow:
            for number in range(entries):
                uow.ledger("noted", number, {})

    def anchored(self, seconds: float = 0.0) -> int:
        """Let time pass and the job have its turn; gives how many entries the newest anchor covers."""
        self.mono += seconds
        self.job.turn(9)
        with self.database.engine.connect() as connection:
            last = latest_anchor(connection)
        return 0 if last is None else last[0]


def test_an_empty_ledger_has_no_anchor(database: Database) -> None:
    assert Hall(database).anchored(MOST_SECONDS) == 0


@pytest.mark.parametrize(("entries", "seconds"), [(1, MOST_SECONDS), (MOST_ENTRIES, 0.0)])
def test_an_anchor_follows_a_minute_or_a_thousand_entries(database: Database, entries: int, seconds: float) -> None:
    hall = Hall(database)
    hall.enter(entries - 1)
    assert hall.anchored() == 0
    hall.enter(1)
    assert hall.anchored() == (entries if seconds == 0 else 0)
    assert hall.anchored(seconds) == entries
    url = database.engine.url.render_as_string(hide_password=False)
    with open_ledger(None, url) as (rows, anchors):
        report = check(rows, anchors, public_hex(KEY))
    assert (report.entries, report.anchors, report.wrong) == (entries, 1, "")


def test_what_waits_for_an_anchor_waits_from_its_own_entry_on(database: Database) -> None:
    hall = Hall(database)
    hall.enter(1)
    assert [hall.anchored(), hall.anchored(MOST_SECONDS)] == [0, 1]
    hall.enter(1)
    assert [hall.anchored(MOST_SECONDS), hall.anchored(MOST_SECONDS / 2), hall.anchored(MOST_SECONDS / 2)] == [1, 1, 2]
