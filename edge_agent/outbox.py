"""The outbox: every event a station ever noticed, durable before it is acted on, kept until the server has it.

1. SQLite, WAL, synchronous=FULL, one writer (the station's loop): what `act` committed survives a power cut.
2. An event, and the station's memory that goes with it, are one transaction.
3. `epoch` is made with the file, and anew when the file turns out to be an older image of what the server knows;
   a row's hash chains it to the row before, the first to the epoch's genesis.
4. A row is done when the server's receipt covers it. Done rows are kept 30 days and at most 100,000.
5. When the disk is full, done rows go first, then the reserve file, so that the last alarm fits.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from contract.codec import decode_event, encode
from contract.messages import Anchor, DoorClosed, Event
from contract.signing import genesis, next_hash

KEEP_US = 30 * 24 * 3600 * 1_000_000
KEEP_ROWS = 100_000
RESERVE_BYTES = 1 << 20
PAGE = 4096
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY, body BLOB NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL, confirmed INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS aside (
    epoch TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (epoch, seq)) STRICT;
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS answered (challenge TEXT PRIMARY KEY, what TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS witness (size INTEGER NOT NULL, root TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (size, root)) STRICT;
"""


class OutboxError(Exception):
    """The outbox cannot be read or written; nothing may be unlocked."""


class Row(NamedTuple):
    """One event as it goes out."""

    seq: int
    body: bytes
    prev_hash: str


class Act:
    """What one act writes; made by `Outbox.act`, committed when its block ends."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.epoch: str = outbox.epoch
        self.head: str = outbox.head
        self.next_seq: int = outbox.next_seq
        self.confirmed: int = outbox.confirmed

    def write(self, kind: type[Event], **fields: Any) -> int:
        """Append an event of this kind; give its seq."""
        return self._append(kind(epoch=self.epoch, seq=self.next_seq, **fields))

    def _append(self, event: Event) -> int:
        seq, body = event.seq, encode(event)
        digest = next_hash(self.head, body)
        self._outbox.db.execute("INSERT INTO event VALUES (?, ?, ?, ?, NULL)", (seq, body, self.head, digest))
        self.head, self.next_seq = digest, seq + 1
        return seq

    def keep(self, name: str, value: bytes) -> None:
        """Keep a piece of the station's memory."""
        self._outbox.db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, value))

    def begin_epoch(self, boot: str, at_us: int) -> None:
        """Begin a new epoch with what this boot wrote and the server has not; set aside what it did not confirm.

        What an earlier boot wrote may be the server's or not: nothing here can say, so it is not told twice.
        """
        db = self._outbox.db
        mine = db.execute(
            "SELECT body FROM event WHERE confirmed IS NULL AND json_extract(CAST(body AS TEXT), '$.boot') = ?"
            " ORDER BY seq",
            (boot,),
        ).fetchall()
        db.execute(
            "INSERT INTO aside SELECT ?, seq, body, prev_hash, hash, ? FROM event WHERE confirmed IS NULL",
            (self.epoch, at_us),
        )
        db.execute("DELETE FROM event")
        self.epoch, self.next_seq, self.confirmed = secrets.token_hex(16), 1, 0
        self.head = genesis(self._outbox.station, self.epoch)
        db.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (self.epoch,))
        seqs: dict[int | None, int] = {}
        for event in (decode_event(body) for (body,) in mine):
            moved = replace(event, epoch=self.epoch, seq=self.next_seq)
            if isinstance(moved, DoorClosed):
                moved = replace(moved, opened_seq=seqs.get(moved.opened_seq))
            seqs[event.seq] = self._append(moved)

    def answer(self, challenge: str, what: str, at_us: int) -> None:
        """Remember that a challenge has had its answer."""
        self._outbox.db.execute("INSERT OR IGNORE INTO answered VALUES (?, ?, ?)", (challenge, what, at_us))


def witnessed(folder: Path) -> list[tuple[int, str, int]]:
    """Give the ledger's anchors that the outbox in a folder keeps: (size, root, when received); it may be in use."""
    file = folder / "outbox.sqlite"
    if not file.is_file():
        raise OutboxError(f"there is no {file}")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as db:
            return list(db.execute("SELECT size, root, at FROM witness ORDER BY size, at"))
    except sqlite3.Error as error:
        raise OutboxError(f"{file}: {error}") from error


class Outbox:
    """One station's outbox; used by one thread.

    `witness` is the newest of the ledger's anchors kept here, as `guiwei ledger verify --witness` takes it.
    """

    def __init__(self, folder: Path, station: str, *, limit_mb: int = 0) -> None:
        self.folder = folder
        self.station = station
        self.limit = limit_mb << 20
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(folder / "outbox.sqlite", isolation_level=None, timeout=2)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "journal_size_limit=4194304"):
                self.db.execute(f"PRAGMA {pragma}")
            if self.limit:
                self.db.execute(f"PRAGMA max_page_count={self.limit // PAGE}")
            self.db.executescript(SCHEMA)
            self.epoch = self._begin(station)
            last = self.db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
            self.witness = self._newest_witness()
            self.confirmed = int(
                self.db.execute("SELECT coalesce(max(seq), 0) FROM event WHERE confirmed IS NOT NULL").fetchone()[0]
            )
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(f"{folder}/outbox.sqlite: {error}") from error
        self.next_seq: int = last[0] + 1 if last else 1
        self.head: str = last[1] if last else genesis(station, self.epoch)
        self._set_reserve()

    def _begin(self, station: str) -> str:
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (secrets.token_hex(16),))
        self.db.execute("INSERT OR IGNORE INTO meta VALUES ('station', ?)", (station,))
        self.db.execute("COMMIT")
        meta = dict(self.db.execute("SELECT name, value FROM meta"))
        if meta["station"] != station:
            raise OutboxError(f"{self.folder}: belongs to station '{meta['station']}', not '{station}'; move it away")
        return str(meta["epoch"])

    @contextmanager
    def act(self) -> Iterator[Act]:
        """Open one act: all it writes is committed and durable when the block ends, or nothing is (OutboxError)."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            act = Act(self)
            yield act
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise OutboxError(f"cannot write: {error}") from error
            raise
        self.epoch, self.head, self.next_seq, self.confirmed = act.epoch, act.head, act.next_seq, act.confirmed

    # -- sending ------------------------------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """The seq of the newest event, 0 when there is none."""
        return self.next_seq - 1

    def rows(self, first: int, count: int, most_bytes: int) -> list[Row]:
        """Give up to `count` events from `first` on whose bodies together stay under `most_bytes` (at least one)."""
        found: list[Row] = []
        size = 0
        select = "SELECT seq, body, prev_hash FROM event WHERE seq >= ? ORDER BY seq LIMIT ?"
        for row in map(Row._make, self.db.execute(select, (first, count))):
            size += len(row.body) + 1
            if found and size > most_bytes:
                break
            found.append(row)
        return found

    def is_older_image(self, upto: int, head: str | None) -> bool:
        """Tell whether the server has of this epoch what was never written here: `head` is its hash at `upto`."""
        if upto <= self.confirmed:
            return False
        row = self.db.execute("SELECT hash FROM event WHERE seq = ?", (upto,)).fetchone()
        return row is None or head not in (None, row[0])

    def vouched_until(self) -> int | None:
        """Give the moment, on the station's wall clock, of the last event that the server is known to have."""
        select = "SELECT body FROM event WHERE seq >= ? ORDER BY seq LIMIT 1"
        row = self.db.execute(select, (self.confirmed,)).fetchone()
        return decode_event(row[0]).wall_us if row else None

    def confirm(self, upto: int, at_us: int, anchor: Anchor | None = None) -> None:
        """Mark everything up to `upto` as received by the server, and keep the ledger's anchor as a witness."""
        upto, newest = min(upto, self.last), self.witness
        with self.act():
            if upto > self.confirmed:
                self.db.execute(
                    "UPDATE event SET confirmed = ? WHERE seq > ? AND seq <= ?", (at_us, self.confirmed, upto)
                )
            if anchor is not None:
                self.db.execute("INSERT OR IGNORE INTO witness VALUES (?, ?, ?)", (anchor.size, anchor.root, at_us))
                newest = self._newest_witness()
        self.confirmed, self.witness = max(upto, self.confirmed), newest

    # -- memory -------------------------------------------------------------------------------------------------------

    def recall(self, name: str) -> bytes | None:
        """Give what was kept under a name."""
        row = self.db.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def was_answered(self, challenge: str) -> bool:
        """Tell whether a challenge has had its answer, also before a restart."""
        return self.db.execute("SELECT 1 FROM answered WHERE challenge = ?", (challenge,)).fetchone() is not None

    def _newest_witness(self) -> str | None:
        row = self.db.execute("SELECT size, root FROM witness ORDER BY size DESC, at DESC LIMIT 1").fetchone()
        return row and f"{row[0]}:{row[1]}"

    # -- room ---------------------------------------------------------------------------------------------------------

    def prune(self, now_us: int, *, everything: bool = False) -> None:
        """Drop done rows past their keeping; `everything` drops all done rows to make room."""
        by_age, by_count = (now_us, self.confirmed) if everything else (now_us - KEEP_US, self.confirmed - KEEP_ROWS)
        with self.act():
            self.db.execute(
                "DELETE FROM event WHERE confirmed IS NOT NULL AND seq < ? AND (confirmed < ? OR seq <= ?)",
                (self.last, by_age, by_count),
            )
            self.db.execute("DELETE FROM answered WHERE at < ?", (now_us - KEEP_US,))
            self.db.execute("DELETE FROM aside WHERE at < ?", (now_us - KEEP_US,))

    def room(self) -> tuple[float, int]:
        """Tell the share in use, 0 to 1, and the bytes left, of the disk or of what this outbox may take of it."""
        disk = shutil.disk_usage(self.folder)
        share, left = 1 - disk.free / disk.total, disk.free
        if self.limit:
            pages, free = (self.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
            taken = (pages - free) * PAGE
            share, left = max(share, taken / self.limit), min(left, self.limit - taken)
        return share, left

    def has_room(self) -> bool:
        """Tell whether the reserve can be put back and something written besides."""
        return self.room()[1] > 2 * RESERVE_BYTES

    @property
    def reserve(self) -> Path:
        """The file that keeps room for the last alarm."""
        return self.folder / "reserve"

    def free_reserve(self) -> None:
        """Give the reserve up so that the last alarm fits."""
        self.reserve.unlink(missing_ok=True)
        if self.limit:
            self.db.execute(f"PRAGMA max_page_count={(self.limit + RESERVE_BYTES) // PAGE}")

    def restore_reserve(self) -> None:
        """Put the reserve back once there is room again (OSError: there is none)."""
        if self.limit:
            self.db.execute(f"PRAGMA max_page_count={self.limit // PAGE}")
        self._set_reserve()

    def _set_reserve(self) -> None:
        if not self.reserve.exists():
            try:
                with self.reserve.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
            except OSError:
                self.reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        self.db.close()
