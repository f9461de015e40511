"""Whether the database answers, and the numbers an operator watches."""

from collections.abc import Iterable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from server.domain.words import LoanState
from server.store.tables import Alarm, LedgerEntry, Loan, Quarantine, Station
from server.store.unit_of_work import Database

log = structlog.get_logger(__name__)

Gauges = dict[str, tuple[str, Iterable[tuple[Mapping[str, str], float]]]]


def ready(database: Database) -> bool:
    """Say whether the database answers and has its tables."""
    try:
        with database.read() as session:
            session.exec(select(Station.name).limit(1)).first()
    except SQLAlchemyError as error:
        log.warning("not_ready", error=type(error).__name__)
        return False
    return True


def gauges(session: Session, now_us: int) -> Gauges:
    """Give the numbers, by name, each with what it says."""
    alarms = select(Alarm.severity, func.count()).where(col(Alarm.closed_us).is_(None)).group_by(Alarm.severity)
    late = (
        select(func.count())
        .select_from(Loan)
        .where(col(Loan.closed_us).is_(None), Loan.due_us < now_us, Loan.state == LoanState.OUT)
    )
    entries = session.exec(select(func.max(LedgerEntry.id))).one() or 0
    quarantined = session.exec(select(func.count()).select_from(Quarantine)).one()
    return {
        "guiwei_ledger_entries": ("Entries in the ledger.", [({}, entries)]),
        "guiwei_alarms_open": (
            "Alarms not closed yet, by severity.",
            [({"severity": severity}, n) for severity, n in session.exec(alarms)],
        ),
        "guiwei_loans_overdue": ("Items out past their due moment.", [({}, session.exec(late).one())]),
        "guiwei_quarantined": ("Messages that could not be handled.", [({}, quarantined)]),
        "guiwei_station_online": (
            "Whether a station is connected.",
            [({"station": s.name}, float(s.online)) for s in session.exec(select(Station).where(Station.active))],
        ),
    }
