"""A small company for the tests of the pages: real database, real intake fed with signed batches, real use cases."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlmodel import select

from contract import messages as m
from contract.codec import encode, seal
from contract.secrets import credential_of
from contract.signing import genesis, next_hash, public_hex
from server.bootstrap import Real, intake_service, open_policy, web_deps
from server.clock import SystemClock
from server.config import load_settings
from server.domain.attachments import HEAD
from server.domain.words import Role
from server.intake.service import IntakeService
from server.service.context import Writing
from server.service.imports.company import load_company
from server.service.inputs import Company
from server.service.keys import load_keys, make_keys
from server.service.people.sign_in import sign_in, viewer_of
from server.service.records.attachments import Handed, look_at
from server.service.records.blobs import Received
from server.store.migrate import migrate
from server.store.tables import Person
from server.store.unit_of_work import Database
from server.web.app import create_app
from server.web.deps import Deps
from tests.server.web.house import invite

SITE = "test"
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY_NINE = 1_772_413_200_000_000  # 2026-03-02T09:00:00+08:00
MINUTE = 60_000_000
HOSTILE = '"><script>alert(1)</script> <b>合同</b> {{ 7*7 }}'
PASSWORD = "one-two-three"
T = TypeVar("T")

NAMES = {
    Role.REQUESTER: ("wang", "王芳", "销售部"),
    Role.DEPARTMENT_MANAGER: ("li", "李强", "销售部"),
    Role.DIRECTOR: ("sun", "孙总监", "运营部"),
    Role.RECORDS_MANAGER: ("qian", "钱主管", "档案室"),
    Role.ARCHIVIST: ("chen", "陈刚", "档案室"),
    Role.HEAD_OF_OFFICE: ("zhao", "赵敏", "总经办"),
    Role.DEPUTY_GENERAL_MANAGER: ("zhou", "周副总", "总经办"),
    Role.GENERAL_MANAGER: ("wu", "吴总", "总经办"),
    Role.KEEPER: ("zheng", "郑钥", "档案室"),
    Role.INTERNAL_AUDITOR: ("feng", "冯审", "审计部"),
    Role.GUEST_AUDITOR: ("guest", "外部审计", ""),
    Role.SYSTEM_ADMIN: ("sys", "系统员", "信息部"),
    Role.SECURITY_ADMIN: ("sec", "安全员", "信息部"),
    Role.AUDIT_ADMIN: ("aud", "审计员", "信息部"),
}
TITLES = (
    ("file", "华东客户合同档案 2025-018", "ordinary", "a/1", "HT·2025-018"),
    ("file", "华东客户合同档案 2025-019", "ordinary", "a/1", "HT·2025-019"),
    ("file", "供应商资质档案 长风机械", "ordinary", "a/1", "ZZ·2024-007"),
    ("file", "年度审计底稿 2025", "secret", "a/2", "SJ·2025-001"),
    ("document", "股东会决议原件", "confidential", "a/2", "GS·2023-004"),
    ("box", "劳动合同 2021–2023", "ordinary", "a/2", "RS·2023-B02"),
    ("seal", "合同专用章(一)", "ordinary", "b/1", None),
    ("seal", "公司公章", "ordinary", "b/1", None),
    ("file", "房屋租赁合同档案", "ordinary", "b/2", "HT·2022-101"),
    ("file", "专利申请文件 归位柜", "ordinary", "b/2", "ZL·2025-003"),
    ("file", "并购项目档案 甲", "top_secret", "b/2", "BG·2026-001"),
    ("file", HOSTILE, "ordinary", "a/1", None),
)


def code_of(index: int) -> str:
    """Give the code of the item of `TITLES` at an index."""
    return f"T{index:04d}"


def epc_of(index: int) -> str:
    """Give its tag's EPC."""
    return f"E2000000000000000000{index:04X}"


@dataclass
class Cabinet:
    """A station's side of the wire: writes events into its chain, signs them, hands them to the intake."""

    name: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    epoch: str = "e" * 32
    seq: int = 0
    previous: str = ""

    def send(
        self, office: "Office", *events: Callable[..., m.Event], at_us: int | None = None, offline: bool = False
    ) -> None:
        """Sign these events as one batch and have it taken."""
        previous = self.previous or genesis(self.name, self.epoch)
        raws, first = [], self.seq + 1
        now = office.clock.wall_us() if at_us is None else at_us
        for event in events:
            self.seq += 1
            base = {"epoch": self.epoch, "seq": self.seq, "boot": "b" * 32, "wall_us": now, "mono_us": self.seq}
            raws.append(encode(event(**base, offset_error_us=1000, offline=offline)))
        batch = m.Batch(
            v=1, station=self.name, epoch=self.epoch, first=first, previous=previous, sent_mono_us=1,
            events=[msgspec.Raw(raw) for raw in raws],
        )  # fmt: skip
        for raw in raws:
            previous = next_hash(previous, raw)
        self.previous = previous
        office.intake.take(seal(self.key, batch))


@dataclass
class Office:
    """The company, its server's parts, and what happens in it."""

    database: Database
    clock: SystemClock
    clock_file: Path
    app: FastAPI
    deps: Deps
    intake: IntakeService
    cabinets: dict[str, Cabinet]
    visits: int = 0

    def pass_time(self, minutes: float) -> None:
        """Let story time pass."""
        shift, skew = struct.unpack("<qq", self.clock_file.read_bytes())
        self.clock_file.write_bytes(struct.pack("<qq", shift + round(minutes * MINUTE), skew))

    def do(self, username: str, work: Callable[[Writing], T]) -> T:
        """Carry out a use case as somebody."""
        with self.database.begin() as uow:
            person = uow.session.exec(select(Person).where(Person.username == username)).one()
            return work(Writing(uow.session, self.clock.wall_us(), self.deps.policy, viewer_of(person), ZONE, uow))

    def handed(self, name: str, data: bytes) -> Handed:
        """Give a file as it comes with a form."""
        digest, blobs = sha256(data).hexdigest(), self.deps.blobs
        kept = blobs.path_of(digest)
        kept.parent.mkdir(parents=True, exist_ok=True)
        coming = kept.with_suffix(".coming")
        coming.write_bytes(data)
        return look_at(blobs, Received(coming, len(data), digest, data[:HEAD]), name)

    def token(self, username: str) -> tuple[str, str]:
        """Open a web session for somebody; returns its token and csrf token."""
        with self.database.begin() as uow:
            person = uow.session.exec(select(Person).where(Person.username == username)).one()
            found = sign_in(uow, viewer_of(person), self.clock.wall_us(), self.clock.real_wall_us())
        return found.token, found.csrf

    def visit(
        self, username: str, place: str, taken: tuple[int, ...] = (), put: tuple[int, ...] = (), **more: Any
    ) -> None:
        """Have somebody badge in at a place, open the door, take and put items, and close it."""
        station, door = place.split("/")
        self.visits += 1
        session, credential = f"{self.visits:032x}", credential_of(SITE, badge_of(username))
        challenge = f"{self.visits + 1000:032x}"
        cabinet = self.cabinets[station]
        cabinet.send(
            self,
            lambda **base: m.AccessRequested(session=session, challenge=challenge, credential=credential, **base),
            **(more | {"offline": False}),  # what is asked where nobody can be asked opens nothing
        )
        cabinet.send(
            self,
            lambda **base: m.DoorOpened(
                door=int(door), cause="session", session=session, credential=credential, **base
            ),
            lambda **base: m.DoorClosed(
                door=int(door), cause="session", session=session, credential=credential, passes=12,
                taken=_seen(taken), put=_seen(put), **base,
            ),
            lambda **base: m.SessionEnded(session=session, why="done", **base),
            **more,
        )  # fmt: skip

    def force(self, place: str, taken: tuple[int, ...] = (), unknown: tuple[str, ...] = ()) -> None:
        """Have a door forced with nobody signed in."""
        station, door = place.split("/")
        put = [m.Sighting(epc=epc, reads=9) for epc in unknown]
        self.cabinets[station].send(
            self,
            lambda **base: m.DoorOpened(door=int(door), cause="forced", **base),
            lambda **base: m.DoorClosed(
                door=int(door), cause="forced", taken=_seen(taken), put=put, passes=12, **base
            ),
        )  # fmt: skip

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def badge_of(username: str) -> str:
    """Give a person's badge number."""
    return username.encode().hex().upper().rjust(10, "0")[:10]


def _seen(items: tuple[int, ...]) -> list[m.Sighting]:
    return [m.Sighting(epc=epc_of(index), reads=7) for index in items]


def make_company(cabinets: dict[str, Cabinet]) -> Company:
    """Write the company down as its file would say it."""
    people = [
        {"username": username, "name": name, "role": role, "department": department, "badges": [badge_of(username)],
         **({"password": PASSWORD} if username == "chen" else {})}
        for role, (username, name, department) in NAMES.items()
    ]  # fmt: skip
    stations = [
        {"name": name, "title": f"档案柜 {name.upper()}", "doors": 2, "public_key": public_hex(cabinet.key)}
        for name, cabinet in cabinets.items()
    ]
    items = [
        {"code": code_of(i), "kind": kind, "title": title, "secrecy": secrecy, "place": place, "epc": epc_of(i),
         "category": "合同" if "合同" in title else "其他", "record_number": number, "parts": 1, "pages": 20 + i}
        for i, (kind, title, secrecy, place, number) in enumerate(TITLES)
    ]  # fmt: skip
    return Company.model_validate({"people": people, "stations": stations, "items": items})


def open_office(folder: Path) -> Office:
    """Set up the company in an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'office.sqlite'}"
    migrate(url)
    clock_file = folder / "clock"
    clock_file.write_bytes(struct.pack("<qq", 0, 0))
    clock = SystemClock(clock_file)
    clock_file.write_bytes(struct.pack("<qq", MONDAY_NINE - clock.real_wall_us(), 0))
    make_keys(folder)
    given = {"database_url": url, "data": folder, "site": "示范公司", "clock_file": clock_file}
    settings, database = load_settings(**given), Database(url)
    policy, sheet = open_policy(settings)
    real = Real(settings, database, clock, policy, load_keys(folder), ZONE, sheet)
    cabinets = {name: Cabinet(name) for name in ("a", "b")}
    load_company(database, make_company(cabinets), real.policy, ZONE, SITE, clock.wall_us())
    invite(database, NAMES[Role.GUEST_AUDITOR][0], clock.wall_us(), "合同", "其他")
    deps = web_deps(real)
    return Office(database, clock, clock_file, create_app(deps), deps, intake_service(real), cabinets)
