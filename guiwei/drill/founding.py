"""Founding a world's company in this process, as `guiwei server init` does: keys, tables, people, stations, items."""

import threading
from zoneinfo import ZoneInfo

import msgspec

from server.bootstrap import open_policy
from server.config import Settings
from server.service.imports.company import load_company
from server.service.inputs import Company
from server.service.keys import load_keys, make_keys
from server.store.migrate import migrate
from server.store.unit_of_work import Database

_MIGRATING = threading.Lock()  # alembic keeps its context in the module


def found(settings: Settings, company: dict[str, object], now_us: int) -> dict[str, str]:
    """Make the keys and the tables and load the company; returns the public keys that stations must know."""
    make_keys(settings.data)
    url = settings.database_url.get_secret_value()
    with _MIGRATING:
        migrate(url)
    wanted = Company.model_validate_json(msgspec.json.encode(company))
    database = Database(url)
    try:
        policy, _ = open_policy(settings)
        load_company(database, wanted, policy, ZoneInfo(settings.zone), settings.site, now_us)
    finally:
        database.close()
    return load_keys(settings.data).public()
