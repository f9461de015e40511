"""The consumer one would write first: paho as it comes, ORM rows, one commit per message. What ours is compared with.

It keeps the same records and judges by the same rules; `python -m guiwei.bench.naive URL PORT COUNT` ends after COUNT.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import create_engine, event
from sqlmodel import Session, col, select

import server
from contract.codec import chain, decode_batch, decode_event
from contract.messages import Batch, DoorClosed, Sighting
from contract.signing import genesis, open_envelope
from contract.topics import pattern, station_of
from server.domain.authorities import LineFacts
from server.domain.ledger import GENESIS, canonical, entry_hash
from server.domain.movements import Judgement, Seen, SettleFacts, settle
from server.domain.policy import load_policy
from server.domain.words import AuthorityKind, Cause, LineState, Mode
from server.service.lookups import item_facts, put_custody
from server.store import tables as t

POLICY = Path(server.__file__).parent / "policies" / "default.toml"


class Naive:
    """One message, one session, one commit."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(self.engine, "connect", _set_pragmas)
        self.policy = load_policy(POLICY.read_text(encoding="utf-8"))

    def take(self, station: str, payload: bytes) -> None:
        """Check, judge and commit one message."""
        with Session(self.engine) as session:
            stored = session.get_one(t.Station, station)
            signature, body = open_envelope(payload)
            try:
                Ed25519PublicKey.from_public_bytes(bytes.fromhex(stored.public_key)).verify(signature, body)
            except InvalidSignature:
                session.add(
                    t.Quarantine(
                        station=station, digest=signature.hex(), reason="bad_signature", detail="",
                        received_us=0, payload=payload,
                    )
                )  # fmt: skip
            else:
                self._keep(session, station, decode_batch(body))
            session.commit()

    def _keep(self, session: Session, station: str, batch: Batch) -> None:
        head = session.get(t.Epoch, (station, batch.epoch))
        if head is None:
            head = t.Epoch(station=station, epoch=batch.epoch, upto=0, hash=genesis(station, batch.epoch))
        if batch.first != head.upto + 1 or batch.previous != head.hash:
            return
        for seq, (raw, digest) in enumerate(zip(batch.events, chain(batch), strict=True), batch.first):
            happened = decode_event(raw)
            session.add(
                t.Inbox(
                    station=station, epoch=batch.epoch, seq=seq, hash=digest, kind="door_closed",
                    occurred_us=happened.wall_us, received_us=happened.wall_us, body=bytes(raw),
                )
            )  # fmt: skip
            if isinstance(happened, DoorClosed):
                self._settle(session, station, batch.epoch, happened)
            head.upto, head.hash = seq, digest
        session.add(head)

    def _settle(self, session: Session, station: str, epoch: str, closed: DoorClosed) -> None:
        visit = session.get(t.Visit, closed.session) if closed.session else None
        person = visit.person_id if visit else None
        incident = t.Incident(
            kind="door_forced", station=station, epoch=epoch, opened_seq=closed.seq, door=closed.door,
            occurred_us=closed.wall_us,
        )  # fmt: skip
        if person is None:
            session.add(incident)
            session.flush()
        facts = SettleFacts(
            station=station, door=closed.door, cause=Cause(closed.cause), occurred_us=closed.wall_us, person_id=person,
            session=closed.session, lines=self._lines(session, person, station, closed.door),
            taken=_seen(session, closed.taken), put=_seen(session, closed.put), incident_id=incident.id or 0,
        )  # fmt: skip
        for said in settle(self.policy, facts):
            _move(session, said, closed.wall_us)
            entry = _entry(session, said)
            session.add(entry)
            session.add(
                t.Movement(
                    item_id=said.item_id, epc=said.epc, direction=said.direction, person_id=said.person_id,
                    incident_id=incident.id, station=station, door=closed.door, session=closed.session,
                    cause=closed.cause, occurred_us=closed.wall_us, received_us=closed.wall_us, verdict=said.verdict,
                    lawful=said.lawful, line_id=said.line_id, ledger_id=entry.id,
                )
            )  # fmt: skip
            for kind, severity in said.alarms:
                session.add(t.Alarm(kind=kind, severity=severity, cause=f"{kind}:{said.epc}", occurred_us=0, set_us=0))
            session.flush()

    def _lines(self, session: Session, person: int | None, station: str, door: int) -> tuple[LineFacts, ...]:
        found = session.exec(
            select(t.Line, t.Authority, t.Item)
            .join(t.Authority, col(t.Authority.id) == t.Line.authority_id)
            .join(t.Item, col(t.Item.id) == t.Line.item_id)
            .join(t.ItemCustody)
            .where(t.Line.person_id == person, t.ItemCustody.station == station, t.ItemCustody.door == door)
        )
        return tuple(
            LineFacts(
                line.id or 0,
                item_facts(item),
                line.person_id,
                AuthorityKind(given.kind),
                Mode(given.mode),
                given.from_us,
                line.until_us,
                LineState(line.state),
                line.session,
            )
            for line, given, item in found
        )


def _move(session: Session, said: Judgement, at_us: int) -> None:
    item = session.get(t.Item, said.item_id) if said.item_id else None
    if item is not None and said.custody is not None:
        put_custody(item, msgspec.structs.replace(said.custody, since_us=at_us))
        session.add(item)
    if said.line_id is not None:
        line = session.get_one(t.Line, said.line_id)
        line.state = "consumed" if said.verdict == "as_approved" else "open"
        session.add(line)


def _entry(session: Session, said: Judgement) -> t.LedgerEntry:
    head = session.exec(select(t.LedgerEntry).order_by(col(t.LedgerEntry.id).desc()).limit(1)).first()
    number, previous = (head.id + 1, head.hash) if head else (1, GENESIS)
    body = canonical(msgspec.to_builtins(said))
    return t.LedgerEntry(
        id=number, kind="door_closed", at_us=0, body=body, previous=previous, hash=entry_hash(previous, body)
    )


def _seen(session: Session, sightings: list[Sighting]) -> tuple[Seen, ...]:
    found = []
    for sighting in sightings:
        tag = session.get(t.Tag, sighting.epc)
        found.append(Seen(sighting.epc, item_facts(session.get_one(t.Item, tag.item_id)) if tag else None))
    return tuple(found)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def main(url: str, port: int, count: int) -> None:
    """Take `count` messages from the broker, then end."""
    naive, left = Naive(url), [count]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "server", protocol=mqtt.MQTTv5, manual_ack=True)
    client.username_pw_set("server", "server")

    def on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        naive.take(station_of(message.topic), bytes(message.payload))
        client.ack(message.mid, message.qos)
        left[0] -= 1
        if not left[0]:
            client.disconnect()

    client.on_connect = lambda client, *_: client.subscribe(pattern("up"), 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
