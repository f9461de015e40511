"""A world of its own for one story: broker, server and cabinets as processes, in one folder, on free loopback ports."""

import contextlib
import os
import secrets
from pathlib import Path

import httpx2

from edge_agent.state import read_state
from guiwei.drill.api import Api
from guiwei.drill.broker import SERVER, broker, listening, start_broker
from guiwei.drill.cabinet import Cabinet
from guiwei.drill.clock import StoryClock
from guiwei.drill.founding import Beside, found
from guiwei.drill.hardware import cards_of
from guiwei.drill.ports import free_port
from guiwei.drill.process import GUIWEI, Process, wait_until
from guiwei.drill.story import Story, policy_sheet
from server.config import Settings

SITE = "drill"
ADMIN = "drill-auditor"
"""Who looks on behalf of the runner: an auditor of the story's company, allowed to read everything, to do nothing."""


class World:
    """Everything one story needs, started by `start` and gone after `close`."""

    def __init__(self, story: Story, folder: Path, http_port: int = 0) -> None:
        self.story = story
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = StoryClock(folder, story.start_us)
        self.passwords = {name: secrets.token_urlsafe(12) for name in (*story.people, ADMIN)}
        self.epcs = {key: item.tag or _epc(n) for n, (key, item) in enumerate(story.items.items(), 1)}
        self.tids = {self.epcs[key]: item.tid for key, item in story.items.items() if item.tid}
        """Tags' own numbers by EPC, of those that were given one."""
        self.codes = {key: item.code or f"GW-{key.upper()}" for key, item in story.items.items()}
        logins = {name: secrets.token_urlsafe(12) for name in (SERVER, *story.stations)}
        self.broker, self.broker_port = broker(folder, logins)
        self.cabinets = {
            name: Cabinet(name, spec, folder / f"station-{name}", self.broker_port, tids=bool(self.tids))
            for name, spec in story.stations.items()
        }
        self.logins = logins
        self.http_port = http_port or free_port()
        self.base = f"http://127.0.0.1:{self.http_port}"
        self.env = self._environment()
        self.server = Process("server", [GUIWEI, "server", "all"], folder / "server.log", self.env)
        self._apis: dict[str, Api] = {}

    # ------------------------------------------------------------ beginning and end

    def start(self) -> None:
        """Start every part, in the order that lets them wait for each other least."""
        start_broker(self.broker, self.broker_port)
        for cabinet in self.cabinets.values():
            cabinet.plug_in()
        for key, item in self.story.items.items():
            station, _, door = item.place.partition("/")
            self.cabinets[station].put(int(door or 1), self.epcs[key], item.tid)
        beside = Beside(self.story.people, self.story.items, self.codes, ADMIN)
        keys = found(self._settings(), self._company(), self.clock.now_us(), beside)
        self.server.start()
        for cabinet in self.cabinets.values():
            clock = self.clock.file(cabinet.name)
            cabinet.write_settings(SITE, self.logins[cabinet.name], keys["server_key"], keys["server_pin_key"], clock)
            cabinet.agent.start()
        self.await_server()

    def await_server(self) -> None:
        """Wait until the server answers."""
        wait_until("the server answering", 20, lambda: listening(self.http_port), self.server)

    def close(self) -> None:
        """Stop every part; nothing is left behind."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.broker.stop)
            stack.callback(self.server.stop)
            for cabinet in self.cabinets.values():
                stack.callback(cabinet.close)
            for api in self._apis.values():
                stack.callback(api.close)

    def process(self, what: str) -> Process:
        """Find a process by the name that stories give it."""
        return {"server": self.server, "broker": self.broker}.get(what) or self.cabinets[what].agent

    def start_again(self, what: str) -> None:
        """Start a killed process again and wait until it is there."""
        if what == "broker":
            start_broker(self.broker, self.broker_port)
        else:
            self.process(what).start()
            if what == "server":
                self.await_server()

    # ------------------------------------------------------------ looking and speaking

    def api(self, person: str) -> Api:
        """Give a person's way into the server."""
        if person not in self._apis:
            self._apis[person] = Api(self.base, person, self.passwords[person])
        return self._apis[person]

    def swept_us(self) -> int:
        """Ask which moment the server's sweep has looked at last."""
        return int(httpx2.get(f"{self.base}/health/ready", timeout=20).json()["swept_us"])

    def station_state(self, name: str) -> dict[str, object]:
        """Read what a station says of itself; empty before it has said anything."""
        return read_state(self.cabinets[name].state_file)

    def item_of(self, code_or_epc: str) -> str:
        """Give the story's key of an item by its code or tag, or what was given."""
        for key in self.story.items:
            if code_or_epc in (self.codes[key], self.epcs[key]):
                return key
        return code_or_epc

    # ------------------------------------------------------------ setting up

    def _own_settings(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": f"sqlite:///{self.folder / 'guiwei.sqlite'}",
            "DATA": str(self.folder / "keys"),
            "BROKER_HOST": "127.0.0.1",
            "BROKER_PORT": str(self.broker_port),
            "BROKER_USERNAME": SERVER,
            "BROKER_PASSWORD": self.logins[SERVER],
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self.http_port),
            "PUBLIC_URL": self.base,
            "SITE": SITE,
            "CLOCK_FILE": str(self.clock.file("server")),
        }
        if self.story.policy != "default":
            own["POLICY"] = str(policy_sheet(self.story.file, self.story.policy))
        return own

    def _settings(self) -> Settings:
        return Settings.model_validate({key.lower(): value for key, value in self._own_settings().items()})

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUIWEI_")}  # noqa: TID251  a child's own
        own = {f"GUIWEI_{key}": value for key, value in self._own_settings().items()}
        return inherited | own | {"PYTHONUNBUFFERED": "1"}

    def _company(self) -> dict[str, object]:
        people = [
            {
                "username": key, "name": p.name or key, "role": p.role, "department": p.department,
                "password": self.passwords[key], "badges": cards_of(p.badge) if p.badge else [],
                **({"pin": p.pin} if p.pin else {}),
            }
            for key, p in self.story.people.items()
        ]  # fmt: skip
        people.append(
            {"username": ADMIN, "name": "审计", "role": "internal_auditor", "department": "", "badges": [],
             "password": self.passwords[ADMIN]}
        )  # fmt: skip
        stations = [
            {"name": c.name, "title": c.name, "doors": c.spec.doors, "public_key": c.public_key}
            for c in self.cabinets.values()
        ]
        items = [
            {
                "code": self.codes[key], "kind": i.kind, "title": i.title or key, "secrecy": i.secrecy,
                "category": i.category, "department": i.department, "record_number": i.record_number,
                "parts": i.parts, "pages": i.pages, "place": i.place if "/" in i.place else f"{i.place}/1",
                "epc": self.epcs[key], "tid": i.tid,
            }
            for key, i in self.story.items.items()
        ]  # fmt: skip
        return {"people": people, "stations": stations, "items": items}


def _epc(n: int) -> str:
    return f"E2806894000050{n:010X}"
