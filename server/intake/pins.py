"""Check PINs before the transaction begins: a check takes some 20 ms and must hold up nobody's commit."""

from collections.abc import Sequence
from concurrent.futures import Executor

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection

from contract.errors import ContractError
from contract.messages import AccessRequested
from contract.secrets import open_pin
from server.intake.batch import Opened, Refusal
from server.service.passwords import check_secret
from server.store.sql import fetch
from server.store.unit_of_work import Database

_HASHES = (
    "SELECT badge.credential, person.pin_hash FROM badge JOIN person ON person.id = badge.person_id"
    " WHERE badge.active AND person.active AND badge.credential {credentials}"
)


def check_pins(
    database: Database, key: X25519PrivateKey, units: Sequence[Opened | Refusal], helper: Executor | None
) -> dict[str, bool]:
    """Say for every challenge that came with a PIN whether it was the right one."""
    asked = [
        event
        for unit in units
        if isinstance(unit, Opened)
        for event in unit.events
        if isinstance(event, AccessRequested) and event.pin is not None
    ]
    if not asked:
        return {}
    with database.engine.connect() as connection:
        kept = _kept(connection, sorted({event.credential for event in asked}))

    def check(event: AccessRequested) -> tuple[str, bool]:
        return event.challenge, _is_right(key, event, kept.get(event.credential))

    return dict(helper.map(check, asked) if helper is not None else map(check, asked))


def _kept(connection: Connection, credentials: list[str]) -> dict[str, str | None]:
    return {row.credential: row.pin_hash for row in fetch(connection, _HASHES, credentials=credentials)}


def _is_right(key: X25519PrivateKey, event: AccessRequested, kept: str | None) -> bool:
    try:
        return check_secret(open_pin(key, event.challenge, event.pin or ""), kept)
    except ContractError:
        return False
