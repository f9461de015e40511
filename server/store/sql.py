"""The little that SQLite and PostgreSQL say differently on the hot path.

A list is one parameter (JSON here, an array there): one statement of one shape whatever the number of values, so that
nothing is compiled anew for every batch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text


def fetch(connection: Connection, statement: str, **values: Any) -> Sequence[Row[Any]]:
    """Run a query; `{name}` in it stands for a list parameter, to be used as `column {name}`."""
    sqlite = connection.dialect.name == "sqlite"
    given = {name: _list(value, sqlite) if isinstance(value, list) else value for name, value in values.items()}
    return connection.execute(_query(statement, sqlite), given).all()


def run_many(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run one statement for many rows; returns how many rows it touched."""
    if not rows:
        return 0
    return connection.execute(_plain(statement), rows).rowcount


def _list(values: Iterable[Any], sqlite: bool) -> Any:
    return json.dumps(list(values)) if sqlite else list(values)


@cache
def _query(statement: str, sqlite: bool) -> TextClause:
    if "{" in statement:
        names = {part.split("}")[0] for part in statement.split("{")[1:]}
        form = "IN (SELECT value FROM json_each(:{}))" if sqlite else "= ANY(:{})"
        statement = statement.format(**{name: form.format(name) for name in names})
    return text(statement)


@cache
def _plain(statement: str) -> TextClause:
    return text(statement)
