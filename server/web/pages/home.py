"""The first page: the four questions, what just happened, what is wrong, and what is out with whom."""

from fastapi import Response

from server.service import page_views
from server.service.cabinet import alarms
from server.service.oversight.overview import overview
from server.service.people.rights import Act
from server.service.records import history
from server.web.auth import gate

from .routing import Look, page_router

FEED = 12
BRIEF = 6
NAMED = 3
router = page_router()


@router.get("/", **gate(Act.SEE_OVERVIEW))
async def home(look: Look) -> Response:
    """Show the first page, as much of it as is the reader's business."""
    may = look.viewer.may
    moved = history.list_movements(look, None, None, FEED, newest_first=True).rows if may(Act.SEE_MOVEMENTS) else []
    wrong = alarms.list_alarms(look, "open", None, BRIEF).rows if may(Act.SEE_ALARMS) else []
    out = page_views.soonest_due(look, BRIEF) if may(Act.SEE_LOANS) else []
    look.names.about([*moved, *wrong, *out])
    numbers = overview(look)
    holders = list(dict.fromkeys(look.names.person(loan.person) for loan in out))
    more = len(holders) > NAMED or len(out) < numbers.out  # loans that do not fit, or are not the reader's business
    said = " · ".join([*holders[:NAMED], *(["…"] if more and holders else [])])
    return look.show("home.html", o=numbers, movements=moved, alarms=wrong, loans=out, holders=said)
