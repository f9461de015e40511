"""The ledger as it is kept: it refuses changes, and what is changed behind its back is found by name."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from server.store.anchors import anchor, unanchored
from server.store.unit_of_work import Database
from server.verify import Anchored, app, check, open_ledger
from tests.server.company import KEYS

PUBLIC = KEYS.signing.public_key().public_bytes_raw().hex()


def fill(database: Database, entries: int) -> None:
    with database.begin() as uow:
        for number in range(entries):
            uow.ledger("noted", 1000 + number, {"n": number, "what": "合同"})


def wrong(database: Database) -> str:
    with open_ledger(None, database.url) as (entries, anchors):
        return check(entries, anchors, PUBLIC).wrong


def behind_its_back(database: Database, statement: str) -> None:
    """Change the ledger as somebody would who has the database itself: the triggers are gone."""
    with database.engine.connect() as connection, connection.begin():
        if database.is_sqlite:
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS ledger_no_{act}"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", ["UPDATE ledger SET body = '{}'", "DELETE FROM ledger"])
@pytest.mark.parametrize("table", ["ledger", "anchor"])
def test_rows_cannot_be_changed(database: Database, statement: str, table: str) -> None:
    fill(database, 2)
    anchor(database, KEYS.signing, 5)
    statement = statement.replace("ledger", table).replace("body", "body" if table == "ledger" else "root")
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as uow:
        uow.connection.execute(text(statement))
    assert wrong(database) == ""


def test_a_row_cannot_be_replaced_by_another(database: Database) -> None:
    fill(database, 3)
    columns = "id, kind, at_us, body, previous, hash"
    entry = f"INTO ledger ({columns}) SELECT id, kind, at_us, '{{}}', previous, hash FROM ledger WHERE id = 2"
    replacing = f"INSERT OR REPLACE {entry}" if database.is_sqlite else f"INSERT {entry}"
    with pytest.raises(DBAPIError), database.begin() as uow:
        uow.connection.execute(text(replacing))
    assert wrong(database) == ""


@pytest.mark.parametrize("signature", ["", "00", "no hex"])
def test_an_anchor_must_be_signed_when_the_key_is_known(signature: str) -> None:
    assert "signature" in check([], [Anchored(0, "", 1, signature)], PUBLIC).wrong


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger SET body = REPLACE(body, '\"n\":3', '\"n\":4') WHERE id = 4", "entry 4: its hash"),
        ("UPDATE ledger SET kind = 'x' WHERE id = 6", "entry 6: its kind"),
        ("DELETE FROM ledger WHERE id = 5", "entry 6: entry 5 should stand here"),
        ("DELETE FROM ledger WHERE id > 8", "entry 9: missing"),
        ("UPDATE anchor SET root = 'AA' WHERE size = 10", ""),
    ],
)
def test_tampering_is_named(database: Database, statement: str, found: str) -> None:
    fill(database, 10)
    assert anchor(database, KEYS.signing, 5) == 10
    assert wrong(database) == ""
    if not found:
        with pytest.raises(DBAPIError):
            behind_its_back(database, statement)
        return
    behind_its_back(database, statement)
    assert wrong(database).startswith(found)


def test_an_anchor_of_others_finds_a_ledger_hashed_anew(database: Database) -> None:
    fill(database, 4)
    anchor(database, KEYS.signing, 5)
    with open_ledger(None, database.url) as (_, anchors):
        witness = anchors[0]
    fill(database, 3)
    assert unanchored_of(database) == 3
    anchor(database, KEYS.signing, 6)
    with open_ledger(None, database.url) as (entries, anchors):
        report = check(entries, anchors, PUBLIC)
    assert (report.entries, report.anchors, report.wrong) == (7, 2, "")
    other = Path(database.url.removeprefix("sqlite:///")) if database.is_sqlite else None
    if other is not None:
        told = CliRunner().invoke(app, ["verify", str(other), "--witness", f"{witness.size}:{'0' * 64}"])
        assert (told.exit_code, "entry 4" in told.stdout) == (1, True)


def unanchored_of(database: Database) -> int:
    with database.engine.connect() as connection:
        return unanchored(connection)


def test_an_export_verifies_and_a_changed_line_is_named(tmp_path: Path, database: Database) -> None:
    fill(database, 5)
    with open_ledger(None, database.url) as (entries, _):
        lines = [
            json.dumps({name: getattr(entry, name) for name in ("id", "kind", "at_us", "body", "previous", "hash")})
            for entry in entries
        ]
    file = tmp_path / "ledger.jsonl"
    file.write_text("\n".join(lines) + "\n")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 0
    file.write_text("\n".join([*lines[:2], lines[2].replace("1002", "1003"), *lines[3:]]))
    told = CliRunner().invoke(app, ["verify", str(file), "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["wrong"].startswith("entry 3")
    file.write_text("nonsense")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2


def test_nothing_is_not_a_ledger_that_verifies(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.jsonl", tmp_path / "missing.sqlite"
    empty.touch()
    for named in ([str(empty)], ["--database", f"sqlite:///{missing}"]):
        answer = CliRunner().invoke(app, ["verify", *named])
        assert answer.exit_code == 2
    assert not missing.exists()
