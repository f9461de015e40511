"""The tables of alarms: every kind is graded, every opening and verdict is answered, and closing needs a conclusion."""

import re
from pathlib import Path
from typing import get_args

import pytest

from contract.messages import Condition
from server.domain import alarms
from server.domain.verdicts import Lawful
from server.domain.words import AlarmKind, AlarmState, CaseKind, Cause, IncidentKind, Severity, Verdict
from tests.server.domain.facts import refusals


def test_every_word_has_its_row() -> None:
    assert set(alarms.SEVERITY) == set(AlarmKind)
    assert set(alarms.OPENINGS) == set(Cause)
    assert set(alarms.VERDICTS) == set(Verdict)


def test_each_opening_sets_its_one_alarm() -> None:
    assert {cause: alarms.alarm_for_opening(cause) for cause in Cause} == {
        Cause.SESSION: None,
        Cause.FORCED: AlarmKind.DOOR_FORCED,
        Cause.MECHANICAL_KEY: AlarmKind.DOOR_OPENED_BY_MECHANICAL_KEY,
        Cause.NO_SESSION: AlarmKind.DOOR_OPENED_WITHOUT_SESSION,
        Cause.GAP: None,
    }
    assert alarms.case_for_opening(Cause.GAP) == CaseKind.STATION_GAP
    assert alarms.case_for_opening(Cause.FORCED) is None


def test_an_incident_is_called_as_the_alarm_of_its_opening() -> None:
    for cause in set(Cause) - {Cause.SESSION, Cause.GAP}:
        assert str(alarms.incident_for_opening(cause)) == str(alarms.alarm_for_opening(cause))
    assert alarms.incident_for_opening(Cause.GAP) == IncidentKind.STATION_GAP
    assert alarms.incident_for_opening(Cause.SESSION) is None


def test_r22_an_alarm_ends_with_a_conclusion() -> None:
    assert isinstance(alarms.judge_act(AlarmState.SET, "acknowledge"), Lawful)
    assert isinstance(alarms.judge_act(AlarmState.ACKNOWLEDGED, "close", "spoken to"), Lawful)
    assert refusals(alarms.judge_act(AlarmState.SET, "close", " ")) == {("R22", "conclusion_missing")}
    assert refusals(alarms.judge_act(AlarmState.ACKNOWLEDGED, "acknowledge")) == {("R22", "alarm_not_open")}
    assert refusals(alarms.judge_act(AlarmState.CLOSED, "close", "again")) == {("R22", "alarm_not_open")}


def test_nothing_follows_a_closed_alarm() -> None:
    assert alarms.next_state(AlarmState.SET, "repeat") == AlarmState.SET
    assert alarms.next_state(AlarmState.SET, "close") == AlarmState.CLOSED
    with pytest.raises(KeyError):
        alarms.next_state(AlarmState.CLOSED, "repeat")


def test_the_key_of_a_cause_says_what_it_is_about() -> None:
    assert alarms.cause_key(AlarmKind.TAKEN_EXTRA, "s1", 7) == "taken_extra:s1:7"
    assert alarms.cause_key(AlarmKind.DOOR_FORCED, "a", None) == "door_forced:a:"
    assert alarms.severity_of(AlarmKind.DOOR_FORCED) == Severity.CRITICAL


def test_every_alarm_of_the_vocabulary_is_set_by_something() -> None:
    """By a table, by a condition that stations report, or where the code names it."""
    by_tables = {row[0] for row in alarms.OPENINGS.values()} | {row[1] for row in alarms.VERDICTS.values()}
    by_stations = set(get_args(Condition))
    places = Path(alarms.__file__).parents[1].rglob("*.py")
    sources = "".join(path.read_text() for path in places if path.name != "words.py" and path != Path(alarms.__file__))
    nobody_sets = [
        kind
        for kind in AlarmKind
        if kind not in by_tables
        and kind not in by_stations
        and not re.search(rf"\b(AlarmKind|K)\.{kind.name}\b", sources)
    ]
    assert nobody_sets == []
