"""The commands of docker-compose.yml, started as processes with the same variables and a site's own files.

There is no container here, so paths and addresses inside containers become paths and ports of this machine; the words
of each command and the names of each variable and secret stay those of the file.
"""

import json
import os
import pwd
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from guiwei import site
from guiwei.doctor import find_program
from guiwei.drill.ports import free_port
from guiwei.drill.postgres import postgres_cluster
from guiwei.drill.process import Process, wait_until

ROOT = Path(__file__).resolve().parent.parent
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
NOW = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Machine:
    """A site in a folder of its own, and the services of the file as processes on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.ports = {"8883": str(free_port()), "8080": str(free_port())}
        self.processes: list[Process] = []
        site.make_site(site.Site(folder, "test", NOW), ["a", "b"], 2, ("127.0.0.1",))
        (folder / "secrets/database_url").write_text(database_url)
        for name in ("a", "b"):
            self.adapt(folder / f"stations/{name}/station.toml", name)

    def adapt(self, path: Path, station: str) -> None:
        """Turn a file's places inside a container into places here."""
        path.write_text(self.here(path.read_text(), station))

    def here(self, text: str, station: str = "") -> str:
        """Turn places inside a container into places here; a station's folders are its own."""
        state = f"run/{station}" if station else "server"
        places = {
            "/etc/guiwei/station": f"{self.folder}/stations/{station}",
            "/etc/guiwei": str(self.folder),
            "/etc/guiwei/authority": f"{self.folder}/server/authority",
            "/tmp/broker": f"{self.folder}/broker",
            "/var/lib/guiwei": f"{self.folder}/{state}",
            'host = "broker"': 'host = "127.0.0.1"',
            **self.ports,
            **{f"/run/secrets/{name}": str(self.folder / row["file"].split("}/")[1]) for name, row in SECRETS},
        }
        longest_first = sorted(places, key=len, reverse=True)
        pattern = "|".join(rf"(?<!\w){re.escape(place)}(?!\w)" for place in longest_first)
        return re.sub(pattern, lambda found: places[found[0]], text)

    def process(self, name: str) -> Process:
        """Prepare a service of the file as a process."""
        service: dict[str, Any] = FILE["services"][name]
        station = name.removeprefix("station-") if name.startswith("station-") else ""
        unset = re.compile(r"\$\{\w+:-([^}]*)\}")  # a variable that nobody set is what the file says instead
        given = {key: self.here(unset.sub(r"\1", value)) for key, value in service.get("environment", {}).items()}
        given |= {key: value for key, value in INSTEAD.items() if key in given}
        program, *words = (self.here(word, station) for word in service["command"])
        words += ["--run-as", pwd.getpwuid(os.getuid()).pw_name] if name == "broker" else []
        found = find_program(program) if program != "guiwei" else str(ROOT / ".venv/bin/guiwei")
        assert found, program
        environ = {key: value for key, value in os.environ.items() if not key.startswith("GUIWEI_")}  # noqa: TID251
        self.processes.append(Process(name, [found, *words], self.folder / f"{name}.log", environ | given))
        return self.processes[-1]

    def run_once(self, name: str) -> None:
        """Run a service that ends by itself; it must succeed."""
        process = self.process(name)
        process.start()
        assert process.child is not None
        assert process.child.wait(60) == 0, process.tail(40)

    def ready(self) -> bool:
        """Ask the pages whether they are ready, as the health check does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['8080']}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def linked(self, station: str) -> bool:
        """Look whether a station's agent has its link, as the health check does."""
        state = self.folder / f"run/{station}/state.json"
        return state.exists() and json.loads(state.read_text())["link"] == "up"


SECRETS = list(FILE["secrets"].items())
INSTEAD = {"GUIWEI_SITE": "test", "GUIWEI_BROKER_HOST": "127.0.0.1", "GUIWEI_HTTP_HOST": "127.0.0.1"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A new site with a database cluster of its own; whatever was started is stopped."""
    with postgres_cluster(durable=False) as url:
        made = Machine(tmp_path, url)
        try:
            yield made
        finally:
            for process in reversed(made.processes):
                process.stop()


def test_the_services_come_up_and_find_each_other(machine: Machine) -> None:
    machine.run_once("migrate")
    machine.run_once("init")
    running = [machine.process(name) for name in ("broker", "web", "intake", "sweep", "station-a", "station-b")]
    for process in running:
        process.start()
    by_name = {process.name: process for process in running}
    wait_until("the pages ready", 20, machine.ready, by_name["web"])
    for station in ("a", "b"):
        wait_until(f"station {station} linked", 20, lambda: machine.linked(station), by_name[f"station-{station}"])  # noqa: B023
    for process in running:
        process.check()
    for process in reversed(running):
        process.stop(seconds=10)
        assert process.child is not None
        assert process.child.returncode in (0, -15), f"{process.name}:\n{process.tail()}"
