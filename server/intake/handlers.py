"""Which use case each kind of event is for. One table."""

from collections.abc import Callable
from typing import Any, Final

from contract import messages
from server.service.cabinet import access, exits, movements, openings, renewing, station_events
from server.service.cabinet.work import Heard, Work
from server.service.stocktaking import stocktake_sightings
from server.store.working_set import Wanted

HANDLERS: Final[dict[type[messages.Event], Callable[[Work, Heard, Any], None]]] = {
    messages.StationStarted: station_events.station_started,
    messages.AccessRequested: access.access_requested,
    messages.PinTyped: access.pin_typed,
    messages.GrantRefused: access.grant_refused,
    messages.UnlockIntended: openings.unlock_intended,
    messages.UnlockDone: openings.unlock_done,
    messages.DoorOpened: openings.door_opened,
    messages.DoorClosed: movements.door_closed,
    messages.SessionEnded: access.session_ended,
    messages.CodeScanned: stocktake_sightings.code_scanned,
    messages.SweepDone: stocktake_sightings.sweep_done,
    messages.ConditionChanged: station_events.condition_changed,
    messages.ExitPassed: exits.exit_passed,
    messages.CertificateRequested: renewing.certificate_requested,
}


def handle(work: Work, heard: Heard) -> None:
    """Judge one event that could be read."""
    if heard.event is not None:
        HANDLERS[type(heard.event)](work, heard, heard.event)


def note_wanted(wanted: Wanted, station: str, event: messages.Event) -> None:
    """Note what must be loaded to judge an event."""
    session = getattr(event, "session", None)
    if session is not None:
        wanted.sessions.add(session)
    if isinstance(event, messages.AccessRequested):
        wanted.asking.add(event.credential)
        wanted.codes.update(event.codes)
    elif isinstance(event, messages.DoorClosed):
        wanted.places.add((station, event.door))
        for sightings in (event.taken, event.put, event.unread):
            for sighting in sightings:
                wanted.epcs.add(sighting.epc)
    elif isinstance(event, messages.StationStarted):
        wanted.sessions.update(event.interrupted)
    elif isinstance(event, messages.CodeScanned):
        wanted.codes.add(event.code)
    elif isinstance(event, messages.SweepDone) and event.command is not None:
        wanted.epcs.update(sighting.epc for sighting in event.seen)
    elif isinstance(event, messages.ConditionChanged | messages.ExitPassed):
        wanted.epcs.update(sighting.epc for sighting in event.items)
