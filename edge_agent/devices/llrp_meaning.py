"""What a whole LLRP message means: tag reports, events, answers with their status, and commands heard from the host.

1. What is unknown is skipped: parameters, vendors' messages, fields that a later version adds at the end.
2. A message whose parameters do not fit is one FrameError; the next message stands on its own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from edge_agent.devices import layout
from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import (
    CommandSeen,
    DeviceFault,
    DeviceReply,
    FieldValue,
    FrameError,
    Heard,
    LockState,
    Reading,
    RoundDone,
)
from edge_agent.devices.layout import Layout
from edge_agent.devices.llrp_capabilities import capabilities
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_tags import tag
from edge_agent.devices.llrp_wire import Message, WireError, parameters

BEFORE_STATUS = {t.ANSWER_OF[t.CODES["get_supported_version"]]: 2}
"""Bytes of fields before the parameters of an answer: the version spoken now, the highest one supported."""
SHOWN = 64
"""Bytes of an unknown message that a reading shows."""


def meaning(message: Message, settings: LlrpSettings) -> list[Heard]:
    """Give the readings of a message, or why its content is not one."""
    try:
        return list(_read(message, settings))
    except (WireError, struct.error, UnicodeDecodeError) as error:
        return [FrameError(message.at, f"message {message.kind}: {error}")]


def status_of(message: Message) -> tuple[int, str]:
    """Give the status an answer or error message carries, and what it says; WireError when it carries none."""
    for kind, body in parameters(message.body[BEFORE_STATUS.get(message.kind, 0) :]):
        if kind == t.STATUS:
            return _status(body)
    raise WireError("no LLRPStatus in it")


def attempt_of(message: Message) -> int | None:
    """Give the status of the connection attempt an event tells of, None for another event."""
    for kind, body in _events(message.body):
        if kind == t.CONNECTION_ATTEMPT and len(body) >= 2:
            return int.from_bytes(body[:2], "big")
    return None


def rospec_event_of(message: Message, number: int) -> int | None:
    """Give what an event tells of a ROSpec (0 it starts, 1 it ended, 2 preempted), None for any other event."""
    told = (body for kind, body in _events(message.body) if kind == t.ROSPEC_EVENT and len(body) >= 5)
    return next((body[0] for body in told if int.from_bytes(body[1:5], "big") == number), None)


def rospec_state_of(message: Message, number: int) -> int | None:
    """Give what an answer says of a ROSpec (0 disabled, 1 waiting for its start, 2 it runs), None for nothing."""
    specs = (body for kind, body in parameters(message.body) if kind == t.ROSPEC and len(body) >= 6)
    return next((body[5] for body in specs if int.from_bytes(body[:4], "big") == number), None)


def closes(message: Message) -> bool:
    """Tell whether an event says that the reader closes the connection."""
    return any(kind == t.CONNECTION_CLOSE for kind, _ in _events(message.body))


def _read(message: Message, settings: LlrpSettings) -> Sequence[Heard]:
    kind, body = message.kind, message.body
    if kind == t.REPORT:
        return _report(message)
    if kind == t.KEEPALIVE:
        return [DeviceReply("keepalive", {})]
    if kind == t.EVENT:
        return [reading for event in _events(body) for reading in _event(*event, settings)]
    if kind == t.ERROR:
        return [_fault("error_message", *status_of(message))]
    if kind in t.ANSWERS:
        return _answer(t.ANSWERS[kind], message, settings)
    if kind in t.COMMANDS:
        return [_command(kind, body)]
    name = "custom_message" if kind == t.CUSTOM else f"message_{kind}"
    return [_unknown(name, body)]


def _unknown(name: str, body: bytes) -> DeviceReply:
    return DeviceReply(name, {"raw": body[:SHOWN].hex().upper()})


def _report(message: Message) -> list[Heard]:
    """Read every tag of a report; one that cannot be read hides no other. An empty one is a round that found none."""
    heard: list[Heard] = []
    for kind, found in parameters(message.body):
        if kind == t.TAG_REPORT:
            try:
                heard += tag(found)
            except (WireError, struct.error) as error:
                heard.append(FrameError(message.at, f"message {message.kind}: {error}"))
    if heard:
        return heard
    return [_unknown("ro_access_report", message.body) if message.body else RoundDone()]


# -- events -----------------------------------------------------------------------------------------------------------


def _events(body: bytes) -> list[tuple[int, bytes]]:
    return [event for kind, data in parameters(body) if kind == t.EVENT_DATA for event in parameters(data)]


def _event(kind: int, body: bytes, settings: LlrpSettings) -> list[Reading]:
    if kind in t.EVENT_SHAPES:
        name, shape = t.EVENT_SHAPES[kind]
        return [_told(name, _fields(shape, body))]
    match kind:
        case t.GPI_EVENT:
            fields = _fields((("port", 16), ("high", 1), ("", 7)), body)
            return [LockState(1, int(str(fields["port"])), closed=_closed(fields["high"] == 1, settings))]
        case t.AISPEC_EVENT:
            return [RoundDone()]
        case t.BUFFER_LEVEL:
            return [DeviceFault(kind, f"report buffer {body[0] if body else 0} % full")]
        case t.BUFFER_OVERFLOW:
            return [DeviceFault(kind, "report buffer overflowed: reads were lost")]
        case t.EXCEPTION:
            return [DeviceFault(kind, _text(body))]
        case t.CONNECTION_CLOSE:
            return [DeviceFault(kind, "the reader closes the connection")]
        case t.UTC | t.UPTIME:
            return []
        case _:
            return [_unknown(f"event_{kind}", body)]


def _told(name: str, fields: dict[str, FieldValue]) -> Reading:
    """Give what an event of known fields means: a fault where something is wrong."""
    if name == "connection_attempt":
        status = int(str(fields["status"]))
        return (
            DeviceFault(status, t.REFUSED.get(status, f"connection refused: {status}"))
            if status
            else DeviceReply(name, {"ok": True})
        )
    if name == "antenna_event":
        antenna = fields["antenna"]
        if fields["connected"] == 0:
            return DeviceFault(t.ANTENNA_EVENT, f"antenna {antenna} disconnected")
        return DeviceReply(name, {"antenna": antenna, "connected": True})
    if name == "rospec_event":
        return DeviceReply(name, fields | {"event": t.ROSPEC_EVENTS.get(int(str(fields["event"])), fields["event"])})
    return DeviceReply(name, fields)


def _closed(high: bool, settings: LlrpSettings) -> bool:
    return high is (settings.gpi_closed == "high")


# -- answers ----------------------------------------------------------------------------------------------------------


def _answer(name: str, message: Message, settings: LlrpSettings) -> list[Reading]:
    code, says = status_of(message)
    if code:
        return [_fault(name, code, says)]
    more = MORE.get(name)
    return [DeviceReply(name, {"ok": True}), *(more(message.body, settings) if more else ())]


def _fault(name: str, code: int, says: str) -> DeviceFault:
    what = t.STATUS_CODES.get(code, f"status {code}")
    return DeviceFault(code, f"{name}: {what}" + (f" ({says})" if says else ""))


def _status(body: bytes) -> tuple[int, str]:
    """Give the code, and the description with the field or parameter that is wrong."""
    code, size = struct.unpack_from(">HH", body)
    if len(body) < 4 + size:
        raise WireError(f"status text of {size} bytes in a parameter that holds {len(body) - 4}")
    said = [body[4 : 4 + size].decode("utf-8", "backslashreplace").rstrip("\0")]
    inner = body[4 + size :]
    while inner:
        kind, content = next(parameters(inner), (0, b""))
        if kind not in (t.FIELD_ERROR, t.PARAMETER_ERROR) or len(content) < 4:
            break
        number, why = struct.unpack_from(">HH", content)
        said.append(f"{'field' if kind == t.FIELD_ERROR else 'parameter'} {number}: {t.STATUS_CODES.get(why, why)}")
        inner = content[4:]
    return code, "; ".join(part for part in said if part)


def _config(body: bytes, settings: LlrpSettings) -> list[Reading]:
    """Read the levels of the GPI ports, and which antennas are connected, where the answer tells."""
    heard: list[Reading] = []
    for kind, value in parameters(body):
        if kind == t.GPI_STATE:
            fields = _fields((("port", 16), ("on", 1), ("", 7), ("level", 8)), value)
            closed = _closed(fields["level"] == 1, settings) if fields["level"] in (0, 1) else None
            heard.append(LockState(1, int(str(fields["port"])), closed))
        elif kind == t.ANTENNA_PROPERTIES:
            fields = _fields((("connected", 1), ("", 7), ("antenna", 16), ("gain", 16)), value)
            heard.append(_told("antenna_event", {"connected": fields["connected"], "antenna": fields["antenna"]}))
        elif kind == t.KEEPALIVE_SPEC:
            heard.append(DeviceReply("keepalive_spec", _fields(t.SHAPES[kind], value)))
        elif kind == t.IDENTIFICATION and len(value) >= 3:
            heard.append(DeviceReply("identification", {"reader_id": value[3:].hex().upper()}))
    return heard


MORE: dict[str, Callable[[bytes, LlrpSettings], list[Reading]]] = {
    "get_reader_config": _config,
    "get_reader_capabilities": lambda body, _: capabilities(body).readings(),
}
"""What an answer tells beside its success."""


# -- commands heard from the host's side ------------------------------------------------------------------------------


def _command(kind: int, body: bytes) -> Reading:
    name, shape = t.COMMANDS[kind]
    size = _size(shape)
    fields = _fields(shape, body[:size]) if shape else {}
    _inside(body[size:], fields)
    return CommandSeen(name, fields)


def _inside(body: bytes, fields: dict[str, FieldValue]) -> None:
    """Add the fields of the parameters in a command; where one occurs twice the first one counts."""
    for kind, value in parameters(body):
        if kind == t.AISPEC:
            count = int.from_bytes(value[:2], "big")
            fields["antennas"] = " ".join(
                str(antenna) for (antenna,) in struct.iter_unpack(">H", value[2 : 2 + 2 * count])
            )
            continue
        shape = t.SHAPES.get(kind, ())
        if shape:
            fields |= {name: said for name, said in _fields(shape, value).items() if name not in fields}
        if kind in t.NESTED:
            _inside(value[_size(shape) :], fields)


def _size(shape: Layout) -> int:
    return sum(bits for _, bits in shape) // 8


def _fields(shape: Layout, body: bytes) -> dict[str, FieldValue]:
    size = _size(shape)
    fields = layout.read(shape, body[:size])
    if fields is None:
        raise WireError(f"{len(body)} bytes where {size} are due")
    return fields


def _text(body: bytes) -> str:
    return body[2 : 2 + int.from_bytes(body[:2], "big")].decode("utf-8", "backslashreplace").rstrip("\0")
