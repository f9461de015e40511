"""People: the list, one person with post, limits, badges, training and breaches, and clearing a leaver."""

from typing import Annotated, Any

from fastapi import Form, Request, Response
from pydantic import ValidationError

from server.domain.words import Role, Secrecy
from server.service import page_views
from server.service.errors import ForbiddenError, ServiceError
from server.service.lookups import person_named
from server.service.people import breaches, clearance, people, training
from server.service.people.breaches import BreachView, NewBreach
from server.service.people.clearance import ClearanceView
from server.service.people.people import ChangedPerson, PersonDetail, WithdrawnBadge
from server.service.people.rights import Act
from server.service.people.scopes import NewScope
from server.service.people.training import NewTraining, TrainingView
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Do

from .forms import refused
from .i18n import N_
from .routing import Look, explain, go, page_router
from .times import day_end

ROWS = 50
Text = Annotated[str, Form(max_length=500)]
FIELDS = {
    "departments": N_("Departments"),
    "categories": N_("Categories"),
    "cabinets": N_("Cabinets"),
    "until": N_("Until"),
    "subject": N_("Subject"),
    "expires": N_("Counts until"),
    "note": N_("Note"),
    "rule": N_("Rule"),
    "what": N_("What was done"),
    "outcome": N_("Outcome"),
}
router = page_router()


@router.get("/people", **gate(Act.FIND_PEOPLE))
async def people_list(look: Look, after: str | None = None) -> Response:
    """List people by user name."""
    page = people.list_people(look, after, ROWS)
    return look.show("people.html", rows=page.rows, next=page.next)


@router.get("/people/{username}", **gate(Act.FIND_PEOPLE))
async def one_person(look: Look, username: str) -> Response:
    """Show one person, and what they hold, learnt and did wrong to those whose business it is."""
    return _shown(look, username)


@router.post("/people/{username}/post", **gate(Act.MANAGE_PEOPLE))
async def change_post(
    look: Look,
    act: Do,
    username: str,
    role: Annotated[Role, Form()],
    department: Text = "",
    active: Text = "",
    note: Text = "",
) -> Response:
    """Change somebody's post, department or standing."""
    asked = ChangedPerson(role=role, department=department, active=active == "yes", note=note)
    return await _tried(look, username, act(PersonDetail, lambda work: people.change_person(work, username, asked)))


@router.post("/people/{username}/scope", **gate(Act.MANAGE_PEOPLE))
async def narrow(request: Request, look: Look, act: Do, username: str) -> Response:
    """Set to what somebody's rights are narrowed; what is left empty is not narrowed."""
    form = await request.form()
    lists = {name: _words(str(form.get(name, ""))) or None for name in ("departments", "categories", "cabinets")}
    secrecy = [level for level in map(str, form.getlist("secrecy")) if level in set(Secrecy)] or None
    until = str(form.get("until", ""))
    try:
        asked = NewScope.model_validate({**lists, "secrecy": secrecy, "until": day_end(until, look.zone)})
    except ValidationError as error:
        return _shown(look, username, refused(look, error, FIELDS))
    return await _tried(look, username, act(PersonDetail, lambda work: people.narrow_person(work, username, asked)))


@router.post("/people/{username}/badges/withdraw", **gate(Act.MANAGE_PEOPLE))
async def withdraw(look: Look, act: Do, deps: Given, username: str, credential: Text = "") -> Response:
    """Withdraw one badge, or all."""
    asked = WithdrawnBadge(credential=credential[:128])
    site = deps.settings.site
    done = act(PersonDetail, lambda work: people.withdraw_badges(work, username, asked, site))
    return await _tried(look, username, done)


@router.post("/people/{username}/training", **gate(Act.KEEP_TRAINING))
async def taught(
    look: Look, act: Do, username: str, subject: Text = "", expires: Text = "", note: Text = ""
) -> Response:
    """Record what somebody was taught."""
    try:
        given = {"person": username, "subject": subject, "expires": day_end(expires, look.zone), "note": note}
        asked = NewTraining.model_validate(given)
    except ValidationError as error:
        return _shown(look, username, refused(look, error, FIELDS))
    return await _tried(look, username, act(TrainingView, lambda work: training.record_training(work, asked)))


@router.post("/people/{username}/breaches", **gate(Act.KEEP_BREACHES))
async def breached(
    look: Look, act: Do, username: str, rule: Text = "", what: Text = "", outcome: Text = "", alarm: Text = ""
) -> Response:
    """Record a breach against this person."""
    given = {"person": username, "rule": rule.strip().upper(), "what": what, "outcome": outcome, "alarm": alarm or None}
    try:
        asked = NewBreach.model_validate(given)
    except ValidationError as error:
        return _shown(look, username, refused(look, error, FIELDS))
    return await _tried(look, username, act(BreachView, lambda work: breaches.record_breach(work, asked)))


@router.post("/breaches/{number}/conclude", **gate(Act.KEEP_BREACHES))
async def concluded(look: Look, act: Do, number: int, person: Text = "", outcome: Text = "") -> Response:
    """Close a breach with its outcome."""
    return await _tried(look, person, act(BreachView, lambda work: breaches.conclude_breach(work, number, outcome)))


@router.get("/people/{username}/clearance", **gate(Act.CLEAR_PEOPLE))
async def clearance_page(look: Look, username: str) -> Response:
    """Say what stands against clearing a leaver."""
    return _clearance(look, username)


@router.post("/people/{username}/clearance", **gate(Act.CLEAR_PEOPLE))
async def clear(look: Look, act: Do, username: str, note: Text = "") -> Response:
    """Clear a leaver."""
    try:
        await act(ClearanceView, lambda work: clearance.clear(work, username, note))
    except ServiceError as error:
        return _clearance(look, username, explain(look.page, error))
    return go(f"/people/{username}/clearance")


async def _tried(look: Look, username: str, doing: Any) -> Response:
    """Do it and show the person anew, or say beside them why not."""
    try:
        await doing
    except ServiceError as error:
        return _shown(look, username, explain(look.page, error))
    return go(f"/people/{username}")


def _shown(look: Look, username: str, status: int = 200) -> Response:
    person = person_named(look.session, username)
    own = person.id == look.viewer.id
    try:
        held = page_views.held_by(look, person, ROWS)
    except ForbiddenError:
        held = None
    watches = look.viewer.sees_all or look.viewer.may(Act.MANAGE_PEOPLE) or own
    taught_rows = (
        training.list_training(look, username, None, ROWS).rows
        if watches and look.viewer.may(Act.SEE_TRAINING)
        else None
    )
    wrong = (
        breaches.list_breaches(look, username, None, ROWS).rows
        if watches and look.viewer.may(Act.SEE_BREACHES)
        else None
    )
    about = [*(held or ()), *(wrong or ())]
    return look.show(
        "person.html",
        about,
        status,
        p=people.get_person(look, username),
        loans=held,
        training=taught_rows,
        breaches=wrong,
        own=own,
        roles=list(Role),
        levels=list(Secrecy),
    )


def _clearance(look: Look, username: str, status: int = 200) -> Response:
    person = people.person_view(person_named(look.session, username))
    return look.show("clearance.html", (), status, p=person, c=clearance.clearance_of(look, username))


def _words(text: str) -> list[str]:
    """Read a list as people write it: by comma, Chinese comma, or line."""
    return [word for word in text.replace("、", ",").replace("，", ",").replace("\n", ",").split(",") if word.strip()]
