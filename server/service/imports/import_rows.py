"""Take in one row of a sheet, as if somebody had entered it; a row that will not do says why by code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from labels.codes import new_code
from server.domain.custody import Custody, held_by
from server.domain.loans import due_moment
from server.domain.words import CustodyState, Direction, Legality, Mode, Secrecy, Verdict
from server.exchange.kinds import Kind
from server.service.cabinet.enrolment import was_enrolled
from server.service.context import Writing
from server.service.customers.customers import CustomerFacts, upsert_customer
from server.service.customers.vault import Vault
from server.service.inputs import NewItem
from server.service.lookups import item_facts, known, put_custody
from server.service.people.people import add_person, new_person
from server.service.records.items import add_item
from server.service.records.record_numbers import record_of
from server.store.effects import save_tallies, tally_key
from server.store.tables import CustomerLink, ImportedItem, Item, Loan, Movement, Person, Shelf, Station, Tag

Values = Mapping[str, Any]
SHEET: Final = "sheet"
"""What customers of a sheet are linked under."""


class RowError(Exception):
    """A row cannot be taken in: the field it is at, a code of `faults.FAULTS`, and what the wording mentions."""

    def __init__(self, at: str, code: str, **params: str) -> None:
        super().__init__(code)
        self.at, self.code, self.params = at, code, params


@dataclass(frozen=True, slots=True)
class Taking:
    """What every row is taken in with."""

    work: Writing
    job_id: int
    site: str
    vault: Vault

    @property
    def session(self) -> Session:
        """Give the session of this transaction."""
        return self.work.session


def take_row(taking: Taking, kind: Kind, values: Values) -> None:
    """Take in one row; raises RowError, or ServiceError of the use case."""
    TAKERS[kind](taking, values)


def _person(taking: Taking, values: Values) -> None:
    _free(taking.session, select(Person.id).where(Person.username == values["username"]), "username", values)
    person = new_person(values["username"], values["name"], values["role"], values["department"])
    add_person(taking.work, person, [values["badge"]] if values["badge"] else [], taking.site)


def _item(taking: Taking, values: Values) -> None:
    session = taking.session
    for at, query in (
        ("code", select(Item.id).where(Item.code == values["code"])),
        ("record_number", select(Item.id).where(Item.record_number == values["record_number"])),
        ("epc", select(Tag.epc).where(Tag.epc == values["epc"])),
    ):
        if values[at]:
            _free(session, query, at, values)
    _door(session, values["place"])
    given = {name: value for name, value in values.items() if name not in ("customer", "code")}
    customer = _customer_found(session, values["customer"]) if values["customer"] else None
    view = add_item(taking.work, NewItem(code=values["code"] or new_code(), **given))
    session.add(ImportedItem(item_id=view.id, job_id=taking.job_id))
    if customer is not None:
        record = record_of(session, view.id)
        record.customer_id = customer
        session.add(record)
        taking.work.ledger("item_linked", item=view.code, customer=customer)


def _customer(taking: Taking, values: Values) -> None:
    """Take a customer in, or bring them up to date, under the number of the sheet."""
    facts = CustomerFacts(**{name: value for name, value in values.items() if name != "external_id"})
    upsert_customer(taking.work, taking.vault, SHEET, values["external_id"], facts)


def _place(taking: Taking, values: Values) -> None:
    """Take in a cabinet that is not there yet, and what its doors and shelves are for.

    A cabinet without a key is not active: no message can be from it until its agent is set up.
    """
    work, session, name = taking.work, taking.session, values["station"]
    station = session.get(Station, name)
    if station is None:
        if values["doors"] is None:
            raise RowError("doors", "missing")
        key = values["public_key"] or ""
        if key and was_enrolled(session, key):
            raise RowError("public_key", "taken", value=key)
        station = Station(name=name, title=values["title"], doors=values["doors"], public_key=key, active=bool(key))
        session.add(station)
        session.flush()
        work.ledger("station_added", station=name, public_key=key, doors=station.doors)
    elif values["door"] is None:
        raise RowError("station", "taken", value=name)
    door = values["door"]
    if door is None:
        return
    if door > station.doors:
        raise RowError("door", "no_such_place", value=f"{name}/{door}")
    session.merge(Shelf(station=name, door=door, shelf=values["shelf"] or "", holds=values["holds"]))
    work.ledger("shelf_named", place=f"{name}/{door}", shelf=values["shelf"] or "", holds=values["holds"])


def _loan(taking: Taking, values: Values) -> None:
    """Put on record what was lent before there was this system: who holds it since when, and when it is due."""
    work = taking.work
    item, person = _item_found(work.session, values["item"]), _person_found(work.session, values["person"])
    before = item_facts(item)
    if before.custody.state != CustodyState.PLACE:
        raise RowError("item", "not_in_place", value=values["item"])
    if before.secrecy == Secrecy.TOP_SECRET:
        raise RowError("item", "never_lent", value=values["item"])
    taken_us: int = values["taken_us"]
    if taken_us > work.now_us:
        raise RowError("taken_us", "in_future", value="")
    mode = Mode(values["mode"])
    due_us, rule = due_moment(work.policy, before.secrecy, mode, taken_us, values["due_us"], work.zone.key)
    entry = work.ledger(
        "loan_taken_over",
        item=item.code,
        person=person.pseudonym,
        mode=mode,
        taken_us=taken_us,
        due_us=due_us,
        purpose=values["purpose"],
        **{"import": taking.job_id},
    )
    work.session.add(_lent(item, person, mode, taken_us, due_us, rule))
    work.session.add(_movement(work, item, person, taken_us, entry))
    after = held_by(known(person.id), taken_us)
    _move(work, item, before.custody, after)


def _lent(item: Item, person: Person, mode: Mode, taken_us: int, due_us: int, rule: str) -> Loan:
    return Loan(
        item_id=known(item.id),
        person_id=known(person.id),
        mode=mode,
        taken_us=taken_us,
        due_us=due_us,
        due_rule=rule,
    )


def _movement(work: Writing, item: Item, person: Person, taken_us: int, entry: int) -> Movement:
    """Give what the fold of custody must know: it came to this person through no door (station "")."""
    return Movement(
        item_id=known(item.id),
        direction=Direction.NONE,
        person_id=known(person.id),
        station="",
        door=0,
        cause="import",
        occurred_us=taken_us,
        received_us=work.now_us,
        late_us=work.now_us - taken_us,
        verdict=Verdict.AS_APPROVED,
        lawful=Legality.ACCEPTED,
        ledger_id=entry,
    )


def _move(work: Writing, item: Item, before: Custody, after: Custody) -> None:
    put_custody(item, after)
    work.session.add(item)
    work.session.flush()
    home = item_facts(item).home
    changes = {
        tally_key(item.home_station, item.category, before, home): -1,
        tally_key(item.home_station, item.category, after, home): 1,
    }
    save_tallies(work.uow.connection, changes)


def _free(session: Session, query: Any, at: str, values: Values) -> None:
    if session.exec(query).first() is not None:
        raise RowError(at, "taken", value=str(values[at]))


def _door(session: Session, place: str) -> None:
    name, _, door = place.partition("/")
    station = session.get(Station, name)
    if station is None or not 1 <= int(door) <= station.doors:
        raise RowError("place", "no_such_place", value=place)


def _item_found(session: Session, named: str) -> Item:
    found = session.exec(select(Item).where(Item.active, or_(Item.code == named, Item.record_number == named))).first()
    if found is None:
        raise RowError("item", "unknown_item", value=named)
    return found


def _customer_found(session: Session, named: str) -> int:
    query = select(CustomerLink.customer_id).where(
        CustomerLink.external_id == named, col(CustomerLink.gone_us).is_(None)
    )
    found = set(session.exec(query))
    if len(found) != 1:
        raise RowError("customer", "unknown_customer", value=named)
    return found.pop()


def _person_found(session: Session, named: str) -> Person:
    query = select(Person).where(Person.active, or_(Person.username == named.lower(), col(Person.name) == named))
    found = session.exec(query.limit(2)).all()
    if len(found) != 1:
        raise RowError("person", "unknown_person", value=named)
    return found[0]


TAKERS: Final[dict[Kind, Callable[[Taking, Values], None]]] = {
    Kind.PEOPLE: _person,
    Kind.ITEMS: _item,
    Kind.CUSTOMERS: _customer,
    Kind.PLACES: _place,
    Kind.LOANS: _loan,
}
