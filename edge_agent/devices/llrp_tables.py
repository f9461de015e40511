"""LLRP as tables: messages, what a status says, how the fields of parameters lie (LLRP 1.0.1, chapters 16 and 17)."""

from __future__ import annotations

from typing import Final

from edge_agent.devices.layout import Layout

# -- messages ---------------------------------------------------------------------------------------------------------

CAPABILITIES, CONFIG, SET_CONFIG, CLOSED = 11, 12, 13, 4
REPORT, KEEPALIVE, EVENT, ENABLE_EVENTS, KEEPALIVE_ACK, ERROR, CUSTOM = 61, 62, 63, 64, 72, 100, 1023

_SPEC: Layout = (("id", 32),)
_GET_CONFIG: Layout = (("antenna", 16), ("requested", 8), ("gpi", 16), ("gpo", 16))

COMMANDS: Final[dict[int, tuple[str, Layout]]] = {
    1: ("get_reader_capabilities", (("requested", 8),)),
    2: ("get_reader_config", _GET_CONFIG),
    3: ("set_reader_config", (("reset", 1), ("", 7))),
    14: ("close_connection", ()),
    20: ("add_rospec", ()),
    21: ("delete_rospec", _SPEC),
    22: ("start_rospec", _SPEC),
    23: ("stop_rospec", _SPEC),
    24: ("enable_rospec", _SPEC),
    25: ("disable_rospec", _SPEC),
    26: ("get_rospecs", ()),
    40: ("add_accessspec", ()),
    41: ("delete_accessspec", _SPEC),
    42: ("enable_accessspec", _SPEC),
    43: ("disable_accessspec", _SPEC),
    44: ("get_accessspecs", ()),
    46: ("get_supported_version", ()),
    47: ("set_protocol_version", (("version", 8),)),
    60: ("get_report", ()),
    64: ("enable_events_and_reports", ()),
    72: ("keepalive_ack", ()),
}
"""What the host sends: type -> name and the fields before its parameters."""
CODES: Final = {name: kind for kind, (name, _) in COMMANDS.items()}

ANSWERS: Final = {
    kind + 10: name for kind, (name, _) in COMMANDS.items() if kind not in (14, 60, 64, 72)
} | {CLOSED: "close_connection"}  # fmt: skip
"""What a reader answers: type -> the command's name."""
ANSWER_OF: Final = {CODES[name]: kind for kind, name in ANSWERS.items()}

# -- parameters -------------------------------------------------------------------------------------------------------

ANTENNA, FIRST_UTC, LAST_UTC, RSSI, CHANNEL, COUNT, PC, EPC_96 = 1, 2, 4, 6, 7, 8, 12, 13
GENERAL, POWER_LEVEL, GPIO, REGULATORY, UHF_BAND, FREQUENCIES, HOP_TABLE, FIXED_TABLE = (
    137,
    145,
    141,
    143,
    144,
    146,
    147,
    148,
)
ROSPEC, BOUNDARY, START, STOP, GPI_TRIGGER, AISPEC, AI_STOP, INVENTORY = 177, 178, 179, 182, 181, 183, 184, 186
ACCESSSPEC, ACCESS_STOP, ACCESS_COMMAND, ACCESS_REPORT = 207, 208, 209, 239
IDENTIFICATION, ANTENNA_PROPERTIES, ANTENNA_CONFIG, TRANSMITTER, GPI_STATE = 218, 221, 222, 224, 225
KEEPALIVE_SPEC, REPORT_SPEC, CONTENT, TAG_REPORT, EPC_DATA = 220, 237, 238, 240, 241
UTC, UPTIME, NOTIFICATIONS, NOTIFICATION, EVENT_DATA = 128, 129, 244, 245, 246
HOPPING, GPI_EVENT, ROSPEC_EVENT, BUFFER_LEVEL, BUFFER_OVERFLOW, EXCEPTION = 247, 248, 249, 250, 251, 252
AISPEC_EVENT, ANTENNA_EVENT, CONNECTION_ATTEMPT, CONNECTION_CLOSE = 254, 255, 256, 257
STATUS, FIELD_ERROR, PARAMETER_ERROR = 287, 288, 289
C1G2_INVENTORY, C1G2_SINGULATION, C1G2_TAG_SPEC, C1G2_TARGET, C1G2_READ, C1G2_READ_RESULT = 330, 336, 338, 339, 341, 349

IMPINJ, IMPINJ_TID, IMPINJ_RSSI = 25882, 55, 57
"""A vendor's private enterprise number, and two of its parameters inside a tag report."""
MAKERS: Final = {IMPINJ: "Impinj", 161: "Motorola/Zebra"}

SHAPES: Final[dict[int, Layout]] = {
    ROSPEC: (("id", 32), ("priority", 8), ("state", 8)),
    START: (("start", 8),),
    STOP: (("stop", 8), ("duration_ms", 32)),
    ACCESSSPEC: (("id", 32), ("antenna", 16), ("protocol", 8), ("active", 1), ("", 7), ("rospec", 32)),
    C1G2_READ: (("op", 16), ("password", 32), ("bank", 2), ("", 6), ("start", 16), ("words", 16)),
    KEEPALIVE_SPEC: (("periodic", 8), ("keepalive_ms", 32)),
    REPORT_SPEC: (("report_trigger", 8), ("report_every", 16)),
    GPI_TRIGGER: (("gpi", 16), ("level", 1), ("", 7), ("gpi_timeout_ms", 32)),
}
"""Parameters inside commands whose fields a reading names (those of nested ones too)."""
NESTED: Final = {ROSPEC, BOUNDARY, START, STOP, AISPEC, REPORT_SPEC, ACCESSSPEC, ACCESS_COMMAND}

EVENT_SHAPES: Final[dict[int, tuple[str, Layout]]] = {
    HOPPING: ("hopping", (("hop_table", 16), ("next_channel", 16))),
    ROSPEC_EVENT: ("rospec_event", (("event", 8), ("id", 32), ("preempting", 32))),
    CONNECTION_ATTEMPT: ("connection_attempt", (("status", 16),)),
    ANTENNA_EVENT: ("antenna_event", (("connected", 8), ("antenna", 16))),
}
ROSPEC_EVENTS: Final = {0: "start", 1: "end", 2: "preempted"}

NEEDED_EVENTS: Final = (1, 2)
"""Kinds of events without which something is missed: GPI, start and end of a ROSpec."""
ALL_EVENTS: Final = (*NEEDED_EVENTS, 3, 4, 6, 8)
"""Also report buffer nearly full, exception, end of AISpec, antenna; not every reader knows them all."""

REFUSED: Final = {
    1: "the reader keeps a connection it began itself",
    2: "another client is connected; a reader serves one at a time",
    3: "the reader refuses the connection",
    4: "another client tried to connect to this reader",
}
"""Status of a connection attempt that is not success."""
TAKEN: Final = (1, 2, 3)
"""Those that mean this connection is not ours."""

TAG_RESULTS: Final = {1: "unspecified tag error", 2: "no response from the tag", 3: "unspecified reader error"}
"""Result of a read by access spec that is not success."""

# -- status codes -----------------------------------------------------------------------------------------------------

_WRONGS = (
    "parameter error", "field error", "unexpected parameter", "missing parameter", "duplicate parameter",
    "parameter overflow", "field overflow", "unknown parameter", "unknown field",
)  # fmt: skip
STATUS_CODES: Final[dict[int, str]] = {
    0: "success",
    **{100 + n: f"message: {what}" for n, what in enumerate(_WRONGS)},
    109: "unsupported message",
    110: "unsupported version",
    111: "message: unsupported parameter",
    112: "unexpected message",
    **{200 + n: f"parameter: {what}" for n, what in enumerate(_WRONGS)},
    209: "parameter: unsupported parameter",
    300: "attribute invalid",
    301: "attribute out of range",
    401: "device error",
}

# -- regions ----------------------------------------------------------------------------------------------------------

BANDS: Final[dict[str, tuple[int, int]]] = {
    "china_920_925": (920_000, 925_000),
    "us": (902_000, 928_000),
    "europe": (865_000, 868_000),
    "china_840_845": (840_000, 845_000),
    "korea": (917_000, 923_500),
}
"""Region -> first and last kHz of its band."""
