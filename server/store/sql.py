"""The little that SQLite and PostgreSQL say differently on the hot path; statements go to the driver as they are.

A statement names its parameters `:name`. `{name}` in a query stands for `IN` the list parameter of that name, which is
one parameter (JSON here, an array there): one statement of one shape, however long the list.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection

_PARAMETER: Final = re.compile(r":([a-z_]+)")
_LIST: Final = re.compile(r"\{([a-z_]+)\}")


def fetch(connection: Connection, statement: str, **values: Any) -> Sequence[Any]:
    """Run a query (or INSERT … RETURNING)."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        values = {name: json.dumps(value) if isinstance(value, list) else value for name, value in values.items()}
    return connection.exec_driver_sql(_spoken(statement, sqlite), values).all()


def run_many(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run one statement for many rows; returns how many rows it touched."""
    if not rows:
        return 0
    return connection.exec_driver_sql(_spoken(statement, connection.dialect.name == "sqlite"), list(rows)).rowcount


@cache
def _spoken(statement: str, sqlite: bool) -> str:
    """Write a statement as the driver wants it."""
    if sqlite:
        return _LIST.sub(r"IN (SELECT value FROM json_each(:\1))", statement)
    return _PARAMETER.sub(r"%(\1)s", _LIST.sub(r"= ANY(:\1)", statement.replace("%", "%%")))
