"""Keeping, destroying and backups (R39 R50-R54).

What the database itself refuses, on SQLite and PostgreSQL alike: to delete an item, its custody, its tags, a person, a
movement or a loan; to change the registers of what left for good; and to make an item inactive that has no departure
there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEVER_DELETED = (
    "item",
    "custody",
    "tag",
    "person",
    "movement",
    "loan",
    "appraisal",
    "disposal_hold",
    "destruction",
    "destruction_item",
    "destruction_witness",
    "stocktake_difference",
)
APPEND_ONLY = ("departure", "destruction_register", "destruction_step", "destruction_confirmation")


def upgrade() -> None:
    """Go on to this form."""
    _tables()
    for table in NEVER_DELETED:
        _refuse(table, ("DELETE",), f"nothing is deleted from {table} (R54)")
    for table in APPEND_ONLY:
        _refuse(table, ("UPDATE", "DELETE"), f"{table} is append-only (R53)")
    _refuse_leaving()


def _refuse(table: str, acts: tuple[str, ...], says: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in acts:
            op.execute(
                f"CREATE TRIGGER {table}_never_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{says}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never BEFORE {' OR '.join((*acts, 'TRUNCATE'))} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_never()"
    )


def _refuse_leaving() -> None:
    """Refuse to make an item inactive without a departure, or active again; other updates never come here."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER item_never_leaves BEFORE UPDATE OF active ON item WHEN OLD.active IS NOT NEW.active"
            " AND (NEW.active OR NOT EXISTS (SELECT 1 FROM departure WHERE item_id = OLD.id))"
            " BEGIN SELECT RAISE(ABORT, 'an item leaves only by a departure (R54)'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION item_never_leaves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.active OR NOT EXISTS (SELECT 1 FROM departure WHERE item_id = OLD.id) THEN"
        " RAISE EXCEPTION 'an item leaves only by a departure (R54)'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER item_never_leaves BEFORE UPDATE OF active ON item FOR EACH ROW"
        " WHEN (OLD.active IS DISTINCT FROM NEW.active) EXECUTE FUNCTION item_never_leaves()"
    )


def _tables() -> None:
    op.create_table(
        "backup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("second", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "appraisal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("proposed_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_appraisal_item_id"), "appraisal", ["item_id"], unique=False)
    op.create_table(
        "departure",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_table(
        "disposal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_us", sa.BigInteger(), nullable=True),
        sa.Column("lifted_why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "hold_in_force",
        "disposal_hold",
        ["item_id"],
        unique=False,
        sqlite_where=sa.text("lifted_us IS NULL"),
        postgresql_where=sa.text("lifted_us IS NULL"),
    )
    op.create_table(
        "retention_term",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=True),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index(
        "retention_ending",
        "retention_term",
        ["end_us"],
        unique=False,
        sqlite_where=sa.text("end_us IS NOT NULL AND NOT proposed"),
        postgresql_where=sa.text("end_us IS NOT NULL AND NOT proposed"),
    )
    op.create_table(
        "stocktake_condition",
        sa.Column("stocktake_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"],
            ["stocktake.id"],
        ),
        sa.PrimaryKeyConstraint("stocktake_id", "item_id"),
    )
    op.create_table(
        "stocktake_counter",
        sa.Column("stocktake_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"],
            ["stocktake.id"],
        ),
        sa.PrimaryKeyConstraint("stocktake_id", "person_id"),
    )
    op.create_table(
        "stocktake_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stocktake_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("recounted", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("explained_by_id", sa.Integer(), nullable=True),
        sa.Column("explained_us", sa.BigInteger(), nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["explained_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"],
            ["stocktake.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_stocktake_difference_stocktake_id"), "stocktake_difference", ["stocktake_id"], unique=False
    )
    op.create_table(
        "stocktake_recount",
        sa.Column("stocktake_id", sa.Integer(), nullable=False),
        sa.Column("of_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["of_id"],
            ["stocktake.id"],
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"],
            ["stocktake.id"],
        ),
        sa.PrimaryKeyConstraint("stocktake_id"),
    )
    op.create_index(op.f("ix_stocktake_recount_of_id"), "stocktake_recount", ["of_id"], unique=False)
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filed_by_id", sa.Integer(), nullable=False),
        sa.Column("filed_us", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("destroyed_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_destruction_state"), "destruction", ["state"], unique=False)
    op.create_table(
        "destruction_confirmation",
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["destruction.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("destruction_id", "item_id", "person_id"),
    )
    op.create_table(
        "destruction_item",
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("struck_us", sa.BigInteger(), nullable=True),
        sa.Column("struck_why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["destruction.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.PrimaryKeyConstraint("destruction_id", "item_id"),
    )
    op.create_index(op.f("ix_destruction_item_item_id"), "destruction_item", ["item_id"], unique=False)
    op.create_table(
        "destruction_register",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("record_number", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("secrecy", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("witnesses", sa.Text(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=False),
        sa.Column("destroyed_us", sa.BigInteger(), nullable=False),
        sa.Column("ledger_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["destruction.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("item_id"),
    )
    op.create_index(
        op.f("ix_destruction_register_destruction_id"), "destruction_register", ["destruction_id"], unique=False
    )
    op.create_table(
        "destruction_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["destruction.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_destruction_step_destruction_id"), "destruction_step", ["destruction_id"], unique=False)
    op.create_table(
        "destruction_witness",
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("appointed_by_id", sa.Integer(), nullable=False),
        sa.Column("appointed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointed_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["destruction.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("destruction_id", "person_id"),
    )
