"""LLRP readers of other makers, word by word: what they do differently, and is borne."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from edge_agent.devices.base import DeviceFault, FrameError, Heard, LockState, RoundDone, TagReported
from edge_agent.devices.llrp import Llrp
from edge_agent.devices.llrp_session import Session, SessionError
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_wire import Deframer, Message
from tests.edge_agent.devices.frames_llrp_strangers import EPC, FIELD_ERROR, GREETING, LONG_TAG, OK, TAG, said


def event(content: str) -> bytes:
    """An event of the reader, without a clock."""
    data = bytes.fromhex(content)
    return said(63, struct.pack(">HH", 246, 4 + len(data)) + data)


STARTED, ENDED = event("00f9000d000000000100000000"), event("00f9000d010000000100000000")
CONTACT = {"high": event("00f80007000180"), "low": event("00f80007000100")}


class Stranger:
    """A reader in its own time: answers `hear` what it is asked, and time passes only when nothing else is to do."""

    def __init__(self, settings: LlrpSettings, answers: Callable[[int, bytes], bytes]) -> None:
        self.session, self.answers, self.now = Session(settings, 0.0), answers, 0.0
        self.asked: list[int] = []
        self.bodies: dict[int, list[bytes]] = {}
        self.heard: list[Heard] = []

    def says(self, stream: bytes) -> list[Heard]:
        heard: list[Heard] = []
        for message in Deframer().feed(stream):
            assert isinstance(message, Message)
            heard += self.session.hear(message, self.now)
        self.heard += heard
        return heard

    def lives(self, seconds: float, *, every: float = 2.0) -> None:
        """Let time pass, with a keepalive every so many seconds."""
        end, alive = self.now + seconds, self.now
        while self.now < end:
            for message in Deframer().feed(b"".join(self.session.tick(self.now))):
                assert isinstance(message, Message)
                self.asked.append(message.kind)
                self.bodies.setdefault(message.kind, []).append(message.body)
                self.says(self.answers(message.kind, message.body))
            self.now = min(max(self.session.due(), self.now + 0.001), alive + every, end)
            if self.now - alive >= every:
                alive = self.now
                self.says(said(62))


def obliging(kind: int, _: bytes) -> bytes:
    """Answer everything well, with numbers of its own, and start nothing by itself."""
    return b"" if kind in (64, 72) else said(4 if kind == 14 else kind + 10, OK)


def but(**others: bytes) -> Callable[[int, bytes], bytes]:
    """Answer as the obliging one does, but for some types, as `_20=...`."""
    return lambda kind, body: others.get(f"_{kind}", obliging(kind, body))


def test_one_that_starts_only_by_command_is_started_and_only_then_claims_rounds() -> None:
    reader = Stranger(LlrpSettings(), obliging)
    reader.says(GREETING)
    reader.lives(0.9)
    assert reader.session.online
    assert RoundDone() not in reader.heard
    reader.lives(0.5)
    assert reader.asked.count(22) == 1
    assert RoundDone() in reader.heard


def test_one_that_tells_that_it_starts_or_reports_is_not_started() -> None:
    for word in (STARTED, said(61, TAG)):
        reader = Stranger(LlrpSettings(), but(_24=said(34, OK) + word))
        reader.says(GREETING)
        reader.lives(3)
        assert 22 not in reader.asked
        assert RoundDone() in reader.heard


@pytest.mark.parametrize(
    ("state", "reads"), [("00b1000a000000010002", True), ("00b1000a000000010001", False), ("", False)]
)
def test_one_that_refuses_to_start_is_asked_whether_it_reads(state: str, reads: bool) -> None:
    """What it does not say is not believed until it reports."""
    specs = said(36, OK + bytes.fromhex("00b1000a000000070002" + state))
    reader = Stranger(LlrpSettings(), but(_22=said(32, FIELD_ERROR), _26=specs))
    reader.says(GREETING)
    reader.lives(3)
    assert (RoundDone() in reader.heard) is reads
    assert not [event for event in reader.heard if isinstance(event, DeviceFault)]
    assert TagReported(EPC) in reader.says(said(61, TAG))
    reader.lives(1)
    assert RoundDone() in reader.heard


def test_of_one_that_reads_as_somebody_else_told_it_no_round_is_claimed() -> None:
    reader = Stranger(LlrpSettings(), lambda *_: b"")
    reader.says(GREETING)
    reader.lives(1)
    assert reader.says(said(61, TAG)) == []
    reader.lives(3)
    assert reader.says(said(61, TAG) + said(61)) == [TagReported(EPC)]
    reader.lives(60)
    assert reader.session.online
    assert RoundDone() not in reader.heard


def test_one_whose_rospec_stays_enabled_when_it_ends_is_started_again() -> None:
    reader = Stranger(LlrpSettings(), but(_24=said(34, OK) + STARTED))
    reader.says(GREETING)
    reader.lives(1)
    reader.answers = but(_24=said(34, FIELD_ERROR))
    reader.says(ENDED)
    reader.lives(2)
    assert reader.asked.count(24) == 2
    assert reader.asked.count(22) == 1
    assert reader.session.rospec.running
    reader.answers = but(_24=said(34, FIELD_ERROR), _22=said(32, FIELD_ERROR))
    reader.says(ENDED)
    with pytest.raises(SessionError, match="cannot be started again"):
        reader.lives(3)


def without(number: int) -> Callable[[int, bytes], bytes]:
    """Refuse a ROSpec that holds a parameter of this type (as the two bytes of its head)."""

    def answers(kind: int, body: bytes) -> bytes:
        refused = kind == 20 and struct.pack(">H", number) in body
        return said(30, FIELD_ERROR) if refused else obliging(kind, body)

    return answers


def test_one_without_gen2_settings_reads_all_the_same() -> None:
    reader = Stranger(LlrpSettings(), without(330))
    reader.says(GREETING)
    reader.lives(2)
    assert [bytes.fromhex("014a") in body for body in reader.bodies[20]] == [True, False]
    assert reader.session.rospec.running
    assert any(isinstance(event, DeviceFault) for event in reader.heard)


def test_one_that_knows_no_gpi_trigger_is_started_and_stopped_by_the_station() -> None:
    """Its contact says closed, open, closed; the station's word follows."""
    reader = Stranger(LlrpSettings(start="gpi", poll_ms=0), without(181))
    reader.says(GREETING)
    reader.lives(1)
    assert len(reader.bodies[20]) == 3
    assert not reader.session.rospec.running
    assert reader.says(CONTACT["low"]) == [LockState(1, 1, closed=False)]
    reader.lives(1)
    assert 22 in reader.asked
    assert reader.session.rospec.running
    reader.says(CONTACT["high"])
    reader.lives(1)
    assert reader.asked[-1] == 23
    assert not reader.session.rospec.running


def test_one_that_wants_rounds_of_limited_length_gets_them() -> None:
    endless = bytes.fromhex("00b800090000000000")
    reader = Stranger(
        LlrpSettings(), lambda kind, body: said(30, FIELD_ERROR) if endless in body else obliging(kind, body)
    )
    reader.says(GREETING)
    reader.lives(2)
    assert reader.session.rospec.running
    assert bytes.fromhex("00b800090100002710") in reader.bodies[20][-1]


def test_one_that_refuses_every_rospec_is_given_up_with_its_first_reason() -> None:
    reader = Stranger(LlrpSettings(), but(_20=said(30, bytes.fromhex("011f000b006400036e6f21"))))
    reader.says(GREETING)
    with pytest.raises(SessionError, match="add_rospec refused: message: parameter error no!"):
        reader.lives(2)


def test_power_that_cannot_be_set_is_told() -> None:
    reader = Stranger(LlrpSettings(power_dbm=20), obliging)
    reader.says(GREETING)
    reader.lives(1)
    assert any("power_dbm" in event.what for event in reader.heard if isinstance(event, DeviceFault))


def test_one_that_greets_late_is_asked_from_the_beginning() -> None:
    reader = Stranger(LlrpSettings(keepalive_ms=100), lambda *_: b"")
    reader.lives(9, every=99)
    assert {1, 2} <= set(reader.asked)
    reader.answers, reader.asked = obliging, []
    reader.says(GREETING)
    reader.lives(0.3)
    assert [kind for kind in reader.asked if kind != 72][:3] == [1, 2, 64]
    assert reader.session.online


def test_where_no_question_tells_a_contact_its_last_event_is_told_again() -> None:
    for settings, answers in (
        (LlrpSettings(), but(_2=said(12, FIELD_ERROR))),
        (LlrpSettings(poll_ms=0, keepalive_ms=1000), obliging),
    ):
        reader = Stranger(settings, answers)
        reader.says(GREETING)
        reader.lives(2)
        assert not [event for event in reader.heard if isinstance(event, LockState)]
        reader.says(CONTACT["low"])
        reader.heard.clear()
        reader.lives(8, every=1)
        again = [event for event in reader.heard if isinstance(event, LockState)]
        assert set(again) == {LockState(1, 1, closed=False)}
        assert len(again) >= 6


def test_what_region_and_power_hang_on_is_never_spared() -> None:
    spared = {"get_reader_capabilities", "get_reader_config"}
    for settings, first in ((LlrpSettings(power_dbm=20), 1), (LlrpSettings(region="us"), 1), (LlrpSettings(), 64)):
        session = Session(settings, 0.0, spared)
        assert struct.unpack(">H", session.tick(5.0)[0][:2])[0] & 0x3FF == first


def test_one_message_at_a_time() -> None:
    """Some simulators take one message out of what they receive at once, and the rest with the next."""
    session = Session(LlrpSettings(), 0.0)
    for message in Deframer().feed(GREETING):
        assert isinstance(message, Message)
        session.hear(message, 0.0)
    now = 0.0
    while not session.online:
        sent = session.tick(now)
        assert len(sent) <= 1
        kind = struct.unpack(">H", sent[0][:2])[0] & 0x3FF if sent else 64
        if kind != 64:
            session.hear(Message(1, kind + 10, 0, OK), now)
        now = max(now, session.due())


def test_a_slow_reader_is_asked_less_often() -> None:
    session = Session(LlrpSettings(poll_ms=100), 0.0)
    session.hear(Message(1, 34, 0, OK), 0.0)
    session.hear(Message(1, 61, 0, TAG), 0.0)
    now, polls = 0.0, []
    while now < 4:
        for message in Deframer().feed(b"".join(session.tick(now))):
            assert isinstance(message, Message)
            if message.kind == 2 and message.body[2] == 9:
                polls.append(now)
                now += 0.1
                session.hear(Message(1, 12, 0, OK), now)
        now += 0.01
    assert 0.45 <= (polls[-1] - polls[0]) / (len(polls) - 1) <= 0.6


def test_one_that_refuses_keepalives_is_asked_before_it_is_given_up() -> None:
    answers = but(_3=said(13, FIELD_ERROR))
    reader = Stranger(LlrpSettings(poll_ms=0, keepalive_ms=1000), answers)
    reader.says(GREETING)
    reader.lives(1.5)
    before = len(reader.asked)
    end = reader.now + 20
    while reader.now < end:  # no keepalive
        for sent in reader.session.tick(reader.now):
            reader.asked.append(struct.unpack(">H", sent[:2])[0] & 0x3FF)
            reader.says(obliging(reader.asked[-1], b""))
        reader.now = max(reader.session.due(), reader.now + 0.001)
    assert 15 <= reader.asked[before:].count(2) <= 25


def test_a_tag_that_cannot_be_read_hides_no_other_of_its_report() -> None:
    nameless, torn = bytes.fromhex("00f00007810001"), bytes.fromhex("00f0000a00f100080060")
    blank, bits12 = bytes.fromhex("00f0000a00f100060000"), bytes.fromhex("00f0000c00f10008000cabc0")
    custom = bytes.fromhex("03ff000e000065190000000eabcd")
    heard = Llrp().feed(said(61, nameless + LONG_TAG + custom + torn + blank + bits12 + TAG))
    tags = [event for event in heard if isinstance(event, TagReported)]
    assert tags == [
        TagReported("AABBCCDD11223344", antenna=1, rssi=-55, count=1), TagReported("ABC0"), TagReported(EPC),
    ]  # fmt: skip
    assert len([event for event in heard if isinstance(event, FrameError)]) == 2


def test_no_round_ends_before_the_rospec_reads() -> None:
    session = Session(LlrpSettings(), 0.0)
    for message in Deframer().feed(event("00fe000b00000000010001") + said(61)):
        assert isinstance(message, Message)
        assert RoundDone() not in session.hear(message, 0.0)


def test_one_that_closes_the_connection_is_believed() -> None:
    session = Session(LlrpSettings(), 0.0)
    for message in Deframer().feed(event("01010004")):
        assert isinstance(message, Message)
        session.hear(message, 0.0)
    with pytest.raises(SessionError, match="closes the connection"):
        session.tick(0.0)
