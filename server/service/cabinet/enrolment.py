"""Enrolling a station: a one-time code, the key and certificate it is good for, and taking a key away again.

Law 1: a code is kept only as its hash; it is for one station, works once, for an hour, and dies of five wrong tries.
       Who sends a code that does not work is not told why.
Law 2: a key belongs to one station, once. A new key revokes the one before it; a revoked one is never taken again.
Law 3: what revokes a key is its row here: the intake looks it up for every message. Nothing else needs to be told.
"""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
import structlog
from pydantic import Field
from sqlmodel import Session, col, select

from contract.certificates import CertificateError
from contract.enrolment import Enrolment, EnrolmentRequest
from server.clock import Clock
from server.domain.certificates import alarm_for_end
from server.service.cabinet.authority import SiteAuthority
from server.service.context import Reading, Writing
from server.service.errors import ConflictError, ForbiddenError, InvalidError
from server.service.inputs import Input, Text
from server.service.keys import Keys
from server.service.lookups import station_named
from server.service.shapes import Shape, moment, moment_or_none
from server.store.tables import EnrolmentCode, Station, StationKey
from server.store.unit_of_work import Database, UnitOfWork

MINUTE_US: Final = 60_000_000
WRONG_TRIES: Final = 5
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are made of: none is mistaken for another when it is copied by hand."""
MISREAD: Final = str.maketrans("OIL", "011")
GROUPS, GROUP = 4, 4
OURS: Final = ("server", "broker", "canary")
NEW_KEY: Final = "a new key was enrolled"

log = structlog.get_logger(__name__)


class NewCode(Input):
    minutes: int = Field(default=60, ge=5, le=1440, description="how long the code works")


class Revocation(Input):
    reason: Text = Field(min_length=1)


class CodeView(Shape):
    """The only time a code is seen."""

    station: str
    code: str
    expires_at: str


class KeyView(Shape):
    public_key: str
    state: str = Field(description="current or revoked")
    enrolled_at: str | None
    until: str | None = Field(description="when its certificate ends")
    ending: bool = Field(description="whether that is within 30 days, or over")
    revoked_at: str | None
    reason: str


class StationKeysView(Shape):
    station: str
    title: str
    doors: int
    active: bool
    code_until: str | None = Field(description="until when a code waits to be used")
    keys: list[KeyView]


def make_code(work: Writing, name: str, new: NewCode) -> CodeView:
    """Make a code for a station; one that was made before for it ends."""
    station = station_named(work.session, name)
    if is_ours(name):
        raise ConflictError("reserved_name", f"{name!r} is the server's name at the broker: no station may have it")
    _end_codes(work.session, name, work.now_us)
    secret = "".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP))
    expires_us = work.now_us + new.minutes * MINUTE_US
    row = EnrolmentCode(station=station.name, code_hash=_digest(secret), made_us=work.now_us, expires_us=expires_us)
    work.session.add(row)
    work.session.flush()
    work.ledger("enrolment_code_made", station=name, code=row.id, expires_us=expires_us)
    shown = "-".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))
    return CodeView(station=name, code=f"{row.id}-{shown}", expires_at=moment(expires_us, work.zone))


def revoke(work: Writing, name: str, revocation: Revocation) -> StationKeysView:
    """Take a station's key away: from now on nothing it signs is believed and nothing is granted to it."""
    station = station_named(work.session, name)
    if not station.public_key:
        raise ConflictError("no_key", f"station {name!r} has no key to revoke")
    _end_codes(work.session, name, work.now_us)
    revoked = _revoke_current(work.session, station, revocation.reason, work.now_us)
    work.ledger("station_key_revoked", station=name, public_key=revoked.public_key, reason=revocation.reason)
    return station_keys(work, name)


def station_keys(look: Reading, name: str) -> StationKeysView:
    """Show the keys a station has and had, newest first."""
    station = station_named(look.session, name)
    rows = list(look.session.exec(select(StationKey).where(StationKey.station == name)))
    if station.public_key and station.public_key not in {row.public_key for row in rows}:
        rows.append(StationKey(public_key=station.public_key, station=name))
    rows.sort(key=lambda row: (row.revoked_us is None, row.revoked_us or 0), reverse=True)
    codes = (row.expires_us for row in _open_codes(look.session, name) if row.expires_us > look.now_us)
    return StationKeysView(
        station=name,
        title=station.title,
        doors=station.doors,
        active=station.active,
        code_until=moment_or_none(next(codes, None), look.zone),
        keys=[
            KeyView(
                public_key=row.public_key,
                state="current" if row.revoked_us is None else "revoked",
                enrolled_at=moment_or_none(row.enrolled_us or None, look.zone),
                until=moment_or_none(row.until_us or None, look.zone),
                ending=row.revoked_us is None and alarm_for_end(row.until_us, look.now_us) is not None,
                revoked_at=moment_or_none(row.revoked_us, look.zone),
                reason=row.revoked_why,
            )
            for row in rows
        ],
    )


def is_ours(name: str) -> bool:
    """Say whether a name at the broker is the server's side's."""
    return name in OURS or name.startswith("server-")


def was_enrolled(session: Session, public_key: str) -> bool:
    """Say whether a key has been some station's: then it is not taken again."""
    known = select(StationKey.public_key).where(StationKey.public_key == public_key)
    used = select(Station.name).where(Station.public_key == public_key)
    return session.exec(known).first() is not None or session.exec(used).first() is not None


class About(msgspec.Struct, frozen=True):
    """What the server tells a station of itself; `broker_ca` is empty when the site's own authority vouches for it."""

    site: str
    broker_host: str
    broker_port: int
    broker_ca: str = ""


class Enrolling:
    """What a station without a sign-in may do: use its code."""

    def __init__(self, database: Database, clock: Clock, keys: Keys, authority: SiteAuthority, about: About) -> None:
        self._database, self._clock, self._keys = database, clock, keys
        self._authority, self._about = authority, about

    def enrol(self, asked: EnrolmentRequest) -> Enrolment:
        """Take a station's key and sign its certificate; raises ForbiddenError, ConflictError or InvalidError."""
        with self._database.begin() as uow:
            station = self._use(uow, asked.code)
            answer = None if station is None else self._take(uow, station, asked)
        if answer is None:
            raise ForbiddenError("code_refused", "this code does not work, or not any more: have a new one made")
        self.write_lists()
        return answer

    def write_lists(self) -> None:
        """Write the broker's lists of what is revoked, as the registry has it; the registry holds without them."""
        with self._database.read() as session:
            revoked = session.exec(select(StationKey).where(col(StationKey.revoked_us).is_not(None))).all()
            serials = sorted(serial for row in revoked for serial in row.serial.split())
            taken = {row.station for row in revoked}
            silent = session.exec(select(Station.name).where(Station.public_key == "").order_by(Station.name))
            denied = [name for name in silent if name in taken]
        try:
            self._authority.write_lists(serials, denied, self._clock.real_wall_us())
        except OSError as error:
            log.error("broker_lists_not_written", error=str(error))

    def _use(self, uow: UnitOfWork, code: str) -> Station | None:
        """Use a code up; None when it is not to be had, and that is on record."""
        number, _, secret = code.strip().upper().partition("-")
        now = self._clock.wall_us()
        row = uow.session.get(EnrolmentCode, int(number)) if number.isdecimal() and len(number) < 10 else None
        if row is None or row.ended_us is not None:
            return None
        right = hmac.compare_digest(row.code_hash, _digest(secret.replace("-", "").replace(" ", "").translate(MISREAD)))
        row.wrong_tries += not right
        if right or row.wrong_tries >= WRONG_TRIES:
            row.ended_us = now
        uow.session.add(row)
        if right and now < row.expires_us:
            return uow.session.get(Station, row.station)
        why = "expired" if right else "wrong"
        uow.ledger("enrolment_refused", now, {"station": row.station, "code": row.id, "why": why})
        return None

    def _take(self, uow: UnitOfWork, station: Station, asked: EnrolmentRequest) -> Enrolment:
        now = self._clock.wall_us()
        if was_enrolled(uow.session, asked.public_key):
            raise ConflictError("key_known", "this key is or was a station's already: have the station make a new one")
        try:
            signed, serial, until_us = self._authority.sign(
                station.name, asked.certificate_request, self._clock.real_wall_us()
            )
        except CertificateError as error:
            raise InvalidError("certificate_request", str(error)) from None
        before = station.public_key
        if before:
            _revoke_current(uow.session, station, NEW_KEY, now)
        station.public_key, station.active = asked.public_key, True
        row = StationKey(public_key=asked.public_key, station=station.name, serial=serial, until_us=until_us)
        row.enrolled_us = now
        uow.session.add_all([station, row])
        entry = {"station": station.name, "public_key": asked.public_key, "serial": serial, "instead_of": before}
        uow.ledger("station_enrolled", now, entry)
        about = self._about
        return Enrolment(
            v=1,
            station=station.name,
            site=about.site,
            doors=station.doors,
            broker_host=about.broker_host,
            broker_port=about.broker_port,
            certificate=signed,
            authority=about.broker_ca or self._authority.pem,
            **self._keys.public(),
        )


def _open_codes(session: Session, name: str) -> list[EnrolmentCode]:
    waiting = select(EnrolmentCode).where(EnrolmentCode.station == name, col(EnrolmentCode.ended_us).is_(None))
    return list(session.exec(waiting))


def _end_codes(session: Session, name: str, now_us: int) -> None:
    for row in _open_codes(session, name):
        row.ended_us = now_us
        session.add(row)


def _revoke_current(session: Session, station: Station, why: str, now_us: int) -> StationKey:
    key = station.public_key
    row = session.get(StationKey, key) or StationKey(public_key=key, station=station.name)
    row.revoked_us, row.revoked_why = now_us, why
    station.public_key, station.active, station.online = "", False, False
    session.add_all([row, station])
    session.flush()
    return row


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
