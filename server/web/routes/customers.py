"""Customers, approvals to see or change their grades, control plans, and sensitive fields."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime

from server.service.context import Reading
from server.service.customers import credit, customers, sealed
from server.service.customers.customer_shapes import (
    CreditRequestView,
    CustomerPatch,
    CustomerView,
    NewCreditRequest,
    NewCustomer,
    NewLookup,
    NewPlan,
    NewUnmasking,
    PlanReview,
    PlanView,
    UnmaskedView,
)
from server.service.customers.customers import CustomerFilter
from server.service.customers.sealed import FoundCustomer
from server.service.inputs import Note, micros
from server.service.people.rights import Act
from server.service.records.record_changes import ChangeView, RecordState
from server.service.shapes import Done, Page
from server.web.auth import Me, gate
from server.web.deps import Given
from server.web.etags import IfMatch, versioned
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["customers"])

Text = Annotated[str, Query(max_length=200)]


@router.get("/customers", **gate(Act.SEE_CUSTOMERS))
async def list_customers(
    look: Look,
    q: Text = "",
    industry: Text = "",
    size: Text = "",
    region: Text = "",
    grade: Text = "",
    after: Cursor = None,
    limit: Limit = 100,
) -> Page[CustomerView]:
    """List customers; by grade only those whose grade one may see."""
    return customers.list_customers(look, CustomerFilter(q, industry, size, region, grade), after, limit)


@router.post("/customers", status_code=201, **gate(Act.KEEP_CUSTOMERS))
async def add_customer(body: NewCustomer, do: Do, deps: Given) -> CustomerView:
    """Take a customer in."""
    return await do(CustomerView, lambda work: customers.add_customer(work, deps.vault, body))


@router.post("/customers/lookup", **gate(Act.UNMASK))
async def look_up(body: NewLookup, do: Do, deps: Given) -> Page[FoundCustomer]:
    """Find whose sensitive field has exactly this value (R38); recorded like an unmasking."""
    return await do(Page[FoundCustomer], lambda work: sealed.look_up(work, deps.vault, body))


@router.get("/customers/{number}", **gate(Act.SEE_CUSTOMERS))
async def get_customer(number: Number, look: Look, response: Response) -> CustomerView:
    """Show a customer; grade and sensitive fields are masked."""
    return versioned(response, customers.get_customer(look, number))


@router.patch("/customers/{number}", **gate(Act.KEEP_CUSTOMERS))
async def patch_customer(
    number: Number, body: CustomerPatch, version: IfMatch, look: Look, do: Do, deps: Given, response: Response
) -> CustomerView:
    """Change a customer's record; a grade or credit file by an approval of its own (R37), after a backup (R39)."""
    if deps.backup is not None and customers.updates_credit_file(look, number, body):
        await run_in_threadpool(deps.backup, f"credit file of customer {number}")
    shown = await do(CustomerView, lambda work: customers.patch_customer(work, deps.vault, number, version, body))
    return versioned(response, shown)


@router.get("/customers/{number}/changes", **gate(Act.SEE_CUSTOMERS))
async def list_changes(number: Number, look: Look, before: Cursor = None, limit: Limit = 100) -> Page[ChangeView]:
    """List what was changed in a customer's record, the newest first (R35)."""
    return customers.customer_changes(look, number, before, limit)


@router.get("/customers/{number}/as-of", **gate(Act.SEE_CUSTOMERS))
async def as_of(number: Number, look: Look, at: AwareDatetime) -> RecordState:
    """Show a customer's record as it was at a moment."""
    return customers.customer_as_of(look, number, micros(at))


@router.post("/customers/{number}/unmask", **gate(Act.UNMASK))
async def unmask(number: Number, body: NewUnmasking, do: Do, deps: Given, viewer: Me) -> UnmaskedView:
    """Show a sensitive field to whose duty needs it; every time is recorded (R22, R38)."""
    await do(Done, lambda work: sealed.record_unmasking(work, number, body))

    def read() -> UnmaskedView:
        with deps.database.read() as session:
            look = Reading(session, deps.clock.wall_us(), deps.policy, viewer, deps.settings.zone)
            return sealed.unmasked(look, deps.vault, number, body.field)

    return await run_in_threadpool(read)


@router.get("/customers/{number}/control-plan", **gate(Act.SEE_CUSTOMERS))
async def get_plan(number: Number, look: Look) -> PlanView:
    """Show a customer's control plan to its owner, and to who may see the grade."""
    return credit.get_plan(look, number)


@router.put("/customers/{number}/control-plan", **gate(Act.KEEP_CUSTOMERS))
async def set_plan(number: Number, body: NewPlan, do: Do) -> PlanView:
    """Set how a customer's risk is controlled (R37)."""
    return await do(PlanView, lambda work: credit.set_plan(work, number, body))


@router.post("/customers/{number}/control-plan/reviews", **gate(Act.SEE_CUSTOMERS))
async def review_plan(number: Number, body: PlanReview, do: Do) -> PlanView:
    """Record that a control plan was looked at, by its owner or the records office."""
    return await do(PlanView, lambda work: credit.review_plan(work, number, body))


@router.get("/credit-requests", **gate(Act.ASK_CREDIT))
async def list_requests(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[CreditRequestView]:
    """List one's own requests to see or change grades, and those one may decide."""
    return credit.list_requests(look, before, limit)


@router.post("/credit-requests", status_code=201, **gate(Act.ASK_CREDIT))
async def ask(body: NewCreditRequest, do: Do) -> CreditRequestView:
    """Ask to see or change a grade or credit file."""
    return await do(CreditRequestView, lambda work: credit.ask(work, body))


@router.post("/credit-requests/{number}/approve", **gate(Act.DECIDE_CREDIT))
async def approve(number: Number, do: Do, body: Note | None = None) -> CreditRequestView:
    """Approve such a request."""
    note = body.note if body else ""
    return await do(CreditRequestView, lambda work: credit.decide(work, number, "approve", note))


@router.post("/credit-requests/{number}/refuse", **gate(Act.DECIDE_CREDIT))
async def refuse(number: Number, do: Do, body: Note | None = None) -> CreditRequestView:
    """Refuse such a request."""
    note = body.note if body else ""
    return await do(CreditRequestView, lambda work: credit.decide(work, number, "refuse", note))
