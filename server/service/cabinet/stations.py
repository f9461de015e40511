"""Stations: the cabinets and the keys their messages are checked with."""

from sqlmodel import select

from server.service.cabinet.enrolment import was_enrolled
from server.service.context import Reading, Writing
from server.service.errors import ConflictError
from server.service.inputs import NewStation
from server.service.shapes import Page, StationView, moment
from server.store.tables import Station


def list_stations(look: Reading) -> Page[StationView]:
    """List the cabinets."""
    return Page(rows=[station_view(look, row) for row in look.session.exec(select(Station).order_by(Station.name))])


def add_station(work: Writing, new: NewStation) -> StationView:
    """Take a cabinet into the registry."""
    if work.session.get(Station, new.name) is not None:
        raise ConflictError("station_taken", f"there is already a station {new.name!r}")
    if new.public_key and was_enrolled(work.session, new.public_key):
        raise ConflictError("key_known", "this key is or was a station's already: make a new one")
    row = Station(**new.model_dump(), active=bool(new.public_key))
    work.session.add(row)
    work.session.flush()
    work.ledger("station_added", station=row.name, public_key=row.public_key, doors=row.doors)
    return station_view(work, row)


def station_view(look: Reading, row: Station) -> StationView:
    """Give a cabinet as it is shown."""
    return StationView(
        name=row.name,
        title=row.title,
        doors=row.doors,
        public_key=row.public_key,
        active=row.active,
        online=row.online,
        heard_at=moment(row.heard_us, look.zone) if row.heard_us else None,
    )
