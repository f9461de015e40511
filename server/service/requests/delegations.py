"""Delegations: somebody lets another approve in their stead, within a scope and a time (R10)."""

import json

from sqlmodel import Session, col, or_, select

from server.domain.delegations import DelegationFacts, judge_delegation, scope_of, usable
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, NotFoundError, lawful
from server.service.inputs import NewDelegation, micros, micros_or_none
from server.service.lending.notices import tell
from server.service.lookups import known, person_facts, person_named, person_of, usernames
from server.service.paging import paged
from server.service.people.scopes import scope_for
from server.service.shapes import DelegationView, Page, moment, moment_or_none
from server.store.tables import Delegation


def delegate(work: Writing, asked: NewDelegation) -> DelegationView:
    """Let somebody approve in one's stead."""
    session = work.session
    giver, to = person_of(session, work.viewer.id), person_named(session, asked.to)
    scope = asked.scope.model_dump(exclude_none=True, mode="json")
    row = Delegation(
        from_id=known(giver.id),
        to_id=known(to.id),
        scope=json.dumps(scope, ensure_ascii=False),
        from_us=micros_or_none(asked.from_) or work.now_us,
        until_us=micros(asked.until),
    )
    try:
        facts = DelegationFacts(0, person_facts(giver), row.to_id, row.from_us, row.until_us, None, scope_of(scope))
    except ValueError as error:
        raise InvalidError("wrong_scope", str(error)) from None
    lawful(judge_delegation(work.policy, facts, person_facts(to), work.viewer.id, work.now_us))
    session.add(row)
    session.flush()
    work.ledger(
        "delegated", delegation=row.id, to=to.pseudonym, scope=scope, from_us=row.from_us, until_us=row.until_us
    )
    tell(work, [row.to_id], "delegated", str(row.id))
    return delegation_views(work, [row])[0]


def revoke(work: Writing, number: int) -> DelegationView:
    """End a delegation of one's own before its time."""
    row = work.session.get(Delegation, number)
    if row is None or row.from_id != work.viewer.id:
        raise NotFoundError("delegation", number)
    row.revoked_us = row.revoked_us or work.now_us
    work.session.add(row)
    work.ledger("delegation_revoked", delegation=row.id)
    tell(work, [row.to_id], "delegation_revoked", str(row.id))
    return delegation_views(work, [row])[0]


def list_delegations(look: Reading, before: int | None, limit: int) -> Page[DelegationView]:
    """List the delegations from or to oneself (all of them for those who see all), the newest first."""
    query = select(Delegation).order_by(col(Delegation.id).desc()).limit(limit + 1)
    if not look.viewer.sees_all:
        query = query.where(or_(Delegation.from_id == look.viewer.id, Delegation.to_id == look.viewer.id))
    if before is not None:
        query = query.where(col(Delegation.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: delegation_views(look, rows))


def delegations_to(session: Session, person_id: int) -> tuple[DelegationFacts, ...]:
    """Give every delegation ever made to a person, as the rules see them."""
    rows = session.exec(select(Delegation).where(Delegation.to_id == person_id).order_by(col(Delegation.id)))
    return tuple(
        DelegationFacts(
            known(row.id),
            person_facts(person_of(session, row.from_id)),
            row.to_id,
            row.from_us,
            row.until_us,
            row.revoked_us,
            scope_of(json.loads(row.scope)),
            scope_for(session, row.from_id),
        )
        for row in rows
    )


def given_now(look: Reading) -> list[DelegationFacts]:
    """Give the delegations to this person that give something just now."""
    me = person_facts(person_of(look.session, look.viewer.id))
    return [given for given in delegations_to(look.session, me.id) if usable(look.policy, given, me, look.now_us)]


def delegation_views(look: Reading, rows: list[Delegation]) -> list[DelegationView]:
    """Give delegations as they are shown."""
    people = usernames(look.session, (number for row in rows for number in (row.from_id, row.to_id)))
    return [
        DelegationView(
            id=known(row.id),
            by=people[row.from_id],
            to=people[row.to_id],
            scope=json.loads(row.scope),
            from_at=moment(row.from_us, look.zone),
            until_at=moment(row.until_us, look.zone),
            revoked_at=moment_or_none(row.revoked_us, look.zone),
            state=_state(row, look.now_us),
        )
        for row in rows
    ]


def _state(row: Delegation, now_us: int) -> str:
    """Say how a delegation stands, by its own dates alone."""
    if row.revoked_us is not None and row.revoked_us <= now_us:
        return "revoked"
    return "over" if row.until_us <= now_us else "to_come" if now_us < row.from_us else "in_force"
