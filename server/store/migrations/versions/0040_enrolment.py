"""One-time codes by which stations enrol, and the keys that were enrolled or revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this form."""
    op.create_table(
        "station_key",
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("enrolled_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station"],
            ["station.name"],
        ),
        sa.PrimaryKeyConstraint("public_key"),
    )
    op.create_index("ix_station_key_station", "station_key", ["station"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station"],
            ["station.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_enrolment_code_station", "enrolment_code", ["station"], unique=False)
