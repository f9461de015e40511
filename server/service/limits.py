"""What limits an item's use just now: a customer's mandate, an open repair, a seal out of use (R16, R17, R19)."""

import json
from collections.abc import Sequence

from sqlmodel import Session, col, select

from server.domain.entrusted import Limit, Mandate
from server.domain.words import Mode
from server.store.tables import Entrusted, Item, Repair, Seal


def limits_of(session: Session, items: Sequence[Item]) -> tuple[Limit, ...]:
    """Give the limits of these items, in their order; an item that nothing limits is left out."""
    numbers = [item.id for item in items]
    held = select(Entrusted).where(col(Entrusted.item_id).in_(numbers), col(Entrusted.returned_us).is_(None))
    mandates = {row.item_id: _mandate(row) for row in session.exec(held)}
    repairs = select(Repair.item_id).where(col(Repair.item_id).in_(numbers), col(Repair.closed_us).is_(None))
    mending = set(session.exec(repairs))
    seals = select(Seal.item_id).where(col(Seal.item_id).in_(numbers), col(Seal.out_us).is_not(None))
    retired = set(session.exec(seals))
    return tuple(
        Limit(item.code, mandates.get(item.id or 0), item.id in mending, item.id in retired)
        for item in items
        if item.id in mandates or item.id in mending or item.id in retired
    )


def _mandate(row: Entrusted) -> Mandate:
    return Mandate(row.customer, tuple(Mode(word) for word in json.loads(row.modes)), row.until_us)
