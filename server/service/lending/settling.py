"""When a loan may end: what a checked one still waits for, and closing it once nothing is open (R11, R12, R16, R17)."""

from sqlmodel import Session, col, func, select

from server.domain.copies import keeps_open
from server.domain.loans import next_state
from server.domain.seals import count_reasons, register_reasons
from server.domain.verdicts import Reason
from server.domain.words import LoanState, Mode
from server.service.context import Reading, Writing
from server.service.lookups import known
from server.store.tables import CopyMade, Item, Loan, LoanCheck, Repair, SealUse


def waits_for(look: Reading, loan: Loan, item: Item) -> tuple[Reason, ...]:
    """Say what keeps a loan open although everything is there (R12, R16, R17)."""
    session, number = look.session, known(loan.id)
    copies = _count(session, CopyMade.loan_id == number, col(CopyMade.ended_us).is_(None))
    repairs = _count(session, Repair.loan_id == number, col(Repair.closed_us).is_(None))
    found = keeps_open(item.code, copies, repairs)
    if loan.mode != Mode.SEAL_USE:
        return found
    uses = list(session.exec(select(SealUse).where(SealUse.loan_id == number)))
    open_uses = [use for use in uses if use.excess and use.explained_us is None]
    if open_uses:
        total = _count_of(session, open_uses[0].request_id, item)
        found += count_reasons(item.code, open_uses[0].approved, total)
    return found + register_reasons(look.policy, item.code, bool(uses))


def settle(work: Writing, loan: Loan, item: Item) -> None:
    """Close a loan whose last check was complete, once nothing keeps it open any more."""
    query = select(LoanCheck).where(LoanCheck.loan_id == loan.id).order_by(col(LoanCheck.id).desc()).limit(1)
    last = work.session.exec(query).first()
    if loan.state != LoanState.RETURNED or last is None or not last.complete or waits_for(work, loan, item):
        return
    loan.state, loan.closed_us = next_state(LoanState.RETURNED, "close"), work.now_us
    work.session.add(loan)
    work.session.flush()
    work.ledger("loan_closed", loan=loan.id, item=item.code)


def settle_numbered(work: Writing, number: int | None) -> None:
    """Settle a loan by its number, if there is one."""
    loan = work.session.get(Loan, number) if number is not None else None
    if loan is not None:
        settle(work, loan, work.session.get_one(Item, loan.item_id))


def settle_original(work: Writing, copy_id: int) -> None:
    """Say that a copy is back and checked, or gone for good: its original's loan closes if nothing else is open."""
    made = work.session.get(CopyMade, copy_id)
    if made is None or made.ended_us is not None:
        return
    if not made.standing:
        made.ended_us = work.now_us
        work.session.add(made)
        work.session.flush()
    settle_numbered(work, made.loan_id)


def _count(session: Session, *where: object) -> int:
    return session.exec(select(func.count()).where(*where)).one()  # type: ignore[arg-type]


def _count_of(session: Session, request_id: int, item: Item) -> int:
    query = select(func.sum(SealUse.recorded)).where(SealUse.request_id == request_id, SealUse.item_id == item.id)
    return int(session.exec(query).one() or 0)
