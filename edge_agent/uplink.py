"""The outbox on its way to the server: batches out as the window allows, receipts in; runs on the station's loop."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.codec import open_receipt, seal
from contract.errors import ContractError
from contract.messages import MAX_EVENTS, Batch
from edge_agent.journal import Journal
from edge_agent.link import Wire
from edge_agent.parts import MOST_BYTES
from edge_agent.sender import Sender


class OlderImageError(Exception):
    """The server has of this epoch what the outbox never wrote: it was restored from an older image."""


class Uplink:
    """Send what is unsent, confirm what is received."""

    def __init__(
        self, station: str, key: Ed25519PrivateKey, server_key: Ed25519PublicKey, journal: Journal, link: Wire
    ) -> None:
        self._station, self._key, self._server_key = station, key, server_key
        self._journal, self._link = journal, link
        self._sender = Sender(journal.outbox.confirmed)

    def connected(self) -> None:
        """The link is up: send again what the server is not known to have."""
        self._journal.offline = False
        self._sender.connected()

    def disconnected(self) -> None:
        """The link is down: events are marked so from now on."""
        self._journal.offline = True
        self._sender.disconnected()

    def refused(self, now: float) -> None:
        """The broker would not take a message."""
        self._sender.failed(now)

    def begin_epoch(self) -> None:
        """Send the outbox's new epoch from its first event on."""
        online, self._sender = self._sender.online, Sender(0)
        if online:
            self._sender.connected()

    def pump(self, now: float) -> None:
        """Send what the window allows."""
        outbox, sender = self._journal.outbox, self._sender
        sender.tick(now)
        while sender.may_send(outbox.last):
            rows = outbox.rows(sender.next, MAX_EVENTS, MOST_BYTES)
            batch = Batch(
                v=1,
                station=self._station,
                epoch=outbox.epoch,
                first=rows[0].seq,
                previous=rows[0].prev_hash,
                sent_mono_us=self._journal.clock.mono_us(),
                events=[msgspec.Raw(row.body) for row in rows],
            )
            self._link.publish(seal(self._key, batch))
            sender.sent(rows[-1].seq, now)

    def receipt(self, payload: bytes, now: float) -> bool:
        """Take a receipt; False when it is not for this station's outbox or not signed by the server.

        Raises OlderImageError when it tells of events that were never written here.
        """
        try:
            receipt = open_receipt(self._server_key, payload)
        except ContractError:
            return False
        outbox, clock = self._journal.outbox, self._journal.clock
        if receipt.station != self._station or receipt.epoch != outbox.epoch:
            return False
        if outbox.is_older_image(receipt.upto, receipt.head):
            raise OlderImageError(f"the server has other events up to {receipt.upto} of epoch {outbox.epoch}")
        self._journal.offsets.learn(
            sent_mono_us=receipt.echo_mono_us, received_mono_us=clock.mono_us(), server_us=receipt.server_us
        )
        self._sender.receipt(receipt.upto, now, gap=bool(receipt.gaps))
        if receipt.upto > outbox.confirmed or receipt.anchor is not None:
            outbox.confirm(receipt.upto, clock.wall_us(), receipt.anchor)
        return True
