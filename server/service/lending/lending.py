"""A loan's whole life as it is shown: its checks with what is owed, its copies, repairs and searches (R11)."""

import json
from collections.abc import Sequence

from sqlmodel import col, select

from server.domain.lending import LifeFacts, life_state
from server.domain.office import is_known
from server.domain.reasons import Language, text
from server.domain.verdicts import Reason
from server.domain.words import LendingState, LoanState
from server.service.context import Reading
from server.service.errors import NotFoundError
from server.service.lending.copies import copy_views
from server.service.lending.lending_shapes import CheckView, LoanLife, OwedView
from server.service.lending.loans import loan_views
from server.service.lending.repairs import repair_views
from server.service.lending.searches import search_views
from server.service.lending.settling import waits_for
from server.service.lookups import usernames
from server.service.shapes import ReasonView, moment
from server.store.tables import CopyMade, Item, Loan, LoanCheck, Repair, Search


def get_life(look: Reading, number: int) -> LoanLife:
    """Show one loan with its whole life to those whose business it is."""
    loan = look.session.get(Loan, number)
    if loan is None or not (look.viewer.sees_all or loan.person_id == look.viewer.id):
        raise NotFoundError("loan", number)
    session, item = look.session, look.session.get(Item, loan.item_id)
    if item is None:
        raise NotFoundError("loan", number)
    checks = list(session.exec(select(LoanCheck).where(LoanCheck.loan_id == number).order_by(col(LoanCheck.id))))
    repairs = list(session.exec(select(Repair).where(Repair.loan_id == number)))
    copies = list(session.exec(select(CopyMade).where(CopyMade.loan_id == number).order_by(col(CopyMade.item_id))))
    searches = list(session.exec(select(Search).where(Search.loan_id == number).order_by(col(Search.id))))
    return LoanLife(
        loan=loan_views(look, [(loan, item)])[0],
        life=_life(look, loan, checks, repairs),
        calendar_known=is_known(look.policy.office, loan.due_us, look.zone.key),
        owed=_owed(checks) if loan.closed_us is None else [],
        keeps_open=[_reason(look, reason) for reason in waits_for(look, loan, item)],
        checks=_check_views(look, checks),
        searches=search_views(look, searches),
        repairs=repair_views(look, repairs),
        copies=copy_views(look, copies),
    )


def _life(look: Reading, loan: Loan, checks: Sequence[LoanCheck], repairs: Sequence[Repair]) -> LendingState:
    checked = bool(checks) and checks[-1].complete
    mending = any(repair.closed_us is None for repair in repairs)
    facts = LifeFacts(LoanState(loan.state), loan.due_us, checked, mending)
    return life_state(look.policy.lending, look.policy.alarms.overdue_hard_days, facts, look.now_us)


def _owed(checks: Sequence[LoanCheck]) -> list[OwedView]:
    owed = json.loads(checks[-1].owed) if checks else {}
    return [OwedView(what=what, n=n) for what, n in owed.items()]


def _check_views(look: Reading, checks: Sequence[LoanCheck]) -> list[CheckView]:
    people = usernames(look.session, (check.by_id for check in checks))
    return [
        CheckView(
            by=people[check.by_id],
            at=moment(check.at_us, look.zone),
            complete=check.complete,
            parts=check.parts,
            pages=check.pages,
            damage=check.damage,
            note=check.note,
        )
        for check in checks
    ]


def _reason(look: Reading, reason: Reason) -> ReasonView:
    language: Language = "en" if look.viewer.locale == "en" else "zh"
    return ReasonView(
        rule=reason.rule, code=reason.code, item=reason.item, params=dict(reason.params), text=text(reason, language)
    )
