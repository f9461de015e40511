"""Sensitive fields of customers (R38): stored sealed, shown to whose duty needs them, found by exact value.

Law 1: what was shown, looked up, or refused is recorded, with who and what for (R22); the value itself never is.
Law 2: an earlier value stays, sealed, with the time it was good for.
"""

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session, col, func, select

from server.domain.alarms import cause_key
from server.domain.customers import CreditAct, covering, judge_unmasking
from server.domain.policy_keeping import SealedField
from server.domain.verdicts import Refused
from server.domain.words import AlarmKind
from server.service.cabinet.alarms import Alarming, set_alarm
from server.service.context import Reading, Writing
from server.service.customers.credit import approvals_of, cover_of
from server.service.customers.customer_shapes import NewLookup, NewUnmasking, UnmaskedView
from server.service.customers.vault import Vault
from server.service.errors import InvalidError, NotFoundError, RefusedError
from server.service.lookups import known, person_facts, person_of
from server.service.shapes import Done, Page, Shape
from server.store.tables import Customer, SealedValue, Unmasking
from server.store.unit_of_work import Database

BATCH: Final = 500
"""Values sealed anew in one transaction."""
REPEATEDLY: Final = 3
DAY_US: Final = 86_400_000_000


class FoundCustomer(Shape):
    id: int
    name: str


def store_sealed(work: Writing, vault: Vault, customer_id: int, name: str, value: str) -> bool:
    """Store a sensitive field's new value, "" for none; gives whether it is another than before."""
    held = _current(work.session, customer_id, name)
    if held is not None:
        if held.blind in vault.blinds(name, value) and opened(vault, held) == value:
            return False
        held.until_us = work.now_us
        work.session.add(held)
        work.session.flush()
    elif not value:
        return False
    if value:
        made = vault.seal(str(customer_id), name, value)
        work.session.add(
            SealedValue(
                customer_id=customer_id,
                field=name,
                key_id=made.key_id,
                sealed=made.text,
                blind=made.blind,
                from_us=work.now_us,
            )
        )
    work.session.flush()
    return True


def sealed_fields(session: Session, customers: Iterable[int]) -> dict[int, list[str]]:
    """Say which sensitive fields each of these customers has."""
    found: dict[int, list[str]] = {}
    query = select(SealedValue.customer_id, SealedValue.field).where(
        col(SealedValue.customer_id).in_(list(customers)), col(SealedValue.until_us).is_(None)
    )
    for customer, name in session.exec(query.order_by(col(SealedValue.id))):
        found.setdefault(customer, []).append(name)
    return found


def record_unmasking(work: Writing, customer_id: int, asked: NewUnmasking) -> Done:
    """Judge and record that a sensitive field is shown to the viewer; the value is read afterwards, by `unmasked`."""
    if work.session.get(Customer, customer_id) is None:
        raise NotFoundError("customer", customer_id)
    covered = covering(approvals_of(work), customer_id, CreditAct.SEE, work.now_us) is not None
    _judge(work, asked.field, asked.purpose, covered, customer_id)
    _record(work, customer_id, asked.field, asked.purpose, allowed=True)
    return Done()


def unmasked(look: Reading, vault: Vault, customer_id: int, name: str) -> UnmaskedView:
    """Give a sensitive field in the clear; only after `record_unmasking`."""
    held = _current(look.session, customer_id, name)
    if held is None:
        raise NotFoundError(f"{name} of customer", customer_id)
    return UnmaskedView(customer=customer_id, field=name, value=opened(vault, held))


def look_up(work: Writing, vault: Vault, asked: NewLookup) -> Page[FoundCustomer]:
    """Find the customers whose sensitive field has exactly this value; recorded like an unmasking."""
    _judge(work, asked.field, asked.purpose, cover_of(work).everyone, None)
    blinds = vault.blinds(asked.field, asked.value)
    query = select(Customer).join(SealedValue, col(SealedValue.customer_id) == col(Customer.id))
    query = query.where(SealedValue.field == asked.field, col(SealedValue.blind).in_(blinds))
    query = query.where(col(SealedValue.until_us).is_(None)).order_by(col(Customer.id)).limit(100)
    rows = [FoundCustomer(id=known(row.id), name=row.name) for row in work.session.exec(query)]
    for row in rows:
        _record(work, row.id, asked.field, asked.purpose, allowed=True)
    if not rows:
        _record(work, None, asked.field, asked.purpose, allowed=True)
    return Page(rows=rows)


def opened(vault: Vault, row: SealedValue) -> str:
    """Open a stored value."""
    return vault.open(str(row.customer_id), row.field, row.key_id, row.sealed)


def rotate_keys(database: Database, vault: Vault, now_us: int) -> int:
    """Take a new key and seal every value anew under it, in batches; gives how many there were."""
    with database.read() as session:
        used = set(session.exec(select(SealedValue.key_id).distinct()))
    key, done = vault.add_key(used | {vault.current}), 0
    while True:
        with database.begin() as uow:
            old = select(SealedValue).where(SealedValue.key_id != key).order_by(col(SealedValue.id)).limit(BATCH)
            rows = list(uow.session.exec(old))
            for row in rows:
                made = vault.seal(str(row.customer_id), row.field, opened(vault, row))
                row.key_id, row.sealed, row.blind = made.key_id, made.text, made.blind
                uow.session.add(row)
            done += len(rows)
            if not rows:
                uow.ledger("keys_rotated", now_us, {"key": key, "values": done})
                return done


def _judge(work: Writing, name: str, purpose: str, covered: bool, customer_id: int | None) -> None:
    row = _field(work, name)
    by = person_facts(person_of(work.session, work.viewer.id))
    said = judge_unmasking(row, by, purpose, covered)
    if isinstance(said, Refused):
        raise RefusedError(said.reasons, lambda after: _refused(after, customer_id, name, purpose))


def _refused(after: Writing, customer_id: int | None, name: str, purpose: str) -> None:
    """Record an attempt that was refused; from the third of a day it is an alarm (R22)."""
    _record(after, customer_id, name, purpose, allowed=False)
    mine = (Unmasking.person_id == after.viewer.id, Unmasking.at_us > after.now_us - DAY_US)
    query = select(func.count()).select_from(Unmasking).where(*mine, col(Unmasking.allowed).is_(False))
    if after.session.exec(query).one() >= REPEATEDLY:
        kind = AlarmKind.RECORD_ACCESS_REFUSED_REPEATEDLY
        cause = cause_key(kind, after.viewer.id)
        set_alarm(after.uow, Alarming(kind, cause, after.now_us, person_id=after.viewer.id), after.now_us)


def _record(work: Writing, customer_id: int | None, name: str, purpose: str, *, allowed: bool) -> None:
    work.session.add(
        Unmasking(
            person_id=work.viewer.id,
            customer_id=customer_id,
            field=name,
            purpose=purpose,
            allowed=allowed,
            at_us=work.now_us,
        )
    )
    work.session.flush()
    kind = "field_unmasked" if allowed else "field_refused"
    work.ledger(kind, customer=customer_id, field=name, purpose=purpose)


def _field(look: Reading, name: str) -> SealedField:
    fields = look.policy.keeping.sealed_fields
    if name not in fields:
        raise InvalidError("sealed_field", f"field is one of {', '.join(fields)}")
    return fields[name]


def _current(session: Session, customer_id: int, name: str) -> SealedValue | None:
    query = select(SealedValue).where(SealedValue.customer_id == customer_id, SealedValue.field == name)
    return session.exec(query.where(col(SealedValue.until_us).is_(None))).first()
