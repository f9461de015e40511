"""What several tables are declared with."""

from typing import Any

from sqlalchemy import BigInteger, Integer, text

NO_ROWID = {"sqlite_with_rowid": False}  # one tree instead of two: these are written with every event
ROW = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER


def only(condition: str) -> dict[str, Any]:
    """Let an index hold only the rows of a condition (SQL)."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
