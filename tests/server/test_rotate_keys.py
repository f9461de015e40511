"""`guiwei server rotate-keys`: every value is sealed anew, and a lost key file is named."""

import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from server.domain.policy import load_policy
from server.service.context import Writing
from server.service.customers.customer_shapes import NewCustomer
from server.service.customers.customers import add_customer
from server.service.customers.vault import FILE, Vault, make_vault
from server.service.imports.company import SETTING_UP
from server.service.keys import make_keys
from server.store.tables import SealedValue
from server.store.unit_of_work import Database
from tests.server.company import POLICY
from tests.server.test_server_process import SERVER, environment


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
    command, given = [*SERVER, "rotate-keys"], environment(tmp_path)
    given |= {"GUIWEI_DATABASE_URL": database.url, "GUIWEI_DATA": str(tmp_path)}
    said = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)
    assert said.stdout == f"6 values are sealed under key {vault.current} now\n", said.stderr
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
    lost = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60)
    assert (lost.returncode, "there is no key" in lost.stderr) == (2, True)
