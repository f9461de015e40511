"""A new site is complete, private and never overwritten; an emulated cabinet does what hands do."""

import json
import os
import pwd
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import serial
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from contract import certificates
from contract.signing import public_hex
from edge_agent.emulators.lock8a import Lock8AEmulator
from edge_agent.emulators.m100 import M100Emulator
from edge_agent.settings import load_settings
from firmware_config import profiles
from guiwei import emulate, firmware, site, tls
from guiwei.broker import unreadable
from server.service.cabinet.authority import make_authority

NOW = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment
runner = CliRunner()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A site with two stations."""
    site.make_site(site.Site(tmp_path, "test", NOW), ["a", "b"], 2, ("cabinets.example",))
    return tmp_path


def public_of(key_file: Path) -> str:
    return public_hex(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key_file.read_text())))


def test_what_is_secret_is_private(made: Path) -> None:
    for path in made.rglob("*"):
        if path.suffix == ".key" or path.parent.name == "secrets" or path.name == "company.json":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_running_it_again_changes_nothing_and_shows_no_password(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    again = site.make_site(site.Site(made, "test", NOW), ["a", "b"], 2, ("cabinets.example",))
    assert again is None
    assert before == {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}


def test_two_sites_share_no_secret(made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    site.make_site(site.Site(other, "test", NOW), ["a", "b"], 2, ())
    for path in made.rglob("*"):
        if path.suffix == ".key" or path.parent.name == "secrets":
            assert path.read_bytes() != (other / path.relative_to(made)).read_bytes(), path


def test_the_stations_and_the_server_know_each_other(made: Path) -> None:
    company = json.loads((made / "company.json").read_text("utf-8"))
    for row in company["stations"]:
        settings_file = made / "stations" / row["name"] / "station.toml"
        settings = load_settings(settings_file)
        assert row["public_key"] == public_of(settings_file.with_name("station.key"))
        assert len(settings.doors) == row["doors"] == 2
        assert settings.station.server_key == public_of(made / "server/server.key")


def test_a_bad_station_name_is_refused(tmp_path: Path) -> None:
    result = runner.invoke(site.app, [str(tmp_path / "x"), "--station", "../b"])
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_a_folder_in_the_repository_is_refused() -> None:
    result = runner.invoke(site.app, [str(site.CHECKOUT / "docs/site")])
    assert result.exit_code == 2
    assert "repository" in result.stderr
    assert not (site.CHECKOUT / "docs/site").exists()


def test_a_station_that_is_added_later_comes_with_what_to_register(made: Path) -> None:
    assert "Not in" not in runner.invoke(site.app, [str(made)]).stdout
    said = runner.invoke(site.app, [str(made), "--station", "c", "--doors", "3"]).stdout
    row = json.loads(next(line for line in said.splitlines() if line.startswith("Not in")).partition(": ")[2])
    assert (row["name"], row["doors"], len(row["public_key"])) == ("c", 3, 64)


@pytest.fixture
def settings_file(made: Path) -> Path:
    """Station a's settings with its devices' ports in the test's own folder."""
    path = made / "stations/a/station.toml"
    path.write_text(path.read_text().replace("/var/lib/guiwei/devices", str(made / "devices")))
    return path


def test_an_emulated_cabinet_does_what_hands_do(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cabinet = emulate.Cabinet(load_settings(settings_file))
    try:
        cabinet.act("pull 1")
        board = cabinet.devices["lock"]
        assert isinstance(board, Lock8AEmulator)
        board.open_hook(1)
        cabinet.act("pull 1")
        assert capsys.readouterr().out.split() == ["locked", "open"]
        assert (board.is_closed(1), board.is_closed(13)) == (False, False)
        cabinet.act("push 1")
        assert (board.is_closed(1), board.is_closed(13)) == (True, True)
        cabinet.act("force 2")
        assert (board.is_closed(2), board.is_closed(14)) == (True, False)
        cabinet.act("put 2 E20000000000000000000001")
        reader = cabinet.devices["reader2"]
        assert isinstance(reader, M100Emulator)
        assert list(reader.field) == ["E20000000000000000000001"]
        cabinet.act("take 2 E20000000000000000000001")
        assert not reader.field
        with serial.Serial(str(settings_file.parents[2] / "devices/scanner"), 9600, timeout=2, exclusive=True) as port:
            cabinet.act("scan GW123")
            assert port.read_until(b"\r") == b"]C0GW123\r"
        with serial.Serial(str(settings_file.parents[2] / "devices/badge"), 9600, timeout=2, exclusive=True) as port:
            cabinet.act("badge 0F00A1B2C3")
            assert b"0F00A1B2C3" in port.read_until(b"\x03")
        time.sleep(emulate.BADGE_HELD)
    finally:
        cabinet.close()


@pytest.mark.parametrize("line", ["dance", "pull", "pull 9", "take 1", "badge"])
def test_what_is_no_act_is_refused(settings_file: Path, line: str) -> None:
    cabinet = emulate.Cabinet(load_settings(settings_file))
    try:
        with pytest.raises(emulate.ActError):
            cabinet.act(line)
    finally:
        cabinet.close()


def test_profiles_are_printed_and_mistakes_named(tmp_path: Path) -> None:
    shown = json.loads(runner.invoke(firmware.app, ["profile"]).stdout)
    assert [row["family"] for row in shown] == list(profiles.families())
    (tmp_path / "own.toml").write_text('family = "own"\nkind = "scaner"\n')
    result = runner.invoke(firmware.app, ["profile", str(tmp_path / "own.toml")])
    assert result.exit_code == 1
    assert "own.toml, line 2: kind" in result.stderr


def test_the_brokers_files_are_written(tmp_path: Path) -> None:
    options = ["broker", str(tmp_path / "broker"), "--tls", "/etc/tls", "--node", "node1:a"]
    assert runner.invoke(firmware.app, options).exit_code == 0
    assert "certfile /etc/tls/broker.crt" in (tmp_path / "broker/mosquitto.conf").read_text()
    assert "topic write guiwei/nodes/node1/#" in (tmp_path / "broker/access.acl").read_text()
    assert runner.invoke(firmware.app, [*options[:-1], "node1"]).exit_code == 2


def test_the_broker_is_not_started_on_files_it_cannot_read(tmp_path: Path) -> None:
    tls.make_authority(tmp_path / "tls", NOW)
    options = ["broker", str(tmp_path / "broker"), "--tls", str(tmp_path / "tls"), "--run"]
    missing = runner.invoke(firmware.app, options)
    tls.issue(tmp_path / "tls", "broker", NOW, ["localhost"])
    strange = runner.invoke(firmware.app, [*options, "--run-as", "nobody-by-that-name"])
    account = pwd.getpwnam("nobody")
    hidden = unreadable(account.pw_name, [tmp_path / "tls/broker.crt", tmp_path / "tls/broker.key"])
    assert [answer.exit_code for answer in (missing, strange)] == [2, 2]
    assert "broker.crt" in "".join(missing.output.replace("│", "").split())
    if os.geteuid() == 0:  # only root can become somebody else
        assert "there is no such account" in " ".join(strange.output.replace("│", "").split())
        assert hidden == [tmp_path / "tls/broker.key"]


def test_the_broker_turns_away_what_the_server_revoked(tmp_path: Path) -> None:
    authority = tmp_path / "authority"
    options = ["broker", str(tmp_path / "broker"), "--tls", "/etc/tls", "--authority", str(authority)]
    assert runner.invoke(firmware.app, options).exit_code == 2
    make_authority(tmp_path, "test", round(NOW.timestamp() * 1e6)).write_lists(["a1"], ["byhand"], 10**15)
    assert runner.invoke(firmware.app, options).exit_code == 0
    assert f"crlfile {authority}/lists/revoked.pem" in (tmp_path / "broker/mosquitto.conf").read_text()
    assert "user byhand\ntopic deny #" in (tmp_path / "broker/access.acl").read_text()
    revoked = x509.load_pem_x509_crl((authority / "lists/revoked.pem").read_bytes())
    assert [entry.serial_number for entry in revoked] == [0xA1]


def test_what_was_issued_by_hand_is_revoked_by_hand_and_stays_so(tmp_path: Path) -> None:
    made = make_authority(tmp_path, "test", round(NOW.timestamp() * 1e6))
    folder = tmp_path / "authority"
    tls.issue(folder, "server-web", NOW)
    assert runner.invoke(tls.app, ["revoke", str(folder), str(folder / "server-web.crt")]).exit_code == 0
    made.write_lists(["a1"], [], 10**15)
    serial = certificates.read_certificate((folder / "server-web.crt").read_text()).serial_number
    assert certificates.revoked_in((made.lists / "revoked.pem").read_text()) == {serial, 0xA1}
    refused = runner.invoke(tls.app, ["revoke", str(folder), str(folder / "server-web.key")])
    assert refused.exit_code == 2
    assert "no certificate in PEM" in refused.output
