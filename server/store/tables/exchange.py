"""What comes from other systems: sheets being imported, what was wrong in them, and how far each CRM was read."""

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field, SQLModel


class ImportJob(SQLModel, table=True):
    """A sheet on its way in; `next_row` rows are behind it, and stay so whoever goes on with it.

    `file` is kept until nothing of it is needed any more. So long its `headings` and its first rows, the `preview`, are
    shown without reading it again. `mapping` is a map from field to heading.
    """

    __tablename__ = "import_job"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    filename: str
    form: str
    digest: str
    file: bytes = Field(sa_type=LargeBinary)
    headings: str = Field(default="[]", sa_type=Text)
    preview: str = Field(default="[]", sa_type=Text)
    mapping: str = Field(default="{}", sa_type=Text)
    dry_run: bool = False
    state: str = "running"  # running | done
    total: int
    next_row: int = 0
    done: int = 0
    failed: int = 0
    backup: str = ""
    by_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    created_us: int = Field(sa_type=BigInteger)
    updated_us: int = Field(sa_type=BigInteger)


class ImportFault(SQLModel, table=True):
    """What was wrong with one cell of one row; `column` is the heading, "" for the row as a whole."""

    __tablename__ = "import_fault"
    id: int | None = Field(default=None, primary_key=True)
    job_id: int = Field(foreign_key="import_job.id", index=True)
    row: int
    column: str
    code: str
    params: str = Field(default="{}", sa_type=Text)


class ImportedItem(SQLModel, table=True):
    """Which import an item came with, so that the labels of a whole batch can be printed."""

    __tablename__ = "imported_item"
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    job_id: int = Field(foreign_key="import_job.id", index=True)


class Shelf(SQLModel, table=True):
    """What a door, or one shelf behind it, is for."""

    station: str = Field(primary_key=True, foreign_key="station.name")
    door: int = Field(primary_key=True)
    shelf: str = Field(primary_key=True, default="")
    holds: str = ""


class CrmState(SQLModel, table=True):
    """How far a CRM has been read: everything that changed before `since_us` is known.

    `began_us` is when the reading in progress began, `page` where it goes on; a `full` one names every customer.
    """

    __tablename__ = "crm_state"
    system: str = Field(primary_key=True)
    since_us: int = Field(default=0, sa_type=BigInteger)
    began_us: int = Field(default=0, sa_type=BigInteger)
    page: str = Field(default="", sa_type=Text)
    full: bool = False
    full_us: int = Field(default=0, sa_type=BigInteger)
    read_us: int = Field(default=0, sa_type=BigInteger)
    tried_us: int = Field(default=0, sa_type=BigInteger)
    trouble: str = ""
    changed: int = 0
    deleted: int = 0
