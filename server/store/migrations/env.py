"""What alembic runs: our models against the connection (and its transaction) that `migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import server.store.tables  # noqa: F401 -- fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
