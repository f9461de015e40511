"""Signing in and out: a password for a token, kept only as its hash; too many failures lock the door a while."""

import hashlib
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, delete, select

from server.domain.words import Role
from server.service.errors import ServiceError
from server.service.people.passwords import check_secret
from server.service.people.rights import Viewer
from server.service.people.scopes import scope_of
from server.store.tables import Person, RightScope, SignIn
from server.store.unit_of_work import UnitOfWork

SIGN_IN_US: Final = 12 * 3600 * 1_000_000
FAILURES: Final = 5
WINDOW_SECONDS: Final = 300.0
REMEMBERED: Final = 10_000


class WrongSignInError(ServiceError):
    """The name or the password is wrong; which of them is not said."""


class TooManyTriesError(ServiceError):
    """Too many failed tries; `seconds` until the next is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too_many_tries", f"too many failed sign-ins; try again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in as it is handed out, once."""

    token: str
    csrf: str
    viewer: Viewer


class Tries:
    """Counts failed sign-ins by name, in this process; the least recent are forgotten first."""

    def __init__(self, failures: int = FAILURES, window: float = WINDOW_SECONDS) -> None:
        self._failures = failures
        self._window = window
        self._seen: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, keys: tuple[str, ...], now: float) -> None:
        """Raise TooManyTriesError when one of the keys has failed too often within the window."""
        with self._lock:
            for key in keys:
                recent = self._recent(key, now)
                if len(recent) >= self._failures:
                    raise TooManyTriesError(max(1, round(recent[0] + self._window - now)))

    def failed(self, keys: tuple[str, ...], now: float) -> bool:
        """Count a failure; say whether it was the one too many."""
        with self._lock:
            counts = []
            for key in keys:
                recent = [*self._recent(key, now), now]
                self._seen[key] = recent
                self._seen.move_to_end(key)
                counts.append(len(recent))
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return max(counts) == self._failures

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._seen.pop(key, None)

    def _recent(self, key: str, now: float) -> list[float]:
        return [at for at in self._seen.get(key, ()) if now - at < self._window]


def check_password(session: Session, username: str, password: str) -> Viewer:
    """Give the person whose name and password these are; raises WrongSignInError."""
    person = session.exec(select(Person).where(Person.username == username)).first()
    usable = person.password_hash if person is not None and person.active else None
    if not check_secret(password, usable) or person is None:
        raise WrongSignInError("wrong_sign_in", "the name or the password is wrong")
    return viewer_of(person)


def sign_in(uow: UnitOfWork, viewer: Viewer, now_us: int, real_us: int) -> SignedIn:
    """Open a web session for a person whose password was right; it lasts 12 hours of real time."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    uow.session.exec(delete(SignIn).where(SignIn.expires_us < real_us))  # type: ignore[arg-type]
    uow.session.add(SignIn(token_hash=digest(token), person_id=viewer.id, csrf=csrf, expires_us=real_us + SIGN_IN_US))
    uow.ledger("signed_in", now_us, {"by": viewer.pseudonym})
    return SignedIn(token, csrf, viewer)


def sign_out(uow: UnitOfWork, token: str) -> None:
    """End the web session of a token."""
    uow.session.exec(delete(SignIn).where(SignIn.token_hash == digest(token)))  # type: ignore[arg-type]


def end_sign_ins(session: Session, person_id: int) -> None:
    """End every web session of a person."""
    session.exec(delete(SignIn).where(col(SignIn.person_id) == person_id))


def find_sign_in(session: Session, token: str, real_us: int) -> SignedIn | None:
    """Give who a token stands for, or None when it stands for nobody any more."""
    query = (
        select(SignIn, Person, RightScope)
        .select_from(SignIn)
        .join(Person)
        .join(RightScope, col(RightScope.person_id) == col(Person.id), isouter=True)
        .where(SignIn.token_hash == digest(token), SignIn.expires_us > real_us)
    )
    row = session.exec(query).first()
    if row is None or not row[1].active:
        return None
    return SignedIn(token, row[0].csrf, viewer_of(row[1], row[2]))


def viewer_of(person: Person, limits: RightScope | None = None) -> Viewer:
    """Give a person's row as the one who asks, with the limits of their rights."""
    if person.id is None:
        raise ValueError(f"person {person.username!r} is not stored yet")
    return Viewer(
        id=person.id,
        username=person.username,
        name=person.name,
        role=Role(person.role),
        department=person.department,
        pseudonym=person.pseudonym,
        locale=person.locale,
        scope=scope_of(limits),
    )


def digest(token: str) -> str:
    """Give what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
