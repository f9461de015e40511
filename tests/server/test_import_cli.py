"""`guiwei import` and `guiwei crm`: the same use cases at the command line."""

import json
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from server import crm_cli, import_cli
from server.service.keys import make_keys
from server.store.tables import Customer, ImportJob, LedgerEntry, Person
from server.store.unit_of_work import Database
from tests.server.exchange.crm_servers import FxiaokeServer

PEOPLE = "工号,姓名,所属部门,职务\nhu.min,胡敏,销售部,员工\nchen.gang,陈刚,,档案管理员\nNo Name,,x,皇帝\n"


@pytest.fixture
def site(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site that is set up, with nobody in it."""
    monkeypatch.setenv("GUIWEI_DATABASE_URL", database_url)
    monkeypatch.setenv("GUIWEI_DATA", str(tmp_path / "data"))
    make_keys(tmp_path / "data")
    return tmp_path


def run(app: object, *words: str) -> Result:
    return CliRunner().invoke(app, list(words))  # type: ignore[arg-type]


def test_r39_a_sheet_comes_in_by_the_command_after_a_backup_and_its_faults_are_told(
    site: Path, database_url: str
) -> None:
    sheet, wrong = site / "people.csv", site / "wrong.csv"
    sheet.write_bytes(PEOPLE.encode("gb18030"))
    dry = run(import_cli.app, "people", str(sheet), "--dry-run")
    assert (dry.exit_code, "2 taken, 1 refused" in dry.output) == (1, True)
    assert people(database_url) == []
    done = run(import_cli.app, "people", str(sheet), "--errors", str(wrong), "--language", "en")
    assert done.exit_code == 1
    assert "4  姓名  nothing stands here" in done.output
    assert people(database_url) == ["chen.gang", "hu.min"]
    assert wrong.read_text(encoding="utf-8-sig").splitlines()[1].startswith("No Name,,x,皇帝,4")
    assert "already" in run(import_cli.app, "people", str(sheet), "--language", "en").output
    opened = Database(database_url)
    with opened.read() as session:
        by = {json.loads(body).get("by") for body in session.exec(select(LedgerEntry.body))}
        backups = [job.backup for job in session.exec(select(ImportJob)) if not job.dry_run]
    opened.close()
    assert "operator" in by
    assert len(backups) == 2
    assert all(backups), "R39: a backup before each bulk change"


def test_wrong_words_are_explained(site: Path) -> None:
    sheet = site / "people.csv"
    sheet.write_text(PEOPLE, encoding="utf-8")
    assert run(import_cli.app, "people").exit_code == 2
    assert run(import_cli.app, "people", str(sheet), "--map", "nonsense").exit_code == 2
    assert run(import_cli.app, "people", str(sheet), "--resume", "1").exit_code == 2
    assert run(import_cli.app, "people", str(sheet), "--map", "name=没有").exit_code == 2
    assert run(import_cli.app, "places", "--template", str(site / "t.csv")).exit_code == 0
    assert (site / "t.csv").read_text(encoding="utf-8-sig").startswith("柜号,柜名,门数")


def test_r66_customers_are_read_by_the_command_with_secrets_from_files_only(
    site: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(crm_cli.app, "sync").exit_code == 2
    server = FxiaokeServer()
    server.accounts = [
        {"_id": "a1", "name": "甲客户", "is_deleted": False, "life_status": "normal", "last_modified_time": 1}
    ]
    with server.serving():
        monkeypatch.setenv("GUIWEI_FXIAOKE_APP_ID", "FSAID_1")
        monkeypatch.setenv("GUIWEI_FXIAOKE_OPEN_USER_ID", "FSUID_1")
        monkeypatch.setenv("GUIWEI_FXIAOKE_URL", server.url)
        monkeypatch.setenv("GUIWEI_FXIAOKE_APP_SECRET", "very-secret")  # not a file: not taken
        lacking = run(crm_cli.app, "sync")
        assert (lacking.exit_code, "APP_SECRET_FILE" in lacking.output) == (2, True)
        for name, secret in (("APP_SECRET", "very-secret"), ("PERMANENT_CODE", "for-ever")):
            (site / name).write_text(secret + "\n")
            monkeypatch.setenv(f"GUIWEI_FXIAOKE_{name}_FILE", str(site / name))
        done = run(crm_cli.app, "sync")
        assert (done.exit_code, "fxiaoke: 1 read" in done.output) == (0, True), done.output
        assert "well" in run(crm_cli.app, "status").output
        (site / "APP_SECRET").write_text("wrong")
        failed = run(crm_cli.app, "sync")
        assert (failed.exit_code, "crm_refused" in failed.output) == (1, True)
        assert "TROUBLE crm_refused" in run(crm_cli.app, "status").output
    opened = Database(database_url)
    with opened.read() as session:
        names = list(session.exec(select(Customer.name)))
    opened.close()
    assert names == ["甲客户"]


def people(url: str) -> list[str]:
    opened = Database(url)
    try:
        with opened.read() as session:
            return sorted(session.exec(select(Person.username)))
    finally:
        opened.close()
