"""Items: what is kept, where it belongs, where it is, and which tag is on it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, false, true
from sqlmodel import Session, col, or_, select

from server.domain.alarms import cause_key
from server.domain.contents import category_reasons
from server.domain.custody import GONE
from server.domain.retention import code_used_up, tag_used_up
from server.domain.scopes import Thing
from server.domain.words import AlarmKind, CustodyState, Secrecy
from server.service.cabinet.alarms import clear_alarm
from server.service.context import Reading, Writing
from server.service.disposal.lifetimes import begin
from server.service.errors import ConflictError, InvalidError, RefusedError
from server.service.inputs import NewItem, NewTag
from server.service.lookups import held_by_person, item_coded, item_facts, keep_within_reach, known, place_of, usernames
from server.service.paging import paged
from server.service.records import record_numbers
from server.service.records.item_search import ANYTHING, Facets, conditions
from server.service.shapes import MASK, CustodyView, IncidentRef, ItemView, Page, moment, place_text
from server.store.effects import save_tallies, tally_key
from server.store.tables import Incident, Item, ItemCustody, Tag


def list_items(
    look: Reading, search: str, state: str | None, after: int | None, limit: int, facets: Facets = ANYTHING
) -> Page[ItemView]:
    """List items in the order they were taken in; `search` finds codes, and what else one may read of them."""
    query = select(Item).where(Item.active, *conditions(look, facets)).order_by(col(Item.id)).limit(limit + 1)
    if search:
        like = f"%{_escaped(search)}%"
        query = query.where(
            or_(
                col(Item.code).ilike(like, escape="\\"),
                _readable(look) & col(Item.record_number).ilike(like, escape="\\"),
                _readable(look) & col(Item.title).ilike(like, escape="\\"),
            )
        )
    if state is not None:
        query = query.join(ItemCustody).where(ItemCustody.state == CustodyState(state))
    if after is not None:
        query = query.where(col(Item.id) > after)
    return paged(look.session.exec(query), limit, lambda rows: item_views(look, rows))


def get_item(look: Reading, code: str) -> ItemView:
    """Show one item, with its living tags."""
    item = item_coded(look.session, code)
    query = select(Tag.epc).where(Tag.item_id == item.id, col(Tag.dead_us).is_(None)).order_by(Tag.epc)
    return item_views(look, [item])[0].model_copy(update={"tags": list(look.session.exec(query))})


def add_item(work: Writing, new: NewItem) -> ItemView:
    """Take an item in at its place."""
    session = work.session
    station, door = place_of(session, new.place)
    taken = select(Item).where(or_(Item.code == new.code, _same_number(new.record_number)))
    if (other := session.exec(taken).first()) is not None:
        same = new.code if other.code == new.code else str(new.record_number)
        if not other.active:
            raise RefusedError([code_used_up(same)])
        what = "code" if other.code == new.code else "record number"
        raise ConflictError("item_taken", f"there is already an item with this {what}")
    if reasons := category_reasons(work.policy.keeping, new.category):
        raise RefusedError(reasons)
    keep_within_reach(session, Thing(new.department, new.category, new.secrecy, station), new.code)
    item = Item(
        **new.model_dump(exclude={"place", "epc", "tid", "scheme", "term"}),
        home_station=station,
        home_door=door,
        custody=ItemCustody(station=station, door=door, since_us=work.now_us),
    )
    session.add(item)
    session.flush()
    facts = item_facts(item)
    save_tallies(work.uow.connection, {tally_key(station, item.category, facts.custody, facts.home): 1})
    begin(work, item, new.term)
    record_numbers.begin(work, item, new.scheme, new.term)
    work.ledger("item_added", item=item.code, item_kind=item.kind, secrecy=item.secrecy, place=new.place)
    if new.epc is not None:
        bind_tag(work, item, NewTag(epc=new.epc, tid=new.tid))
    return item_views(work, [item])[0]


def retag(work: Writing, code: str, new: NewTag) -> ItemView:
    """Bind a new tag to an item; its old tags are dead from now on and never used again."""
    item = item_coded(work.session, code)
    for tag in work.session.exec(select(Tag).where(Tag.item_id == item.id, col(Tag.dead_us).is_(None))):
        tag.dead_us = work.now_us
        work.session.add(tag)
        work.ledger("tag_killed", item=item.code, epc=tag.epc)
    bind_tag(work, item, new)
    for kind in (AlarmKind.TAG_SWAPPED_OR_CLONED, AlarmKind.DUPLICATE_TAG):
        clear_alarm(work.uow, cause_key(kind, item.code), work.now_us)
    return get_item(work, code)


def bind_tag(work: Writing, item: Item, new: NewTag) -> None:
    """Bind a tag that nothing else has or had; raises ConflictError."""
    if (held := work.session.get(Tag, new.epc)) is not None:
        if not work.session.get_one(Item, held.item_id).active:
            raise RefusedError([tag_used_up(new.epc)])
        state = "was once" if held.dead_us is not None else "is"
        raise ConflictError("tag_taken", f"tag {new.epc} {state} bound to an item; a tag is never bound twice")
    work.session.add(Tag(epc=new.epc, tid=new.tid, item_id=known(item.id), bound_us=work.now_us))
    work.session.flush()
    work.ledger("tag_bound", item=item.code, epc=new.epc)


def item_views(look: Reading, items: list[Item]) -> list[ItemView]:
    """Give items as this person may see them."""
    people = usernames(look.session, (item.custody.person_id for item in items))
    incidents = _incidents(look.session, (item.custody.incident_id for item in items))
    return [_view(look, item, people, incidents) for item in items]


def title_for(look: Reading, item: Item, involved_id: int | None = None) -> str:
    """Give the title, or the mask when it is not for this person."""
    return item.title if look.viewer.sees_title(item.secrecy, involved_id or item.custody.person_id) else MASK


def _view(
    look: Reading, item: Item, people: Mapping[int | None, str], incidents: Mapping[int, IncidentRef]
) -> ItemView:
    now = item.custody
    shown = look.viewer.sees_title(item.secrecy, now.person_id)
    named = look.viewer.sees_all or now.person_id == look.viewer.id
    return ItemView(
        id=known(item.id),
        code=item.code,
        title=item.title if shown else MASK,
        masked=not shown,
        kind=item.kind,
        secrecy=item.secrecy,
        category=item.category,
        department=item.department,
        record_number=item.record_number if shown else None,
        parts=item.parts,
        pages=item.pages,
        active=item.active,
        home=place_text(item.home_station, item.home_door),
        custody=CustodyView(
            state=now.state if item.active else GONE,
            place=place_text(now.station, now.door),
            person=people.get(now.person_id) if named else None,
            incident=incidents.get(now.incident_id) if now.incident_id is not None else None,
            since=moment(now.since_us, look.zone) if now.since_us else None,
        ),
    )


def _incidents(session: Session, ids: Iterable[int | None]) -> dict[int, IncidentRef]:
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    query = select(Incident.id, Incident.kind).where(col(Incident.id).in_(wanted))
    return {known(number): IncidentRef(id=known(number), kind=kind) for number, kind in session.exec(query)}


def _readable(look: Reading) -> ColumnElement[bool]:
    if look.viewer.sees_title(Secrecy.TOP_SECRET):
        return true()
    return or_(col(Item.secrecy) == Secrecy.ORDINARY, held_by_person(look.viewer.id))


def _same_number(number: str | None) -> ColumnElement[bool]:
    return false() if number is None else col(Item.record_number) == number


def _escaped(text: str) -> str:
    if len(text) > 200:
        raise InvalidError("search_too_long", "search for at most 200 characters")
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
