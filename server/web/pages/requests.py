"""Requests: filing one without knowing codes by heart, one's own, those to decide on, and the decision itself."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Form, Response
from pydantic import ValidationError

from server.domain.verdicts import Lawful, Refused
from server.service.errors import ServiceError
from server.service.inputs import NewDecision, NewRequest
from server.service.people.rights import Act
from server.service.records import items
from server.service.requests import mandates, requests
from server.service.requests.renewals import NewRenewal
from server.service.shapes import ItemView, RequestView
from server.web.auth import gate
from server.web.problems import told
from server.web.writing import Do

from .forms import local, refused
from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 50
FOUND = 8
TABS = (
    ("mine", N_("Mine"), Act.REQUEST),
    ("todo", N_("To decide"), Act.DECIDE),
    ("all", N_("All"), Act.SEE_REQUESTS),
)
SHOWN: dict[str, requests.Show] = {"mine": "mine", "todo": "todo", "all": "all"}
router = page_router()


@router.get("/requests", **gate(Act.SEE_REQUESTS))
async def request_list(look: Look, show: str = "", after: int | None = None) -> Response:
    """List one's own requests, those waiting for a decision, or all that are one's business."""
    tabs = [(name, look.page.text(text)) for name, text, act in TABS if look.viewer.may(act)]
    names = list(dict(tabs))
    wanted = [show] if show in names else [name for name in ("todo",) if name in names] + names[:1]
    for shown in wanted:  # asked for nothing in particular: what waits for a decision, else the first tab
        page = requests.list_requests(look, None, after, ROWS, SHOWN[shown])
        if page.rows:
            break
    return look.show("requests.html", page.rows, rows=page.rows, next=page.next, tabs=tabs, show=shown)


@dataclass
class NewForm:
    """The form as it was filled in; kept when it comes back with something to put right."""

    items: list[str] = field(default_factory=list)
    mode: str = "loan"
    purpose: str = ""
    until: str = ""
    due: str = ""
    applicant: str = ""
    documents: str = ""
    impressions: str = ""
    find: str = ""
    pages: str = ""
    recipient: str = ""
    outside: bool = False


@router.get("/requests/new", **gate(Act.REQUEST))
async def new_request(look: Look, items: str = "") -> Response:
    """Show the form, with the items that the link named."""
    return _form(look, NewForm(items=[code for code in items.split(",") if code]))


@router.post("/requests/new", **gate(Act.REQUEST))
async def do_new_request(
    look: Look,
    act: Do,
    step: Annotated[str, Form()] = "file",
    items: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
    mode: Annotated[str, Form()] = "loan",
    purpose: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    due: Annotated[str, Form()] = "",
    applicant: Annotated[str, Form()] = "",
    documents: Annotated[str, Form()] = "",
    impressions: Annotated[str, Form()] = "",
    find: Annotated[str, Form()] = "",
    pages: Annotated[str, Form()] = "",
    recipient: Annotated[str, Form()] = "",
    outside: Annotated[bool, Form()] = False,
) -> Response:
    """Look for items, or file the request; what was filled in is never lost."""
    form = NewForm(
        list(dict.fromkeys(items)),
        mode,
        purpose,
        until,
        due,
        applicant,
        documents,
        impressions,
        find,
        pages,
        recipient,
        outside,
    )
    if step == "find":
        return _form(look, form)
    try:
        asked = _asked(look, form)
        filed = await act(RequestView, lambda work: requests.file_request(work, asked))
    except (ValidationError, ServiceError) as error:
        return _form(look, form, refused(look, error, FIELDS))
    return go(f"/requests/{filed.id}")


@router.get("/requests/{number}", **gate(Act.SEE_REQUESTS))
async def one_request(look: Look, number: int) -> Response:
    """Show one request; who may decide on it finds the form, who may not is told why."""
    return _shown(look, number)


@router.post("/requests/{number}/decide", **gate(Act.DECIDE))
async def decide(
    look: Look, act: Do, number: int, say: Annotated[str, Form()], note: Annotated[str, Form()] = ""
) -> Response:
    """Approve or refuse; a refusal by rule names every reason."""
    if say not in ("approve", "refuse"):
        return _shown(look, number, 422)
    try:
        await act(RequestView, lambda work: requests.decide(work, number, say, NewDecision(note=note[:500])))
    except ServiceError as error:
        return _shown(look, number, explain(look.page, error))
    return go(f"/requests/{number}")


@router.post("/requests/{number}/withdraw", **gate(Act.REQUEST))
async def withdraw(look: Look, act: Do, number: int) -> Response:
    """Take a request back."""
    try:
        await act(RequestView, lambda work: requests.withdraw(work, number))
    except ServiceError as error:
        return _shown(look, number, explain(look.page, error))
    return go(f"/requests/{number}")


@router.post("/requests/{number}/renew", **gate(Act.REQUEST))
async def renew(
    look: Look, act: Do, number: int, due: Annotated[str, Form()] = "", purpose: Annotated[str, Form()] = ""
) -> Response:
    """Ask that what is out be due later."""
    try:
        asked = NewRenewal.model_validate({"due": local(look, due), "purpose": purpose})
        filed = await act(RequestView, lambda work: requests.renew(work, number, asked))
    except (ValidationError, ServiceError) as error:
        return _shown(look, number, refused(look, error, FIELDS))
    return go(f"/requests/{filed.id}")


def _shown(look: Look, number: int, status: int = 200) -> Response:
    request = requests.get_request(look, number)
    judged = requests.judge(look, number, "approve", NewDecision()) if request.state == "filed" else None
    why_not = [told(reason, look.page.locale) for reason in judged.reasons] if isinstance(judged, Refused) else []
    entitled = mandates.entitlements(look, number)
    shown = {
        "r": request,
        "may_decide": isinstance(judged, Lawful),
        "why_not": why_not,
        "mandate": mandates.mandate_of(look, judged) if isinstance(judged, Lawful) else None,
        "mandates": mandates.mandates(look, (said.delegation for said in request.decisions)),
        "entitled": entitled,
    }
    return look.show("request.html", [request, *(one.authority for one in entitled)], status, **shown)


def _form(look: Look, form: NewForm, status: int = 200) -> Response:
    chosen = [view for code in form.items if (view := look.names.find(code))]
    found: list[ItemView] = []
    if form.find.strip():
        page = items.list_items(look, form.find.strip()[:200], None, None, FOUND)
        found = [row for row in page.rows if row.code not in form.items]
    return look.show("request_new.html", [*chosen, *found], status, form=form, chosen=chosen, found=found)


def _asked(look: Look, form: NewForm) -> NewRequest:
    """Read the form; raises ValidationError naming the fields that are not right."""
    values: dict[str, Any] = {
        "items": form.items,
        "mode": form.mode,
        "purpose": form.purpose,
        "for": form.applicant.strip() or None,
        "until": local(look, form.until),
        "due": local(look, form.due),
        "documents": [line.strip() for line in form.documents.splitlines() if line.strip()],
        "impressions": form.impressions or 0,
        "pages": form.pages,
        "recipient": form.recipient,
        "outside": form.outside,
    }
    return NewRequest.model_validate(values)


FIELDS = {
    "items": N_("Which items"),
    "mode": N_("How"),
    "purpose": N_("What for"),
    "for": N_("For whom"),
    "until": N_("Valid until"),
    "due": N_("Due back"),
    "documents": N_("Documents"),
    "impressions": N_("Impressions"),
    "pages": N_("Pages"),
    "recipient": N_("With whom"),
}
