"""Take in what the ear hears: hand batches to the intake service, acknowledge after the commit, send the answers.

Law 1: one thread does all of it; the connection is the ear's, in a process of its own.
Law 2: commit when nothing more waits, else when a third of the receive window does; never by a timer. While one batch
       is committed, the ear checks and reads the next.
Law 3: acknowledge after the commit, then send receipts. A database that cannot commit gets no acknowledgement, is tried
       again with the same messages, and makes the server not ready.
"""

import gc
import threading
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import structlog

from contract.codec import decode_status
from contract.errors import ContractError
from contract.messages import CertificateIssued
from contract.topics import Channel, topic
from server.intake.batch import Incoming
from server.intake.chores import Chores
from server.intake.hearing import Hearing
from server.intake.service import DATABASE_DOWN, IntakeService, Taken
from server.intake.wire import Broker, Came, Joined, Listening, Lost, News, Proven
from server.store import inbox

OBJECTS_OF_A_BATCH: Final = 200_000
"""So many new objects before looking for garbage: a batch makes tens of thousands, and they all go with it."""
_IDLE_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 0.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Consumer:
    """Runs the intake on MQTT until it is told to stop."""

    def __init__(self, service: IntakeService, broker: Broker) -> None:
        self._service = service
        self._most = max(1, broker.window // 3)
        self._subscribed = False
        self._store_ok = True
        self._thread = 0
        self._hearing = Hearing(broker)
        self._chores = Chores(service, self._hearing)
        service.database.on_commit(self.wake)

    @property
    def ready(self) -> bool:
        """Say whether stations are heard and what they say is committed."""
        return self._subscribed and self._store_ok

    def wake(self) -> None:
        """Look for new commands to send soon (called after every commit of this process; our own give none)."""
        if threading.get_ident() != self._thread:
            self._chores.look = True

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self._thread = threading.get_ident()
        gc.freeze()
        gc.set_threshold(OBJECTS_OF_A_BATCH)
        try:
            while not stop.is_set():
                heard = self._hearing.next(_IDLE_SECONDS, self._most)
                self._note(heard)
                if heard:
                    self._take(heard, stop)
                self._do_chores(idle=not heard)
        finally:
            self._subscribed = False
            self._hearing.close()

    def _note(self, heard: Iterable[News]) -> None:
        """Note how the connection stands."""
        for one in heard:
            match one:
                case Listening(granted, said):
                    self._subscribed = granted
                    if not granted:
                        log.error("broker_denies_subscription", reasons=said)
                case Lost(why):
                    self._subscribed = False
                    log.warning("broker_lost", reason=why)

    def _take(self, heard: list[News], stop: threading.Event) -> None:
        """Commit a batch, in order; then acknowledge, then answer."""
        came = [one for one in heard if isinstance(one, Came | Proven)]
        said = [_as_said(one) for one in came if isinstance(one, Proven) or one.is_up]
        checked = self._patiently(lambda: self._service.read(said), stop)
        if checked is None:
            return
        taken = self._patiently(lambda: self._service.commit(checked), stop)
        if taken is None or self._patiently(lambda: self._note_stations(heard), stop) is None:
            return
        for connection in sorted({one.connection for one in came}):
            self._hearing.acknowledge(connection, [one.mid for one in came if one.mid and one.connection == connection])
        if said:
            self._send(taken)

    def _patiently(self, act: Callable[[], T], stop: threading.Event) -> T | None:
        """Act; whatever goes wrong nothing was committed, so say not ready and try again. None: told to stop."""
        while not stop.is_set():
            try:
                done = act()
            except Exception as error:
                self._store_ok = False
                log.error("intake_failed", error=str(error), exc_info=not isinstance(error, DATABASE_DOWN))
                stop.wait(_RETRY_SECONDS)
                continue
            self._store_ok = True
            return done
        return None

    def _note_stations(self, heard: Iterable[News]) -> bool:
        """Keep what the broker says of the stations: who is online, or that it knows nothing of before."""
        for one in heard:
            if isinstance(one, Joined) and not one.remembered:
                with self._service.database.begin() as uow:
                    inbox.note_all_silent(uow.connection)
            elif isinstance(one, Came) and not one.is_up:
                self._note_status(one)
        return True

    def _note_status(self, came: Came) -> None:
        try:
            status = decode_status(came.payload)
        except ContractError as error:
            log.warning("status_refused", station=came.station, reason=error.reason, detail=error.detail)
            return
        with self._service.database.begin() as uow:
            inbox.save_status(uow.connection, came.station, status.online, self._service.clock.wall_us())
        if status.online:
            self._chores.forget_sent(came.station)

    def _send(self, taken: Taken) -> None:
        for answer in taken.answers:
            channel: Channel = "command" if isinstance(answer, CertificateIssued) else "grants"
            self._hearing.publish(topic(answer.station, channel), self._service.sign(answer))
        for (station, _), receipt in taken.receipts.items():
            self._hearing.publish(topic(station, "receipt"), self._service.sign(receipt))
        for refusal in taken.refused:
            log.warning("message_quarantined", station=refusal.station, reason=refusal.reason, detail=refusal.detail)

    def _do_chores(self, idle: bool) -> None:
        try:
            self._chores.run(idle)
        except DATABASE_DOWN as error:
            log.error("chores_failed", error=str(error))


def _as_said(one: Came | Proven) -> Incoming | Proven:
    return Incoming(one.payload, one.station) if isinstance(one, Came) else one
