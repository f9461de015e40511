"""Oversight: duties, check-ups, feedback, lessons, and the lists and statistics as they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_us IS NULL")
_UNANSWERED = sa.text("closed_us IS NULL")


def upgrade() -> None:
    """Go on to this form."""
    op.create_table(
        "duty",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("reminded_us", sa.BigInteger(), nullable=True),
        sa.Column("flagged_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_index("duty_once", "duty", ["kind", "subject", "due_us"], unique=True)
    op.create_index("duty_open", "duty", ["due_us"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "checkup",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), sa.ForeignKey("alarm.id"), nullable=True),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("begun_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("conclusion", sa.String(), nullable=False),
    )
    op.create_index("checkup_by_kind", "checkup", ["kind", "id"])
    op.create_index("checkup_open", "checkup", ["id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("assigned_us", sa.BigInteger(), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("closed_us", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("ix_feedback_given_by_id", "feedback", ["given_by_id"])
    op.create_index("ix_feedback_assigned_to_id", "feedback", ["assigned_to_id"])
    op.create_index("feedback_open", "feedback", ["id"], sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)
    op.create_table(
        "lesson",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
    )
    op.create_table(
        "kept_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("kept_report_by_name", "kept_report", ["name", "period"])
