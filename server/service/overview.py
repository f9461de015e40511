"""The four questions of the first page, as numbers: what is out, what is late, what is wrong, who is silent."""

from sqlmodel import col, func, select

from server.domain.words import CustodyState, LoanState
from server.service.context import Reading
from server.service.shapes import OverviewView, Page, TallyView
from server.store.tables import Alarm, Case, Loan, Station, Tally


def overview(look: Reading) -> OverviewView:
    """Answer the four questions."""
    session = look.session
    out = dict(session.exec(select(Tally.state, func.sum(Tally.n)).group_by(Tally.state)).all())
    late = (
        select(func.count())
        .select_from(Loan)
        .where(col(Loan.closed_us).is_(None), Loan.due_us < look.now_us, Loan.state == LoanState.OUT)
    )
    alarms = select(func.count()).select_from(Alarm).where(col(Alarm.closed_us).is_(None))
    cases = select(func.count()).select_from(Case).where(col(Case.resolved_us).is_(None))
    silent = select(Station.name).where(Station.active, col(Station.online).is_(False)).order_by(Station.name)
    return OverviewView(
        out=out.get(CustodyState.HELD, 0),
        unaccounted=out.get(CustodyState.INCIDENT, 0),
        overdue=session.exec(late).one(),
        open_alarms=session.exec(alarms).one(),
        silent_stations=list(session.exec(silent)),
        open_cases=session.exec(cases).one(),
    )


def counts(look: Reading) -> Page[TallyView]:
    """Give how many items there are by cabinet, category and state."""
    query = select(Tally).where(Tally.n != 0).order_by(Tally.station, Tally.category, Tally.state)
    return Page(
        rows=[TallyView(station=t.station, category=t.category, state=t.state, n=t.n) for t in look.session.exec(query)]
    )
