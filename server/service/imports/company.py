"""Load a company's people, cabinets and items from one file, all of it or none, in one transaction."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlmodel import select

from server.domain.policy import Policy
from server.domain.words import Role
from server.service.cabinet.stations import add_station
from server.service.context import Writing
from server.service.errors import ConflictError
from server.service.inputs import Company, NewPerson
from server.service.people.people import add_badge, new_person
from server.service.people.rights import Act, Viewer
from server.service.records.items import add_item
from server.store.tables import Person
from server.store.unit_of_work import Database

SETTING_UP = Viewer(0, "init", "init", Role.SYSTEM_ADMIN, "", "init")
"""Who stands in the ledger for what was done before there was anybody."""


@dataclass(frozen=True, slots=True)
class Operator(Viewer):
    """Whoever runs a command on the server's own machine."""

    def may(self, act: Act) -> bool:  # noqa: ARG002 -- as the base says
        """Say yes: the database is theirs anyway, and the ledger says that it was the operator."""
        return True


OPERATOR = Operator(0, "operator", "operator", Role.SYSTEM_ADMIN, "", "operator")


class CompanyFileError(ValueError):
    """The company file cannot be read or is not right; the text names every place in it."""


def read_company(path: Path) -> Company:
    """Read a company file; raises CompanyFileError."""
    try:
        return Company.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CompanyFileError(f"{path}: {error}") from None
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise CompanyFileError("\n".join(lines)) from None


def load_company(database: Database, company: Company, policy: Policy, zone: ZoneInfo, site: str, now_us: int) -> None:
    """Store a company in an empty database; raises ConflictError when there is somebody already."""
    with ThreadPoolExecutor() as pool:  # hashing passwords is what takes time, and it lets go of the interpreter
        people = list(pool.map(_person, company.people))
    with database.begin() as uow:
        work = Writing(uow.session, now_us, policy, SETTING_UP, zone, uow)
        if work.session.exec(select(Person.id)).first() is not None:
            raise ConflictError("not_empty", "this database has people already; a company is loaded into an empty one")
        for person in people:
            person.created_us = now_us
            work.session.add(person)
            work.ledger("person_added", person=person.pseudonym, role=person.role)
        work.session.flush()
        for new in company.people:
            for badge in new.badges:
                add_badge(work, new.username, badge, site)
        for station in company.stations:
            add_station(work, station)
        for item in company.items:
            add_item(work, item)


def _person(new: NewPerson) -> Person:
    return new_person(new.username, new.name, new.role, new.department, new.locale, new.password, new.pin or "")
