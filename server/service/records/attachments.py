"""Attachments: a file attached to something is open to whom that is open to, and to nobody else.

Another topic's things can be attached to with one row in OWNERS: how one is found by its name, who may see it, who may
add to it. Bytes are kept by `blobs`; what they are is judged by their content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlmodel import col, select

from server.domain.attachments import AttachmentFacts, Flaw, judge_attachment, media_of
from server.domain.customers import CreditAct
from server.domain.words import Secrecy
from server.service.context import Reading, Writing
from server.service.customers import customers
from server.service.customers.credit import cover_of, require_cover
from server.service.errors import ForbiddenError, InvalidError, NotFoundError, lawful
from server.service.lookups import item_coded, known, usernames
from server.service.people.rights import Act
from server.service.records.blobs import Blobs, Received
from server.service.records.images import FORMS, flaw_of
from server.service.requests import requests
from server.service.shapes import Page, Shape, moment
from server.store.tables import Attachment, Item


class AttachmentView(Shape):
    id: int
    name: str
    media: str
    size: int
    sha256: str
    at: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was handed in: where its bytes lie, what it is called, and what its content says."""

    blobs: Blobs
    received: Received
    name: str
    media: str
    flaw: Flaw | None


@dataclass(frozen=True, slots=True)
class Owner:
    """How a sort of thing is attached to: `find` gives its number by its name or raises, as for who may not see it."""

    find: Callable[[Reading, str], int]
    add: Callable[[Writing, int], bool]
    restricted: Callable[[Reading, int], bool]
    """Whether each reading of its attachments is recorded (R22)."""


def _find_item(look: Reading, code: str) -> int:
    item = item_coded(look.session, code)
    if not look.viewer.sees_title(item.secrecy, item.custody.person_id):
        raise NotFoundError("item", code)
    return known(item.id)


def _find_request(look: Reading, name: str) -> int:
    return requests.get_request(look, _number(name)).id


def _find_customer(look: Reading, name: str) -> int:
    if not look.viewer.may(Act.SEE_CUSTOMERS):
        raise NotFoundError("customer", name)
    return known(customers.stored(look.session, _number(name)).id)


def _find_credit_file(look: Reading, name: str) -> int:
    number = _find_customer(look, name)
    if not cover_of(look).covers(number):
        raise NotFoundError("credit file", name)
    return number


def _add_to_request(work: Writing, number: int) -> bool:
    request = requests.get_request(work, number)
    return work.viewer.may(Act.KEEP_ITEMS) or work.viewer.username in (request.applicant, request.filed_by)


def _add_to_credit_file(work: Writing, number: int) -> bool:
    require_cover(work, number, CreditAct.CHANGE)
    return work.viewer.may(Act.KEEP_CUSTOMERS)


def _is_secret(look: Reading, number: int) -> bool:
    return look.session.get_one(Item, number).secrecy != Secrecy.ORDINARY


OWNERS: Final[dict[str, Owner]] = {
    "item": Owner(_find_item, lambda work, _: work.viewer.may(Act.KEEP_ITEMS), _is_secret),
    "request": Owner(_find_request, _add_to_request, lambda *_: False),
    "customer": Owner(_find_customer, lambda work, _: work.viewer.may(Act.KEEP_CUSTOMERS), lambda *_: True),
    "credit_file": Owner(_find_credit_file, _add_to_credit_file, lambda *_: True),
}
"""By what a caller names as `subject`; `of` is the item's code, or the number of a request or customer."""
NAMED_BY_NUMBER: Final = frozenset(OWNERS) - {"item"}


def find(look: Reading, subject: str, of: str) -> int:
    """Give the number of what is attached to; raises NotFoundError also when it is not for this person."""
    if subject not in OWNERS:
        raise InvalidError("subject", f"subject is one of {', '.join(OWNERS)}")
    return OWNERS[subject].find(look, of)


def look_at(blobs: Blobs, received: Received, name: str) -> Handed:
    """See what received bytes are; before a transaction, which others wait for: decoding an image takes seconds."""
    media = media_of(received.head)
    return Handed(blobs, received, name, media, flaw_of(received.path, media) if media in FORMS else None)


def attach(work: Writing, handed: Handed, subject: str, of: str) -> AttachmentView:
    """Attach received bytes; refused with every reason when they are not what may be attached."""
    number = find(work, subject, of)
    if not OWNERS[subject].add(work, number):
        raise ForbiddenError("not_yours", f"attaching to this {subject} is not for you (R40)")
    return views(work, [_keep(work, handed, subject, number, of)])[0]


def evidence(
    work: Writing,
    field: str,
    digest: str,
    item: Item,
    handed: Handed | None,
    request: int | None = None,
    *,
    image: bool,
) -> None:
    """See that what a use case names by its digest is there: attach what came with the form to the item, else find it
    attached to the item or the request; raises InvalidError when it is not, or is not an image where one is wanted.
    """
    if handed is not None:
        found: Attachment | None = _keep(work, handed, "item", known(item.id), item.code)
    else:
        of_item = (col(Attachment.subject) == "item") & (col(Attachment.subject_id) == item.id)
        of_request = (col(Attachment.subject) == "request") & (col(Attachment.subject_id) == request)
        query = select(Attachment).where(Attachment.sha256 == digest, of_item | of_request)
        found = work.session.exec(query).first()
    if found is None:
        raise InvalidError(
            "no_such_attachment", f"{field}: attach it to {item.code} first, then name it by its SHA-256"
        )
    if image and not found.media.startswith("image/"):
        raise InvalidError("not_an_image", f"{field}: {found.name} is {found.media}, not a picture")


def _keep(work: Writing, handed: Handed, subject: str, number: int, of: str) -> Attachment:
    received, name = handed.received, handed.name
    facts = AttachmentFacts(name, received.size, handed.media, handed.flaw)
    lawful(judge_attachment(work.policy.keeping.attachments, facts))
    handed.blobs.keep(received)
    row = Attachment(
        subject=subject,
        subject_id=number,
        name=name,
        media=handed.media,
        size=received.size,
        sha256=received.sha256,
        at_us=work.now_us,
        by_id=work.viewer.id,
    )
    work.session.add(row)
    work.session.flush()
    work.ledger("attached", attachment=row.id, subject=subject, of=of, sha256=row.sha256, size=row.size)
    return row


def list_attachments(look: Reading, subject: str, of: str) -> Page[AttachmentView]:
    """List what is attached to something one may see."""
    number = find(look, subject, of)
    query = select(Attachment).where(Attachment.subject == subject, Attachment.subject_id == number)
    return Page(rows=views(look, list(look.session.exec(query.order_by(col(Attachment.id)).limit(500)))))


def open_attachment(look: Reading, number: int) -> tuple[Attachment, bool]:
    """Give an attachment to read, and whether its reading is to be recorded; judged as what it is attached to."""
    row = look.session.get(Attachment, number)
    if row is None:
        raise NotFoundError("attachment", number)
    owner = OWNERS[row.subject]
    try:
        owner.find(look, _name_of(look, row))
    except NotFoundError:
        raise NotFoundError("attachment", number) from None
    return row, owner.restricted(look, row.subject_id)


def record_reading(work: Writing, number: int) -> AttachmentView:
    """Record that the viewer reads an attachment."""
    row, _ = open_attachment(work, number)
    work.ledger("attachment_read", attachment=number, subject=row.subject, of=_name_of(work, row))
    return views(work, [row])[0]


def views(look: Reading, rows: list[Attachment]) -> list[AttachmentView]:
    """Give attachments as they are shown."""
    people = usernames(look.session, (row.by_id for row in rows))
    return [
        AttachmentView(
            id=known(row.id),
            name=row.name,
            media=row.media,
            size=row.size,
            sha256=row.sha256,
            at=moment(row.at_us, look.zone),
            by=people.get(row.by_id),
        )
        for row in rows
    ]


def _name_of(look: Reading, row: Attachment) -> str:
    if row.subject in NAMED_BY_NUMBER:
        return str(row.subject_id)
    item = look.session.get(Item, row.subject_id)
    if item is None:
        raise NotFoundError("attachment", row.id)
    return item.code


def _number(name: str) -> int:
    if not name.isdecimal() or len(name) > 18:
        raise InvalidError("of", "of is the number of a request or customer")
    return int(name)
