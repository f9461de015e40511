"""A company with somebody in every post, one cabinet that can sign, and people who act over HTTP."""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select
from starlette.testclient import TestClient

from contract.signing import public_hex
from server.clock import SystemClock
from server.domain.policy import load_policy
from server.domain.scopes import DAY_US, Scope
from server.domain.words import Role
from server.intake.service import IntakeService
from server.service.cabinet.authority import make_authority
from server.service.cabinet.enrolment import About, Enrolling
from server.service.customers.vault import Vault, make_vault
from server.service.imports.company import load_company
from server.service.inputs import Company
from server.service.people import sign_in
from server.service.people.scopes import save_scope
from server.service.records.blobs import Blobs
from server.store.tables import Person
from server.store.unit_of_work import Database
from server.web.app import Deps, WebSettings, create_app
from server.web.live import Live
from tests.server.company import KEYS, POLICY, STATION_KEYS, Writer, epc

SITE = "test"
SALES, OTHER = "销售部", "采购部"
PEOPLE = [
    ("wang", Role.REQUESTER, SALES),
    ("li", Role.DEPARTMENT_MANAGER, SALES),
    ("zhao", Role.HEAD_OF_OFFICE, ""),
    ("chen", Role.ARCHIVIST, ""),
    ("gao", Role.GENERAL_MANAGER, ""),
    ("sun", Role.DEPUTY_GENERAL_MANAGER, ""),
    ("ma", Role.RECORDS_MANAGER, ""),
    ("dong", Role.DIRECTOR, OTHER),
    ("ke", Role.KEEPER, ""),
    ("shen", Role.INTERNAL_AUDITOR, ""),
    ("guest", Role.GUEST_AUDITOR, ""),
    ("sys", Role.SYSTEM_ADMIN, ""),
    ("sec", Role.SECURITY_ADMIN, ""),
    ("aud", Role.AUDIT_ADMIN, ""),
    ("qian", Role.REQUESTER, OTHER),
]
NUMBER = {name: n for n, (name, _, _) in enumerate(PEOPLE, 1)}
NAMED = {role: name for name, role, _ in reversed(PEOPLE)}
PASSWORD = "correct horse"
SECRECY = {3: "secret", 4: "top_secret", 5: "ordinary"}
COMPANY = Company.model_validate(
    {
        "people": [
            {
                "username": name,
                "name": name.title(),
                "role": role,
                "department": department,
                "badges": [f"{n:010X}"],
                "password": PASSWORD if name in ("wang", "chen") else "",
            }
            for n, (name, role, department) in enumerate(PEOPLE, 1)
        ],
        "stations": [
            {"name": name, "doors": 2, "public_key": public_hex(key)} for name, key in sorted(STATION_KEYS.items())
        ],
        "items": [
            {
                "code": f"F{n}",
                "kind": "seal" if n == 5 else "file",
                "title": f"题名{n}",
                "secrecy": SECRECY.get(n, "ordinary"),
                "category": "合同",
                "parts": 2,
                "place": "a/1" if n < 6 else "a/2",
                "epc": epc(n),
            }
            for n in range(1, 7)
        ],
    }
)


@dataclass
class Caller:
    """One signed-in person."""

    client: TestClient
    token: str
    language: str = "en"

    def ask(self, method: str, path: str, body: object = None, expect: int | None = None, **headers: str) -> Any:
        """Send a request to the API; `expect` is the status it must have."""
        sent = {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.request(method, f"/api/v1{path}", json=body, headers=sent)
        if expect is not None:
            assert answer.status_code == expect, answer.text
            return answer.json()
        assert answer.status_code < 300, answer.text
        return answer.json()

    def get(self, path: str, expect: int | None = None) -> Any:
        """Ask for something."""
        return self.ask("GET", path, expect=expect)

    def post(self, path: str, body: object = None, expect: int | None = None, **headers: str) -> Any:
        """Do something."""
        return self.ask("POST", path, body, expect, **headers)

    def rules(self, path: str, body: object = None) -> set[tuple[str, str]]:
        """Be refused by rules, and say by which: (rule, code)."""
        said = self.post(path, body, expect=403)
        assert said["code"] == "refused_by_rule", said
        return {(reason["rule"], reason["code"]) for reason in said["reasons"]}


def moment(house: "House", days: float) -> str:
    """Write a moment so many days from now as the API takes it."""
    at = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone) + timedelta(days=days)
    return at.isoformat()


def invite(database: Database, username: str, now_us: int, *categories: str) -> None:
    """Let a guest auditor look at these categories for a week."""
    with database.begin() as uow:
        number = uow.session.exec(select(Person.id).where(Person.username == username)).one()
        scope = Scope(category=frozenset(categories), until_us=now_us + 7 * DAY_US)
        save_scope(uow.session, number or 0, scope)


class House:
    """The company at work on one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._clock_file = folder / "clock"
        self._clock_file.write_bytes(bytes(16))
        self.clock = SystemClock(self._clock_file)
        self.policy = load_policy(POLICY.read_text())
        self.zone = ZoneInfo("Asia/Shanghai")
        load_company(database, COMPANY, self.policy, self.zone, SITE, self.clock.wall_us())
        invite(database, "guest", self.clock.wall_us(), "合同")
        self.intake = IntakeService(database, KEYS, self.policy, self.zone, self.clock)
        self.station = Writer()
        make_vault(folder)
        self.vault, self.blobs = Vault(folder), Blobs(folder)
        self.authority = make_authority(folder, SITE, self.clock.real_wall_us())
        self.app = create_app(
            Deps(
                database=database,
                clock=self.clock,
                policy=self.policy,
                keys=KEYS,
                vault=self.vault,
                blobs=self.blobs,
                live=Live(database),
                settings=WebSettings(SITE, self.zone),
                enrolling=Enrolling(database, self.clock, KEYS, self.authority, About(SITE, "broker.example", 8883)),
                capture=self.intake.take,
            )
        )
        self.client = TestClient(self.app)
        self._callers: dict[str, Caller] = {}

    def shift(self, seconds: float) -> None:
        """Let time pass."""
        (now,) = struct.unpack("<q", self._clock_file.read_bytes()[:8])
        with self._clock_file.open("r+b") as file:
            file.write(struct.pack("<q", now + round(seconds * 1_000_000)))

    def __getattr__(self, name: str) -> Caller:
        """Give a person of the company by username, signed in."""
        if name not in NUMBER:
            raise AttributeError(name)
        if name not in self._callers:
            self._callers[name] = self.signed_in(name)
        return self._callers[name]

    def signed_in(self, name: str) -> Caller:
        """Sign a person in anew."""
        with self.database.begin() as uow:
            person = uow.session.exec(select(Person).where(Person.username == name)).one()
            viewer = sign_in.viewer_of(person)
            found = sign_in.sign_in(uow, viewer, self.clock.wall_us(), self.clock.real_wall_us())
        return Caller(self.client, found.token)

    def approved(self, *items: str, person: str = "wang", **more: Any) -> int:
        """Have ordinary items approved for a loan; gives the request's number."""
        body = {"items": list(items), "mode": "loan", "purpose": "客户复核", "for": person, **more}
        number: int = self.li.post("/requests", body)["id"]
        self.zhao.post(f"/requests/{number}/approve")
        return number

    def noted(self, kind: str) -> list[str]:
        """Give the notes that the ledger's entries of a kind carry."""
        rows = self.shen.get("/ledger?limit=500")["rows"]
        return [entry["body"]["note"] for entry in rows if entry["kind"] == kind]

    def visit(self, person: str, **fields: Any) -> None:
        """Let somebody show their badge and close the door; `taken` and `put` are item numbers."""
        now = self.clock.wall_us()
        session, asks = self.station.asks(NUMBER[person], at_us=now)
        self.intake.take(asks)
        self.intake.take(self.station.closes(session, at_us=now, **fields))
