"""Backups (R39): whole, in two places, tried, taken before changes; and alarmed when they fail or are missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from server.domain.policy import load_policy
from server.service.backups import Backups
from server.service.errors import ConflictError
from server.service.oversight.sheets import note_sheet
from server.store import backup as files
from server.sweep.backing import Backing
from server.verify import Witness, check, open_ledger
from tests.server.company import KEYS, POLICY
from tests.server.web.house import House

DATABASES = ("sqlite", "postgres")

HOUR_S = 3600


def keeper(house: House, folder: Path, second: Path | None = None) -> Backups:
    data = folder / "data"
    (data / "attachments").mkdir(parents=True)
    (data / "server.key").write_text("secret\n")
    (data / "attachments" / "one").write_bytes(b"photo")
    return Backups(house.database, data, folder / "backups", second, house.clock.wall_us)


def test_r39_a_backup_holds_database_keys_and_attachments_in_two_places_and_restores(
    house: House, tmp_path: Path
) -> None:
    note_sheet(house.database, house.policy, POLICY.read_text(), house.clock.wall_us())
    house.approved("F1")
    row = keeper(house, tmp_path, tmp_path / "second").take("test")
    assert (row.error, row.second) == ("", True)
    house.approved("F2")  # after the backup: not in it
    with files.restored(files.newest(tmp_path / "second"), house.database.url) as (manifest, url):
        with open_ledger(None, url) as (entries, anchors):
            report = check(entries, anchors)
        assert (report.wrong, report.entries, report.head) == ("", manifest.entries, manifest.head)
        assert (row.entries, row.head) == (manifest.entries, manifest.head)
        kept = {
            name: (tmp_path / "second" / row.name / name).read_bytes() for name in manifest.files if "data/" in name
        }
    assert kept == {"data/server.key": b"secret\n", "data/attachments/one": b"photo"}
    shown = house.chen.get("/backups")["rows"]
    assert [(one["why"], one["second"], one["entries"]) for one in shown] == [("test", True, row.entries)]
    kinds = [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]
    assert kinds.count("backup_taken") == 1
    house.wang.get("/backups", expect=403)


def test_r39_the_ledger_is_anchored_with_every_backup_and_the_second_place_keeps_the_anchors(
    house: House, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    backups = replace(keeper(house, tmp_path, second), key=KEYS.signing)
    note_sheet(house.database, house.policy, POLICY.read_text(), house.clock.wall_us())
    first = backups.take("test")
    house.approved("F1")
    row = backups.take("test")
    assert (row.error, row.second) == ("", True)
    kept = [line.split() for line in (second / files.ANCHORS).read_text().splitlines()]
    assert [said.split(":")[0] for said, _ in kept] == [str(first.entries), str(row.entries)]
    assert (second / files.ANCHORS).stat().st_mode & 0o777 == 0o600
    with files.restored(files.newest(second), house.database.url) as (_, url), open_ledger(None, url) as found:
        witnesses = [Witness(int(size), root) for size, _, root in (said.partition(":") for said, _ in kept)]
        report = check(*found, KEYS.public()["server_key"], witnesses)
    assert (report.wrong, report.anchors, report.anchored) == ("", 4, row.entries)


def test_r39_a_ledger_that_was_cut_is_backed_up_as_it_is_and_not_sworn_to(house: House, tmp_path: Path) -> None:
    backups = replace(keeper(house, tmp_path, tmp_path / "second"), key=KEYS.signing)
    house.approved("F1")
    covered = backups.take("test").entries
    with house.database.engine.begin() as connection:
        if house.database.is_sqlite:
            connection.execute(text("DROP TRIGGER ledger_no_delete"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        connection.execute(text(f"DELETE FROM ledger WHERE id > {covered - 2}"))
    row = backups.take("test")
    assert (row.error, row.entries) == ("", covered - 2)
    lines = (tmp_path / "second" / files.ANCHORS).read_text().splitlines()
    assert [line.split()[0] for line in lines] == [lines[0].split()[0]] * 2
    (tmp_path / "second" / files.ANCHORS).unlink()
    (tmp_path / "second" / files.ANCHORS).mkdir()
    assert files.ANCHORS in backups.take("test").error


def test_r39_what_was_changed_or_cut_is_not_restored(house: House, tmp_path: Path) -> None:
    row = keeper(house, tmp_path).take("test")
    folder = tmp_path / "backups" / row.name
    (folder / "data" / "server.key").write_text("forged\n")
    with pytest.raises(files.BackupError, match=r"server\.key: changed"):
        files.restore(folder, tmp_path / "into")
    (folder / "data" / "server.key").unlink()
    with pytest.raises(files.BackupError, match=r"server\.key: missing"):
        files.read(folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    again = keeper(house, tmp_path / "more").take("test")
    with pytest.raises(files.BackupError, match="not empty"):
        files.restore(tmp_path / "more" / "backups" / again.name, tmp_path / "full")
    with pytest.raises(files.BackupError, match="no backup here"):
        files.newest(tmp_path / "nowhere")


def test_r39_a_change_waits_for_its_backup_and_a_failed_one_is_alarmed(house: House, tmp_path: Path) -> None:
    backups = keeper(house, tmp_path)
    (tmp_path / "backups").write_text("a file where the folder should be")
    with pytest.raises(ConflictError, match="nothing is changed"):
        backups.before("import 1")
    alarms = house.chen.get("/alarms")["rows"]
    assert [(alarm["kind"], alarm["cleared_at"]) for alarm in alarms] == [("backup_failed", None)]
    (tmp_path / "backups").unlink()
    assert Path(backups.before("import 1")).parent == tmp_path / "backups"
    assert house.chen.get("/alarms")["rows"][0]["cleared_at"] is not None


def test_r39_backups_are_regular_and_overdue_ones_are_alarmed(house: House, tmp_path: Path) -> None:
    backups = keeper(house, tmp_path)
    job = Backing(house.database, load_policy(POLICY.read_text()), backups)

    def later(hours: float) -> None:
        house.shift(hours * HOUR_S)
        job.turn(house.clock.wall_us())
        job.wait()

    later(0)
    later(1)
    assert len(house.chen.get("/backups")["rows"]) == 1
    later(23.5)
    assert len(house.chen.get("/backups")["rows"]) == 2
    away = replace(backups, place=tmp_path / "data" / "server.key" / "no folder")
    job.backups = away
    later(25)
    later(25)
    assert {alarm["kind"] for alarm in house.chen.get("/alarms")["rows"]} == {"backup_failed", "backup_overdue"}
    job.backups = backups
    later(2)
    assert all(alarm["cleared_at"] for alarm in house.chen.get("/alarms")["rows"])
