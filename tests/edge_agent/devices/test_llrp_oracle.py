"""Our LLRP and pyllrp's, each reading what the other wrote: a station's commands, and what a reader says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyllrp import pyllrp as oracle

from edge_agent.devices import llrp_commands as write
from edge_agent.devices import make_dialect, make_source
from edge_agent.devices.base import DeviceFault, Heard, LockState, RoundDone, TagReported
from edge_agent.devices.llrp_capabilities import capabilities
from edge_agent.devices.llrp_settings import LlrpSettings
from edge_agent.devices.llrp_tables import NEEDED_EVENTS
from edge_agent.emulators.llrp_words import abilities, status, whole
from tests.edge_agent.devices.told import Told


def theirs(raw: bytes) -> Any:
    """Have pyllrp read a message, from a socket as it wants it."""
    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(raw)
        return oracle.UnpackMessageFromSocket(its)


def heard(message: Any) -> list[Heard]:
    """Have pyllrp write a message and our dialect read it."""
    ours, its = socket.socketpair()
    with ours, its:
        message.send(its)
        its.shutdown(socket.SHUT_WR)
        raw = b"".join(iter(lambda: ours.recv(65536), b""))
    dialect = make_dialect("llrp")
    return dialect.feed(raw) + dialect.silence()


def find(message: Any, name: str) -> Any:
    """Find a parameter at any depth."""
    for part in message.Parameters:
        if part.Name == name:
            return part
        if (inner := find(part, name)) is not None:
            return inner
    return None


CAN = capabilities(abilities(4, 4))


def test_pyllrp_reads_our_rospec() -> None:
    raw = write.command("add_rospec", write.rospec(LlrpSettings(antennas=(1, 3), power_dbm=20, session="s2"), CAN))
    message = theirs(raw)
    assert message.Name == "ADD_ROSPEC"
    assert find(message, "ROSpec").ROSpecID == write.ROSPEC_ID
    assert find(message, "ROSpecStartTrigger").ROSpecStartTriggerType == oracle.ROSpecStartTriggerType.Immediate
    assert find(message, "ROSpecStopTrigger").ROSpecStopTriggerType == oracle.ROSpecStopTriggerType.Null
    assert find(message, "AISpec").AntennaIDs == [1, 3]
    transmitter = find(message, "RFTransmitter")
    assert (transmitter.HopTableID, CAN.powers[transmitter.TransmitPower]) == (1, 20.0)
    assert find(message, "C1G2SingulationControl").Session.uint == 2
    assert find(message, "InventoryParameterSpec").ProtocolID == oracle.AirProtocols.EPCGlobalClass1Gen2
    report, content = find(message, "ROReportSpec"), find(message, "TagReportContentSelector")
    assert (report.ROReportTrigger, report.N) == (oracle.ROReportTriggerType.Upon_N_Tags_Or_End_Of_ROSpec, 1)
    wanted = ("AntennaID", "PeakRSSI", "FirstSeenTimestamp", "LastSeenTimestamp", "TagSeenCount")
    assert all(getattr(content, "Enable" + name) for name in wanted)
    assert not any(getattr(content, "Enable" + name) for name in ("ROSpecID", "ChannelIndex", "AccessSpecID"))


def test_pyllrp_reads_our_rospec_that_an_input_triggers() -> None:
    chosen = LlrpSettings(start="gpi", trigger_port=2, gpi_closed="high")
    message = theirs(write.command("add_rospec", write.rospec(chosen, CAN)))
    start, stop = find(message, "ROSpecStartTrigger"), find(message, "ROSpecStopTrigger")
    assert start.ROSpecStartTriggerType == oracle.ROSpecStartTriggerType.GPI
    assert stop.ROSpecStopTriggerType == oracle.ROSpecStopTriggerType.GPI_With_Timeout
    opens, closes = find(start, "GPITriggerValue"), find(stop, "GPITriggerValue")
    assert (opens.GPIPortNum, opens.GPIEvent) == (2, False)
    assert (closes.GPIPortNum, closes.GPIEvent) == (2, True)


def test_pyllrp_reads_our_access_spec() -> None:
    message = theirs(write.command("add_accessspec", write.tid_spec(LlrpSettings(tid_words=6))))
    spec, read, target = find(message, "AccessSpec"), find(message, "C1G2Read"), find(message, "C1G2TargetTag")
    assert (spec.AntennaID, spec.ROSpecID, spec.CurrentState) == (0, write.ROSPEC_ID, False)
    assert (read.MB.uint, read.WordPointer, read.WordCount) == (2, 0, 6)
    assert (target.MB.uint, target.Match, target.TagMask) == (1, True, b"")


@pytest.mark.parametrize(
    ("raw", "name", "told"),
    [
        (write.command("set_reader_config", write.keepalive(LlrpSettings())), "KeepaliveSpec",
         lambda spec: (spec.KeepaliveTriggerType, spec.PeriodicTriggerValue) == (1, 10000)),
        (write.command("set_reader_config", write.watch(NEEDED_EVENTS)), "ReaderEventNotificationSpec",
         lambda spec: [(one.EventType, one.NotificationState) for one in spec.Parameters] == [(1, True), (2, True)]),
        (write.command("set_reader_config", write.inputs(LlrpSettings(gpi_ports=2))), "GPIPortCurrentState",
         lambda state: (state.GPIPortNum, state.Config) == (1, True)),
    ],
)  # fmt: skip
def test_pyllrp_reads_our_set_up(raw: bytes, name: str, told: Callable[[Any], bool]) -> None:
    assert told(find(theirs(raw), name))


def test_pyllrp_reads_our_emulated_readers_capabilities() -> None:
    message = theirs(whole(11, 1, status(), abilities(4, 4)))
    general, power = find(message, "GeneralDeviceCapabilities"), find(message, "TransmitPowerLevelTableEntry")
    assert (general.MaxNumberOfAntennaSupported, general.ReaderFirmwareVersion) == (4, "5.14.0.240")
    assert (power.Index, power.TransmitPowerValue) == (1, 1000)
    assert find(message, "FrequencyHopTable").Frequency == CAN.channels


@given(
    epc=st.binary(min_size=2, max_size=62),
    antenna=st.integers(1, 65535),
    rssi=st.integers(-128, 127),
    seen=st.integers(0, 2**60),
    tid=st.none() | st.binary(min_size=2, max_size=12).filter(lambda b: len(b) % 2 == 0).map(lambda b: b"\xe2" + b[1:]),
)
@settings(max_examples=15, deadline=None)
def test_we_read_pyllrps_reports(epc: bytes, antenna: int, rssi: int, seen: int, tid: bytes | None) -> None:
    code = oracle.EPC_96_Parameter(int.from_bytes(epc, "big")) if len(epc) == 12 else oracle.EPCData_Parameter(epc)
    parts = [
        code,
        oracle.AntennaID_Parameter(antenna),
        oracle.PeakRSSI_Parameter(rssi),
        oracle.FirstSeenTimestampUTC_Parameter(seen),
        oracle.TagSeenCount_Parameter(3),
    ]
    if tid is not None:
        words = [int.from_bytes(tid[n : n + 2], "big") for n in range(0, len(tid), 2)]
        parts.append(oracle.C1G2ReadOpSpecResult_Parameter(Result=0, OpSpecID=9, ReadData=words))
    message = oracle.RO_ACCESS_REPORT_Message(
        MessageID=1, Parameters=[oracle.TagReportData_Parameter(Parameters=parts)]
    )
    expected = TagReported(
        epc.hex().upper(), antenna, rssi, tid=tid.hex().upper() if tid else None, first_seen_us=seen, count=3
    )
    assert heard(message) == [expected]


def test_we_read_pyllrps_events_and_errors() -> None:
    at = oracle.UTCTimestamp_Parameter(1700000000000000)

    def event(part: Any) -> list[Heard]:
        data = oracle.ReaderEventNotificationData_Parameter(Parameters=[at, part])
        return heard(oracle.READER_EVENT_NOTIFICATION_Message(MessageID=1, Parameters=[data]))

    assert event(oracle.GPIEvent_Parameter(GPIPortNumber=2, GPIEvent=True)) == [LockState(1, 2, closed=True)]
    assert event(oracle.ReaderExceptionEvent_Parameter("too hot")) == [DeviceFault(252, "too hot")]
    error = oracle.LLRPStatus_Parameter(StatusCode=401, ErrorDescription="坏")
    answer = oracle.ENABLE_ROSPEC_RESPONSE_Message(MessageID=1, Parameters=[error])
    assert heard(answer) == [DeviceFault(401, "enable_rospec: device error (坏)")]


def reader_of_theirs(listener: socket.socket) -> None:
    """Be a reader made of pyllrp alone: refuse deletions, know no configuration, report when the ROSpec is enabled."""
    link, _ = listener.accept()
    at = oracle.UTCTimestamp_Parameter(1700000000000000)
    greeting = oracle.ReaderEventNotificationData_Parameter(
        Parameters=[at, oracle.ConnectionAttemptEvent_Parameter(oracle.ConnectionAttemptStatusType.Success)]
    )
    oracle.READER_EVENT_NOTIFICATION_Message(MessageID=0, Parameters=[greeting]).send(link)
    with link:
        while True:
            asked = oracle.UnpackMessageFromSocket(link)
            if asked.Name == "CLOSE_CONNECTION":
                return
            if asked.Name in ("ENABLE_EVENTS_AND_REPORTS", "KEEPALIVE_ACK"):
                continue
            refused = asked.Name.startswith("DELETE")
            result = oracle.LLRPStatus_Parameter(StatusCode=101 if refused else 0)
            answer: Any = getattr(oracle, f"{asked.Name}_RESPONSE_Message", None)
            if asked.Name.startswith("GET_READER"):
                answer, result = oracle.ERROR_MESSAGE_Message, oracle.LLRPStatus_Parameter(StatusCode=109)
            answer(MessageID=asked._MessageID, Parameters=[result]).send(link)
            if asked.Name == "ENABLE_ROSPEC":
                tag = oracle.TagReportData_Parameter(Parameters=[oracle.EPC_96_Parameter(0xABC)])
                oracle.RO_ACCESS_REPORT_Message(MessageID=1, Parameters=[tag, tag]).send(link)


def test_a_reader_made_of_pyllrp_is_read() -> None:
    told = Told()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=reader_of_theirs, args=(listener,))
        server.start()
        url = f"llrp://127.0.0.1:{listener.getsockname()[1]}"
        source = make_source("uhf", "llrp", make_dialect("llrp"), url, told)
        source.start()
        assert [told.next(TagReported).epc for _ in range(2)] == [f"{0xABC:024X}"] * 2
        told.next(RoundDone)
        source.close()
        server.join(10)
        assert not server.is_alive()
