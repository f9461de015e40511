"""Grants that stations hold for when the server cannot be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this form."""
    op.create_table(
        "held_grant",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("door", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("used_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["station"],
            ["station.name"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    op.add_column("station", sa.Column("held_us", sa.BigInteger(), nullable=True))
    op.create_index("ix_held_grant_person_id", "held_grant", ["person_id"], unique=False)
    current = sa.text("is_current")
    op.create_index(
        "held_grant_current", "held_grant", ["station"], unique=False, sqlite_where=current, postgresql_where=current
    )
    op.create_index("line_lasting", "line", ["until_us"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # a changed row that finds room on its page leaves the indexes alone; a batch changes lines that are neighbours
        for table, filled in (("line", 60), ("loan", 80), ("visit", 80), ("custody", 80)):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = {filled})")
        # bodies that are just over 2 KB are not compressed one by one
        op.execute("ALTER TABLE ledger SET (toast_tuple_target = 8160)")
