"""Alarms: the list, one alarm with what is known, taking it on, and closing it with a conclusion."""

from typing import Annotated, Literal

from fastapi import Form, Response

from server.service.cabinet import alarms
from server.service.errors import ServiceError
from server.service.people.rights import Act
from server.service.shapes import AlarmView
from server.web.auth import gate
from server.web.writing import Do

from .routing import Look, explain, go, page_router

ROWS = 50
router = page_router()


@router.get("/alarms", **gate(Act.SEE_ALARMS))
async def alarm_list(look: Look, state: Literal["open", "all"] = "open", after: int | None = None) -> Response:
    """List alarms, the newest first."""
    page = alarms.list_alarms(look, state, after, ROWS)
    return look.show("alarms.html", page.rows, rows=page.rows, next=page.next, state=state)


@router.get("/alarms/{number}", **gate(Act.SEE_ALARMS))
async def one_alarm(look: Look, number: int) -> Response:
    """Show one alarm."""
    return _shown(look, number)


@router.post("/alarms/{number}/acknowledge", **gate(Act.ACT_ON_ALARMS))
async def acknowledge(look: Look, act: Do, number: int) -> Response:
    """Take an alarm on."""
    try:
        await act(AlarmView, lambda work: alarms.acknowledge(work, number))
    except ServiceError as error:
        return _shown(look, number, status=explain(look.page, error))
    return go(f"/alarms/{number}")


@router.post("/alarms/{number}/close", **gate(Act.ACT_ON_ALARMS))
async def close(look: Look, act: Do, number: int, conclusion: Annotated[str, Form()] = "") -> Response:
    """Close an alarm with what was found out; without a conclusion it stays open."""
    said = conclusion.strip()[:200]
    if not said:
        look.page.note("bad", look.page.text("Write down what was found and done first (R22)."))
        return _shown(look, number, status=422)
    try:
        await act(AlarmView, lambda work: alarms.close(work, number, said))
    except ServiceError as error:
        return _shown(look, number, said, explain(look.page, error))
    return go(f"/alarms/{number}")


def _shown(look: Look, number: int, conclusion: str = "", status: int = 200) -> Response:
    alarm = alarms.get_alarm(look, number)
    return look.show("alarm.html", [alarm], status, a=alarm, conclusion=conclusion)
