"""What a new company has set up and what it still lacks: counted from the record, ticked by nobody."""

from collections.abc import Callable
from typing import Any, Final

from sqlmodel import Session, col, func, select

from server.domain.words import Role
from server.service.context import Reading
from server.service.shapes import Shape
from server.store.tables import BackupTaken, Badge, CrmState, Customer, Item, Person, Request, Station, Stocktake, Tag

POSTS: Final = (
    Role.GENERAL_MANAGER,
    Role.HEAD_OF_OFFICE,
    Role.RECORDS_MANAGER,
    Role.ARCHIVIST,
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDIT_ADMIN,
)
"""Posts without which the rule book cannot be carried out."""


class StepView(Shape):
    """One thing to set up: `have` of `want`; a step that wants nothing is optional."""

    code: str
    done: bool
    have: int
    want: int
    missing: list[str]
    path: str


class SetUpView(Shape):
    done: int
    of: int
    steps: list[StepView]


def set_up(look: Reading) -> SetUpView:
    """Say of each thing a company needs whether it is there."""
    steps = [_step(look.session, code, path, find) for code, path, find in STEPS]
    needed = [step for step in steps if step.want]
    return SetUpView(done=sum(step.done for step in needed), of=len(needed), steps=steps)


Found = tuple[int, int, list[str]]
"""How many there are, how many there should be, and what is missing by name."""


def _step(session: Session, code: str, path: str, find: Callable[[Session], Found]) -> StepView:
    have, want, missing = find(session)
    return StepView(
        code=code, done=have >= max(want, 1) and not missing, have=have, want=want, missing=missing, path=path
    )


def _count(session: Session, table: Any, *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()


def _posts(session: Session) -> Found:
    filled = set(session.exec(select(Person.role).where(Person.active).distinct()))
    missing = [role.value for role in POSTS if role not in filled]
    return len(POSTS) - len(missing), len(POSTS), missing


def _managers(session: Session) -> Found:
    people = session.exec(select(Person.department, Person.role).where(Person.active, Person.department != "")).all()
    asking = {department for department, role in people if role == Role.REQUESTER}
    led = {department for department, role in people if role == Role.DEPARTMENT_MANAGER}
    return len(asking & led), len(asking), sorted(asking - led)


def _badges(session: Session) -> Found:
    with_badge = select(Badge.person_id).where(Badge.active)
    lacking = session.exec(
        select(Person.username).where(Person.active, col(Person.id).not_in(with_badge)).order_by(Person.username)
    ).all()
    everybody = _count(session, Person, Person.active)
    return everybody - len(lacking), everybody, list(lacking[:20])


def _cabinets(session: Session) -> Found:
    silent = session.exec(select(Station.name).where(Station.heard_us == 0).order_by(Station.name)).all()
    every = _count(session, Station)
    return every - len(silent), max(every, 1), list(silent)


def _tags(session: Session) -> Found:
    tagged = select(Tag.item_id).where(col(Tag.dead_us).is_(None))
    bare = _count(session, Item, Item.active, col(Item.id).not_in(tagged))
    every = _count(session, Item, Item.active)
    return every - bare, max(every, 1), []


def _some(table: Any, *where: Any, want: int = 1) -> Callable[[Session], Found]:
    return lambda session: (_count(session, table, *where), want, [])


STEPS: Final[tuple[tuple[str, str, Callable[[Session], Found]], ...]] = (
    ("posts", "/imports", _posts),
    ("managers", "/imports", _managers),
    ("badges", "/people", _badges),
    ("cabinets", "/stations", _cabinets),
    ("items", "/imports", _some(Item, Item.active)),
    ("seals", "/items", _some(Item, Item.active, Item.kind == "seal")),
    ("tags", "/items", _tags),
    ("backup", "/backups", _some(BackupTaken, BackupTaken.error == "")),
    ("stocktake", "/stocktakes", _some(Stocktake, Stocktake.state != "open")),
    ("request", "/requests", _some(Request)),
    ("customers", "/imports", _some(Customer, want=0)),
    ("crm", "/imports", _some(CrmState, CrmState.read_us > 0, want=0)),
)
