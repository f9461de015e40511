"""The outbox: survives kill -9 at any moment, keeps event and memory together, makes room for its last alarm."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from contract.codec import decode_event
from contract.messages import CodeScanned, ConditionChanged, DoorClosed, DoorOpened, StationStarted
from contract.signing import genesis, next_hash
from edge_agent.clock import Clock
from edge_agent.health import Health
from edge_agent.journal import Journal
from edge_agent.outbox import KEEP_ROWS, KEEP_US, Outbox, OutboxError, witnessed

STAMP = {"boot": "0" * 32, "wall_us": 1, "mono_us": 1}
WRITER = """
import sys
from pathlib import Path
from contract.messages import CodeScanned
from edge_agent.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), "a")
while True:
    with outbox.act() as act:
        seq = act.write(CodeScanned, boot="0" * 32, wall_us=1, mono_us=1, code=f"code {act.next_seq}")
        act.keep("last", str(seq).encode())
    print(seq, flush=True)
"""


def write(outbox: Outbox, code: str = "x") -> int:
    with outbox.act() as act:
        return act.write(CodeScanned, **STAMP, code=code)


def fail_half_way(outbox: Outbox) -> None:
    with outbox.act() as act:
        act.write(CodeScanned, **STAMP, code="half")
        act.keep("memory", b"half")
        raise KeyError


def begin_epoch_half_way(outbox: Outbox) -> None:
    with outbox.act() as act:
        act.begin_epoch("0" * 32, 5)
        raise KeyError


def check_chain(outbox: Outbox, station: str = "a") -> int:
    previous, seq = genesis(station, outbox.epoch), 0
    for seq, body, before, digest in outbox.db.execute("SELECT seq, body, prev_hash, hash FROM event ORDER BY seq"):
        event = decode_event(body)
        assert (event.seq, event.epoch, before) == (seq, outbox.epoch, previous)
        assert digest == next_hash(previous, body)
        previous = digest
    assert (outbox.head, outbox.last) == (previous, seq)
    return seq


def test_what_was_committed_survives_kill_9(tmp_path: Path) -> None:
    """What the writer printed as committed is there after each kill, chained, with its memory beside it."""
    rng, epochs = random.Random(11), set()
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(rng.random() * 0.15)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        told = max(int(line) for line in lines if line.endswith(b"\n"))
        outbox = Outbox(tmp_path, "a")
        last = check_chain(outbox)
        assert told <= last <= told + 1
        assert outbox.recall("last") == str(last).encode(), "event and memory are one commit"
        epochs.add(outbox.epoch)
        outbox.close()
    assert len(epochs) == 1


def test_a_failed_act_leaves_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    write(outbox)
    with pytest.raises(KeyError):
        fail_half_way(outbox)
    assert (outbox.last, outbox.recall("memory")) == (1, None)
    assert write(outbox) == 2
    check_chain(outbox)
    outbox.close()


def test_a_new_file_is_a_new_epoch_and_a_foreign_one_is_refused(tmp_path: Path) -> None:
    first, second = Outbox(tmp_path / "1", "a"), Outbox(tmp_path / "2", "a")
    assert first.epoch != second.epoch
    assert len(bytes.fromhex(first.epoch)) == 16
    first.close()
    second.close()
    with pytest.raises(OutboxError, match="belongs to station 'a', not 'b'"):
        Outbox(tmp_path / "1", "b")


def test_pragmas_are_what_durability_needs(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    assert outbox.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert outbox.db.execute("PRAGMA synchronous").fetchone()[0] == 2
    outbox.close()


def test_rows_stop_at_count_and_bytes(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    for _ in range(5):
        write(outbox, "x" * 400)
    assert [row.seq for row in outbox.rows(2, 3, 10**6)] == [2, 3, 4]
    assert [row.seq for row in outbox.rows(2, 20, 1000)] == [2]
    assert [row.seq for row in outbox.rows(4, 20, 1)] == [4], "one at least"
    outbox.close()


def test_done_rows_are_kept_for_their_time_and_the_chain_goes_on(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    for _ in range(4):
        write(outbox)
    outbox.confirm(3, 1000)
    outbox.prune(1000 + KEEP_US)
    assert [row.seq for row in outbox.rows(1, 20, 10**6)] == [1, 2, 3, 4]
    outbox.prune(1001 + KEEP_US)
    assert [row.seq for row in outbox.rows(1, 20, 10**6)] == [4], "what is not done stays, however old"
    outbox.close()
    again = Outbox(tmp_path, "a")
    assert (again.last, write(again)) == (4, 5)
    assert KEEP_ROWS == 100_000
    again.close()


def test_answers_and_anchors_are_remembered(tmp_path: Path) -> None:
    from contract.messages import Anchor

    outbox = Outbox(tmp_path, "a")
    with outbox.act() as act:
        act.answer("c" * 32, "grant", 5)
    write(outbox)
    outbox.confirm(1, 7, Anchor(size=3, root="ab" * 32))
    outbox.confirm(1, 8, Anchor(size=3, root="ab" * 32))
    outbox.close()
    again = Outbox(tmp_path, "a")
    assert again.was_answered("c" * 32)
    assert not again.was_answered("d" * 32)
    assert again.witness == f"3:{'ab' * 32}"
    again.confirm(1, 9, Anchor(size=12, root="cd" * 32))
    again.confirm(1, 10, Anchor(size=3, root="ef" * 32))  # a ledger that was cut: the longest one is what finds it
    assert again.witness == f"12:{'cd' * 32}"
    kept = [(3, "ab" * 32, 7), (3, "ef" * 32, 10), (12, "cd" * 32, 9)]
    assert witnessed(tmp_path) == kept  # read beside the station that has it open
    assert again.confirmed == 1
    again.close()


def test_a_new_epoch_begins_with_what_this_boot_wrote_and_sets_the_unconfirmed_aside(tmp_path: Path) -> None:
    outbox, mine = Outbox(tmp_path, "a"), {**STAMP, "boot": "1" * 32}
    for code in ("done", "of an earlier boot"):
        write(outbox, code)
    outbox.confirm(1, 1)
    with outbox.act() as act:
        opened = act.write(DoorOpened, **mine, door=1, cause="forced")
        act.write(DoorClosed, **mine, door=1, cause="forced", opened_seq=opened)
    old, head = outbox.epoch, outbox.head
    with outbox.act() as act:
        act.begin_epoch("1" * 32, 5)
        act.keep("memory", b"with it")
    outbox.close()
    again = Outbox(tmp_path, "a")
    assert (again.epoch == old, again.confirmed, check_chain(again)) == (False, 0, 2)
    events = [decode_event(row.body) for row in again.rows(1, 20, 10**6)]
    assert [type(event) for event in events] == [DoorOpened, DoorClosed]
    assert isinstance(events[1], DoorClosed)
    assert (events[1].opened_seq, events[1].wall_us, again.recall("memory")) == (1, 1, b"with it")
    aside = again.db.execute("SELECT epoch, seq, hash FROM aside ORDER BY seq").fetchall()
    assert [(epoch, seq) for epoch, seq, _ in aside] == [(old, 2), (old, 3), (old, 4)]
    assert aside[-1][2] == head
    again.prune(6 + KEEP_US)
    assert again.db.execute("SELECT count(*) FROM aside").fetchone()[0] == 0
    again.close()


def test_an_epoch_that_cannot_begin_leaves_the_old_one(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    write(outbox)
    before = (outbox.epoch, outbox.head, outbox.next_seq)
    with pytest.raises(KeyError):
        begin_epoch_half_way(outbox)
    assert (outbox.epoch, outbox.head, outbox.next_seq) == before
    assert check_chain(outbox) == 1
    outbox.close()


def test_an_older_image_shows_by_what_the_server_has_and_it_has_not(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    for _ in range(3):
        write(outbox)
    outbox.confirm(1, 1)
    assert not outbox.is_older_image(3, outbox.head)
    assert not outbox.is_older_image(1, "f" * 64), "an old receipt says nothing new"
    assert outbox.is_older_image(3, "f" * 64)
    assert outbox.is_older_image(4, None)
    assert not outbox.is_older_image(3, None)
    outbox.close()


def journal(tmp_path: Path) -> Journal:
    return Journal(Outbox(tmp_path, "a", limit_mb=4), Clock())


def fill(journal: Journal) -> NoReturn:
    while True:
        with journal.entry() as entry:
            for _ in range(50):
                entry.write(CodeScanned, code="x" * 500)


def test_when_full_the_last_alarm_fits_and_room_clears_it(tmp_path: Path) -> None:
    written = journal(tmp_path)
    outbox, health = written.outbox, Health(written, [])
    with pytest.raises(OutboxError, match="full"):
        fill(written)
    health.tick(100.0, 0)
    assert "disk_low//" in "".join(health._active.keys), "warned at 80 %"
    health.cannot_write(OutboxError("database or disk is full"))
    assert health.full
    assert not outbox.reserve.exists()
    last = decode_event(outbox.rows(outbox.last, 1, 10**6)[0].body)
    assert isinstance(last, ConditionChanged)
    assert (last.condition, last.active, last.detail) == ("outbox_full", True, "database or disk is full")
    outbox.confirm(outbox.last, 1)
    health.tick(200.0, outbox.confirmed)
    assert not health.full
    assert outbox.reserve.exists()
    last = decode_event(outbox.rows(outbox.last, 1, 10**6)[0].body)
    assert isinstance(last, ConditionChanged)
    assert (last.condition, last.active) == ("outbox_full", False)
    outbox.close()


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "a")
    other = sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxError, match="locked"):
        write(outbox)
    other.execute("ROLLBACK")
    other.close()
    assert write(outbox) == 1
    outbox.close()


def test_a_file_that_is_no_outbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite").write_bytes(os.urandom(8192))
    with pytest.raises(OutboxError, match="not a database"):
        Outbox(tmp_path, "a")


def test_a_condition_is_told_once_and_its_end_also_after_a_restart(tmp_path: Path) -> None:
    first = journal(tmp_path)
    health = Health(first, [])
    assert health.change("door_left_open", active=True, door=1) == 1
    assert health.change("door_left_open", active=True, door=1) is None
    assert health.change("door_left_open", active=False, door=2) is None
    with first.entry() as entry:
        entry.write(StationStarted, version="1")
    first.outbox.close()
    again = journal(tmp_path)
    assert Health(again, []).change("door_left_open", active=False, door=1) == 3
    again.outbox.close()
