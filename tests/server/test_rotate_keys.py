"""`guiwei server rotate-keys`: every value is sealed anew, and a lost key file is named."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from server.cli import app
from server.domain.policy import load_policy
from server.service.company import SETTING_UP
from server.service.context import Writing
from server.service.customer_shapes import NewCustomer
from server.service.customers import add_customer
from server.service.keys import make_keys
from server.service.vault import FILE, Vault, make_vault
from server.store.tables import SealedValue
from server.store.unit_of_work import Database
from tests.server.company import POLICY


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_keys_are_rotated_from_the_command_line(database: Database, tmp_path: Path) -> None:
    make_keys(tmp_path)
    make_vault(tmp_path)
    vault, policy = Vault(tmp_path), load_policy(POLICY.read_text())
    with database.begin() as uow:
        work = Writing(uow.session, 1, policy, SETTING_UP, ZoneInfo("Asia/Shanghai"), uow)
        for n in range(3):
            new = NewCustomer.model_validate(
                {"name": f"客户{n}", "sealed": {"contact": f"138{n}", "finances": "九百万"}}
            )
            add_customer(work, vault, new)
    before = vault.current
    environment = {"GUIWEI_DATABASE_URL": database.url, "GUIWEI_DATA": str(tmp_path)}
    said = CliRunner().invoke(app, ["rotate-keys"], env=environment)
    assert (said.exit_code, said.output) == (0, f"6 values are sealed under key {vault.current} now\n")
    assert vault.current != before
    with database.read() as session:
        rows = session.exec(select(SealedValue)).all()
    assert {row.key_id for row in rows} == {vault.current}
    assert {vault.open(str(row.customer_id), row.field, row.key_id, row.sealed) for row in rows} == {
        "1380",
        "1381",
        "1382",
        "九百万",
    }
    (tmp_path / FILE).unlink()
    lost = CliRunner().invoke(app, ["rotate-keys"], env=environment)
    assert (lost.exit_code, "there is no key" in lost.output) == (2, True)
