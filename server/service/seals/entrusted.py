"""What customers entrusted to us (R19): receipt, mandate, the uses they may be told of, the signed hand-back."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select

from server.domain.entrusted import judge_hand_back, judge_receipt, receipt_number
from server.domain.verdicts import Refused
from server.domain.words import CustodyState, Departure
from server.service.context import Reading, Writing
from server.service.disposal.lifetimes import leave
from server.service.errors import InvalidError, NotFoundError, RefusedError, lawful
from server.service.inputs import micros
from server.service.lending.lending_shapes import EntrustedUse, EntrustedView, HandBack, NewEntrusted
from server.service.lookups import codes, item_coded, known, person_facts, person_of, usernames
from server.service.paging import paged
from server.service.records.attachments import Handed, evidence
from server.service.shapes import EPOCH, Page, moment, moment_or_none
from server.store.tables import Entrusted, Item, Loan, Request, SealUse


def receive(work: Writing, asked: NewEntrusted) -> EntrustedView:
    """Take a customer's seal or original in against a receipt that names the mandate and who handed it over."""
    item, until_us = item_coded(work.session, asked.item), micros(asked.until)
    if until_us <= work.now_us:
        raise InvalidError("mandate_over", "the mandate must end later than now")
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(judge_receipt(work.policy, by, item.code, _held(work, item) is not None, asked.mandate, tuple(asked.modes)))
    row = Entrusted(
        item_id=known(item.id),
        receipt=_number(work, "WT"),
        customer=asked.customer,
        mandate=asked.mandate,
        modes=json.dumps(sorted(set(asked.modes))),
        until_us=until_us,
        handed_over_by=asked.handed_over_by,
        received_by_id=work.viewer.id,
        received_us=work.now_us,
    )
    work.session.add(row)
    work.session.flush()
    said_so = {"receipt": row.receipt, "customer": row.customer, "mandate": row.mandate, "until_us": until_us}
    work.ledger("entrusted_received", item=item.code, modes=json.loads(row.modes), **said_so)
    return entrusted_views(work, [row])[0]


def hand_back(work: Writing, code: str, asked: HandBack, handed: Handed | None = None) -> EntrustedView:
    """Hand it back to its customer against a signed receipt; the item is ours to lend no more."""
    item = item_coded(work.session, code)
    row = _held(work, item)
    by = person_facts(person_of(work.session, work.viewer.id))
    said = judge_hand_back(work.policy, by, item.code, row is not None, CustodyState(item.custody.state))
    if isinstance(said, Refused) or row is None:
        raise RefusedError(said.reasons if isinstance(said, Refused) else ())
    evidence(work, "signed", asked.signed, item, handed, image=False)
    row.return_receipt, row.signed = _number(work, "JH"), asked.signed
    row.returned_us, row.returned_by_id, row.returned_to = work.now_us, work.viewer.id, asked.to
    work.session.add(row)
    work.session.flush()
    entry = work.ledger(
        "entrusted_handed_back", item=item.code, receipt=row.receipt, back=row.return_receipt, signed=asked.signed
    )
    leave(work, item, Departure.HANDED_BACK, entry)
    return entrusted_views(work, [row])[0]


def list_entrusted(look: Reading, every: bool, after: int | None, limit: int) -> Page[EntrustedView]:
    """List what is held for customers in the order it was received; `every` with what was handed back."""
    query = select(Entrusted).order_by(col(Entrusted.id)).limit(limit + 1)
    if not every:
        query = query.where(col(Entrusted.returned_us).is_(None))
    if after is not None:
        query = query.where(col(Entrusted.id) > after)
    return paged(look.session.exec(query), limit, lambda rows: entrusted_views(look, rows))


def get_entrusted(look: Reading, code: str) -> EntrustedView:
    """Show what is known of something a customer entrusted, the latest receipt of it."""
    return entrusted_views(look, [_latest(look, code)])[0]


def list_uses(look: Reading, code: str, after: int | None, limit: int) -> Page[EntrustedUse]:
    """List what a customer's item was used for since they entrusted it, so that they can be told."""
    row = _latest(look, code)
    query = select(Loan).where(Loan.item_id == row.item_id, Loan.taken_us >= row.received_us)
    if row.returned_us is not None:
        query = query.where(Loan.taken_us <= row.returned_us)
    if after is not None:
        query = query.where(col(Loan.id) > after)
    return paged(
        look.session.exec(query.order_by(col(Loan.id)).limit(limit + 1)), limit, lambda found: _uses(look, found)
    )


def entrusted_views(look: Reading, rows: Sequence[Entrusted]) -> list[EntrustedView]:
    """Give receipts as they are shown."""
    items = codes(look.session, (row.item_id for row in rows))
    people = usernames(look.session, (n for row in rows for n in (row.received_by_id, row.returned_by_id)))
    return [
        EntrustedView(
            id=known(row.id),
            item=items[row.item_id],
            receipt=row.receipt,
            customer=row.customer,
            mandate=row.mandate,
            modes=json.loads(row.modes),
            until_at=moment(row.until_us, look.zone),
            in_force=row.returned_us is None and look.now_us <= row.until_us,
            handed_over_by=row.handed_over_by,
            received_by=people[row.received_by_id],
            received_at=moment(row.received_us, look.zone),
            returned_by=people.get(row.returned_by_id),
            returned_at=moment_or_none(row.returned_us, look.zone),
            returned_to=row.returned_to,
            return_receipt=row.return_receipt,
            signed=row.signed,
        )
        for row in rows
    ]


def _uses(look: Reading, loans: Sequence[Loan]) -> list[EntrustedUse]:
    session = look.session
    wanted = [loan.request_id for loan in loans if loan.request_id is not None]
    requests = {row.id: row for row in session.exec(select(Request).where(col(Request.id).in_(wanted)))}
    numbers = [loan.id for loan in loans]
    counted = select(SealUse.loan_id, func.sum(SealUse.recorded)).where(col(SealUse.loan_id).in_(numbers))
    pressed = dict(session.exec(counted.group_by(col(SealUse.loan_id))).all())
    return [
        EntrustedUse(
            id=known(loan.id),
            mode=loan.mode,
            purpose=request.purpose if (request := requests.get(loan.request_id)) else "",
            documents=json.loads(request.documents) if request else [],
            impressions=int(pressed.get(known(loan.id)) or 0),
            taken_at=moment(loan.taken_us, look.zone),
            returned_at=moment_or_none(loan.returned_us, look.zone),
            state=loan.state,
        )
        for loan in loans
    ]


def _held(look: Reading, item: Item) -> Entrusted | None:
    query = select(Entrusted).where(Entrusted.item_id == item.id, col(Entrusted.returned_us).is_(None))
    return look.session.exec(query).first()


def _latest(look: Reading, code: str) -> Entrusted:
    item = item_coded(look.session, code)
    query = select(Entrusted).where(Entrusted.item_id == item.id).order_by(col(Entrusted.id).desc())
    row = look.session.exec(query).first()
    if row is None:
        raise NotFoundError("receipt for item", code)
    return row


def _number(work: Writing, prefix: str) -> str:
    """Give the next receipt number of the year; there is one writer, so nobody else takes it."""
    year = datetime.fromtimestamp(work.now_us / 1_000_000, work.zone).year
    begins_us = int((datetime(year, 1, 1, tzinfo=work.zone) - EPOCH).total_seconds()) * 1_000_000
    at = col(Entrusted.received_us) if prefix == "WT" else col(Entrusted.returned_us)
    n = work.session.exec(select(func.count()).where(at >= begins_us)).one()
    return receipt_number(prefix, year, n + 1)
