"""Oversight: duties by a moment, inspections, drills, lessons, feedback, and the lists and statistics as they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_us IS NULL")


def upgrade() -> None:
    """Go on to this form."""
    op.create_table(
        "duty",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("flagged_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_index("duty_once", "duty", ["kind", "subject", "due_us"], unique=True)
    op.create_index("duty_open", "duty", ["due_us"], sqlite_where=_OPEN, postgresql_where=_OPEN)
