"""Cabinets: which are heard, which are silent since when, and what they hold."""

from collections import defaultdict

from fastapi import Response

from server.service.cabinet import stations
from server.service.oversight import overview
from server.service.people.rights import Act
from server.web.auth import gate

from .routing import Look, page_router

router = page_router()


@router.get("/stations", **gate(Act.SEE_OVERVIEW))
async def station_list(look: Look, silent: bool = False) -> Response:
    """List the cabinets with their doors and counts; or only those that are silent."""
    rows = [row for row in stations.list_stations(look).rows if not silent or (row.active and not row.online)]
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if look.viewer.may(Act.SEE_COUNTS):
        for tally in overview.counts(look).rows:
            held[tally.station][tally.state] += tally.n
    return look.show("stations.html", rows=rows, held=held, silent=silent)
