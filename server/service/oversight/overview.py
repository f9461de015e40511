"""The four questions of the first page, as numbers: what is out, what is late, what is wrong, who is silent."""

from sqlalchemy import ColumnElement
from sqlmodel import case, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.lending import OUT_STATES
from server.domain.words import CustodyState, LoanState
from server.service.context import Reading
from server.service.people.rights import Act
from server.service.shapes import OverviewView, Page, TallyView
from server.store.tables import Alarm, Case, Item, ItemCustody, Loan, Station, Tally


def overview(look: Reading) -> OverviewView:
    """Answer the four questions; what is out and late is one's own for whom the list of loans shows only that."""
    session = look.session
    own = look.viewer.may(Act.SEE_LOANS) and not look.viewer.sees_all
    out = {CustodyState.HELD: _loans_out(look)} if own else _states(look)
    late = _open_loans().where(Loan.due_us < look.now_us, col(Loan.state).in_(OUT_STATES))
    if own:
        late = late.where(_mine(look))
    alarms = select(func.count()).select_from(Alarm).where(col(Alarm.closed_us).is_(None))
    cases = select(func.count()).select_from(Case).where(col(Case.resolved_us).is_(None))
    silent = select(Station.name).where(Station.active, col(Station.online).is_(False)).order_by(Station.name)
    return OverviewView(
        own_loans=own,
        out=out.get(CustodyState.HELD, 0),
        unaccounted=out.get(CustodyState.INCIDENT, 0),
        overdue=session.exec(late).one(),
        open_alarms=session.exec(alarms).one(),
        silent_stations=list(session.exec(silent)),
        open_cases=session.exec(cases).one(),
    )


def counts(look: Reading) -> Page[TallyView]:
    """Give how many items there are by cabinet, category and state: kept counts, or counted within narrowed rights."""
    if look.viewer.scope.limits:
        return Page(rows=_counted(look))
    query = select(Tally).where(Tally.n != 0).order_by(Tally.station, Tally.category, Tally.state)
    return Page(
        rows=[TallyView(station=t.station, category=t.category, state=t.state, n=t.n) for t in look.session.exec(query)]
    )


def _open_loans() -> SelectOfScalar[int]:
    return select(func.count()).select_from(Loan).where(col(Loan.closed_us).is_(None))


def _mine(look: Reading) -> ColumnElement[bool]:
    """Narrow open loans to one's own; `+ 0` keeps a database from walking all that one ever had."""
    return col(Loan.person_id) + 0 == look.viewer.id


def _loans_out(look: Reading) -> int:
    query = _open_loans().where(Loan.state == LoanState.OUT, _mine(look))
    return look.session.exec(query).one()


def _states(look: Reading) -> dict[str, int]:
    if look.viewer.scope.limits:
        query = select(ItemCustody.state, func.count()).join(Item).where(Item.active).group_by(ItemCustody.state)
        return dict(look.session.exec(query).all())
    return dict(look.session.exec(select(Tally.state, func.sum(Tally.n)).group_by(Tally.state)).all())


def _counted(look: Reading) -> list[TallyView]:
    """Count as the kept counts are kept: by the cabinet an item belongs to, and what is elsewhere as misplaced."""
    station, door = col(ItemCustody.station), col(ItemCustody.door)
    here = (station == col(Item.home_station)) & (door == col(Item.home_door))
    state = case((station.is_not(None) & ~here, "misplaced"), else_=col(ItemCustody.state)).label("state")
    home = func.coalesce(Item.home_station, "").label("home")
    by = (home, col(Item.category), state)
    query = select(*by, func.count()).select_from(Item).join(ItemCustody).where(Item.active).group_by(*by).order_by(*by)
    return [TallyView(station=at, category=of, state=is_, n=n) for at, of, is_, n in look.session.exec(query)]
