"""Clearing a leaver (R43): what still ties them to the records, and withdrawing everything when nothing does."""

from typing import Any

from sqlmodel import Session, col, or_, select, update

from server.domain.clearance import Ties, judge_clearance, tie_reasons
from server.domain.reasons import Language
from server.domain.words import LineState, LoanState, RequestState
from server.service.context import Reading, Writing
from server.service.errors import lawful
from server.service.lookups import held_by_person, known, person_facts, person_named
from server.service.records.history import reason_view
from server.service.shapes import ReasonView, Shape, moment_or_none
from server.store.tables import (
    Authority,
    Badge,
    Clearance,
    CopyMade,
    Delegation,
    Item,
    KeySet,
    Line,
    Loan,
    Person,
    Request,
    RightScope,
    SignIn,
)


class ClearanceView(Shape):
    person: str
    active: bool
    cleared_at: str | None
    reasons: list[ReasonView]


def ties_of(session: Session, person_id: int, now_us: int) -> Ties:
    """Find everything somebody still owes."""
    stands = (Authority.person_id == person_id, Line.state != LineState.VOID, Line.state != LineState.CONSUMED)
    entitled = (
        select(Item.code)
        .join(Line, col(Line.item_id) == col(Item.id))
        .join(Authority, col(Authority.id) == col(Line.authority_id))
        .where(*stands, Line.until_us > now_us)
    )
    unsettled = (LoanState.RETURNED, LoanState.DISCREPANCY)
    return Ties(
        held=_all(session, select(Item.code).where(held_by_person(person_id)).order_by(Item.code)),
        unsettled=_all(
            session,
            select(Item.code)
            .join(Loan, col(Loan.item_id) == col(Item.id))
            .where(Loan.person_id == person_id, col(Loan.closed_us).is_(None), col(Loan.state).in_(unsettled)),
        ),
        copies=_all(
            session,
            select(Item.code)
            .join(CopyMade, col(CopyMade.item_id) == col(Item.id))
            .join(Loan, col(Loan.id) == col(CopyMade.loan_id))
            .where(Loan.person_id == person_id, col(CopyMade.ended_us).is_(None)),
        ),
        requests=_all(
            session,
            select(Request.id).where(
                or_(Request.applicant_id == person_id, Request.filed_by_id == person_id),
                Request.state == RequestState.FILED,
                Request.until_us > now_us,
            ),
        ),
        entitled=_all(session, entitled.order_by(Item.code).distinct()),
        delegations=_all(
            session,
            select(Delegation.id).where(
                or_(Delegation.from_id == person_id, Delegation.to_id == person_id),
                col(Delegation.revoked_us).is_(None),
                Delegation.until_us > now_us,
            ),
        ),
        key_cabinets=_all(session, select(KeySet.station).where(KeySet.holder_id == person_id)),
    )


def clearance_of(look: Reading, username: str) -> ClearanceView:
    """Show what stands against clearing somebody, or when they were cleared."""
    person = person_named(look.session, username)
    ties = ties_of(look.session, known(person.id), look.now_us)
    cleared = select(Clearance.at_us).where(Clearance.person_id == person.id).order_by(col(Clearance.id).desc())
    language: Language = "en" if look.viewer.locale == "en" else "zh"
    stored = ({"rule": r.rule, "code": r.code, "item": r.item, "params": dict(r.params)} for r in tie_reasons(ties))
    return ClearanceView(
        person=person.username,
        active=person.active,
        cleared_at=moment_or_none(look.session.exec(cleared).first(), look.zone),
        reasons=[reason_view(reason, language) for reason in stored],
    )


def clear(work: Writing, username: str, note: str) -> ClearanceView:
    """Clear a leaver who owes nothing: every right, badge and session ends, and the password with them."""
    session = work.session
    person = person_named(session, username)
    number = known(person.id)
    lawful(judge_clearance(person_facts(person), work.viewer.id, ties_of(session, number, work.now_us)))
    withdraw_all(work, person)
    person.active, person.password_hash, person.pin_hash = False, None, None
    session.add_all([person, Clearance(person_id=number, by_id=work.viewer.id, note=note, at_us=work.now_us)])
    work.ledger("person_cleared", person=person.pseudonym, note=note)
    session.flush()
    return clearance_of(work, username)


def withdraw_all(work: Writing, person: Person) -> None:
    """End somebody's badges, sign-ins, delegations and unused authority."""
    session, number = work.session, known(person.id)
    end: tuple[Any, ...] = (
        update(Badge).where(col(Badge.person_id) == number).values(active=False),
        update(Line)
        .where(col(Line.person_id) == number, col(Line.state) == LineState.OPEN)
        .values(state=LineState.VOID),
        update(Delegation)
        .where(or_(Delegation.from_id == number, Delegation.to_id == number), col(Delegation.revoked_us).is_(None))
        .values(revoked_us=work.now_us),
    )
    for statement in end:
        session.exec(statement)
    for table in (SignIn, RightScope):
        for row in session.exec(select(table).where(table.person_id == number)):
            session.delete(row)


def _all(session: Session, query: Any) -> tuple[Any, ...]:
    return tuple(session.exec(query))
