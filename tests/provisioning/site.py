"""A server that stations enrol with: real HTTPS, a real broker with client certificates, the intake, one database."""

import json
import os
import pwd
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from sqlmodel import select
from typer.testing import CliRunner

from edge_agent.cli import app as edge
from edge_agent.settings import load_settings
from edge_agent.station import Station
from guiwei import tls
from guiwei.drill.broker import start_broker
from guiwei.drill.ports import free_port
from guiwei.drill.process import Process
from server.bootstrap import Real, consumer, real_things, web_deps
from server.config import load_settings as server_settings
from server.service.cabinet.authority import make_authority
from server.service.imports.company import load_company
from server.service.inputs import Company
from server.service.keys import make_keys
from server.service.people import sign_in
from server.store.tables import LedgerEntry, Person, Quarantine
from server.web.app import create_app

STATIONS = ("c", "d", "e", "f", "g", "h", "i", "k")
COMPANY = {
    "people": [{"username": "sys", "name": "Sys", "role": "system_admin", "department": ""}],
    "stations": [{"name": name, "doors": 2} for name in STATIONS],
    "items": [],
}
INTAKE = "server-intake"


def wait(what: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Site:
    """The server's side, and a hand at the command line of a cabinet."""

    def __init__(self, folder: Path, real: Real, port: int) -> None:
        self.folder, self.real, self.broker_port = folder, real, port
        self.authority = folder / "server/authority"
        self.address = ""
        self.token = ""
        self.broker: Process | None = None

    def start_broker(self) -> None:
        """Start the broker as compose does: it follows the lists that the server writes."""
        options = {"--tls": self.authority, "--authority": self.authority, "--port": self.broker_port}
        options |= {"--run-as": pwd.getpwuid(os.getuid()).pw_name}
        words = [str(word) for option in options.items() for word in option]
        command = [sys.executable, "-m", "guiwei", "firmware", "broker", str(self.folder / "broker"), *words, "--run"]
        self.broker = Process("broker", command, self.folder / "broker.log")
        start_broker(self.broker, self.broker_port)

    def ask(self, method: str, path: str, body: object = None, expect: int = 200) -> Any:
        """Ask the API as the system administrator."""
        import httpx2

        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx2.request(
            method, f"{self.address}/api/v1{path}", json=body, headers=headers, verify=tls_context(self.authority)
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def code(self, station: str, minutes: int = 60) -> str:
        """Have a code made."""
        said = self.ask("POST", f"/stations/{station}/codes", {"minutes": minutes}, 201)
        return str(said["code"])

    def provision(self, code: str, settings: Path, *more: str, address: str = "") -> tuple[int, str]:
        """Run the command at a cabinet; gives its exit code and what it said."""
        words = [address or self.address, code, "--settings", str(settings), "--ca", str(self.authority / "ca.crt")]
        done = CliRunner().invoke(edge, ["provision", *words, *more])
        return done.exit_code, done.output

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Give the ledger's entries of a kind."""
        with self.real.database.read() as session:
            found = session.exec(select(LedgerEntry.body).where(LedgerEntry.kind == kind)).all()
        return [json.loads(body) for body in found]

    def quarantined(self, station: str) -> set[tuple[str, str]]:
        """Give the reasons and details for which messages of a station were refused."""
        with self.real.database.read() as session:
            rows = session.exec(select(Quarantine).where(Quarantine.station == station)).all()
        return {(row.reason, row.detail) for row in rows}


def tls_context(authority: Path) -> Any:
    """Trust the site's authority."""
    import ssl

    return ssl.create_default_context(cafile=str(authority / "ca.crt"))


@contextmanager
def running_station(settings_file: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Run a station's agent on its settings; gives what it says of itself."""
    settings = load_settings(settings_file)
    state = Path(settings.station.state)
    state.unlink(missing_ok=True)
    made: list[Station] = []

    def work() -> None:
        made.append(Station(settings))
        made[0].run()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        wait(state.exists)
        yield lambda: json.loads(state.read_text())
    finally:
        for station in made:
            station.stop()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def open_site(folder: Path, template: Path) -> Iterator[Site]:
    """Set a server up and run all of it."""
    shutil.copy(template, folder / "guiwei.sqlite")
    data, port, now = folder / "server", free_port(), datetime.now(UTC)  # noqa: TID251 - certificates begin now
    make_keys(data)
    make_authority(data, "test", round(now.timestamp() * 1e6))
    tls.issue(data / "authority", "broker", now, ("127.0.0.1", "localhost"))
    tls.issue(data / "authority", INTAKE, now)
    (folder / "clock").write_bytes(bytes(16))
    settings = server_settings(
        database_url=f"sqlite:///{folder / 'guiwei.sqlite'}", data=data, site="test", clock_file=folder / "clock",
        broker_host="127.0.0.1", broker_port=port, broker_username=INTAKE, broker_ca=data / "authority/ca.crt",
        broker_cert=data / f"authority/{INTAKE}.crt", broker_key=data / f"authority/{INTAKE}.key",
        stations_broker=f"localhost:{port}",
    )  # fmt: skip
    with real_things(settings) as real:
        load_company(
            real.database, Company.model_validate(COMPANY), real.policy, real.zone, "test", real.clock.wall_us()
        )
        site = Site(folder, real, port)
        site.start_broker()
        with real.database.begin() as uow:
            viewer = sign_in.viewer_of(uow.session.exec(select(Person)).one())
            site.token = sign_in.sign_in(uow, viewer, real.clock.wall_us(), real.clock.real_wall_us()).token
        stop, ear = threading.Event(), consumer(real)
        hearing = threading.Thread(target=ear.run, args=(stop,), daemon=True)
        hearing.start()
        deps = web_deps(real)
        config = uvicorn.Config(
            create_app(deps), host="127.0.0.1", port=0, log_level="warning",
            ssl_certfile=data / "authority/broker.crt", ssl_keyfile=data / "authority/broker.key",
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, daemon=True)
        serving.start()
        try:
            wait(lambda: server.started and ear.ready)
            site.address = f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            yield site
        finally:
            deps.live.close()
            server.should_exit = True
            stop.set()
            serving.join(20)
            hearing.join(20)
            assert site.broker
            site.broker.stop()
