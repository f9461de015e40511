"""Customers (R37, R66): who they are, what other systems call them, and their record's changes.

For connectors: `upsert_customer(work, vault, source, external_id, CustomerFacts(...))` takes a customer in or brings it
up to date, and gives its number; `mark_gone(work, source, external_id)` says that the other system deleted it. Both may
be repeated. `source` is a short name such as "zoho"; facts left None are left as they are. A grade is taken over only
when the customer is new here: afterwards it changes by approval alone (R37).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session, col, select

from server.domain.customers import CreditAct, covering, judge_grade
from server.service.context import Reading, Writing
from server.service.customers.credit import Cover, approvals_of, cover_of, require_cover, use_cover
from server.service.customers.customer_shapes import CustomerPatch, CustomerView, LinkView, NewCustomer
from server.service.customers.sealed import sealed_fields, store_sealed
from server.service.customers.vault import Vault
from server.service.errors import InvalidError, NotFoundError, StaleError, lawful
from server.service.lookups import known
from server.service.paging import paged
from server.service.records.record_changes import (
    CUSTOMER,
    ChangeView,
    RecordState,
    as_of,
    keep_changes,
    list_changes,
)
from server.service.shapes import MASK, Page, moment
from server.store.tables import ControlPlan, Customer, CustomerLink

PLAIN: Final = ("name", "industry", "size", "region", "note")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What another system says of a customer; `sealed` are sensitive fields by the sheet's names."""

    name: str
    industry: str | None = None
    size: str | None = None
    region: str | None = None
    note: str | None = None
    grade: str | None = None
    sealed: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What is looked for among customers."""

    q: str = ""
    industry: str = ""
    size: str = ""
    region: str = ""
    grade: str = ""


def upsert_customer(work: Writing, vault: Vault, source: str, external_id: str, facts: CustomerFacts) -> int:
    """Take a customer in from another system, or bring it up to date; gives its number."""
    link = work.session.get(CustomerLink, (source, external_id))
    if link is None:
        customer = _add(work, facts.name, facts.grade or "")
        link = CustomerLink(source=source, external_id=external_id, customer_id=known(customer.id), seen_us=work.now_us)
        work.ledger("customer_linked", customer=customer.id, source=source, external_id=external_id)
    else:
        customer = stored(work.session, link.customer_id)
    link.seen_us, link.gone_us = work.now_us, None
    work.session.add(link)
    said = {name: getattr(facts, name) for name in PLAIN}
    _change(work, vault, customer, {n: v for n, v in said.items() if v is not None}, facts.sealed, f"from {source}")
    if customer.gone_us is not None:
        customer.gone_us = None
        work.session.add(customer)
        work.ledger("customer_back", customer=customer.id, source=source)
    work.session.flush()
    return known(customer.id)


def mark_gone(work: Writing, source: str, external_id: str) -> bool:
    """Say that another system has deleted a customer; it is gone when no system has it. Gives whether it was known."""
    link = work.session.get(CustomerLink, (source, external_id))
    if link is None or link.gone_us is not None:
        return False
    link.gone_us = work.now_us
    work.session.add(link)
    work.session.flush()
    left = (CustomerLink.customer_id == link.customer_id, col(CustomerLink.gone_us).is_(None))
    if work.session.exec(select(CustomerLink).where(*left)).first() is None:
        customer = stored(work.session, link.customer_id)
        customer.gone_us = work.now_us
        work.session.add(customer)
    work.ledger("customer_gone", customer=link.customer_id, source=source, external_id=external_id)
    return True


def add_customer(work: Writing, vault: Vault, new: NewCustomer) -> CustomerView:
    """Take a customer in by hand; a grade comes afterwards, by an approval of its own."""
    customer = _add(work, new.name, "")
    said = {name: getattr(new, name) for name in PLAIN if name != "name"}
    _change(work, vault, customer, said, new.sealed, "")
    return get_customer(work, known(customer.id))


def patch_customer(work: Writing, vault: Vault, number: int, version: int, patch: CustomerPatch) -> CustomerView:
    """Change a customer's record; a grade or credit file by an approval of its own, which is used up with it."""
    customer = stored(work.session, number)
    if customer.version != version:
        raise StaleError("customer", customer.version)
    given = patch.model_dump(exclude_none=True, exclude={"sealed", "grade", "reason"})
    fields = work.policy.keeping.sealed_fields
    guarded = patch.grade is not None or any(fields[n].approval for n in patch.sealed if n in fields)
    cover = require_cover(work, number, CreditAct.CHANGE) if guarded else None
    if patch.grade is not None:
        lawful(judge_grade(work.policy.keeping, patch.grade, work.session.get(ControlPlan, number) is not None))
        given["grade"] = patch.grade
    _change(work, vault, customer, given, patch.sealed, patch.reason)
    shown = get_customer(work, number)
    if cover is not None:
        use_cover(work, cover)
    return shown


def updates_credit_file(look: Reading, number: int, patch: CustomerPatch) -> bool:
    """Say whether a change is one of a credit file that may be made: then a backup is taken before it (R39)."""
    fields = look.policy.keeping.sealed_fields
    guarded = any(fields[name].approval for name in patch.sealed if name in fields)
    return guarded and covering(approvals_of(look), number, CreditAct.CHANGE, look.now_us) is not None


def list_customers(look: Reading, asked: CustomerFilter, after: int | None, limit: int) -> Page[CustomerView]:
    """List customers; by grade only those whose grade one may see."""
    cover = cover_of(look)
    query = select(Customer).order_by(col(Customer.id)).limit(limit + 1)
    if asked.q:
        like = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(col(Customer.name).ilike(f"%{like}%", escape="\\"))
    for name in ("industry", "size", "region"):
        if value := getattr(asked, name):
            query = query.where(getattr(Customer, name) == value)
    if asked.grade:
        query = query.where(Customer.grade == asked.grade, *cover.only(col(Customer.id)))
    if after is not None:
        query = query.where(col(Customer.id) > after)
    return paged(look.session.exec(query), limit, lambda rows: _views(look, rows, cover))


def get_customer(look: Reading, number: int) -> CustomerView:
    """Show one customer; grade and sensitive fields masked unless they may be seen."""
    return _views(look, [stored(look.session, number)], cover_of(look))[0]


def customer_changes(look: Reading, number: int, before: int | None, limit: int) -> Page[ChangeView]:
    """List what was changed in a customer's record."""
    stored(look.session, number)
    return list_changes(look, CUSTOMER, number, before, limit, _masked(look, number))


def customer_as_of(look: Reading, number: int, at_us: int) -> RecordState:
    """Show a customer's record as it was at a moment."""
    customer = stored(look.session, number)
    if at_us < customer.created_us:
        raise NotFoundError("customer at that moment", number)
    now = {name: str(getattr(customer, name)) for name in (*PLAIN, "grade")}
    return as_of(look, CUSTOMER, number, at_us, now, _masked(look, number))


def stored(session: Session, number: int) -> Customer:
    """Find a customer; raises NotFoundError."""
    found = session.get(Customer, number)
    if found is None:
        raise NotFoundError("customer", number)
    return found


def _add(work: Writing, name: str, grade: str) -> Customer:
    customer = Customer(
        name=name, grade=grade if grade in work.policy.keeping.grades.all else "", created_us=work.now_us
    )
    work.session.add(customer)
    work.session.flush()
    work.ledger("customer_added", customer=customer.id)
    return customer


def _change(
    work: Writing, vault: Vault, customer: Customer, said: Mapping[str, str], sealed: Mapping[str, str], why: str
) -> None:
    """Set the fields that differ, keep what they were, and count the version on."""
    changed = {
        name: (str(getattr(customer, name)), value) for name, value in said.items() if getattr(customer, name) != value
    }
    for name, (_, value) in changed.items():
        setattr(customer, name, value)
    for name, value in sealed.items():
        if name not in work.policy.keeping.sealed_fields:
            raise InvalidError("sealed_field", f"sealed.{name}: one of {', '.join(work.policy.keeping.sealed_fields)}")
        if store_sealed(work, vault, known(customer.id), name, value):
            changed[name] = (MASK, MASK)
    if changed:
        customer.version += 1
        work.session.add(customer)
        number = known(customer.id)
        keep_changes(work, CUSTOMER, str(number), number, customer.version, changed, why)


def _masked(look: Reading, number: int) -> tuple[str, ...]:
    return () if cover_of(look).covers(number) else ("grade",)


def _views(look: Reading, rows: list[Customer], cover: Cover) -> list[CustomerView]:
    ids = [known(row.id) for row in rows]
    query = select(CustomerLink).where(col(CustomerLink.customer_id).in_(ids)).order_by(col(CustomerLink.source))
    links: dict[int, list[LinkView]] = {number: [] for number in ids}
    for link in look.session.exec(query):
        one = LinkView(source=link.source, external_id=link.external_id, gone=link.gone_us is not None)
        links[link.customer_id].append(one)
    sealed = sealed_fields(look.session, ids)
    return [
        CustomerView(
            id=known(row.id),
            name=row.name,
            grade=row.grade if cover.covers(known(row.id)) else None,
            grade_masked=not cover.covers(known(row.id)),
            industry=row.industry,
            size=row.size,
            region=row.region,
            note=row.note,
            sealed=dict.fromkeys(sealed.get(known(row.id), ()), MASK),
            links=links[known(row.id)],
            version=row.version,
            created_at=moment(row.created_us, look.zone),
            gone=row.gone_us is not None,
        )
        for row in rows
    ]
