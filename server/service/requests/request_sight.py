"""Which requests are whose business, as conditions of a query: lists and single looks see the same."""

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, not_, or_, select, true

from server.domain.delegations import DelegationFacts
from server.domain.words import RequestState, Role
from server.service.context import Reading
from server.service.requests.delegations import given_now
from server.store.tables import Decision, Item, Person, Request, RequestAwaits, RequestItem

Condition = ColumnElement[bool]


def seen_by(look: Reading) -> Condition:
    """Say which requests this person may see; a delegate only what lies within the delegation's scope (R10)."""
    viewer = look.viewer
    if viewer.sees_all or (viewer.role in look.policy.approver_roles and viewer.role != Role.DEPARTMENT_MANAGER):
        return true()
    found = [own(look)]
    if viewer.role == Role.DEPARTMENT_MANAGER and viewer.department:
        found.append(_of_departments(frozenset({viewer.department})))
    found += [_within(given) for given in given_now(look)]
    return or_(*found)


def own(look: Reading) -> Condition:
    """Say which requests this person asked for or filed."""
    return or_(col(Request.applicant_id) == look.viewer.id, col(Request.filed_by_id) == look.viewer.id)


def waiting_for(look: Reading) -> Condition:
    """Say which requests wait for this person's decision, in their own right or by a delegation."""
    role = look.viewer.role
    may = [_awaits(role)]
    if role in look.policy.approver_roles:
        may.append(~exists().where(col(RequestAwaits.request_id) == Request.id))
    for given in given_now(look):
        not_givers = and_(Request.applicant_id != given.giver.id, Request.filed_by_id != given.giver.id)
        may.append(and_(_awaits(given.giver.role), _within(given), not_givers))
    had_say = exists().where(col(Decision.request_id) == Request.id, col(Decision.approver_id) == look.viewer.id)
    in_time = and_(Request.state == RequestState.FILED, Request.until_us > look.now_us)
    return and_(in_time, not_(own(look)), ~had_say, or_(*may))


def _awaits(role: Role) -> Condition:
    return exists().where(col(RequestAwaits.request_id) == Request.id, col(RequestAwaits.role) == role)


def _within(given: DelegationFacts) -> Condition:
    """Say which requests lie wholly inside a delegation's scope."""
    scope = given.scope
    found: list[Condition] = [true()]
    if scope.modes is not None:
        found.append(col(Request.mode).in_(scope.modes))
    if scope.departments is not None:
        found.append(_of_departments(scope.departments))
    for column, words in ((Item.secrecy, scope.secrecy), (Item.category, scope.categories)):
        if words is not None:
            outside = select(RequestItem.request_id).join(Item).where(col(column).not_in(words))
            found.append(col(Request.id).not_in(outside.where(RequestItem.request_id == Request.id)))
    return and_(*found)


def _of_departments(departments: frozenset[str]) -> Condition:
    return col(Request.applicant_id).in_(select(Person.id).where(col(Person.department).in_(departments)))
