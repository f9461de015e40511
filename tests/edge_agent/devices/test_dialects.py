"""Every family's frames read and written, refused with a reason, and whatever bytes come: no exception, no growth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.devices import FAMILIES, make_dialect
from edge_agent.devices.base import (
    CommandSeen,
    FrameError,
    Heard,
    LockState,
    ProtocolError,
    Reading,
    RoundDone,
    SettingsError,
    TagSeen,
)
from edge_agent.devices.lock8a import Lock8A
from edge_agent.devices.m100 import M100
from edge_agent.emulators import lock8a as lock_board
from edge_agent.emulators.m100 import crc16
from tests.edge_agent.devices.frames import BAD as BAD_ELSEWHERE
from tests.edge_agent.devices.frames import FRAMES as FRAMES_ELSEWHERE
from tests.edge_agent.devices.frames import Frame
from tests.edge_agent.devices.frames_badges import BAD_BADGES, BADGE_BOUND, BADGE_FRAMES
from tests.edge_agent.devices.frames_boards import BAD_BOARDS, BOARD_FRAMES
from tests.edge_agent.devices.frames_by_hand import BY_HAND
from tests.edge_agent.devices.frames_llrp import BAD_LLRP, LLRP_FRAMES
from tests.edge_agent.devices.frames_readers import BAD_READERS, READER_BOUND, READER_FRAMES

FRAMES = [*FRAMES_ELSEWHERE, *BOARD_FRAMES, *READER_FRAMES, *BADGE_FRAMES, *LLRP_FRAMES, *BY_HAND]
BAD = [*BAD_ELSEWHERE, *BAD_BOARDS, *BAD_READERS, *BAD_BADGES, *BAD_LLRP]

SERIAL = sorted(set(FAMILIES) - {"barcode_camera", "pcsc"})
BOUND = {"m100": 1100, "lock8a": 256, "rdm6300": 16, "barcode_serial": 8192}
BOUND |= {"llrp": 1 << 20, "kerong_cu16": 9, "modbus_relay": 264, "gpio": 48}
BOUND |= BADGE_BOUND | READER_BOUND


def hear(family: str, chunks: list[bytes], given_settings: dict[str, object] | None = None) -> list[Heard]:
    dialect = make_dialect(family, given_settings)
    return [event for chunk in chunks for event in dialect.feed(chunk)] + dialect.silence()


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f"{f.family}-{f.raw[:40]}-{len(f.settings)}")
def test_frame_is_read(frame: Frame) -> None:
    raw, means = bytes.fromhex(frame.raw), list(frame.means)
    assert hear(frame.family, [raw], frame.settings) == means
    assert hear(frame.family, [bytes((byte,)) for byte in raw], frame.settings) == means


@pytest.mark.parametrize("frame", [f for f in FRAMES if f.encode], ids=lambda f: f"{f.family}-{f.raw}")
def test_command_is_written(frame: Frame) -> None:
    assert frame.encode is not None
    assert frame.encode(make_dialect(frame.family, frame.settings)).hex() == frame.raw


@pytest.mark.parametrize(("family", "raw", "why"), BAD)
def test_bad_frame_is_refused_with_a_reason(family: str, raw: str, why: str) -> None:
    heard = hear(family, [bytes.fromhex(raw)])
    errors = [event for event in heard if isinstance(event, FrameError)]
    assert len(errors) == 1
    assert why in errors[0].what
    assert errors[0].at == 0


@pytest.mark.parametrize("family", SERIAL)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_bytes_in_any_chunks(family: str, data: st.DataObject) -> None:
    """Good frames, broken ones and noise: the same events however the stream is cut, and a bounded buffer."""
    good = [bytes.fromhex(f.raw) for f in FRAMES if f.family == family]
    piece = st.one_of(st.binary(max_size=40), st.sampled_from(good), st.sampled_from(good).map(lambda f: f[:-2]))
    stream = b"".join(data.draw(st.lists(piece, max_size=12)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    dialect = make_dialect(family)
    for chunk in chunks:
        dialect.feed(chunk)
        assert len(dialect.unparsed) <= BOUND[family]
    assert hear(family, chunks) == hear(family, [stream])


@pytest.mark.parametrize("family", SERIAL)
def test_buffers_stay_bounded(family: str) -> None:
    dialect = make_dialect(family)
    for header in (b"\xbb\x02\x22\x04\x00", b"\x80\x01", b"\x02", b"A"):
        for _ in range(200):
            dialect.feed(header + bytes(range(48, 248)))
            assert len(dialect.unparsed) <= BOUND[family]


NOTICE = bytes.fromhex("bb02220011c03400e20010710000529b0940b402163dcb7e")


@pytest.mark.parametrize("torn", range(1, len(NOTICE)))
def test_a_good_frame_begun_inside_garbage_is_found(torn: int) -> None:
    heard = hear("m100", [NOTICE[:torn] + NOTICE])
    assert [event for event in heard if isinstance(event, Reading)] == hear("m100", [NOTICE])
    assert [event.at for event in heard if isinstance(event, FrameError)] == [0]


@given(words=st.integers(1, 31), rssi=st.integers(-128, 127), data=st.data(), framing=st.sampled_from(["bb", "aa"]))
@settings(max_examples=80, deadline=None)
def test_tags_of_every_length_with_framing_bytes_inside(
    words: int, rssi: int, data: st.DataObject, framing: str
) -> None:
    epc = bytes(
        data.draw(st.lists(st.sampled_from([0xBB, 0x7E, 0xAA, 0xDD, 0]), min_size=2 * words, max_size=2 * words))
    )
    word = (words << 11).to_bytes(2, "big") + epc
    body = bytes((2, 0x22, 0, len(word) + 3, rssi & 0xFF)) + word + crc16(word)
    head, end = {"bb": (0xBB, 0x7E), "aa": (0xAA, 0xDD)}[framing]
    frame = bytes((head, *body, sum(body) & 0xFF, end))
    for chosen in ("auto", framing):
        (tag,) = hear("m100", [frame], {"framing": chosen, "check_crc": True})
        assert isinstance(tag, TagSeen)
        assert (tag.epc, tag.rssi) == (epc.hex().upper(), rssi)
    other = "aa" if framing == "bb" else "bb"
    assert not [event for event in hear("m100", [frame], {"framing": other}) if getattr(event, "rssi", None) == rssi]


def test_a_wrong_tag_crc_is_refused_when_asked() -> None:
    body = bytes((2, 0x22, 0, 7, 0xD5, 8, 0, 0xBE, 0xEF, 0, 0))
    frame = bytes((0xBB, *body, sum(body) & 0xFF, 0x7E))
    (error,) = hear("m100", [frame], {"check_crc": True})
    assert isinstance(error, FrameError)


def test_auto_framing_asks_in_both_until_answered() -> None:
    reader = M100()
    assert reader.stop() == bytes.fromhex("bb00280000287e") + bytes.fromhex("aa0028000028dd")
    assert reader.feed(bytes.fromhex("aa01ff00011516dd")) == [RoundDone()]
    assert reader.stop() == bytes.fromhex("aa0028000028dd")


def test_greeting_sets_what_is_set() -> None:
    sent = b"".join(M100(framing="bb", region="us", power_dbm=20).greeting())
    names = [event.name for event in hear("m100", [sent]) if isinstance(event, CommandSeen)]
    assert names == ["stop", "get_info", "set_region", "set_power", "multi_poll"]


def test_a_uhf_reader_of_unknown_framing_is_asked_in_one_framing_at_a_time() -> None:
    dialect = M100()
    writes = [*dialect.greeting(), dialect.prompt(), dialect.prompt()]
    assert [len(M100().feed(write)) for write in writes] == [1] * len(writes)
    assert {write[0] for write in writes[-2:]} == {0xAA, 0xBB}


@pytest.mark.parametrize(
    "write",
    [
        lambda d: d.open(1, 0),
        lambda d: d.query(1, 0),
        lambda d: d.hold(1, 0, on=True),
        lambda d: d.bulk_open(1, {0}),
        lambda d: d.bulk_open(1, set()),
        lambda d: d.bulk_open(1, {25}),
        lambda d: d.open_all(1, confirm="yes"),
        lambda d: d.open(0, 1),
        lambda d: d.open(33, 1),
        lambda d: d.open(1, 65),
        lambda d: d.open(1, 1, seconds=10),
    ],
)
def test_lock_commands_that_could_open_too_much_are_refused(write: Callable[[Lock8A], bytes]) -> None:
    with pytest.raises(ProtocolError):
        write(Lock8A())


@pytest.mark.parametrize(
    "write",
    [
        lambda d: d.set_power(700),
        lambda d: d.set_region("mars"),
        lambda d: d.command("set_baud", baud=12345),
        lambda d: d.command("set_channel", channel=256),
        lambda d: d.command("set_channel"),
        lambda d: d.write("user", 0, b"abc"),
        lambda d: d.multi_poll(70000),
    ],
)
def test_reader_commands_out_of_range_are_refused(write: Callable[[M100], bytes]) -> None:
    with pytest.raises(ProtocolError):
        write(M100())


@given(closed=st.lists(st.booleans(), min_size=24, max_size=56), opening=st.booleans(), low=st.booleans())
@settings(max_examples=60, deadline=None)
def test_query_all_agrees_with_a_board_of_any_size(closed: list[bool], opening: bool, low: bool) -> None:
    """The bytes are made here by the document's rule, bit by bit, and not by the driver."""
    size = (len(closed) + 7) // 8
    groups = [closed[8 * n : 8 * n + 8] for n in range(size)]
    values = [sum(1 << n for n, shut in enumerate(group) if shut is not opening) for group in groups]
    frame = lock_board.seal(0x80, 9, *(values if low else values[::-1]), 0x33)
    kind = {"feedback": "opening" if opening else "closing", "byte_order": "low_first" if low else "high_first"}
    heard = hear("lock8a", [frame], {**kind, "channels": len(closed)})
    assert heard == [LockState(9, n + 1, shut) for n, shut in enumerate(closed)]


def test_noise_before_a_frame_is_dropped_and_frames_in_one_burst_are_told_apart() -> None:
    noisy = bytes.fromhex("00ff" + "8001011191" + "00" + "8a0102" + "0089")
    assert [type(event).__name__ for event in hear("lock8a", [noisy])] == ["LockState", "UnlockReply"]
    torn = bytes.fromhex("8001" + "8001011191")
    assert [type(event).__name__ for event in hear("lock8a", [torn])] == ["FrameError", "LockState"]


@pytest.mark.parametrize(
    ("family", "given_settings", "says"),
    [
        ("m1OO", {}, "m100"),
        ("m100", {"framin": "bb"}, "framing"),
        ("m100", {"framing": "cc"}, "auto, bb, aa"),
        ("lock8a", {"pause_ms": "1"}, "2 to 1000"),
        ("rdm6300", {"speed": 1}, "known: absence_ms"),
    ],
)
def test_wrong_settings_say_what_is_right(family: str, given_settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        make_dialect(family, given_settings)


@pytest.mark.parametrize(
    ("family", "write"),
    [
        ("m100", lambda d: d.command("nope")),
        ("m100", lambda d: d.read("x", 0, 1)),
        ("m100", lambda d: d.read("epc", 0, 1, password="zz")),
        ("m100", lambda d: d.read("epc", 0, 1, password="12")),
        ("m100", lambda d: d.write("epc", 0x10000, b"ab")),
        ("reader18", lambda d: d.read("zz", "tid", 0, 1)),
        ("reader18", lambda d: d.read("BEEF", "x", 0, 1)),
        ("reader18", lambda d: d.read("BEEF", "tid", 256, 1)),
        ("thingmagic", lambda d: d.read("x", 0, 1)),
        ("tsl_ascii2", lambda d: d.read("x", 0, 1)),
    ],
)
def test_what_cannot_be_said_to_a_device_is_refused(family: str, write: Callable[[Any], bytes]) -> None:
    with pytest.raises(ProtocolError):
        write(make_dialect(family))
