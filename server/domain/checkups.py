"""Check-ups against a list of points: inspections (R23), drills, assessments of risks, responses to incidents (R24).

Law 1: every point of the sheet's list is answered, once; a fault is said in words.
Law 2: one without faults is over at once; one with faults, or a response to an incident, is closed with a conclusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from server.domain.reasons import Code, reason
from server.domain.verdicts import Lawful, Reason, Refused, answer
from server.domain.words import CheckKind, DutyKind, PointResult

RULES: Final[dict[CheckKind, str]] = {
    CheckKind.CABINET_INSPECTION: "R23",
    CheckKind.ENVIRONMENT_INSPECTION: "R23",
    CheckKind.RISK_REVIEW: "R24",
    CheckKind.EMERGENCY_DRILL: "R24",
    CheckKind.INCIDENT_RESPONSE: "R24",
}
FULFILS: Final[dict[CheckKind, DutyKind]] = {
    CheckKind.CABINET_INSPECTION: DutyKind.CABINET_INSPECTION,
    CheckKind.ENVIRONMENT_INSPECTION: DutyKind.ENVIRONMENT_INSPECTION,
    CheckKind.RISK_REVIEW: DutyKind.RISK_REVIEW,
    CheckKind.EMERGENCY_DRILL: DutyKind.EMERGENCY_DRILL,
}
"""The duty that recording a check-up fulfils; a response is owed to an incident, not to the calendar."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at; `result` is empty while it is not answered."""

    point: str
    result: PointResult
    note: str = ""


def blank(points: Sequence[str]) -> tuple[Point, ...]:
    """Give a list of points of which none is answered."""
    return tuple(Point(point, PointResult.OPEN) for point in points)


def judge_points(kind: CheckKind, asked: Sequence[str], given: Sequence[Point]) -> Lawful | Refused:
    """Say whether every point that is asked for is answered, and nothing else."""
    rule, named = RULES[kind], [point.point for point in given]
    found = _unknown(rule, asked, given)
    open_ones = [point for point in asked if point not in {p.point for p in given if p.result != PointResult.OPEN}]
    if open_ones:
        found.append(reason(Code.POINTS_OPEN, rule=rule, points="; ".join(open_ones)))
    if len(set(named)) < len(named):
        found.append(reason(Code.POINT_TWICE, rule=rule))
    return answer(found)


def answered(
    kind: CheckKind, points: Sequence[Point], given: Sequence[Point]
) -> tuple[tuple[Point, ...], Lawful | Refused]:
    """Answer some points of a response that is under way; an answer may be given again."""
    found = _unknown(RULES[kind], [point.point for point in points], given)
    news = {point.point: point for point in given}
    now = tuple(replace(news[p.point]) if p.point in news else p for p in points)
    return now, answer(found)


def judge_close(kind: CheckKind, points: Sequence[Point], conclusion: str, is_over: bool) -> Lawful | Refused:
    """Say whether a check-up may be closed."""
    rule, found = RULES[kind], list[Reason]()
    if is_over:
        found.append(reason(Code.CHECKUP_OVER, rule=rule))
    if not conclusion.strip():
        found.append(reason(Code.CONCLUSION_MISSING, rule=rule))
    if open_ones := [point.point for point in points if point.result == PointResult.OPEN]:
        found.append(reason(Code.POINTS_OPEN, rule=rule, points="; ".join(open_ones)))
    return answer(found)


def _unknown(rule: str, asked: Sequence[str], given: Sequence[Point]) -> list[Reason]:
    found = [reason(Code.POINT_UNKNOWN, p.point, rule=rule) for p in given if p.point not in asked]
    found += [
        reason(Code.FAULT_UNSAID, p.point, rule=rule)
        for p in given
        if p.result == PointResult.FAULT and not p.note.strip()
    ]
    return found
