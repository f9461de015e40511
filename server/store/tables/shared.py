"""What several tables are declared with."""

from typing import Any

from sqlalchemy import BigInteger, Integer, text

NO_ROWID = {"sqlite_with_rowid": False}
"""One tree instead of two, for narrow rows found by their key; wide rows that come in many orders go in dearer."""
ROW = BigInteger().with_variant(Integer(), "sqlite")
"""A number that is the row's own on SQLite: one tree, and numbered by itself."""


def only(condition: str) -> dict[str, Any]:
    """Let an index hold only the rows of a condition (SQL)."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
