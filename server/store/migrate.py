"""Bring a database to the newest form, in one transaction, by alembic's scripts in `migrations/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from server.store.unit_of_work import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Run every migration the database has not seen; one that fails leaves it as it was."""
    database = Database(url)
    try:
        with database.begin() as work:
            command.upgrade(config_for(work.connection), "head")
    finally:
        database.close()


def config_for(connection: Connection) -> Config:
    """Give alembic's settings for a connection that already has its transaction."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config
