"""What must be true after any fault, read from the stations' outboxes and the server's database (I1 to I8).

I2 (nothing in the ledger that no station said) follows from I1's comparison of hashes both ways.
"""

import sqlite3
from pathlib import Path

from guiwei.drill.world import World
from server.verify import check, open_ledger


def broken(world: World) -> list[str]:
    """List what is not true; an empty list is the proof."""
    database = _open(world.folder / "guiwei.sqlite")
    try:
        found = [
            *_outboxes(world, database),
            *_contiguous(database),
            *_custody(world, database),
            *_lines(database),
            *_grants(database),
            *_ledger(world),
        ]
    finally:
        database.close()
    return found


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _outboxes(world: World, database: sqlite3.Connection) -> list[str]:
    """I1, I2, I3: what each outbox holds is what the server holds, hash for hash."""
    found = []
    for name, cabinet in world.cabinets.items():
        outbox = _open(cabinet.folder / "data" / "outbox.sqlite")
        try:
            written = dict(outbox.execute("SELECT seq, hash FROM event"))
        finally:
            outbox.close()
        taken = dict(database.execute("SELECT seq, hash FROM inbox WHERE station = ?", (name,)))
        found += [f"I1: event {seq} of {name} is not at the server" for seq in written.keys() - taken.keys()]
        found += [f"I2: event {seq} of {name} was never written there" for seq in taken.keys() - written.keys()]
        found += [f"I3: event {s} of {name} differs" for s in taken.keys() & written.keys() if taken[s] != written[s]]
    return found


def _contiguous(database: sqlite3.Connection) -> list[str]:
    """I4: below what was receipted nothing is missing."""
    rows = database.execute(
        "SELECT e.station, e.upto, (SELECT count(*) FROM inbox i WHERE i.station = e.station AND i.epoch = e.epoch"
        " AND i.seq <= e.upto) FROM epoch e"
    )
    return [f"I4: {station}: {n} events up to {upto}" for station, upto, n in rows if n != upto]


def _custody(world: World, database: sqlite3.Connection) -> list[str]:
    """I5: what is behind a door is recorded there, and nothing else is."""
    behind = {
        epc: f"{name}/{door}" for name, cabinet in world.cabinets.items() for door, tags in cabinet.behind.items()
        for epc in tags
    }  # fmt: skip
    found = []
    rows = database.execute(
        "SELECT t.epc, i.code, c.state, c.station || '/' || c.door"
        " FROM item i JOIN custody c ON c.item_id = i.id JOIN tag t ON t.item_id = i.id"
    )
    for epc, code, custody, place in rows:
        if (behind.get(epc) or None) != (place if custody == "place" else None):
            found.append(f"I5: {code} is recorded {custody} {place}, it is at {behind.get(epc, 'large')}")
    return found


def _lines(database: sqlite3.Connection) -> list[str]:
    """I7: each approval line was consumed at most once."""
    rows = database.execute(
        "SELECT line_id, count(*) FROM movement WHERE verdict = 'as_approved' AND supersedes_id IS NULL"
        " GROUP BY line_id HAVING count(*) > 1"
    )
    return [f"I7: line {line} was used {n} times" for line, n in rows]


def _ledger(world: World) -> list[str]:
    """I6: chain and anchors verify, and every closing judged again comes out the same."""
    with open_ledger(world.folder / "guiwei.sqlite", "") as (entries, anchors):
        report = check(entries, anchors)
    return [f"I6: {report.wrong}"] if report.wrong else []


def _grants(database: sqlite3.Connection) -> list[str]:
    """I8: no relay was fired without a grant that stands before it in the ledger."""
    rows = database.execute(
        "SELECT u.id FROM ledger u WHERE u.kind = 'unlock_intended' AND NOT EXISTS (SELECT 1 FROM ledger g WHERE"
        " g.kind = 'grant_given' AND g.id < u.id"
        " AND json_extract(g.body, '$.grant') = json_extract(u.body, '$.grant'))"
        " AND NOT EXISTS (SELECT 1 FROM ledger h, json_each(h.body, '$.given') given WHERE h.kind = 'grants_held'"
        " AND h.id < u.id AND json_extract(given.value, '$.grant') = json_extract(u.body, '$.grant'))"
    )
    return [f"I8: ledger entry {entry} unlocked without a grant" for (entry,) in rows]
