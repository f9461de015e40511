"""A station enrols with a one-time code, speaks with the key it made, and is not believed once that is revoked."""

import json
import re
import shutil
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import select
from typer.testing import CliRunner

from contract import certificates
from contract.codec import encode
from contract.enrolment import EnrolmentRequest, decode_request
from contract.errors import ContractError
from contract.messages import CertificateIssued
from contract.signing import public_hex
from edge_agent.cli import app as edge
from edge_agent.devices.base import SettingsError
from edge_agent.link import Link
from edge_agent.renewal import Renewal, certificate_in_use, with_renewed
from edge_agent.settings import load_settings
from guiwei import emulate, tls
from server.store.tables import Alarm, EnrolmentCode, Epoch, StationKey
from server.store.tables import Station as Row
from server.sweep.ends import Listener, ends_of
from tests.provisioning.site import Site, open_site, running_station, wait

INSTALLED = """
# wired by the installer
[[devices]]
name = "lock" # the board
family = "lock8a"
port = "/dev/null-lock"

[[doors]]
door = 1
lock = { device = "lock", channel = 1 }
"""


pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server and one broker for the module; every test has a station of its own."""
    with open_site(tmp_path_factory.mktemp("site"), sqlite_template) as found:
        yield found


def settled(station: Callable[[], dict[str, Any]]) -> bool:
    """Say whether the station is connected and the server has all it wrote."""
    said = station()
    return (said["link"], said["unsent"]) == ("up", 0) and bool(said["seq"])


def in_place(path: Path, folder: Path) -> None:
    """Let a station keep what it writes in the test's own folder."""
    text = path.read_text()
    text = re.sub(r"^data = .*$", f'data = "{folder}/data"', text, flags=re.MULTILINE)
    path.write_text(re.sub(r"^state = .*$", f'state = "{folder}/state.json"', text, flags=re.MULTILINE))


@contextmanager
def unread_lists(site: Site) -> Iterator[None]:
    """Keep what follows the server's lists from looking at them; the broker itself goes on."""
    assert site.broker is not None
    site.broker.pause()
    try:
        yield
    finally:
        site.broker.resume()


def test_a_station_enrols_speaks_and_is_revoked(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "etc/cabinet.toml"
    code = site.code("c")
    assert site.provision(code, settings) == (
        0, f"{settings}: station c of test, broker localhost:{site.broker_port}\n",
    )  # fmt: skip
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.parent.iterdir()}
    assert modes == {
        "cabinet.toml": 0o640, "cabinet.key": 0o600, "cabinet.tls.key": 0o600, "cabinet.crt": 0o640,
        "cabinet.ca.crt": 0o640,
    }  # fmt: skip
    known = load_settings(settings).station
    assert (known.name, known.site, known.data) == ("c", "test", "/var/lib/guiwei/cabinet")
    in_place(settings, tmp_path)
    with unread_lists(site):  # the broker still lets it in: what counts is the registry
        with running_station(settings) as station:
            wait(lambda: settled(station))
            view = site.ask("POST", "/stations/c/revoke", {"reason": "the machine was stolen"})
            assert (view["active"], [key["state"] for key in view["keys"]]) == (False, ["revoked"])
        with running_station(settings) as station:
            wait(lambda: bool(site.quarantined("c")))
            assert station()["unsent"] > 0
    ((reason, detail),) = site.quarantined("c")
    assert reason == "revoked_key"
    assert "the machine was stolen" in detail
    with site.real.database.read() as session:
        assert not session.get_one(Row, "c").online


def test_the_brokers_lists_turn_a_revoked_station_away(site: Site, tmp_path: Path) -> None:
    revoked, other = tmp_path / "d.toml", tmp_path / "e.toml"
    for path in (revoked, other):
        assert site.provision(site.code(path.stem), path)[0] == 0
        in_place(path, tmp_path / path.stem)
    site.ask("POST", "/stations", {"name": "byhand", "doors": 1, "public_key": "ab" * 32}, 201)
    site.ask("POST", "/stations/byhand/revoke", {"reason": "sold"})
    assert site.broker is not None
    broker = site.broker
    with running_station(other) as station, running_station(revoked) as thief:
        wait(lambda: settled(station) and settled(thief))
        site.ask("POST", "/stations/d/revoke", {"reason": "sold"})
        assert {"byhand", "d"} <= set((site.authority / "lists/denied.txt").read_text().split())
        muted = "topic deny #"
        wait(lambda: f"user d\n{muted}" in (site.folder / "broker/access.acl").read_text())
        assert thief()["link"] == station()["link"] == "up"  # read again, not restarted
    with running_station(revoked) as station:
        wait(lambda: "certificate verify failed" in broker.tail(200))
        assert station()["link"] == "down"
    assert site.provision(site.code("d"), revoked, "--force")[0] == 0
    with running_station(revoked) as station:
        wait(lambda: settled(station))


def test_a_lost_disk_is_a_new_code_a_new_key_and_a_new_epoch(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "f.toml"
    assert site.provision(site.code("f"), settings)[0] == 0
    in_place(settings, tmp_path)
    with running_station(settings) as station:
        wait(lambda: settled(station))
    old = load_settings(settings).station_key()
    for name in ("outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    settings.write_text(settings.read_text() + INSTALLED)
    code = site.code("f")
    refused, said = site.provision(code, settings)
    assert refused == 2
    assert "--force" in said
    assert site.provision(code, settings, "--force")[0] == 0
    text = settings.read_text()
    assert text.endswith(INSTALLED[INSTALLED.index("[[devices]]") :])
    assert f'data = "{tmp_path}/data"' in text
    keys = site.ask("GET", "/stations/f/keys")["keys"]
    assert [key["state"] for key in keys] == ["current", "revoked"]
    assert keys[0]["public_key"] == public_hex(load_settings(settings).station_key())
    assert keys[1]["public_key"] == public_hex(old)
    settings.write_text(text.replace(INSTALLED[INSTALLED.index("[[devices]]") :], ""))
    with running_station(settings) as station:
        wait(lambda: settled(station))
    with site.real.database.read() as session:
        assert len(session.exec(select(Epoch).where(Epoch.station == "f")).all()) == 2
    entries = [entry for entry in site.rows("station_enrolled") if entry["station"] == "f"]
    assert [entry["instead_of"] for entry in entries] == ["", public_hex(old)]


def test_a_code_works_once_for_a_while_and_not_after_wrong_tries(site: Site, tmp_path: Path) -> None:
    used = site.code("g")
    assert site.provision(used.lower().replace("-", " ", 1).replace(" ", "-"), tmp_path / "first.toml")[0] == 0
    refusals = []
    refusals.append(site.provision(used, tmp_path / "x.toml"))
    replaced, guessed = site.code("g"), site.code("g")
    refusals.append(site.provision(replaced, tmp_path / "x.toml"))
    number, secret = guessed.partition("-")[::2]
    wrong = ("0" if secret[0] != "0" else "1") + secret[1:]
    refusals += [site.provision(f"{number}-{wrong}", tmp_path / "x.toml") for _ in range(5)]
    refusals.append(site.provision(guessed, tmp_path / "x.toml"))
    late = site.code("g", minutes=5)
    clock = site.folder / "clock"
    clock.write_bytes(struct.pack("<qq", 301_000_000, 0))
    refusals.append(site.provision(late, tmp_path / "x.toml"))
    clock.write_bytes(bytes(16))
    refusals += [site.provision(nonsense, tmp_path / "x.toml") for nonsense in ("", "999-AAAA", "hello", "-", "0-0")]
    assert {code for code, _ in refusals} == {2}
    said = {text.partition(": 403: ")[2] for _, text in refusals}
    assert said == {"this code does not work, or not any more: have a new one made\n"}
    assert [path.name for path in tmp_path.glob("x*")] == []
    tries = [entry["why"] for entry in site.rows("enrolment_refused") if entry["station"] == "g"]
    assert tries == ["wrong"] * 5 + ["expired"]
    with site.real.database.read() as session:
        kept = [row.model_dump_json() for row in session.exec(select(EnrolmentCode))]
    for shown in (used, guessed):
        assert not any(shown.partition("-")[2].replace("-", "") in row for row in kept)


def test_nothing_of_the_servers_is_secret_on_a_station(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "station.toml"
    assert site.provision(site.code("g"), settings)[0] == 0
    there = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    data = site.folder / "server"
    for secret in (data / "server.key", data / "pin.key"):
        assert secret.read_bytes().strip() not in there
    assert (site.authority / "ca.key").read_bytes().splitlines()[1] not in there
    assert b"argon2" not in there
    assert stat.S_IMODE((site.authority / "ca.key").stat().st_mode) == 0o600


def test_what_cannot_be_done_says_so_and_uses_no_code(site: Site, tmp_path: Path) -> None:
    code, settings = site.code("g"), tmp_path / "g.toml"
    plain = site.provision(code, settings, address="http://guiwei.example")
    assert "in clear" in plain[1]
    gone = site.provision(code, settings, address="https://127.0.0.1:9")
    assert "refused" in gone[1]
    nowhere = site.provision(code, settings, address="guiwei")
    assert "not an address" in nowhere[1]
    (tmp_path / "file").write_text("")
    blocked = site.provision(code, tmp_path / "file/g.toml")
    assert {exit_code for exit_code, _ in (plain, gone, nowhere, blocked)} == {2}
    assert list(tmp_path.glob("g.*")) == []
    assert site.provision(code, settings)[0] == 0


def test_a_key_that_was_a_stations_is_not_taken_again(site: Site) -> None:
    import httpx2

    from tests.provisioning.site import tls_context

    key = Ed25519PrivateKey.generate()

    def send(code: str, request: str) -> tuple[int, str]:
        asked = EnrolmentRequest(v=1, code=code, public_key=public_hex(key), certificate_request=request)
        trust = tls_context(site.authority)
        answer = httpx2.post(f"{site.address}/api/v1/enrolments", content=encode(asked), verify=trust)
        return answer.status_code, str(answer.json().get("code"))

    good = certificates.request(certificates.new_key())
    code = site.code("g")
    assert send(code, "no request") == (422, "certificate_request")
    assert send(code, good)[0] == 200
    assert send(site.code("g"), good) == (409, "key_known")
    new = {"name": "again", "doors": 1, "public_key": public_hex(key)}
    assert site.ask("POST", "/stations", new, 409)["code"] == "key_known"


def test_no_station_gets_a_certificate_under_a_name_of_the_servers(site: Site) -> None:
    for name in ("server-intake", "canary"):
        site.ask("POST", "/stations", {"name": name, "doors": 1}, 201)
        assert site.ask("POST", f"/stations/{name}/codes", {}, 409)["code"] == "reserved_name"


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 5000, json.dumps({"v": 2}).encode(), b"\xff"])
def test_a_request_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(ContractError):
        decode_request(body)


def test_a_certificate_near_its_end_is_renewed_by_the_station_itself(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "h.toml"
    assert site.provision(site.code("h"), settings)[0] == 0
    in_place(settings, tmp_path)
    certificate, early = tmp_path / "h.crt", timedelta(days=certificates.DAYS - 20)
    shutil.copy(tmp_path / "h.tls.key", site.authority / "h.key")
    tls.issue(site.authority, "h", datetime.now(UTC) - early)  # noqa: TID251 - real certificates end at real moments
    shutil.copy(site.authority / "h.crt", certificate)
    ends = serial_and_end(certificate)[1]
    with site.real.database.begin() as uow:
        key = uow.session.get_one(StationKey, uow.session.get_one(Row, "h").public_key)
        key.until_us = ends
        uow.session.add(key)
        first = key.serial
    renewed = tmp_path / "data/renewed.crt"
    with running_station(settings) as station:
        wait(renewed.exists)
        wait(lambda: settled(station) and not station()["conditions"])
    serial, until = serial_and_end(renewed)
    assert until > ends + 700 * 86_400_000_000
    with site.real.database.read() as session:
        key = session.get_one(StationKey, session.get_one(Row, "h").public_key)
        assert (key.serial, key.until_us) == (f"{first} {serial}", until)
        alarm = session.exec(select(Alarm).where(Alarm.kind == "certificate_ending", Alarm.station == "h")).one()
        assert alarm.cleared_us is not None
    assert [entry["serial"] for entry in site.rows("certificate_renewed")] == [serial]
    certificate.unlink()
    with pytest.raises(SettingsError):
        Link("h", "0" * 32, load_settings(settings).broker, print)
    shutil.copy(site.authority / "h.crt", certificate)
    with running_station(settings) as station:  # not asked for again; the renewed one is shown
        wait(lambda: settled(station))
    assert certificate_in_use(with_renewed(load_settings(settings).broker, tmp_path / "data")) == str(renewed)
    assert len(site.rows("certificate_renewed")) == 1
    site.ask("POST", "/stations/h/revoke", {"reason": "sold"})
    revoked = certificates.revoked_in((site.authority / "lists/revoked.pem").read_text())
    assert {int(first, 16), int(serial, 16)} <= revoked


def test_no_certificate_is_taken_that_is_not_the_next_of_ones_own(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "i.toml"
    assert site.provision(site.code("i"), settings)[0] == 0
    known, now = load_settings(settings), datetime.now(UTC)  # noqa: TID251 - as above
    renewal = Renewal("i", with_renewed(known.broker, tmp_path), None, print)  # type: ignore[arg-type]
    shutil.copy(tmp_path / "i.tls.key", site.authority / "i.key")
    shutil.copy(tmp_path / "i.tls.key", site.authority / "j.key")
    made = {}
    stranger = tmp_path / "stranger"
    tls.make_authority(stranger, now)
    shutil.copy(tmp_path / "i.tls.key", stranger / "i.key")
    tls.issue(stranger, "i", now + timedelta(days=9))
    made["stranger"] = (stranger / "i.crt").read_text()
    for name, which, at in (("i", "old", -9), ("j", "named", 9), ("k", "key", 9), ("i", "next", 9)):
        tls.issue(site.authority, name, now + timedelta(days=at))
        made[which] = (site.authority / f"{name}.crt").read_text()
    for which, text in {"junk": "-----", **made}.items():
        taken = renewal.take(CertificateIssued(v=1, station="i", certificate=text))
        assert taken is (which == "next"), which
    assert (tmp_path / "renewed.crt").read_text() == made["next"]


def test_at_a_desk_all_lies_in_one_folder_and_what_is_missing_is_said(site: Site, tmp_path: Path) -> None:
    settings = tmp_path / "k.toml"
    assert site.provision(site.code("k"), settings, "--data", str(tmp_path / "desk"))[0] == 0
    known = load_settings(settings).station
    assert (known.data, known.state) == (f"{tmp_path}/desk", f"{tmp_path}/desk/state.json")
    for command, words in ((edge, ["check", str(settings)]), (emulate.app, [str(settings)])):
        answer = CliRunner().invoke(command, words)
        assert answer.exit_code != 0
        assert "no [[devices]] yet" in answer.output


def test_the_brokers_own_end_is_seen_by_asking_it(site: Site) -> None:
    files = site.authority / "broker.crt", site.authority / "server-intake.crt", site.authority / "server-intake.key"
    found = ends_of({}, Listener("localhost", site.broker_port, *files[1:]))
    assert found == {"broker": serial_and_end(files[0])[1]}


def serial_and_end(path: Path) -> tuple[str, int]:
    """Give the serial (hex) and the end (µs) of a certificate."""
    found = certificates.read_certificate(path.read_text())
    return f"{found.serial_number:x}", round(found.not_valid_after_utc.timestamp() * 1e6)
