"""What alembic runs: our models against the connection (and its transaction) that `migrate` hands over."""

from alembic import context

from server.store import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
