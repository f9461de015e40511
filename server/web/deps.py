"""What the pages and the API are given at start, and how a route comes by it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from server.clock import Clock
from server.domain.policy import Policy
from server.service.cabinet.enrolment import Enrolling
from server.service.customers.vault import Vault
from server.service.keys import Keys
from server.service.records.blobs import Blobs
from server.store.unit_of_work import Database
from server.web.live import Live


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the web is told from outside."""

    site: str
    zone: ZoneInfo
    secure: bool = False  # browsers come by HTTPS only
    metrics_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Deps:
    """The real things behind the web; picked in bootstrap, or by a test."""

    database: Database
    clock: Clock
    policy: Policy
    keys: Keys
    vault: Vault
    blobs: Blobs
    live: Live
    settings: WebSettings
    enrolling: Enrolling
    capture: Callable[[bytes], bytes]
    """Takes a station's batch as the broker would bring it, and gives the signed receipt."""
    hearing: Callable[[], bool] = lambda: True
    """Says whether the intake in this process, if there is one, hears the stations."""
    swept_us: Callable[[], int] = lambda: 0
    """Says which moment the sweep in this process, if there is one, has looked at last."""
    backup: Callable[[str], str] | None = None
    """Takes a backup for a reason, before a bulk change (R39), and says where it is."""


def deps_of(request: Request) -> Deps:
    """Give the app's own real things."""
    found: Deps = request.app.state.deps
    return found


Given = Annotated[Deps, Depends(deps_of)]
