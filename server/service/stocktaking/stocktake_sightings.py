"""What stations scan and hear while a stocktake is open becomes what the stocktake saw.

Law 1: the same mark at the same place counts once, however often it is seen.
Law 2: a code scanned by somebody who wants a door opened is not a count.
Law 3: what comes after a stocktake was closed changes nothing in it.
"""

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from contract.messages import CodeScanned, SweepDone
from server.domain.words import Via
from server.service.cabinet.intrusions import alarm_other_tags
from server.service.cabinet.work import Heard, Work
from server.store.sql import fetch, run_many

_OPEN = "SELECT id, stations FROM stocktake WHERE state = 'open'"
_SEEN = (
    "INSERT INTO stocktake_sighting (stocktake_id, mark, item_id, station, door, via, seen_us)"
    " VALUES (:stocktake_id, :mark, :item_id, :station, :door, :via, :seen_us) ON CONFLICT DO NOTHING"
)
_SWEPT = (
    "UPDATE stocktake_sweep SET passes = COALESCE(passes, 0) + :passes"
    " WHERE command = :command AND station = :station AND door = :door"
)
_ORDERED = (
    "SELECT stocktake_id, passes FROM stocktake_sweep JOIN stocktake ON stocktake.id = stocktake_sweep.stocktake_id"
    " WHERE command = :command AND station = :station AND door = :door AND stocktake.state = 'open'"
)
_ANSWERED = "UPDATE outgoing SET awaits = awaits - 1 WHERE command = :command AND awaits > 0"

Mark = tuple[str, int | None]
"""A code or EPC, and the item it belongs to, if to any."""


def record_sightings(
    connection: Connection, stocktake_id: int, station: str, door: int, via: Via, marks: Iterable[Mark], seen_us: int
) -> None:
    """Add what was seen at a place to an open stocktake; door 0 is the station's own scanner."""
    rows = [
        {
            "stocktake_id": stocktake_id,
            "mark": mark,
            "item_id": item_id,
            "station": station,
            "door": door,
            "via": str(via),
            "seen_us": seen_us,
        }
        for mark, item_id in marks
    ]
    run_many(connection, _SEEN, rows)


def code_scanned(work: Work, heard: Heard, event: CodeScanned) -> None:
    """Record a scan; outside a session it counts for every stocktake open at this station."""
    item = work.item_by_code(event.code)
    body = {"code": event.code, "session": event.session, "item": None if item is None else item.code}
    work.record(heard, "code_scanned", {key: value for key, value in body.items() if value is not None})
    if event.session is not None:
        return
    for stocktake_id in _open_at(work.uow.connection, heard.station):
        mark = (event.code, None if item is None else item.id)
        place = item.home if item is not None and item.home is not None and item.home[0] == heard.station else None
        door = place[1] if place else 0
        record_sightings(work.uow.connection, stocktake_id, heard.station, door, Via.SCANNER, [mark], heard.occurred_us)


def sweep_done(work: Work, heard: Heard, event: SweepDone) -> None:
    """Record a sweep; one that a stocktake ordered is what it saw behind that door."""
    connection = work.uow.connection
    body = {
        "door": event.door,
        "purpose": event.purpose,
        "command": event.command or "",
        "passes": event.passes,
        "seen": [sighting.epc for sighting in event.seen],
    }
    entry = work.record(heard, "sweep_done", body)
    if event.command is None:
        return
    alarm_other_tags(work, heard, event.seen, entry, event.door)
    named = {"command": event.command, "station": heard.station, "door": event.door}
    bound = ((sighting.epc, work.item_by_epc(sighting.epc, heard.occurred_us)) for sighting in event.seen)
    marks = [(mark, None if item is None else item.id) for mark, item in bound]
    for row in fetch(connection, _ORDERED, **named):
        record_sightings(connection, row.stocktake_id, heard.station, event.door, Via.RFID, marks, heard.occurred_us)
        run_many(connection, _SWEPT, [{**named, "passes": event.passes}])
        if row.passes is None:  # a station that was cut off sweeps again, and answers twice
            run_many(connection, _ANSWERED, [named])


def _open_at(connection: Connection, station: str) -> list[int]:
    return [row.id for row in fetch(connection, _OPEN) if station in json.loads(row.stations)]
