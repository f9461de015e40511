"""What several tables are declared with."""

from sqlalchemy import BigInteger, Integer

NO_ROWID = {"sqlite_with_rowid": False}  # one tree instead of two: these are written with every event
ROW = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER
