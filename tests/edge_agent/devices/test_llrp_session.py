"""The conversation with an LLRP reader, word by word and without a socket: what it survives, drops, claims and ends."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from edge_agent.devices import llrp_session
from edge_agent.devices import llrp_tables as t
from edge_agent.devices.base import DeviceFault, Heard, RoundDone, TagReported
from edge_agent.devices.llrp_session import Session, SessionError
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_wire import Deframer, Message

OK = bytes.fromhex("011f000800000000")
REFUSED = bytes.fromhex("011f000800650000")
GREETING = bytes.fromhex("00f600160080000c00060a24181e4000010000060000")
TAG = bytes.fromhex("00f000118d3415a537c8000000000f4241")
ROSPEC_STARTED = bytes.fromhex("00f6001100f9000d000000000100000000")
ROSPEC_ENDED = bytes.fromhex("00f6001100f9000d010000000100000000")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llrp_session, "APART_S", 0.0)


def asked(session: Session, now: float) -> list[Message]:
    cut = Deframer().feed(b"".join(session.tick(now)))
    return [message for message in cut if isinstance(message, Message)]


def answer(session: Session, question: Message, body: bytes = OK, version: int = 1) -> list[Heard]:
    kind = t.ANSWER_OF[question.kind]
    return session.hear(Message(version, kind, question.number, body), 0.0)


def set_up(session: Session, *, refuse: Iterable[str] = (), version: int = 1) -> list[Message]:
    """Lead the conversation to its end, refusing some commands; give what was asked."""
    session.hear(Message(version, t.EVENT, 0, GREETING), 0.0)
    said: list[Message] = []
    while not session.rospec.running:
        questions = asked(session, 0.0)
        assert questions
        said += questions
        last = questions[-1]
        if last.kind in t.ANSWER_OF:
            answer(session, last, REFUSED if t.COMMANDS[last.kind][0] in refuse else OK, version)
        if session.online:
            session.hear(Message(version, t.EVENT, 0, ROSPEC_STARTED), 0.0)
    return said


def test_it_waits_for_the_readers_first_word_but_not_for_ever() -> None:
    session = Session(LlrpSettings(), 0.0)
    assert asked(session, 4.9) == []
    assert [message.kind for message in asked(session, 5.0)] == [1]


def test_what_was_reported_before_the_rospec_is_of_the_past() -> None:
    session = Session(LlrpSettings(poll_ms=0), 0.0)
    assert session.hear(Message(1, t.REPORT, 1, TAG), 0.0) == []
    set_up(session)
    assert session.hear(Message(1, t.REPORT, 1, TAG), 0.0) == [TagReported("3415A537C8000000000F4241")]


@pytest.mark.parametrize("version", [1, 2])
def test_it_answers_in_the_readers_version(version: int) -> None:
    session = Session(LlrpSettings(), 0.0)
    assert {message.version for message in set_up(session, version=version)} == {version}
    session.hear(Message(version, t.KEEPALIVE, 77, b""), 0.0)
    acknowledged = asked(session, 0.0)[0]
    assert (acknowledged.kind, acknowledged.number, acknowledged.version) == (72, 77, version)


def test_what_a_reader_refuses_of_the_set_up_is_skipped() -> None:
    refused = ["get_reader_capabilities", "get_reader_config", "set_reader_config", "delete_rospec"]
    session = Session(LlrpSettings(tid_words=6), 0.0)
    set_up(session, refuse=[*refused, "add_accessspec", "enable_accessspec"])
    assert session.rospec.running


@pytest.mark.parametrize("needed", ["add_rospec", "enable_rospec"])
def test_without_its_rospec_the_conversation_ends(needed: str) -> None:
    session = Session(LlrpSettings(), 0.0)
    with pytest.raises(SessionError, match=f"{needed} refused: message: field error"):
        set_up(session, refuse=[needed])


def test_a_command_that_is_not_answered_is_skipped_or_ends_it() -> None:
    session = Session(LlrpSettings(keepalive_ms=60000), 0.0)
    now = 5.0
    kinds: list[int] = []
    while kinds[-1:] != [20]:
        kinds += [message.kind for message in asked(session, now)]
        now = max(now, session.due())
    assert kinds == [1, 2, 64, 3, 3, 3, 41, 21, 20]
    with pytest.raises(SessionError, match="no answer to add_rospec"):
        session.tick(now)


def test_rounds_are_claimed_only_with_the_readers_word_while_it_reads() -> None:
    session = Session(LlrpSettings(poll_ms=100), 0.0)
    set_up(session)
    (poll,) = asked(session, 0.0)
    assert asked(session, 1.0) == []  # one question at a time
    assert RoundDone() in answer(session, poll)
    session.hear(Message(1, t.EVENT, 0, ROSPEC_ENDED), 1.0)
    (poll,) = asked(session, 1.1)
    assert RoundDone() not in answer(session, poll)


def test_a_poll_refused_proves_life_and_is_a_fault_once() -> None:
    session = Session(LlrpSettings(poll_ms=100), 0.0)
    set_up(session)
    told = []
    for n in range(3):
        (poll,) = asked(session, float(n))
        told.append(session.hear(Message(1, t.ERROR, poll.number, REFUSED), float(n)))
    assert [RoundDone() in heard for heard in told] == [True] * 3
    assert [any(isinstance(event, DeviceFault) for event in heard) for heard in told] == [True, False, False]


def test_where_no_poll_is_answered_keepalives_prove_the_rounds() -> None:
    session = Session(LlrpSettings(poll_ms=100), 0.0)
    set_up(session)
    assert RoundDone() not in session.hear(Message(1, t.KEEPALIVE, 1, b""), 0.0)
    asked_kinds = [message.kind for now in (0.0, 2.0, 4.0, 6.0, 8.0) for message in asked(session, now)]
    assert asked_kinds == [72, 2, 2, 2]
    assert RoundDone() in session.hear(Message(1, t.KEEPALIVE, 2, b""), 8.0)


def test_an_error_about_what_was_said_before_is_no_answer() -> None:
    session = Session(LlrpSettings(), 0.0)
    session.hear(Message(1, t.EVENT, 0, GREETING), 0.0)
    for _ in range(2):
        answer(session, asked(session, 0.0)[-1])
    (events,) = asked(session, 0.0)
    (keepalive,) = asked(session, 0.0)
    assert session.hear(Message(1, t.ERROR, events.number, REFUSED), 0.0)
    assert asked(session, 0.0) == []
    session.hear(Message(1, t.ERROR, keepalive.number, REFUSED), 0.0)
    assert [message.kind for message in asked(session, 0.0)] == [3]


def test_the_end_of_another_rospec_changes_nothing() -> None:
    session = Session(LlrpSettings(poll_ms=0), 0.0)
    set_up(session)
    session.hear(Message(1, t.EVENT, 0, ROSPEC_ENDED.replace(b"\0\0\0\1", b"\0\0\0\7")), 0.0)
    assert session.rospec.running


def test_a_silent_reader_is_given_up_after_three_keepalives() -> None:
    session = Session(LlrpSettings(poll_ms=0, keepalive_ms=10000), 0.0)
    set_up(session)
    asked(session, 30.9)
    with pytest.raises(SessionError, match="3 keepalives missed"):
        session.tick(31.0)


def test_a_reader_that_says_goodbye_is_believed() -> None:
    session = Session(LlrpSettings(), 0.0)
    session.hear(Message(1, t.CLOSED, 1, OK), 0.0)
    with pytest.raises(SessionError, match="ended the session"):
        session.tick(0.0)
