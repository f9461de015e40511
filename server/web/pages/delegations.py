"""Delegations, standing rules and duty orders: what there is, and forms to make and to end them."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Form, Response
from pydantic import ValidationError

from server.domain.words import AuthorityKind
from server.service.errors import ServiceError
from server.service.inputs import NewDelegation, NewOrder, NewRegistration
from server.service.people.rights import Act
from server.service.requests import authority, delegations
from server.service.shapes import AuthorityView, DelegationView
from server.web.auth import gate
from server.web.writing import Do

from .forms import local, refused, words
from .i18n import N_
from .routing import Look, explain, go, page_router

ROWS = 50
KINDS = (("standing", N_("Standing rules")), ("order", N_("Duty orders")))
FIELDS = {
    "to": N_("To whom"),
    "from": N_("From"),
    "until": N_("Until"),
    "scope": N_("Scope"),
    "person": N_("Who"),
    "items": N_("Codes of the items"),
    "mode": N_("How"),
    "task": N_("Duty"),
    "purpose": N_("What for"),
}
router = page_router()


@dataclass
class DelegationForm:
    """The form as it was filled in."""

    to: str = ""
    from_: str = ""
    until: str = ""
    modes: list[str] = field(default_factory=list)
    secrecy: list[str] = field(default_factory=list)
    departments: str = ""
    categories: str = ""


@router.get("/delegations", **gate(Act.SEE_REQUESTS))
async def delegation_list(look: Look, after: int | None = None) -> Response:
    """List the delegations from or to oneself, with a form for a new one."""
    return _delegations(look, DelegationForm(), after)


@router.post("/delegations", **gate(Act.DECIDE))
async def do_delegate(
    look: Look,
    act: Do,
    to: Annotated[str, Form()] = "",
    begin: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    modes: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
    secrecy: Annotated[list[str], Form()] = [],  # noqa: B006
    departments: Annotated[str, Form()] = "",
    categories: Annotated[str, Form()] = "",
) -> Response:
    """Let somebody approve in one's stead."""
    form = DelegationForm(to, begin, until, modes, secrecy, departments, categories)
    scope = {"modes": modes, "secrecy": secrecy, "departments": words(departments), "categories": words(categories)}
    asked: dict[str, Any] = {
        "to": to.strip(),
        "from": local(look, begin),
        "until": local(look, until),
        "scope": {name: said for name, said in scope.items() if said},
    }
    try:
        new = NewDelegation.model_validate(asked)
        await act(DelegationView, lambda work: delegations.delegate(work, new))
    except (ValidationError, ServiceError) as error:
        return _delegations(look, form, None, refused(look, error, FIELDS))
    return go("/delegations")


@router.post("/delegations/{number}/revoke", **gate(Act.DECIDE))
async def do_revoke(look: Look, act: Do, number: int) -> Response:
    """End one's own delegation before its time."""
    try:
        await act(DelegationView, lambda work: delegations.revoke(work, number))
    except ServiceError as error:
        return _delegations(look, DelegationForm(), None, explain(look.page, error))
    return go("/delegations")


def _delegations(look: Look, form: DelegationForm, after: int | None, status: int = 200) -> Response:
    page = delegations.list_delegations(look, after, ROWS)
    return look.show("delegations.html", page.rows, status, rows=page.rows, next=page.next, form=form)


@dataclass
class AuthorityForm:
    """The form as it was filled in."""

    person: str = ""
    items: str = ""
    mode: str = "loan"
    task: str = "move"
    purpose: str = ""
    until: str = ""
    to: str = ""


@router.get("/authorities", **gate(Act.SEE_REQUESTS))
async def authority_list(look: Look, kind: str = "standing", after: int | None = None) -> Response:
    """List standing rules or duty orders, with a form for who gives them."""
    return _authorities(look, kind, AuthorityForm(), after)


@router.post("/authorities", **gate(Act.REGISTER))
async def do_authorise(
    look: Look,
    act: Do,
    kind: Annotated[str, Form()] = "standing",
    person: Annotated[str, Form()] = "",
    items: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "loan",
    task: Annotated[str, Form()] = "move",
    purpose: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
) -> Response:
    """Register a standing rule, or give a duty order."""
    form = AuthorityForm(person, items, mode, task, purpose, until, to)
    asked = {"person": person.strip(), "items": words(items), "purpose": purpose, "until": local(look, until)}
    try:
        if kind == AuthorityKind.ORDER:
            ordered = NewOrder.model_validate(asked | {"task": task, "to": to.strip() or None})
            await act(AuthorityView, lambda work: authority.order(work, ordered))
        else:
            registered = NewRegistration.model_validate(asked | {"mode": mode})
            await act(AuthorityView, lambda work: authority.register(work, registered))
    except (ValidationError, ServiceError) as error:
        return _authorities(look, kind, form, None, refused(look, error, FIELDS))
    return go(f"/authorities?kind={'order' if kind == AuthorityKind.ORDER else 'standing'}")


def _authorities(look: Look, kind: str, form: AuthorityForm, after: int | None, status: int = 200) -> Response:
    shown = AuthorityKind.ORDER if kind == AuthorityKind.ORDER else AuthorityKind.STANDING
    page = authority.list_authorities(look, shown, after, ROWS)
    tabs = [(name, look.page.text(text)) for name, text in KINDS]
    by = look.policy.orders.by if shown == AuthorityKind.ORDER else look.policy.registration.by
    about = {"tabs": tabs, "kind": str(shown), "form": form, "gives": look.viewer.role in by}
    return look.show("authorities.html", page.rows, status, rows=page.rows, next=page.next, **about)
