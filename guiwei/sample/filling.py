"""Found the company in an empty database, let it live, and say what came of it."""

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import func, select

from contract.signing import public_hex
from guiwei.sample import company
from guiwei.sample.cabinets import Cabinet, StoryClock
from guiwei.sample.year import Year, credentials
from server.bootstrap import Real, open_policy
from server.config import Settings
from server.intake.service import IntakeService
from server.service.context import Writing
from server.service.customers.customers import CustomerFacts, upsert_customer
from server.service.customers.vault import Vault, make_vault
from server.service.imports.company import SETTING_UP, load_company
from server.service.inputs import Company
from server.service.keys import load_keys, make_keys
from server.service.oversight.sheets import note_sheet
from server.service.records.record_numbers import record_of
from server.store.migrate import migrate
from server.store.tables import Alarm, Item, LedgerEntry, Loan, Movement, Person, Stocktake
from server.store.unit_of_work import Database

SOURCE = "sample"


def fill(
    settings: Settings,
    rng: random.Random,
    files: int,
    last: date,
    days: int,
    password: str,
    told: Callable[[date], object],
) -> list[str]:
    """Fill the database of these settings; raises ConflictError when there is somebody in it."""
    make_keys(settings.data)
    make_vault(settings.data)
    url = settings.database_url.get_secret_value()
    migrate(url)
    database = Database(url)
    try:
        real = _real(settings, database, last - timedelta(days=days - 1))
        year = _found(real, rng, files, password)
        year.live(last - timedelta(days=days - 1), last, told)
        return _sums(database, year)
    finally:
        database.close()


def _real(settings: Settings, database: Database, first: date) -> Real:
    from zoneinfo import ZoneInfo

    policy, sheet = open_policy(settings)
    zone = ZoneInfo(settings.zone)
    begins = round(datetime(first.year, first.month, first.day, 7, tzinfo=zone).astimezone(UTC).timestamp() * 1_000_000)
    clock: Any = StoryClock(begins, lambda: time.time_ns() // 1000)
    return Real(settings, database, clock, policy, load_keys(settings.data), zone, sheet)


def _found(real: Real, rng: random.Random, files: int, password: str) -> Year:
    people, known = company.people(rng, password), company.customers(rng)
    keys = {name: Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)) for name, _, _ in company.CABINETS}
    stations = [
        {"name": name, "title": title, "doors": company.DOORS, "public_key": public_hex(keys[name])}
        for name, title, _ in company.CABINETS
    ]
    items = company.items(rng, files, known)
    wanted = Company.model_validate({"people": people, "stations": stations, "items": items})
    now_us = real.clock.wall_us()
    note_sheet(real.database, real.policy, real.sheet, now_us)
    load_company(real.database, wanted, real.policy, real.zone, real.settings.site, now_us)
    _introduce(real, known, items)
    clock: Any = real.clock
    intake = IntakeService(real.database, real.keys, real.policy, real.zone, clock)
    cabinets = {name: Cabinet(name, key, rng, clock, intake) for name, key in keys.items()}
    return Year(real, clock, cabinets, rng, credentials(real.settings.site, people))


def _introduce(real: Real, known: list[company.Customer], items: list[dict[str, Any]]) -> None:
    """Take the customers in, and say whose files are whose."""
    vault = Vault(real.settings.data)
    with real.database.begin() as uow:
        work = Writing(uow.session, real.clock.wall_us(), real.policy, SETTING_UP, real.zone, uow)
        numbers = {}
        for one in known:
            facts = CustomerFacts(one.name, industry=one.industry, region=one.region, grade=one.grade)
            numbers[one.name] = upsert_customer(work, vault, SOURCE, one.number, facts)
        ids = dict(uow.session.exec(select(Item.code, Item.id)).all())
        for item in items:
            number = ids[item["code"]]
            if (customer := numbers.get(item["title"].split(" ")[0])) is not None and number is not None:
                record = record_of(uow.session, number)
                record.customer_id = customer
                uow.session.add(record)


def _sums(database: Database, year: Year) -> list[str]:
    with database.read() as session:
        counts = {
            table.__name__.lower(): session.exec(select(func.count()).select_from(table)).one()
            for table in (Person, Item, Movement, Loan, Alarm, Stocktake, LedgerEntry)
        }
        overdue = (Loan.state == "out", Loan.due_us < year.clock.now_us)
        late = session.exec(select(func.count()).select_from(Loan).where(*overdue)).one()
    said = ", ".join(f"{n} {name}" for name, n in counts.items())
    return [said, f"{late} overdue now; {year.refused} requests refused by rule"]
