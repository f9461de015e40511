"""The base that intake is measured on: 100,000 items behind 80 doors, 10,000 live approvals, sessions under way.

Everything follows from an item's number: item n is behind door `place(n)`. Line k lets person `k % 2000 + 1` take item
`10 k + 5`; session i is at that item's door. What the sessions do there is in `plan`.
"""

from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert

from contract.secrets import credential_of
from contract.signing import public_hex
from server.store import tables
from server.store.migrate import migrate
from server.store.unit_of_work import Database

ITEMS: Final = 100_000
LINES: Final = 10_000
PEOPLE: Final = 2_000
STRANGERS: Final = 100
STATIONS: Final = 20
SITE: Final = "bench"
FAR: Final = 4_000_000_000_000_000
_CHUNK: Final = 20_000


def station(number: int) -> str:
    """Name a station."""
    return f"s{number:02}"


def key_of(name: str) -> Ed25519PrivateKey:
    """Give a station's key, the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def place(item: int) -> tuple[str, int]:
    """Say behind which door an item belongs."""
    return station(item // 5_000 % STATIONS), item // 1_250 % 4 + 1


def epc(item: int) -> str:
    """Give the EPC of an item's tag."""
    return f"E280{item:020X}"


def owner(line: int) -> int:
    """Say whose line it is."""
    return line % PEOPLE + 1


def approved(line: int) -> int:
    """Say which item a line is for."""
    return 10 * line + 5


def badge(person: int) -> str:
    """Give the credential of a person's badge."""
    return credential_of(SITE, f"{person:010X}")


def session(number: int) -> str:
    """Give the token of a session."""
    return f"{number + 1:032x}"


def visitor(number: int) -> int:
    """Say whose session it is: the line's owner, or (8) somebody without any line."""
    return PEOPLE + 1 + number % STRANGERS if number % 10 == 8 else owner(number)


def holder(item: int) -> int | None:
    """Say who holds an item in the base: session 6 brings back its own, session 7 somebody else's."""
    line, rest = divmod(item - 5, 10)
    if line >= LINES or rest not in (2, 3):
        return None
    return owner(line) if rest == 2 else owner(line + 1)


def load(url: str) -> None:
    """Make the base in an empty database."""
    migrate(url)
    database = Database(url)
    with database.begin() as uow:
        for table, rows in _rows():
            _insert(uow.connection, table, rows)
        uow.ledger("company_loaded", 0, {"items": ITEMS})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    database.close()


def _rows() -> Iterator[tuple[type, Iterator[dict[str, Any]]]]:
    people = range(1, PEOPLE + STRANGERS + 1)
    yield (
        tables.Person,
        (
            {"id": n, "username": f"u{n}", "name": f"u{n}", "department": "", "role": "requester", "active": True,
             "locale": "zh", "pseudonym": f"p{n}", "created_us": 0}
            for n in people
        ),
    )  # fmt: skip
    yield tables.Badge, ({"credential": badge(n), "person_id": n, "active": True} for n in people)
    yield (
        tables.Station,
        (
            {"name": station(n), "title": "", "doors": 4, "public_key": public_hex(key_of(station(n))), "active": True,
             "online": False, "status_us": 0, "heard_us": 0}
            for n in range(STATIONS)
        ),
    )  # fmt: skip
    yield tables.Item, (_item(n) for n in range(ITEMS))
    yield tables.ItemCustody, (_custody(n) for n in range(ITEMS))
    yield tables.Tag, ({"epc": epc(n), "item_id": n + 1, "bound_us": 0} for n in range(ITEMS))
    yield (
        tables.Authority,
        (
            {"id": k + 1, "kind": "approval", "person_id": owner(k), "mode": "loan", "purpose": "", "given_by_id": 1,
             "from_us": 0, "until_us": FAR}
            for k in range(LINES)
        ),
    )  # fmt: skip
    yield tables.Line, (_line(k) for k in range(LINES))
    yield (
        tables.Visit,
        (
            {"session": session(i), "station": place(approved(i))[0], "person_id": visitor(i), "challenge": session(i),
             "doors": f"[{place(approved(i))[1]}]", "pin_ok": False, "asked_us": 0}
            for i in range(LINES)
            if i % 10 != 9
        ),
    )  # fmt: skip
    yield (
        tables.Loan,
        (
            {"item_id": n + 1, "person_id": holder(n), "mode": "loan", "state": "out", "taken_us": 0, "due_us": FAR,
             "due_rule": "R05"}
            for n in range(ITEMS)
            if holder(n)
        ),
    )  # fmt: skip


def _item(n: int) -> dict[str, Any]:
    at, door = place(n)
    return {
        "id": n + 1, "code": f"C{n}", "kind": "file", "title": f"档案{n}", "category": f"k{n % 5}",
        "secrecy": "ordinary", "department": "", "parts": 1, "pages": 0, "home_station": at, "home_door": door,
        "active": True,
    }  # fmt: skip


def _custody(n: int) -> dict[str, Any]:
    held, (at, door) = holder(n), place(n)
    return {
        "item_id": n + 1, "state": "held" if held else "place", "station": None if held else at,
        "door": None if held else door, "person_id": held, "since_us": 0,
    }  # fmt: skip


def _line(k: int) -> dict[str, Any]:
    promised = k % 10 <= 5
    return {
        "id": k + 1, "authority_id": k + 1, "person_id": owner(k), "item_id": approved(k) + 1, "until_us": FAR,
        "state": "reserved" if promised else "open", "session": session(k) if promised else None,
    }  # fmt: skip


def _insert(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            connection.execute(insert(table.__table__), chunk)
            chunk = []
    if chunk:
        connection.execute(insert(table.__table__), chunk)
