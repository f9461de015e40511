"""Founding a world's company in this process, as `guiwei server init` does: keys, tables, people, stations, items.

What a story says beside that (limits of rights, training, who has left, what lies astray, standing copies, customers)
is written down before its first moment.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import msgspec

from guiwei.drill.specs import ItemSpec, PersonSpec
from guiwei.drill.times import moment_us
from server.bootstrap import open_policy
from server.config import Settings
from server.domain.policy_keeping import Keeping
from server.service.context import Writing
from server.service.imports.company import SETTING_UP, load_company
from server.service.inputs import Company
from server.service.keys import load_keys, make_keys
from server.service.lookups import item_coded, item_facts, known, person_named
from server.service.people.scopes import NewScope, save_scope
from server.service.records.record_numbers import record_of
from server.store.effects import save_tallies, tally_key
from server.store.migrate import migrate
from server.store.tables import CopyMade, Customer, Item, Training
from server.store.unit_of_work import Database

_MIGRATING = threading.Lock()  # alembic keeps its context in the module


@dataclass(frozen=True)
class Beside:
    """What a story says of people and items beside the company file; `codes` are the items' codes by their keys."""

    people: Mapping[str, PersonSpec] = field(default_factory=dict)
    items: Mapping[str, ItemSpec] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    witness: str = ""
    """Who stands for what was done before the story."""


def found(settings: Settings, company: dict[str, object], now_us: int, beside: Beside) -> dict[str, str]:
    """Make the keys and the tables and load the company; returns the public keys that stations must know."""
    make_keys(settings.data)
    url = settings.database_url.get_secret_value()
    with _MIGRATING:
        migrate(url)
    wanted = Company.model_validate_json(msgspec.json.encode(company))
    database = Database(url)
    try:
        policy, _ = open_policy(settings)
        wanted = _categorised(wanted, policy.keeping)
        zone = ZoneInfo(settings.zone)
        load_company(database, wanted, policy, zone, settings.site, now_us)
        with database.begin() as uow:
            work = Writing(uow.session, now_us, policy, SETTING_UP, zone, uow)
            for username, person in beside.people.items():
                _person(work, username, person)
            _items(work, beside)
    finally:
        database.close()
    return load_keys(settings.data).public()


def _categorised(company: Company, keeping: Keeping) -> Company:
    """Put what a story says no category of under the sheet's last one, where the sheet lets nothing go without."""
    if not keeping.categories_closed:
        return company
    other = keeping.category[-1].key
    items = [item if item.category else item.model_copy(update={"category": other}) for item in company.items]
    return company.model_copy(update={"items": items})


def _person(work: Writing, username: str, spec: PersonSpec) -> None:
    person = person_named(work.session, username)
    person.active = spec.active
    work.session.add(person)
    if spec.scope:
        save_scope(work.session, known(person.id), NewScope.model_validate(spec.scope).facts())
    for subject, until in spec.training.items():
        ends = moment_us(until) if until else None
        row = Training(
            person_id=known(person.id), subject=subject, held_us=work.now_us, expires_us=ends, by_id=known(person.id)
        )
        work.session.add(row)


def _items(work: Writing, beside: Beside) -> None:
    customers: dict[str, Customer] = {}
    for key, spec in beside.items.items():
        item = item_coded(work.session, beside.codes[key])
        if spec.home is not None:
            _belongs(work, item, spec.home)
        if spec.parent is not None:
            _standing_copy(work, item, beside, spec.parent)
        if spec.customer or spec.grade:
            name = spec.customer or spec.title or key
            customer = customers.setdefault(name, Customer(name=name, grade=spec.grade, created_us=work.now_us))
            work.session.add(customer)
            work.session.flush()
            record = record_of(work.session, known(item.id))
            record.customer_id = customer.id
            work.session.add(record)


def _belongs(work: Writing, item: Item, home: str) -> None:
    """Let an item belong elsewhere than it lies."""
    facts = item_facts(item)
    station, _, door = home.partition("/")
    before = tally_key(item.home_station, item.category, facts.custody, facts.home)
    item.home_station, item.home_door = station, int(door or 1)
    work.session.add(item)
    work.session.flush()
    after = tally_key(station, item.category, facts.custody, (station, int(door or 1)))
    save_tallies(work.uow.connection, {before: -1, after: 1})


def _standing_copy(work: Writing, copy: Item, beside: Beside, parent: str) -> None:
    original = item_coded(work.session, beside.codes[parent])
    before = [key for key, spec in beside.items.items() if spec.parent == parent]
    made = CopyMade(
        item_id=known(copy.id),
        parent_id=known(original.id),
        n=1 + next(n for n, key in enumerate(before) if beside.codes[key] == copy.code),
        pages="1",
        purpose="standing copy",
        standing=True,
        made_by_id=known(person_named(work.session, beside.witness).id),
        made_us=work.now_us,
    )
    work.session.add(made)
