"""Copies (R12, R13): items of their own, with number and label; the original's loan is open until each is checked."""

import json
from collections.abc import Sequence

from sqlmodel import col, func, select

from labels.codes import new_code
from server.domain.copies import CopyFacts, copy_number, judge_copies, judge_copy_back
from server.domain.custody import held_by
from server.domain.loans import due_moment
from server.domain.verdicts import Refused
from server.domain.words import ItemKind, Legality, LoanState, Mode, RequestState, Secrecy, Verdict
from server.service.cabinet.by_hand import bring_back, recast
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, NotFoundError, RefusedError, lawful
from server.service.inputs import NewItem
from server.service.lending.lending_shapes import CopyView, NewCopies
from server.service.lending.notices import tell
from server.service.lookups import codes, item_coded, item_facts, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.records.items import add_item
from server.service.shapes import Page, moment, moment_or_none, place_text
from server.store.tables import CopyMade, Item, Loan, Request


def register(work: Writing, code: str, asked: NewCopies) -> Page[CopyView]:
    """Register the copies made of an item; those made under a request are with its applicant from now on."""
    session, original = work.session, item_coded(work.session, code)
    request = session.get(Request, asked.request) if asked.request is not None else None
    if asked.request is not None and request is None:
        raise NotFoundError("request", asked.request)
    loan = _loan_of(work, original, request)
    facts = CopyFacts(
        by=person_facts(person_of(session, work.viewer.id)),
        original=item_facts(original),
        pages=asked.pages,
        purpose=asked.purpose,
        standing=asked.standing,
        mode=Mode(request.mode) if request else None,
        state=RequestState(request.state) if request else None,
        names_original=request is not None and original.id in json.loads(request.items),
        loan=LoanState(loan.state) if loan else None,
    )
    lawful(judge_copies(work.policy, facts))
    if len(asked.codes) not in (0, asked.count) or len(asked.tags) not in (0, asked.count):
        raise InvalidError("copies_count", "name as many codes or tags as copies, or none")
    made = [_make(work, original, asked, index, request, loan) for index in range(asked.count)]
    return Page(rows=copy_views(work, made))


def take_back(work: Writing, code: str) -> CopyView:
    """Take a copy back over the desk; it waits for its check."""
    copy = item_coded(work.session, code)
    made = _made(work, copy)
    loan = _open_loan(work, copy)
    by = person_facts(person_of(work.session, work.viewer.id))
    said = judge_copy_back(work.policy, by, copy.code, LoanState(loan.state) if loan else None)
    if isinstance(said, Refused) or loan is None:
        raise RefusedError(said.reasons if isinstance(said, Refused) else ())
    entry = work.ledger("copy_returned", item=copy.code, loan=loan.id)
    bring_back(work, loan, copy, "by_hand", entry)
    return copy_views(work, [made])[0]


def list_copies(look: Reading, code: str | None, every: bool, after: int | None, limit: int) -> Page[CopyView]:
    """List copies in the order they were made: those of an item, or those not ended unless `every`."""
    query = select(CopyMade).order_by(col(CopyMade.item_id)).limit(limit + 1)
    if code is not None:
        query = query.where(CopyMade.parent_id == item_coded(look.session, code).id)
    elif not every:
        query = query.where(col(CopyMade.ended_us).is_(None))
    if not look.viewer.sees_all:
        own = select(Loan.item_id).where(Loan.person_id == look.viewer.id)
        query = query.where(col(CopyMade.item_id).in_(own))
    if after is not None:
        query = query.where(col(CopyMade.item_id) > after)
    return paged(look.session.exec(query), limit, lambda rows: copy_views(look, rows))


def copy_views(look: Reading, rows: Sequence[CopyMade]) -> list[CopyView]:
    """Give copies as they are shown."""
    session, ids = look.session, [row.item_id for row in rows]
    items = {known(item.id): item for item in session.exec(select(Item).where(col(Item.id).in_(ids)))}
    originals = codes(session, (row.parent_id for row in rows))
    query = select(Loan).where(col(Loan.item_id).in_(ids)).order_by(col(Loan.id))
    loans = {loan.item_id: loan for loan in session.exec(query)}
    people = usernames(session, [*(row.made_by_id for row in rows), *(loan.person_id for loan in loans.values())])
    return [
        _view(look, row, items[row.item_id], originals[row.parent_id], loans.get(row.item_id), people) for row in rows
    ]


def _view(
    look: Reading, row: CopyMade, item: Item, original: str, loan: Loan | None, people: dict[int | None, str]
) -> CopyView:
    return CopyView(
        id=row.item_id,
        item=item.code,
        original=original,
        number=item.record_number or copy_number(original, row.n),
        n=row.n,
        pages=row.pages,
        purpose=row.purpose,
        standing=row.standing,
        request=row.request_id,
        loan=row.loan_id,
        made_by=people[row.made_by_id],
        made_at=moment(row.made_us, look.zone),
        state=loan.state if loan else "closed",
        person=people.get(loan.person_id) if loan and loan.closed_us is None else None,
        due_at=moment(loan.due_us, look.zone) if loan else None,
        ended_at=moment_or_none(row.ended_us, look.zone),
    )


def _make(
    work: Writing, original: Item, asked: NewCopies, index: int, request: Request | None, loan: Loan | None
) -> CopyMade:
    session, parent_id = work.session, known(original.id)
    n = int(session.exec(select(func.max(CopyMade.n)).where(CopyMade.parent_id == parent_id)).one() or 0) + 1
    code = asked.codes[index] if asked.codes else new_code()
    number = copy_number(original.record_number or original.code, n)
    place = asked.place or place_text(original.home_station, original.home_door)
    if place is None:
        raise InvalidError("no_place", f"say where copies of {original.code} belong")
    add_item(
        work,
        NewItem(
            code=code,
            kind=ItemKind.COPY,
            title=f"{original.title} · C{n}"[:200],
            secrecy=Secrecy(original.secrecy),
            category=original.category,
            department=original.department,
            record_number=number,
            place=place,
            epc=asked.tags[index] if asked.tags else None,
        ),
    )
    copy = item_coded(session, code)
    lent = request is not None and not asked.standing
    made = CopyMade(
        item_id=known(copy.id),
        parent_id=parent_id,
        n=n,
        loan_id=loan.id if loan and lent else None,
        request_id=request.id if request and lent else None,
        pages=asked.pages,
        purpose=asked.purpose,
        standing=asked.standing,
        made_by_id=work.viewer.id,
        made_us=work.now_us,
    )
    session.add_all([copy, made])
    session.flush()
    body = {"pages": asked.pages, "purpose": asked.purpose, "standing": asked.standing, "request": asked.request}
    entry = work.ledger("copy_registered", item=copy.code, original=original.code, number=number, **body)
    if request is not None and lent:
        _lend(work, copy, request, entry)
    return made


def _lend(work: Writing, copy: Item, request: Request, entry: int) -> None:
    """Let the applicant answer for the copy; it is due by the rules of the copy's own secrecy."""
    custody = held_by(request.applicant_id, work.now_us)
    recast(work, copy, custody, "copied", Verdict.AS_APPROVED, Legality.YES, entry)
    due_us, rule = due_moment(
        work.policy, Secrecy(copy.secrecy), Mode.PHOTOCOPY, work.now_us, request.due_us, work.zone.key
    )
    work.session.add(
        Loan(
            item_id=known(copy.id),
            person_id=request.applicant_id,
            request_id=request.id,
            mode=Mode.PHOTOCOPY,
            taken_us=work.now_us,
            due_us=due_us,
            due_rule=rule,
        )
    )
    work.session.flush()
    tell(work, [request.applicant_id], "copy_registered", copy.code)


def _loan_of(work: Writing, original: Item, request: Request | None) -> Loan | None:
    if request is None:
        return None
    query = select(Loan).where(Loan.item_id == original.id, Loan.request_id == request.id)
    return work.session.exec(query.order_by(col(Loan.id).desc()).limit(1)).first()


def _open_loan(work: Writing, copy: Item) -> Loan | None:
    query = select(Loan).where(Loan.item_id == copy.id, col(Loan.closed_us).is_(None))
    return work.session.exec(query.order_by(col(Loan.id).desc()).limit(1)).first()


def _made(work: Writing, copy: Item) -> CopyMade:
    made = work.session.get(CopyMade, copy.id)
    if made is None:
        raise NotFoundError("copy", copy.code)
    return made
