"""The record of an item: its fields and the facts beside it, changed one version at a time, every change kept (R35)."""

from typing import Final

from pydantic import Field

from server.domain.contents import category_reasons, type_reasons
from server.domain.words import ItemKind, Secrecy
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, NotFoundError, RefusedError, StaleError
from server.service.inputs import Input, Name, Text
from server.service.lookups import item_coded, item_facts, keep_within_reach, known, place_of
from server.service.people.rights import Act
from server.service.people.scopes import thing_of
from server.service.records.contents import missing_of
from server.service.records.filing import FilingView, filing_of
from server.service.records.items import get_item
from server.service.records.record_changes import ITEM, ChangeView, RecordState, as_of, keep_changes, list_changes
from server.service.records.record_numbers import enter, record_of, withdraw
from server.service.shapes import ItemView, Page, Shape, moment_or_none, place_text
from server.store.effects import save_tallies, tally_key
from server.store.tables import Customer, Item, Record, RecordNumber

PLAIN: Final = ("kind", "title", "category", "secrecy", "department", "parts", "pages")
SECRET: Final = ("title", "record_number", "contents", "customer")
"""What is shown only to who may read an item's title."""


class RecordPatch(Input):
    """What is to be otherwise; what is left out stays. A customer of 0 is none, a record number of "" is none."""

    title: Name | None = None
    kind: ItemKind | None = None
    category: Text | None = None
    secrecy: Secrecy | None = None
    department: Text | None = None
    parts: int | None = Field(default=None, ge=1, le=10_000)
    pages: int | None = Field(default=None, ge=0, le=1_000_000)
    record_number: Text | None = None
    file_type: Text | None = None
    customer: int | None = Field(default=None, ge=0)
    reason: Text = ""


class CustomerRef(Shape):
    id: int
    name: str


class RecordView(ItemView):
    """An item with the facts beside it; `version` is the one a change must name."""

    version: int
    file_type: str
    customer: CustomerRef | None
    missing: list[str]
    filing: FilingView | None
    reviewed_at: str | None
    review_due_at: str | None


def get_record(look: Reading, code: str) -> RecordView:
    """Show an item with its record."""
    item = get_item(look, code)
    record = look.session.get(Record, item.id) or Record(item_id=item.id)
    may_name = not item.masked and look.viewer.may(Act.SEE_CUSTOMERS)
    customer = look.session.get(Customer, record.customer_id) if record.customer_id and may_name else None
    return RecordView(
        **item.model_dump(),
        version=record.version,
        file_type=record.file_type,
        customer=CustomerRef(id=known(customer.id), name=customer.name) if customer else None,
        missing=missing_of(look, item.id),
        filing=filing_of(look, item.id),
        reviewed_at=moment_or_none(record.reviewed_us, look.zone),
        review_due_at=moment_or_none(record.review_due_us, look.zone),
    )


def patch_record(work: Writing, code: str, version: int, patch: RecordPatch) -> RecordView:
    """Change an item's record; the version must be the newest, and what was before is kept."""
    item = item_coded(work.session, code)
    record = record_of(work.session, known(item.id))
    if record.version != version:
        raise StaleError("record", record.version)
    given = patch.model_dump(exclude_none=True, exclude={"reason"})
    _judge(work, given)
    now = _fields(item, record)
    wanted = {name: str(value or "") if name == "customer" else str(value) for name, value in given.items()}
    changed = {name: (now[name], value) for name, value in wanted.items() if now[name] != value}
    if changed:
        if "record_number" in changed:
            _renumber(work, item, *changed["record_number"], patch.reason)
        before = tally_key(item.home_station, item.category, item_facts(item).custody, item_facts(item).home)
        _set(item, record, {name: given[name] for name in changed})
        keep_within_reach(work.session, thing_of(item), item.code)
        after = tally_key(item.home_station, item.category, item_facts(item).custody, item_facts(item).home)
        record.version += 1
        work.session.add_all((item, record))
        work.session.flush()
        if before != after:
            save_tallies(work.uow.connection, {before: -1, after: 1})
        keep_changes(work, ITEM, item.code, known(item.id), record.version, changed, patch.reason)
    return get_record(work, code)


def belongs(work: Writing, item: Item, place: str, why: str) -> None:
    """Let an item belong behind another door (station/door) from now on; where it lies is another matter."""
    record, facts = record_of(work.session, known(item.id)), item_facts(item)
    before, was = tally_key(item.home_station, item.category, facts.custody, facts.home), place_text(*_home(item))
    item.home_station, item.home_door = place_of(work.session, place)
    keep_within_reach(work.session, thing_of(item), item.code)
    after = tally_key(item.home_station, item.category, facts.custody, item_facts(item).home)
    record.version += 1
    work.session.add_all((item, record))
    work.session.flush()
    if before != after:
        save_tallies(work.uow.connection, {before: -1, after: 1})
    keep_changes(work, ITEM, item.code, known(item.id), record.version, {"place": (was or "", place)}, why)


def item_changes(look: Reading, code: str, before: int | None, limit: int) -> Page[ChangeView]:
    """List what was changed in an item's record, the newest first."""
    item = item_coded(look.session, code)
    return list_changes(look, ITEM, known(item.id), before, limit, _masked(look, item))


def item_as_of(look: Reading, code: str, at_us: int) -> RecordState:
    """Show an item's record as it was at a moment."""
    item = item_coded(look.session, code)
    number = known(item.id)
    now = _fields(item, look.session.get(Record, number) or Record(item_id=number))
    return as_of(look, ITEM, number, at_us, now, _masked(look, item))


def _judge(work: Writing, given: dict[str, object]) -> None:
    keeping = work.policy.keeping
    reasons = type_reasons(keeping, str(given.get("file_type", "")))
    if "category" in given:
        reasons += category_reasons(keeping, str(given["category"]))
    if reasons:
        raise RefusedError(reasons)
    if (customer := given.get("customer")) and work.session.get(Customer, customer) is None:
        raise NotFoundError("customer", customer)


def _fields(item: Item, record: Record) -> dict[str, str]:
    """Give the fields of a record as text, as changes keep them."""
    return {name: str(getattr(item, name)) for name in PLAIN} | {
        "record_number": item.record_number or "",
        "file_type": record.file_type,
        "customer": str(record.customer_id or ""),
        "place": place_text(*_home(item)) or "",
    }


def _home(item: Item) -> tuple[str | None, int | None]:
    return item.home_station, item.home_door


def _set(item: Item, record: Record, given: dict[str, object]) -> None:
    for name, value in given.items():
        if name in PLAIN:
            setattr(item, name, value)
        elif name == "record_number":
            item.record_number = str(value) or None
        elif name == "customer":
            record.customer_id = int(str(value)) or None
        else:
            record.file_type = str(value)


def _renumber(work: Writing, item: Item, old: str, new: str, why: str) -> None:
    """Cancel the old number with the reason, and enter the new one."""
    if old and not why:
        raise InvalidError("reason", "say why the record number changes: the old one is cancelled with that reason")
    if new:
        enter(work, item, new)
    if old and work.session.get(RecordNumber, old) is not None:
        withdraw(work, old, why)


def _masked(look: Reading, item: Item) -> tuple[str, ...]:
    return () if look.viewer.sees_title(item.secrecy, item.custody.person_id) else SECRET
