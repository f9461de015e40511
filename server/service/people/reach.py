"""The objects of the routes: by the plural noun of an address, what it names, and what of it is not for everybody.

A route that names an object (`/items/{code}`, `/loans/{number}/check`) is open to somebody whose rights are narrowed
only when the object is within their reach; whether it is in somebody's business besides, the use case says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, select

from server.service.people.rights import Viewer
from server.store import tables
from server.store.narrowing import WHOLE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its table when it is narrowed with its item, and the fields masked for some, and for whom.

    `whole`: it tells of everything at once, and is not for somebody whose rights are narrowed.
    """

    table: Any = None
    key: str = "id"
    masked: tuple[tuple[str, str], ...] = ()
    whole: bool = False


DUTIFUL: Final = "those without a duty to know an item above ordinary, unless they hold it"
OTHERS: Final = "those whose post does not see everybody's, when it is another's"
NOTHING: Final = Kind()
"""Not narrowed: it is about no item, or about the company as a whole."""

WHOLE_ONLY: Final = Kind(whole=True)
TITLED: Final = (("title", DUTIFUL),)

_PLAIN: Final = """
rights looks delegations authorities orders registrations handovers counts overview labels lists exports stocktakes
retentions disposal destruction-register filings collections categories record-numbers reviews credit-requests duties
feedback lessons key-sets key-uses key-openings imports stations places me sign-in sign-out language more scan
rules live stream captures enrolments health metrics crm keeping keys setup start
"""

KINDS: Final[dict[str, Kind]] = {
    # about an item, or several: narrowed with them
    "items": Kind(tables.Item, "code", (*TITLED, ("record_number", DUTIFUL), ("person", OTHERS))),
    "copies": Kind(tables.Item, "code", TITLED),
    "seals": Kind(tables.Item, "code", TITLED),
    "entrusted": Kind(tables.Item, "code", TITLED),
    "requests": Kind(tables.Request, masked=(("*", OTHERS),)),
    "loans": Kind(tables.Loan, masked=(("*", OTHERS), *TITLED)),
    "movements": Kind(tables.Movement, masked=(("*", OTHERS),)),
    "alarms": Kind(tables.Alarm),
    "cases": Kind(tables.Case),
    "emergencies": Kind(tables.Emergency, masked=(("*", OTHERS),)),
    "holds": Kind(tables.Hold, masked=(("*", OTHERS),)),
    "repairs": Kind(tables.Repair),
    "searches": Kind(tables.Search),
    "seal-uses": Kind(tables.SealUse),
    "appraisals": Kind(tables.Appraisal),
    "disposal-holds": Kind(tables.DisposalHold),
    "destructions": Kind(tables.Destruction),
    "attachments": Kind(tables.Attachment, masked=(("*", DUTIFUL),)),
    # about no item by its address; lists of items in them are narrowed where they are read
    "people": Kind(masked=(("badges", "all but who manages people"), ("holds", OTHERS))),
    "customers": Kind(masked=(("sensitive fields", "those the sheet does not name (R38)"),)),
    "training": Kind(masked=(("*", OTHERS),)),
    "checkups": Kind(tables.Checkup),
    "breaches": Kind(tables.Breach, masked=(("*", OTHERS),)),
    "notices": Kind(masked=(("*", "everybody but whose it is"),)),
    **dict.fromkeys(_PLAIN.split(), NOTHING),
    "": NOTHING,
    # everything at once
    **dict.fromkeys(["ledger", "quarantine", "backups", "reports", "kept-reports"], WHOLE_ONLY),
}
"""Every noun that an address begins with. A new one needs its row: a route without is refused by a test."""

_API: Final = re.compile(r"^/api/v\d+")
_NAMED: Final = re.compile(r"^/([a-z-]+)/\{([a-z_]+)\}")


def noun_of(path: str) -> str:
    """Give the noun an address begins with: "/api/v1/items/{code}" is about "items"."""
    return _API.sub("", path).strip("/").partition("/")[0]


def named_in(path: str, values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give the noun and the key of the object an address names, if it names one."""
    found = _NAMED.match(_API.sub("", path))
    return None if found is None else (found[1], str(values.get(found[2], "")))


def beyond_reach(session: Session, viewer: Viewer, noun: str, key: str) -> bool:
    """Say whether there is such an object and the viewer's narrowed rights do not reach it; `session` is narrowed."""
    kind = KINDS.get(noun, NOTHING)
    if kind.table is None or not viewer.scope.limits or (kind.key == "id" and not key.isdecimal()):
        return False
    column = getattr(kind.table, kind.key)
    query = select(column).where(column == (int(key) if kind.key == "id" else key))
    there = session.exec(query, execution_options={WHOLE: True}).first() is not None
    return there and session.exec(query).first() is None
