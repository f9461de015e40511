"""Loans: what is out, late, or back and to be checked; and the check itself (R11)."""

from typing import Annotated, Literal

from fastapi import Form, Response
from pydantic import ValidationError

from server.service import page_views
from server.service.errors import ServiceError
from server.service.lending import loans
from server.service.lending.lending_shapes import NewReturnCheck
from server.service.people.rights import Act
from server.service.shapes import LoanView
from server.web.auth import gate
from server.web.writing import Do

from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 50
TABS = {
    "out": N_("Out"),
    "overdue": N_("Overdue"),
    "returned": N_("To be checked"),
    "discrepancy": N_("Incomplete"),
    "claimed_returned": N_("Searched for"),
    "lost": N_("Lost"),
    "closed": N_("Closed"),
}
router = page_router()


@router.get("/loans", **gate(Act.SEE_LOANS))
async def loan_list(
    look: Look,
    show: Literal["out", "overdue", "returned", "discrepancy", "claimed_returned", "lost", "closed"] = "out",
    after: int | None = None,
) -> Response:
    """List loans: one's own, or everybody's for those whose business it is."""
    late = show == "overdue"
    page = loans.list_loans(look, None if late else show, late, after, ROWS)
    tabs = [(name, look.page.text(text)) for name, text in TABS.items()]
    checking = look.viewer.may(Act.CHECK) and show in ("returned", "discrepancy")
    return look.show("loans.html", page.rows, rows=page.rows, next=page.next, tabs=tabs, show=show, checking=checking)


@router.get("/loans/{number}/check", **gate(Act.CHECK))
async def check_form(look: Look, number: int) -> Response:
    """Show the form of a check."""
    return _form(look, number)


@router.post("/loans/{number}/check", **gate(Act.CHECK))
async def do_check(
    look: Look,
    act: Do,
    number: int,
    complete: Annotated[str, Form()] = "",
    parts: Annotated[str, Form()] = "",
    pages: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    damage: Annotated[str, Form()] = "",
) -> Response:
    """Record a check; a whole return closes the loan, a shortfall keeps it open."""
    if complete not in ("yes", "no"):
        look.page.note("bad", look.page.text("Say whether everything is there."))
        return _form(look, number, 422)
    try:
        values = {"complete": complete == "yes", "parts": parts or None, "pages": pages or None}
        asked = NewReturnCheck.model_validate({**values, "note": note[:500], "damage": damage[:500]})
        await act(LoanView, lambda work: loans.check(work, number, asked))
    except ValidationError:
        look.page.note("bad", look.page.text("Parts and pages are whole numbers."))
        return _form(look, number, 422)
    except ServiceError as error:
        return _form(look, number, explain(look.page, error))
    return go("/loans?show=returned")


def _form(look: Look, number: int, status: int = 200) -> Response:
    loan = page_views.get_loan(look, number)
    return look.show("loan_check.html", [loan], status, loan=loan)
