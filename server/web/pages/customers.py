"""Customers: finding one, its record, its sealed fields, and the approvals that its grade needs."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from fastapi import Form, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from server.service.context import Writing
from server.service.customers import credit, customers, sealed
from server.service.customers.customer_shapes import (
    CreditRequestView,
    CustomerPatch,
    CustomerView,
    NewCreditRequest,
    NewCustomer,
    NewUnmasking,
    UnmaskedView,
)
from server.service.customers.customers import CustomerFilter
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.records import items
from server.service.records.item_search import Facets
from server.service.shapes import Done
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Acting, Do

from .forms import refused, whole
from .i18n import N_
from .routing import Look, Seen, explain, go, page_router

ROWS = 50
FIELDS = {
    "name": N_("Customer's name"),
    "industry": N_("Industry"),
    "size": N_("Size"),
    "region": N_("Region"),
    "grade": N_("Grade"),
    "sealed": N_("Sensitive fields"),
    "reason": N_("Why"),
    "act": N_("Ask to"),
    "purpose": N_("What for"),
    "field": N_("Show"),
}
router = page_router()
M = TypeVar("M", bound=BaseModel)


@router.get("/customers", **gate(Act.SEE_CUSTOMERS))
async def customer_list(
    look: Look,
    q: str = "",
    industry: str = "",
    size: str = "",
    region: str = "",
    grade: str = "",
    after: int | None = None,
) -> Response:
    """List customers."""
    return _list(look, CustomerFilter(q.strip(), industry.strip(), size.strip(), region.strip(), grade.strip()), after)


@router.post("/customers", **gate(Act.KEEP_CUSTOMERS))
async def add(look: Look, act: Do, deps: Given, request: Request) -> Response:
    """Take a customer in."""
    form = _given(await request.form())
    try:
        new = NewCustomer.model_validate(form)
        made = await act(CustomerView, lambda work: customers.add_customer(work, deps.vault, new))
    except (ValidationError, ServiceError) as error:
        return _list(look, CustomerFilter(), None, refused(look, error, _fields(look)))
    return go(f"/customers/{made.id}")


@router.get("/customers/{number}", **gate(Act.SEE_CUSTOMERS))
async def one_customer(look: Look, number: int) -> Response:
    """Show one customer."""
    return _shown(look, number)


@router.post("/customers/{number}", **gate(Act.KEEP_CUSTOMERS))
async def patch(look: Look, act: Do, deps: Given, number: int, request: Request) -> Response:
    """Change a customer's record; an empty field stays as it is."""
    form = _given(await request.form())
    version = str(form.pop("version", ""))

    def change(work: Writing) -> CustomerView:
        asked = CustomerPatch.model_validate(form)
        return customers.patch_customer(work, deps.vault, number, whole(version), asked)

    return await _done(look, act, number, CustomerView, change)


@router.post("/customers/{number}/ask", **gate(Act.ASK_CREDIT))
async def ask(
    look: Look, act: Do, number: int, what: Annotated[str, Form()] = "see", purpose: Annotated[str, Form()] = ""
) -> Response:
    """Ask to see or change a customer's grade."""
    given = {"customer": number, "act": what, "purpose": purpose}
    return await _done(
        look, act, number, CreditRequestView, lambda work: credit.ask(work, NewCreditRequest.model_validate(given))
    )


@router.post("/customers/{number}/unmask", **gate(Act.UNMASK))
async def unmask(
    look: Look,
    act: Do,
    deps: Given,
    number: int,
    field: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
) -> Response:
    """Show a sensitive field once; that it was shown is recorded."""
    try:
        asked = NewUnmasking(field=field, purpose=purpose)
        await act(Done, lambda work: sealed.record_unmasking(work, number, asked))
        shown = sealed.unmasked(look, deps.vault, number, field)
    except (ValidationError, ServiceError) as error:
        return _shown(look, number, refused(look, error, FIELDS))
    return _shown(look, number, shown=shown)


@router.get("/credit-requests", **gate(Act.ASK_CREDIT))
async def credit_requests(look: Look, before: int | None = None) -> Response:
    """List requests to see or change grades: one's own, and those one may decide."""
    return _requests(look, before)


@router.post("/credit-requests/{number}/decide", **gate(Act.DECIDE_CREDIT))
async def decide(look: Look, act: Do, number: int, said: Annotated[Literal["approve", "refuse"], Form()]) -> Response:
    """Approve or refuse such a request."""
    try:
        await act(CreditRequestView, lambda work: credit.decide(work, number, said, ""))
    except ServiceError as error:
        return _requests(look, None, explain(look.page, error))
    return go("/credit-requests")


def _given(form: FormData) -> dict[str, object]:
    """Give a form's fields that are filled in; those named sealed.x go into `sealed`."""
    pairs = {name: str(value).strip() for name, value in form.items()}
    filled = {name: value for name, value in pairs.items() if value and name != "csrf"}
    plain: dict[str, object] = {name: value for name, value in filled.items() if not name.startswith("sealed.")}
    plain["sealed"] = {name[7:]: value for name, value in filled.items() if name.startswith("sealed.")}
    return plain


async def _done(look: Look, act: Acting, number: int, model: type[M], work: Callable[[Writing], M]) -> Response:
    try:
        await act(model, work)
    except (ValidationError, ServiceError) as error:
        return _shown(look, number, refused(look, error, _fields(look)))
    return go(f"/customers/{number}")


def _fields(look: Seen) -> dict[str, str]:
    """Give the labels of the forms: the sensitive fields have theirs from the policy sheet."""
    rows = look.policy.keeping.sealed
    return FIELDS | {f"sealed.{row.field}": row.zh if look.page.locale == "zh" else row.en for row in rows}


def _list(look: Look, asked: CustomerFilter, after: int | None, status: int = 200) -> Response:
    page = customers.list_customers(look, asked, after, ROWS)
    return look.show(
        "customers.html", page.rows, status, rows=page.rows, next=page.next, asked=asked, sheet=look.policy.keeping
    )


def _shown(look: Look, number: int, status: int = 200, shown: UnmaskedView | None = None) -> Response:
    customer = customers.get_customer(look, number)
    files = items.list_items(look, "", None, None, ROWS, Facets(customer=number)).rows
    changes = customers.customer_changes(look, number, None, ROWS).rows
    return look.show(
        "customer.html",
        files,
        status,
        c=customer,
        files=files,
        changes=changes,
        shown=shown,
        sheet=look.policy.keeping,
    )


def _requests(look: Look, before: int | None, status: int = 200) -> Response:
    page = credit.list_requests(look, before, ROWS)
    return look.show("credit_requests.html", page.rows, status, rows=page.rows, next=page.next)
