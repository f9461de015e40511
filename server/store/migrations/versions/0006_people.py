"""People: what narrows their rights, reviews of rights, training, breaches, clearances, and who looked at what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this form."""
    op.create_table(
        "right_scope",
        _person("person_id", primary_key=True),
        *(sa.Column(name, sa.Text()) for name in ("departments", "categories", "secrecy", "cabinets")),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger()),
    )
    _facts("rights_review", _text("said"), _text("role"), _text("note"), _moment("at_us"))
    _facts("training", _text("subject"), _moment("held_us"), sa.Column("expires_us", sa.BigInteger()), _text("note"))
    op.create_index("ix_training_expires_us", "training", ["expires_us"])
    _facts(
        "breach",
        sa.Column("alarm_id", sa.Integer(), sa.ForeignKey("alarm.id"), unique=True),
        *(_text(name) for name in ("rule", "what", "outcome")),
        _moment("occurred_us"),
        _moment("recorded_us"),
        sa.Column("closed_us", sa.BigInteger()),
    )
    _facts("clearance", _text("note"), _moment("at_us"))
    op.create_table(
        "record_look",
        sa.Column("id", sa.Integer(), primary_key=True),
        _person("person_id"),
        _text("what"),
        _text("about"),
        _moment("at_us"),
    )
    op.create_index("record_look_recent", "record_look", ["person_id", "what", "at_us"])


def _facts(name: str, *columns: sa.Column[Any]) -> None:
    """Make a table of facts about a person, each recorded by somebody."""
    op.create_table(
        name, sa.Column("id", sa.Integer(), primary_key=True), _person("person_id"), _person("by_id"), *columns
    )
    op.create_index(f"ix_{name}_person_id", name, ["person_id"])


def _person(name: str, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey("person.id"), nullable=False, primary_key=primary_key)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
