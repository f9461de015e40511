"""What came from stations, as it came: events in their chains, and what could never be handled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from server.store.sql import fetch, run_many

_STATIONS = "SELECT name, public_key FROM station WHERE active AND name {names}"
_ALL_STATIONS = "SELECT name, public_key, held_us FROM station WHERE active"
_REVOKED = (
    "SELECT station, public_key, revoked_why FROM station_key WHERE revoked_us IS NOT NULL AND station {names}"
    " ORDER BY revoked_us DESC"
)
_HEADS = "SELECT station, epoch, upto, hash FROM epoch WHERE station {stations} AND epoch {epochs}"
_HASHES = "SELECT seq, hash FROM inbox WHERE station = :station AND epoch = :epoch AND seq BETWEEN :first AND :last"
_EVENT = (
    "INSERT INTO inbox (station, epoch, seq, hash, kind, occurred_us, received_us, late_us, body, refused)"
    " VALUES (:station, :epoch, :seq, :hash, :kind, :occurred_us, :received_us, :late_us, :body, :refused)"
)
_HEAD = (
    "INSERT INTO epoch (station, epoch, upto, hash) VALUES (:station, :epoch, :upto, :hash)"
    " ON CONFLICT (station, epoch) DO UPDATE SET upto = excluded.upto, hash = excluded.hash"
)
_QUARANTINE = (
    "INSERT INTO quarantine (station, digest, reason, detail, repeated, received_us, payload)"
    " VALUES (:station, :digest, :reason, :detail, :repeated, :received_us, :payload)"
    " ON CONFLICT (digest) DO UPDATE SET repeated = quarantine.repeated + excluded.repeated + 1"
)
_FORGET = (
    "DELETE FROM quarantine WHERE reason IN"
    " ('not_an_envelope', 'oversize', 'unknown_station', 'revoked_key', 'bad_signature')"
    " AND id <= (SELECT MAX(id) FROM quarantine) - :kept"
)
_HEARD = "UPDATE station SET heard_us = :at_us, online = :online WHERE name = :name"
_STATUS = (
    "UPDATE station SET online = :online, status_us = :at_us,"
    " heard_us = CASE WHEN :online THEN :at_us ELSE heard_us END WHERE name = :name AND active"
)
_SILENT = "UPDATE station SET online = :online"
_ANCHOR = "SELECT size, root FROM anchor ORDER BY size DESC LIMIT 1"
_KEPT_BYTES = 4096
"""So much of a refused message is kept: enough to look into it, too little to fill a disk with."""
_KEPT_UNSIGNED = 10_000
"""So many rows back is kept what nobody's signature stands behind, for anybody can send that; the rest for ever."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message or event to quarantine."""

    station: str
    reason: str
    detail: str
    payload: bytes


def station_keys(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Give the public keys (hex) of the active ones among these stations."""
    return {row.name: row.public_key for row in fetch(connection, _STATIONS, names=sorted(names))}


def active_stations(connection: Connection) -> list[tuple[str, str, int | None]]:
    """Give every active station with its public key (hex), and when what it should hold last changed."""
    return [(row.name, row.public_key, row.held_us) for row in fetch(connection, _ALL_STATIONS)]


def revoked_keys(connection: Connection, names: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Give the keys (hex) these stations had that were revoked, newest first, each with why."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in fetch(connection, _REVOKED, names=sorted(names)):
        found.setdefault(row.station, []).append((row.public_key, row.revoked_why))
    return found


def load_heads(connection: Connection, epochs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str]]:
    """Give (upto, hash) of each (station, epoch) that something was read of."""
    wanted = set(epochs)
    rows = fetch(
        connection,
        _HEADS,
        stations=sorted({station for station, _ in wanted}),
        epochs=sorted({epoch for _, epoch in wanted}),
    )
    return {(row.station, row.epoch): (row.upto, row.hash) for row in rows}


def known_hashes(connection: Connection, station: str, epoch: str, first: int, last: int) -> Mapping[int, str]:
    """Give the hashes of stored events by seq."""
    rows = fetch(connection, _HASHES, station=station, epoch=epoch, first=first, last=last)
    return {row.seq: row.hash for row in rows}


def save_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep events as they came."""
    run_many(connection, _EVENT, rows)


def save_heads(connection: Connection, heads: Mapping[tuple[str, str], tuple[int, str]]) -> None:
    """Keep how far each epoch has been read."""
    rows = [{"station": key[0], "epoch": key[1], "upto": at[0], "hash": at[1]} for key, at in sorted(heads.items())]
    run_many(connection, _HEAD, rows)


def save_refused(connection: Connection, refused: Iterable[Refused], received_us: int) -> None:
    """Quarantine; the same bytes again only add to `repeated`."""
    rows: dict[str, dict[str, Any]] = {}
    for one in refused:
        digest = sha256(one.payload).hexdigest()
        if digest in rows:
            rows[digest]["repeated"] += 1
            continue
        rows[digest] = {
            "station": one.station,
            "digest": digest,
            "reason": one.reason,
            "detail": one.detail[:500].replace("\0", "?"),
            "repeated": 0,
            "received_us": received_us,
            "payload": one.payload[:_KEPT_BYTES],
        }
    if run_many(connection, _QUARANTINE, list(rows.values())):
        run_many(connection, _FORGET, [{"kept": _KEPT_UNSIGNED}])


def note_heard(connection: Connection, stations: Iterable[str], at_us: int) -> None:
    """Note that these stations were heard of; who is heard is online."""
    run_many(connection, _HEARD, [{"name": name, "at_us": at_us, "online": True} for name in sorted(stations)])


def save_status(connection: Connection, station: str, online: bool, at_us: int) -> bool:
    """Keep what the broker says of a station; False when there is no such station."""
    row = {"name": station, "online": online, "at_us": at_us}
    return run_many(connection, _STATUS, [row]) == 1


def note_all_silent(connection: Connection) -> None:
    """Note that no station is known to be online (the broker remembers nothing)."""
    run_many(connection, _SILENT, [{"online": False}])


def latest_anchor(connection: Connection) -> tuple[int, str] | None:
    """Give (size, root) of the newest anchor."""
    rows = fetch(connection, _ANCHOR)
    return (rows[0].size, rows[0].root) if rows else None
