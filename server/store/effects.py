"""Write, in one transaction and few statements, everything that judging a batch led to.

Law 1: a line, a loan and custody change by comparing with what was judged; a row that differs by now undoes the batch.
Law 2: custody and tallies change in the same transaction as the movement that changes them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from server.domain.custody import Custody, ItemFacts, Place
from server.store.sql import fetch, json_text, run_many
from server.store.unit_of_work import UnitOfWork
from server.store.working_set import Visit

_INCIDENT = (
    "INSERT INTO incident (id, kind, station, epoch, opened_seq, door, occurred_us, note)"
    " VALUES (:id, :kind, :station, :epoch, :opened_seq, :door, :occurred_us, '')"
)
_LAST_INCIDENT = "SELECT COALESCE(MAX(id), 0) AS id FROM incident"
_MOVEMENT = (
    "INSERT INTO movement (item_id, epc, direction, person_id, incident_id, station, epoch, seq, door, session,"
    " cause, occurred_us, received_us, late_us, verdict, lawful, reasons, line_id, supersedes_id, ledger_id)"
    " VALUES (:item_id, :epc, :direction, :person_id, :incident_id, :station, :epoch, :seq, :door, :session,"
    " :cause, :occurred_us, :received_us, :late_us, :verdict, :lawful, :reasons, :line_id, :supersedes_id, :ledger_id)"
)
_CUSTODY = (
    "UPDATE custody SET state = :state, station = :station, door = :door, person_id = :person_id,"
    " incident_id = :incident_id, since_us = :since_us"
    " WHERE item_id = :item_id AND state = :was AND since_us = :was_since"
)
_LINE = (
    "UPDATE line SET state = :state, session = :session"
    " WHERE id = :id AND state = :was AND COALESCE(session, '') = :was_session"
)
_LOAN_NEW = (
    "INSERT INTO loan (item_id, person_id, line_id, request_id, mode, state, taken_us, due_us, due_rule,"
    " returned_us, returned_by_id) VALUES (:item_id, :person_id, :line_id, :request_id, :mode, :state, :taken_us,"
    " :due_us, :due_rule, :returned_us, :returned_by_id)"
)
_LOAN_BACK = (
    "UPDATE loan SET state = 'returned', returned_us = :returned_us, returned_by_id = :returned_by_id"
    " WHERE item_id = :item_id AND taken_us = :taken_us AND state = 'out'"
)
_VISIT = (
    'INSERT INTO visit (session, station, person_id, challenge, "grant", doors, pin_ok, asked_us, lapses_us, ended_us)'
    " VALUES (:session, :station, :person_id, :challenge, :grant, :doors, :pin_ok, :asked_us, :lapses_us, :ended_us)"
    " ON CONFLICT (session) DO UPDATE SET person_id = excluded.person_id, challenge = excluded.challenge,"
    ' "grant" = excluded."grant", doors = excluded.doors, pin_ok = excluded.pin_ok,'
    " lapses_us = excluded.lapses_us, ended_us = excluded.ended_us"
)
_TALLY = (
    "INSERT INTO tally (station, category, state, n) VALUES (:station, :category, :state, :n)"
    " ON CONFLICT (station, category, state) DO UPDATE SET n = tally.n + excluded.n"
)
_CASE = (
    "INSERT INTO cases (kind, item_id, station, door, incident_id, detail, opened_us, resolution)"
    " VALUES (:kind, :item_id, :station, :door, :incident_id, :detail, :opened_us, '')"
)
_OPEN_ALARMS = "SELECT id, cause, evidence FROM alarm WHERE closed_us IS NULL AND cause {causes}"
_ALARM_NEW = (
    "INSERT INTO alarm (kind, severity, cause, state, person_id, item_id, station, door, session, occurred_us, set_us,"
    " late_us, repeated, evidence, conclusion) VALUES (:kind, :severity, :cause, 'set', :person_id, :item_id, :station,"
    " :door, :session, :occurred_us, :set_us, :late_us, :repeated, :evidence, '')"
)
_ALARM_AGAIN = (
    "UPDATE alarm SET repeated = repeated + :repeated, evidence = :evidence, cleared_us = NULL WHERE id = :id"
)
_ALARM_CLEAR = "UPDATE alarm SET cleared_us = :at_us WHERE cause = :cause AND closed_us IS NULL AND cleared_us IS NULL"
EVIDENCE_KEPT = 50


class StaleFactsError(RuntimeError):
    """A row was not as it had been judged; the whole unit of work is undone."""


class LineChange(msgspec.Struct):
    """A line as it was loaded and as it is to be."""

    was: str
    was_session: str | None
    state: str
    session: str | None


@dataclass(slots=True)
class Effects:
    """What a batch leads to, in memory until `save`."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    items: dict[int, tuple[ItemFacts, Custody]] = field(default_factory=dict)
    """By item: as it was loaded, and the custody it comes to."""
    lines: dict[int, LineChange] = field(default_factory=dict)
    loans: list[dict[str, Any]] = field(default_factory=list)
    loans_back: list[dict[str, Any]] = field(default_factory=list)
    visits: dict[str, Visit] = field(default_factory=dict)
    tallies: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    cleared: dict[str, int] = field(default_factory=dict)
    """When the cause of an alarm was over, by cause; what is set again after that is not here."""
    _opened: dict[tuple[str, str, int], int] = field(default_factory=dict)
    _last_incident: int | None = None

    def save(self, connection: Connection) -> None:
        """Write everything; raises StaleFactsError when a row is not as it was judged."""
        self._save_incidents(connection)
        run_many(connection, _VISIT, [_visit_row(visit) for visit in self.visits.values()])
        _all(connection, "custody", _CUSTODY, [_custody_row(item, after) for item, after in self.items.values()])
        _all(connection, "line", _LINE, [_line_row(number, change) for number, change in self.lines.items()])
        run_many(connection, _LOAN_NEW, self.loans)
        _all(connection, "loan", _LOAN_BACK, self.loans_back)
        self.save_movements(connection)
        run_many(connection, _TALLY, tally_rows(self.tallies))
        run_many(connection, _CASE, self.cases)
        save_alarms(connection, self.alarms)
        run_many(connection, _ALARM_CLEAR, [{"cause": cause, "at_us": at_us} for cause, at_us in self.cleared.items()])

    def save_movements(self, connection: Connection) -> None:
        """Write the movements so far: whoever reads an item's history in the middle of a batch needs them there."""
        self._save_incidents(connection)
        run_many(connection, _MOVEMENT, self.movements)
        self.movements.clear()

    def _save_incidents(self, connection: Connection) -> None:
        run_many(connection, _INCIDENT, self.incidents)
        self.incidents.clear()

    def begin_incident(self, uow: UnitOfWork, incident: dict[str, Any]) -> int:
        """Note an incident and number it: there is one writer, so nobody else takes the number."""
        if self._last_incident is None:
            self._last_incident = int(fetch(uow.connection, _LAST_INCIDENT)[0].id)
        self._last_incident += 1
        self.incidents.append({"id": self._last_incident, **incident})
        self._opened[(incident["station"], incident["epoch"], incident["opened_seq"])] = self._last_incident
        return self._last_incident

    def incident_at(self, station: str, epoch: str, opened_seq: int) -> int | None:
        """Find an incident of this batch by the event that began it."""
        return self._opened.get((station, epoch, opened_seq))

    def set_alarm(self, alarm: dict[str, Any]) -> None:
        """Note an alarm; that its cause was over before is no longer so."""
        self.alarms.append(alarm)
        self.cleared.pop(alarm["cause"], None)

    def clear_alarm(self, cause: str, at_us: int) -> None:
        """Note that the cause of an alarm is over."""
        self.cleared[cause] = at_us


def tally_key(station: str | None, category: str, custody: Custody, home: Place | None) -> tuple[str, str, str]:
    """Say under which count an item stands: the cabinet it belongs to, its category, its state."""
    state = "misplaced" if custody.place is not None and custody.place != home else str(custody.state)
    return (station or "", category, state)


def tally_rows(changes: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    """Give the counts that change, in an order that is always the same."""
    return [{"station": key[0], "category": key[1], "state": key[2], "n": n} for key, n in sorted(changes.items()) if n]


def save_tallies(connection: Connection, changes: Mapping[tuple[str, str, str], int]) -> None:
    """Add to the counts."""
    run_many(connection, _TALLY, tally_rows(changes))


def save_alarms(connection: Connection, alarms: list[dict[str, Any]]) -> None:
    """Set alarms, each once per open cause: setting it again adds to `repeated` and to the evidence.

    Of one that `is_news` none can be open from before: its cause names the event that is judged now.
    """
    asked = sorted({alarm["cause"] for alarm in alarms if not alarm.get("is_news")})
    told: dict[str, dict[str, Any]] = {
        row.cause: {"id": row.id, "repeated": 0, "evidence": msgspec.json.decode(row.evidence)}
        for row in fetch(connection, _OPEN_ALARMS, causes=asked)
    }
    for alarm in alarms:
        one = told.setdefault(alarm["cause"], {**alarm, "repeated": -1, "evidence": []})
        one["repeated"] += 1
        one["evidence"] = [*one["evidence"], *alarm["evidence"]][-EVIDENCE_KEPT:]
    for one in told.values():
        one["evidence"] = json_text(one["evidence"])
    run_many(connection, _ALARM_NEW, [one for one in told.values() if "id" not in one])
    run_many(connection, _ALARM_AGAIN, [one for one in told.values() if "id" in one])


def _all(connection: Connection, what: str, statement: str, rows: list[dict[str, Any]]) -> None:
    touched = run_many(connection, statement, rows)
    if touched != len(rows):
        raise StaleFactsError(f"{len(rows) - touched} of {len(rows)} {what} rows were not as they had been judged")


def _custody_row(item: ItemFacts, after: Custody) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "was": str(item.custody.state),
        "was_since": item.custody.since_us,
        "state": str(after.state),
        "station": after.station,
        "door": after.door,
        "person_id": after.person_id,
        "incident_id": after.incident_id,
        "since_us": after.since_us,
    }


def _line_row(number: int, change: LineChange) -> dict[str, Any]:
    return {
        "id": number,
        "was": change.was,
        "was_session": change.was_session or "",
        "state": change.state,
        "session": change.session,
    }


def _visit_row(visit: Visit) -> dict[str, Any]:
    return {
        "session": visit.session,
        "station": visit.station,
        "person_id": visit.person_id,
        "challenge": visit.challenge,
        "grant": visit.grant,
        "doors": json_text(visit.doors),
        "pin_ok": visit.pin_ok,
        "asked_us": visit.asked_us,
        "lapses_us": visit.lapses_us,
        "ended_us": visit.ended_us,
    }
