"""Requests by their items and by whom they wait for; renewals, pages, sharing; holds; emergencies."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOST = 500


def upgrade() -> None:
    """Go on to this form."""
    op.add_column("request", sa.Column("pages", sa.Text(), nullable=False, server_default=""))
    op.add_column("request", sa.Column("recipient", sa.String(), nullable=False, server_default=""))
    op.add_column("request", sa.Column("outside", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("request", sa.Column("renews_id", sa.Integer(), nullable=True))
    op.create_index("ix_request_renews_id", "request", ["renews_id"])
    op.add_column("decision", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "request_item",
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id"), primary_key=True),
    )
    op.create_index("ix_request_item_item_id", "request_item", ["item_id"])
    op.create_table(
        "request_awaits",
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("role", sa.String(), primary_key=True),
    )
    op.create_index("ix_request_awaits_role", "request_awaits", ["role"])
    _holds()
    _emergencies()
    _fill()


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=True),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
    )
    op.create_index("hold_by_item", "hold", ["item_id", "ended_us"])
    op.create_index("hold_open", "hold", ["ended_us", "until_us"])
    op.create_index("ix_hold_person_id", "hold", ["person_id"])


def _emergencies() -> None:
    op.create_table(
        "emergency",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("authority_id", sa.Integer(), sa.ForeignKey("authority.id"), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("other_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("decide_by_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("delegation_id", sa.Integer(), sa.ForeignKey("delegation.id"), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_index("emergency_undecided", "emergency", ["decided_us", "decide_by_us"])
    op.create_index("ix_emergency_by_id", "emergency", ["by_id"])
    op.create_index("ix_emergency_other_id", "emergency", ["other_id"])


def _fill() -> None:
    """List the items of the requests there are; whom a waiting one waits for is what approves it by post anyway."""
    connection = op.get_bind()
    kept = connection.execute(sa.text("SELECT id, items FROM request ORDER BY id")).all()
    rows = [{"request": row.id, "item": item} for row in kept for item in json.loads(row.items)]
    insert = sa.text("INSERT INTO request_item (request_id, item_id) VALUES (:request, :item)")
    for start in range(0, len(rows), _MOST):
        connection.execute(insert, rows[start : start + _MOST])
