"""The seal register (R17): each seal's page, its keepers, and the register of its uses."""

import json
from collections.abc import Sequence

from sqlmodel import col, func, select

from server.domain.alarms import cause_key
from server.domain.seals import (
    PassFacts,
    UseFacts,
    judge_entry,
    judge_explanation,
    judge_passing,
    judge_retirement,
    judge_use,
)
from server.domain.verdicts import Refused
from server.domain.words import AlarmKind, ItemKind, Mode
from server.service.cabinet.alarms import Alarming, clear_alarm, set_alarm
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, NotFoundError, RefusedError, lawful
from server.service.inputs import micros, micros_or_none
from server.service.lending.lending_shapes import NewKeeper, NewSeal, NewSealUse, PassedView, SealUseView, SealView
from server.service.lending.notices import tell
from server.service.lookups import codes, item_coded, known, person_facts, person_named, person_of, usernames
from server.service.paging import paged
from server.service.records.attachments import Handed, evidence
from server.service.shapes import Page, moment, moment_or_none
from server.store.tables import Decision, Item, Loan, Request, Seal, SealHandover, SealUse


def enter(work: Writing, asked: NewSeal, handed: Handed | None = None) -> SealView:
    """Write a seal's page in the register: what its impression looks like, who engraved it, who keeps it."""
    item, keeper = item_coded(work.session, asked.seal), person_named(work.session, asked.keeper)
    lawful(
        judge_entry(work.policy, person_facts(person_of(work.session, work.viewer.id)), item.code, ItemKind(item.kind))
    )
    if work.session.get(Seal, item.id) is not None:
        raise ConflictError("seal_entered", f"{item.code} has its page in the register already")
    evidence(work, "impression", asked.impression, item, handed, image=True)
    row = Seal(
        item_id=known(item.id),
        name=asked.name,
        scope=asked.scope,
        impression=asked.impression,
        engraved_by=asked.engraved_by,
        engraved_us=micros(asked.engraved_at),
        in_use_us=micros_or_none(asked.in_use_at) or work.now_us,
        keeper_id=known(keeper.id),
    )
    work.session.add(row)
    work.session.flush()
    work.ledger("seal_entered", item=item.code, impression=asked.impression, scope=asked.scope, keeper=keeper.pseudonym)
    return seal_views(work, [row])[0]


def retire(work: Writing, code: str, why: str) -> SealView:
    """Take a seal out of use with a reason; it is never used again."""
    row = _seal(work, code)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_retirement(work.policy, by, code, row.out_us is None, why))
    row.out_us, row.out_reason = work.now_us, why
    work.session.add(row)
    work.ledger("seal_retired", item=code, why=why)
    return seal_views(work, [row])[0]


def pass_on(work: Writing, code: str, asked: NewKeeper) -> PassedView:
    """Pass a seal to another keeper before a witness (R14)."""
    session, row = work.session, _seal(work, code)
    giver, receiver = person_of(session, row.keeper_id), person_named(session, asked.to)
    witness = person_named(session, asked.witness)
    by = person_facts(person_of(session, work.viewer.id))
    facts = PassFacts(by, row.keeper_id, person_facts(receiver), person_facts(witness), code, row.out_us is None)
    lawful(judge_passing(work.policy, facts))
    row.keeper_id = known(receiver.id)
    passed = SealHandover(
        item_id=row.item_id,
        from_id=known(giver.id),
        to_id=known(receiver.id),
        witness_id=known(witness.id),
        at_us=work.now_us,
        note=asked.note,
    )
    session.add_all([row, passed])
    people = {"giver": giver.pseudonym, "receiver": receiver.pseudonym, "witness": witness.pseudonym}
    work.ledger("seal_passed_on", item=code, note=asked.note, **people)
    tell(work, [known(receiver.id)], "seal_handed_over", code)
    return PassedView(
        item=code,
        giver=giver.username,
        receiver=receiver.username,
        witness=witness.username,
        at=moment(work.now_us, work.zone),
    )


def record_use(work: Writing, code: str, asked: NewSealUse, handed: Handed | None = None) -> SealUseView:
    """Enter impressions in the register; more than approved is entered too, as a difference with its alarm."""
    session, item = work.session, item_coded(work.session, code)
    supervisor = person_named(session, asked.supervisor)
    loan, request = _use_under_way(work, item, asked.request)
    page = session.get(Seal, item.id)
    before = _recorded(work, item, request)
    said = judge_use(
        work.policy,
        UseFacts(
            by=person_facts(person_of(session, work.viewer.id)),
            seal=item.code,
            applicant_id=request.applicant_id if request else None,
            supervisor=person_facts(supervisor),
            in_use=page is None or page.out_us is None,
            approved=request.impressions if request else 0,
            recorded_before=before,
            impressions=asked.impressions,
            photo=asked.photo or "",
        ),
    )
    if isinstance(said, Refused) or loan is None or request is None:
        raise RefusedError(said.reasons if isinstance(said, Refused) else ())
    if asked.photo:
        evidence(work, "photo", asked.photo, item, handed, request.id, image=True)
    row = SealUse(
        item_id=known(item.id),
        loan_id=known(loan.id),
        request_id=known(request.id),
        at_us=work.now_us,
        applicant_id=request.applicant_id,
        approver_id=_approver(work, request),
        supervisor_id=known(supervisor.id),
        by_id=work.viewer.id,
        documents=json.dumps(asked.documents, ensure_ascii=False) if asked.documents else request.documents,
        approved=request.impressions,
        recorded=asked.impressions,
        excess=bool(said.excess),
        photo=asked.photo or "",
        note=asked.note,
    )
    session.add(row)
    session.flush()
    entry = work.ledger(
        "seal_used",
        use=row.id,
        item=item.code,
        request=request.id,
        approved=request.impressions,
        recorded=before + asked.impressions,
        supervisor=supervisor.pseudonym,
        photo=asked.photo,
    )
    if said.excess:
        kind = AlarmKind.SEAL_USED_BEYOND_APPROVAL
        cause = cause_key(kind, request.id, item.code)
        fact = Alarming(kind, cause, work.now_us, request.applicant_id, item.id, evidence=(entry,))
        set_alarm(work.uow, fact, work.now_us)
    return use_views(work, [row])[0]


def explain(work: Writing, number: int, said: str) -> SealUseView:
    """Explain a difference between approved and recorded impressions; the check of the seal's return may follow."""
    row = work.session.get(SealUse, number)
    if row is None:
        raise NotFoundError("seal use", number)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_explanation(work.policy, by, row.excess and row.explained_us is None, said))
    row.explained_by_id, row.explained_us, row.explanation = work.viewer.id, work.now_us, said
    work.session.add(row)
    item = codes(work.session, [row.item_id])[row.item_id]
    work.ledger("seal_use_explained", use=row.id, item=item, said=said)
    clear_alarm(work.uow, cause_key(AlarmKind.SEAL_USED_BEYOND_APPROVAL, row.request_id, item), work.now_us)
    return use_views(work, [row])[0]


def list_seals(look: Reading, after: int | None, limit: int) -> Page[SealView]:
    """List the register's pages."""
    query = select(Seal).order_by(col(Seal.item_id)).limit(limit + 1)
    if after is not None:
        query = query.where(col(Seal.item_id) > after)
    return paged(look.session.exec(query), limit, lambda rows: seal_views(look, rows))


def get_seal(look: Reading, code: str) -> SealView:
    """Show one seal's page."""
    return seal_views(look, [_seal(look, code)])[0]


def list_uses(look: Reading, code: str, before: int | None, limit: int) -> Page[SealUseView]:
    """List a seal's uses, the newest first; one's own unless one sees all."""
    query = select(SealUse).where(SealUse.item_id == item_coded(look.session, code).id)
    if not look.viewer.sees_all:
        query = query.where(SealUse.applicant_id == look.viewer.id)
    if before is not None:
        query = query.where(col(SealUse.id) < before)
    query = query.order_by(col(SealUse.id).desc()).limit(limit + 1)
    return paged(look.session.exec(query), limit, lambda rows: use_views(look, rows))


def seal_views(look: Reading, rows: Sequence[Seal]) -> list[SealView]:
    """Give the register's pages as they are shown."""
    items = codes(look.session, (row.item_id for row in rows))
    people = usernames(look.session, (row.keeper_id for row in rows))
    return [
        SealView(
            id=row.item_id,
            item=items[row.item_id],
            name=row.name,
            scope=row.scope,
            impression=row.impression,
            engraved_by=row.engraved_by,
            engraved_at=moment(row.engraved_us, look.zone),
            in_use_at=moment(row.in_use_us, look.zone),
            keeper=people[row.keeper_id],
            out_at=moment_or_none(row.out_us, look.zone),
            out_reason=row.out_reason,
        )
        for row in rows
    ]


def use_views(look: Reading, rows: Sequence[SealUse]) -> list[SealUseView]:
    """Give uses as they are shown."""
    items = codes(look.session, (row.item_id for row in rows))
    named = ("applicant_id", "approver_id", "supervisor_id", "by_id", "explained_by_id")
    people = usernames(look.session, (getattr(row, name) for row in rows for name in named))
    return [
        SealUseView(
            id=known(row.id),
            item=items[row.item_id],
            request=row.request_id,
            loan=row.loan_id,
            at=moment(row.at_us, look.zone),
            applicant=people[row.applicant_id],
            approver=people.get(row.approver_id),
            supervisor=people[row.supervisor_id],
            recorded_by=people[row.by_id],
            documents=json.loads(row.documents),
            approved=row.approved,
            recorded=row.recorded,
            excess=row.excess,
            photo=row.photo,
            note=row.note,
            explained_by=people.get(row.explained_by_id),
            explained_at=moment_or_none(row.explained_us, look.zone),
            explanation=row.explanation,
        )
        for row in rows
    ]


def _use_under_way(work: Writing, item: Item, number: int | None) -> tuple[Loan | None, Request | None]:
    query = (
        select(Loan, Request)
        .join(Request, col(Request.id) == Loan.request_id)
        .where(Loan.item_id == item.id, Loan.mode == Mode.SEAL_USE, col(Loan.closed_us).is_(None))
    )
    if number is not None:
        query = query.where(Loan.request_id == number)
    found = work.session.exec(query.order_by(col(Loan.id).desc()).limit(1)).first()
    return found if found is not None else (None, None)


def _recorded(work: Writing, item: Item, request: Request | None) -> int:
    if request is None:
        return 0
    query = select(func.sum(SealUse.recorded)).where(SealUse.request_id == request.id, SealUse.item_id == item.id)
    return int(work.session.exec(query).one() or 0)


def _approver(work: Writing, request: Request) -> int | None:
    query = select(Decision.approver_id).where(Decision.request_id == request.id).order_by(col(Decision.id).desc())
    return work.session.exec(query.limit(1)).first()


def _seal(look: Reading, code: str) -> Seal:
    row = look.session.get(Seal, item_coded(look.session, code).id)
    if row is None:
        raise NotFoundError("seal", code)
    return row
