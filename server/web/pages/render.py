"""Puts a page together: templates in the reader's language, with the person, the menu and the way back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.domain.reasons import Language
from server.service.people.rights import Act
from server.service.people.sign_in import SignedIn
from server.web.deps import deps_of
from server.web.languages import language_of

from .i18n import LANGUAGES, N_, translations
from .words import word

WEB: Final = Path(__file__).resolve().parent.parent
STATIC: Final = WEB / "static"
SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Note:
    """Something said at the top of a page: what was done, or why not."""

    tone: str
    text: str
    reasons: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu; `minor` ones are behind "More" on a phone, those of a `group` under its name at a desk."""

    path: str
    icon: str
    text: str
    act: Act
    minor: bool = True
    group: str = ""


RECORDS: Final = N_("Records")
OVERSIGHT: Final = N_("Oversight")
SET_UP: Final = N_("Set-up")
MENU: Final = (
    Entry("/", "home", N_("Now"), Act.SEE_OVERVIEW, minor=False),
    Entry("/items", "box", N_("Items"), Act.FIND_ITEMS, minor=False),
    Entry("/requests", "inbox", N_("Requests"), Act.SEE_REQUESTS, minor=False),
    Entry("/loans", "out", N_("Loans"), Act.SEE_LOANS),
    Entry("/alarms", "bell", N_("Alarms"), Act.SEE_ALARMS, minor=False),
    Entry("/cases", "case", N_("Cases"), Act.SEE_ALARMS),
    Entry("/stocktakes", "count", N_("Stocktakes"), Act.SEE_COUNTS),
    Entry("/duties", "clock", N_("Duties"), Act.SEE_DUTIES),
    Entry("/notices", "bell", N_("Notices"), Act.OWN),
    Entry("/seals", "shield", N_("Seals"), Act.SEE_SEALS, group=RECORDS),
    Entry("/keeping", "paper", N_("Keeping"), Act.SEE_KEEPING, group=RECORDS),
    Entry("/customers", "people", N_("Customers"), Act.SEE_CUSTOMERS, group=RECORDS),
    Entry("/disposal", "lock", N_("Disposal"), Act.ATTEND_DESTRUCTION, group=RECORDS),
    Entry("/reports", "paper", N_("Reports"), Act.SEE_REPORTS, group=OVERSIGHT),
    Entry("/ledger", "shield", N_("Ledger"), Act.SEE_LEDGER, group=OVERSIGHT),
    Entry("/feedback", "person", N_("Feedback"), Act.SEE_FEEDBACK, group=OVERSIGHT),
    Entry("/rules", "paper", N_("Rules"), Act.OWN, group=OVERSIGHT),
    Entry("/people", "people", N_("People"), Act.FIND_PEOPLE, group=SET_UP),
    Entry("/stations", "cabinet", N_("Cabinets"), Act.SEE_OVERVIEW, group=SET_UP),
    Entry("/imports", "plus", N_("Imports"), Act.IMPORT, group=SET_UP),
    Entry("/backups", "shield", N_("Backups"), Act.SEE_BACKUPS, group=SET_UP),
    Entry("/more", "menu", N_("More"), Act.OWN, minor=False),
)


@dataclass
class Page:
    """One page for one reader: collects what to say and renders a template."""

    request: Request
    signed_in: SignedIn | None = None
    notes: list[Note] = field(default_factory=list)

    @property
    def locale(self) -> Language:
        """Give the language this page is in."""
        return language_of(self.request, self.signed_in.viewer.locale if self.signed_in else None)

    @property
    def language(self) -> str:
        """Give it as the translations know it."""
        return self.locale

    def text(self, message: str, **values: object) -> str:
        """Give a text in the reader's language."""
        found = translations(self.language).gettext(message)
        return found % values if values else found

    def note(self, tone: str, text: str, reasons: Sequence[Mapping[str, Any]] = ()) -> "Page":
        """Say something at the top of the page."""
        self.notes.append(Note(tone, text, reasons))
        return self

    def render(self, template: str, status: int = 200, since: int | None = None, **values: Any) -> HTMLResponse:
        """Render a template of `templates/`; `since` is how far the record went when its page was made."""
        deps = deps_of(self.request)
        viewer = self.signed_in.viewer if self.signed_in else None
        menu = [entry for entry in MENU if viewer and viewer.may(entry.act)]
        groups = [(name, [one for one in menu if one.group == name]) for name in (RECORDS, OVERSIGHT, SET_UP)]
        here = next((e.path for e in MENU[1:] if self.request.url.path.startswith(e.path)), self.request.url.path)
        body = (
            environment(self.language, deps.settings.zone)
            .get_template(template)
            .render(
                viewer=viewer,
                may={act.name: bool(viewer and viewer.may(act)) for act in Act},
                menu=menu,
                groups=[(name, entries) for name, entries in groups if entries],
                here=here,
                back=_back(self.request),
                with_query=partial(_with_query, self.request),
                csrf_token=self.signed_in.csrf if self.signed_in else "",
                site=deps.settings.site,
                now=deps.clock.wall_us(),
                notes=self.notes,
                query=self.request.query_params,
                since="" if since is None else since,
                **values,
            )
        )
        headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
        return HTMLResponse(body, status, headers)


@cache
def environment(language: str, zone: ZoneInfo) -> Environment:
    """Make the template environment of a language: everything escaped, nothing undefined passed over."""
    found = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = translations(language)
    found.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
    found.globals |= {
        "locale": language,
        "languages_known": LANGUAGES,
        "static": static_url,
        "say": lambda group, name: word(group, str(name), language),
    }
    found.filters |= {
        "moment": partial(moment, zone=zone),
        "brief": partial(brief, zone=zone),
        "span": partial(span, ngettext=texts.ngettext),
    }
    return found


@cache
def static_url(name: str) -> str:
    """Give the address of a static file; it changes with the file, so browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def moment(value: str | int | None, zone: ZoneInfo) -> Markup:
    """Show a moment (RFC 3339 text or µs UTC) in the office's own time; an unknown one as a dash."""
    if value is None or value == "":
        return Markup("—")
    when = datetime.fromtimestamp(value / SECOND, UTC) if isinstance(value, int) else datetime.fromisoformat(value)
    local = when.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M")
    )


def brief(value: str, now_us: int, zone: ZoneInfo) -> Markup:
    """Show a moment as short as the present one allows: today only the hour, else the day too."""
    local, now = datetime.fromisoformat(value).astimezone(zone), datetime.fromtimestamp(now_us / SECOND, zone)
    shape = "%H:%M" if local.date() == now.date() else "%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d"
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), local.strftime(shape))


def span(seconds: float, ngettext: Any) -> str:
    """Say how long something took, in its largest sensible unit."""
    for size, one, many in (
        (86_400, N_("%(n)s day"), N_("%(n)s days")),
        (3_600, N_("%(n)s hour"), N_("%(n)s hours")),
        (60, N_("%(n)s minute"), N_("%(n)s minutes")),
        (1, N_("%(n)s second"), N_("%(n)s seconds")),
    ):
        if seconds >= size or size == 1:
            n = round(seconds / size)
            return str(ngettext(one, many, n) % {"n": n})
    raise AssertionError(seconds)


def _back(request: Request) -> str:
    """Give the page's own address, for coming back to; a form's answer comes back to its page's start."""
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _with_query(request: Request, **changes: str | None) -> str:
    """Give the page's own address with some of the query changed; None takes a part away."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name not in changes]
    query = urlencode(kept + [(name, value) for name, value in changes.items() if value])
    return request.url.path + (f"?{query}" if query else "")
