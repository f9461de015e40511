"""What every CRM is to us: pages of customers that changed since a moment, and of those that were deleted.

Law 1: a reading goes on from the `next` of any page, also in another process and later; a page read twice is harmless.
Law 2: a reading since the beginning (0) names every customer there is; what it does not name is gone.
Law 3: nothing here raises a secret: errors name the system, the address's path and what was answered.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CrmCustomer:
    """A customer as the CRM says; what it does not say is ""."""

    external_id: str
    name: str
    industry: str = ""
    size: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class CrmPage:
    """A part of a reading; `next` is where it goes on, "" when it is complete."""

    changed: tuple[CrmCustomer, ...]
    deleted: tuple[str, ...] = ()
    next: str = ""


class Crm(Protocol):
    """A system that holds customers."""

    @property
    def name(self) -> str:
        """Give the word that links to it are stored under."""
        ...

    def page(self, since_us: int, at: str) -> CrmPage:
        """Read the page at a place ("" is the first) of what changed since a moment (µs UTC); raises CrmError."""
        ...


class CrmError(Exception):
    """A CRM did not answer what it should: `code` is stable, `retry` says whether a later try may succeed."""

    def __init__(self, code: str, detail: str, *, retry: bool) -> None:
        super().__init__(detail)
        self.code = code
        self.retry = retry
