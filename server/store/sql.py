"""The little that SQLite and PostgreSQL say differently on the hot path; statements go to the driver as they are.

A statement names its parameters `:name`. `{name}` in a query stands for `IN` the list parameter of that name, which is
one parameter, as JSON: one statement of one shape, however long the list.
Many rows go to SQLite by number (a name is looked up for every value of every row), new ones several to a statement;
and to PostgreSQL as a binary COPY (no long text is looked through for marks) or, when they change or may meet rows
that are there, in one statement over one JSON parameter.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)")
_LIST: Final = re.compile(r"\{([a-z_]+)\}")
_VALUES: Final = re.compile(r" VALUES \((.*?)\)(?= ON CONFLICT|$)")
_INSERT: Final = re.compile(r"INSERT INTO (\w+) \(([^)]*)\) VALUES \(([^)]*)\)")
_WHERE: Final = re.compile(r" (?=WHERE )")
SEVERAL: Final = 32
"""So many new rows go into one statement of SQLite's: a fifth cheaper than one each, and not cheaper with more."""
_SQL_TYPES: Final[dict[type, str]] = {bool: "boolean", int: "bigint", bytes: "text"}
_POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_encoder: Final = msgspec.json.Encoder()

Row = Mapping[str, Any]


def fetch(connection: Connection, statement: str, **values: Any) -> Sequence[Any]:
    """Run a query; one for what is in an empty list finds nothing, and is not even asked."""
    asked = _asked(connection, statement, values)
    return [] if asked is None else connection.exec_driver_sql(*asked).all()


def fetch_plain(connection: Connection, statement: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    """Run a query and give its rows as the driver does, without names: quicker, for what every event needs."""
    asked = _asked(connection, statement, values)
    if asked is None:
        return []
    with _driven(connection, asked[0]) as cursor:
        rows: Sequence[tuple[Any, ...]] = cursor.execute(*asked).fetchall()
    return rows


def _asked(connection: Connection, statement: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Write a query and its values as the driver wants them; None when it can find nothing."""
    if [] in values.values():
        return None
    lists = {name: value for name, value in values.items() if isinstance(value, list)}
    values |= {name: json_text(value) for name, value in lists.items()}
    if connection.dialect.name == "sqlite":
        return _spoken(statement, sqlite=True), values
    kinds = tuple((name, _SQL_TYPES.get(type(value[0]), "text")) for name, value in lists.items())
    return _spoken(statement, sqlite=False, lists=kinds), values


@contextmanager
def _driven(connection: Connection, text: str) -> Iterator[Any]:
    """Give the driver's own cursor: it keeps no account of each statement. Errors are raised as for any other."""
    cursor: Any = connection.connection.cursor()
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with closing(cursor):
            yield cursor
    except errors as error:
        raise DBAPIError.instance(text, None, error, errors, True, dialect=connection.dialect) from error


def run_many(connection: Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run one statement for many rows, each about another row of the table; returns how many rows it touched."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return _run_by_number(connection, statement, rows)
    if len(rows) > 1 and (copied := _copied(statement)) is not None:
        return _copy(connection, copied, rows)
    text, values = _spoken(statement, sqlite=False), dict(rows[0])
    if len(rows) > 1:
        text, values = _at_once(statement, _types(statement, rows)), {"rows": json_text(rows)}
    with _driven(connection, text) as cursor:
        return int(cursor.execute(text, values).rowcount)


def json_text(value: object) -> str:
    """Write what is kept as a text of JSON."""
    return _encoder.encode(value).decode()


def _run_by_number(connection: Connection, statement: str, rows: Sequence[Row]) -> int:
    """Run a statement of SQLite's for many rows; an INSERT that does nothing more for several at a time."""
    _, values = _numbered(statement)
    given = [values(row) for row in rows]
    whole = len(given) // SEVERAL * SEVERAL if _INSERT.fullmatch(statement) else 0
    together = [tuple(chain.from_iterable(given[at : at + SEVERAL])) for at in range(0, whole, SEVERAL)]
    touched = 0
    with _driven(connection, statement) as cursor:
        for several, part in ((SEVERAL, together), (1, given[whole:])):
            if part:
                touched += cursor.executemany(_numbered(statement, several)[0], part).rowcount
    return touched


@dataclass(frozen=True, slots=True)
class _Copied:
    """An INSERT as a COPY: its text, the columns' types, and how a row becomes their values."""

    text: str
    types: tuple[str, ...]
    values: Callable[[Row], tuple[Any, ...]]


def _copy(connection: Connection, copied: _Copied, rows: Sequence[Row]) -> int:
    """Send rows as PostgreSQL's own stream."""
    with _driven(connection, copied.text) as cursor:
        with cursor.copy(copied.text) as stream:
            stream.set_types(copied.types)
            for row in rows:
                stream.write_row(copied.values(row))
        return int(cursor.rowcount)


@cache
def _copied(statement: str) -> _Copied | None:
    """Write an INSERT as a COPY; None when more is to be done than insert."""
    found = _INSERT.fullmatch(statement)
    if found is None:
        return None
    table, columns, values = found.groups()
    given = values.split(", ")
    fixed = {value: _literal(value) for value in given if not value.startswith(":")}
    pick = itemgetter(*[value.removeprefix(":") for value in given])
    declared = SQLModel.metadata.tables[table].columns
    return _Copied(
        f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)",
        tuple(declared[name.strip('"')].type.compile(_POSTGRESQL).lower() for name in columns.split(", ")),
        (lambda row: pick({**fixed, **row})) if fixed else pick,
    )


def _literal(text: str) -> Any:
    """Read a constant of a statement: a text, else a number or a word that JSON has too."""
    return text[1:-1] if text.startswith("'") else msgspec.json.decode(text.lower())


@cache
def _spoken(statement: str, sqlite: bool, lists: tuple[tuple[str, str], ...] = ()) -> str:
    """Write a statement as the driver wants it; PostgreSQL is told what the lists are of, and joins with them.

    (With `= ANY`, which it may read a whole table for, each row would be compared with each of the list.)
    """
    if sqlite:
        return _LIST.sub(r"IN (SELECT value FROM json_each(:\1))", statement)
    text = statement.replace("%", "%%")
    for name, kind in lists:
        text = text.replace(f"{{{name}}}", f"IN (SELECT json_array_elements_text(:{name}::json)::{kind})")
    return _PARAMETER.sub(r"%(\1)s", text)


@cache
def _names(statement: str) -> tuple[str, ...]:
    """Give the parameters of a statement, each once."""
    return tuple(dict.fromkeys(_PARAMETER.findall(statement)))


@cache
def _numbered(statement: str, several: int = 1) -> tuple[str, Callable[[Row], tuple[Any, ...]]]:
    """Write a statement with numbers for its parameters, and say how a row becomes their values.

    An INSERT may be written for `several` rows, the values of one after those of the other.
    """
    names = _names(statement)

    def numbered(text: str, row: int) -> str:
        return _PARAMETER.sub(lambda found: f"?{row * len(names) + names.index(found[1]) + 1}", text)

    text = numbered(statement, 0)
    if several > 1:
        head, values = statement.split(" VALUES ")
        text = f"{head} VALUES {', '.join(numbered(values, row) for row in range(several))}"
    if len(names) == 1:
        return text, lambda row: (row[names[0]],)
    return text, itemgetter(*names)


def _types(statement: str, rows: Sequence[Row]) -> tuple[type | None, ...]:
    """Say what the values of each parameter are: the type of the first that is there, None when none is."""
    return tuple(next((type(row[name]) for row in rows if row[name] is not None), None) for name in _names(statement))


@cache
def _at_once(statement: str, types: tuple[type | None, ...]) -> str:
    """Write an INSERT … VALUES or UPDATE … WHERE for PostgreSQL so that it is run once for all rows of a JSON array."""
    typed = {name: kind for name, kind in zip(_names(statement), types, strict=True) if kind is not None}
    columns = ", ".join(f'"{name}" {_SQL_TYPES.get(kind, "text")}' for name, kind in typed.items())
    renamed = ", ".join(f'"{name}" AS _{name}' for name in typed)  # else a table's own column has the same name
    given = f"FROM (SELECT {renamed} FROM json_to_recordset(%(rows)s) AS one ({columns})) AS given"  # noqa: S608 -- names of our own

    def value(found: re.Match[str]) -> str:
        kind = typed.get(found[1])
        return "NULL" if kind is None else f"decode(_{found[1]}, 'base64')" if kind is bytes else f"_{found[1]}"

    text = statement.replace("%", "%%")
    if text.startswith("UPDATE"):
        head, tail = _WHERE.split(text, maxsplit=1)
        return f"{_PARAMETER.sub(value, head)} {given} {_PARAMETER.sub(value, tail)}"
    return _VALUES.sub(lambda found: f" SELECT {_PARAMETER.sub(value, found[1])} {given}", text)
