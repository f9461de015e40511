"""Check-ups: inspections, drills and assessments recorded point by point, and the response to an incident."""

import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlmodel import col, select

from server.domain import checkups
from server.domain.checkups import FULFILS, RULES, Point, judge_close, judge_points
from server.domain.duties import PER, Per
from server.domain.words import CheckKind, PointResult
from server.service.cabinet.alarms import alarm_within_reach
from server.service.context import Reading, Writing
from server.service.errors import InvalidError, NotFoundError, lawful
from server.service.inputs import Input, Text
from server.service.lookups import known, station_named, usernames
from server.service.oversight import duties
from server.service.paging import paged
from server.service.shapes import Page, Shape, moment, moment_or_none
from server.store.tables import Checkup


class NewPoint(Input):
    point: Text
    result: PointResult
    note: Text = ""


class NewCheckup(Input):
    kind: CheckKind
    station: str | None = Field(default=None, max_length=32)
    alarm: int | None = Field(default=None, ge=1, le=2**53)
    points: list[NewPoint] = Field(default=[], max_length=100)
    note: str = Field(default="", max_length=2000)


class Answers(Input):
    points: Annotated[list[NewPoint], Field(min_length=1, max_length=100)]


class PointView(Shape):
    point: str
    result: str
    note: str


class CheckupView(Shape):
    id: int
    kind: str
    rule: str
    station: str
    alarm: int | None
    state: str
    points: list[PointView]
    faults: int
    note: str
    begun_at: str
    begun_by: str
    ended_at: str | None
    ended_by: str | None
    conclusion: str


def record(work: Writing, asked: NewCheckup) -> CheckupView:
    """Record a check-up and fulfil the duty it is for; a response to an incident opens with its list unanswered."""
    subject = _subject(work, asked)
    listed = work.policy.oversight.checklists[asked.kind]
    given = [Point(one.point, one.result, one.note) for one in asked.points]
    if asked.kind == CheckKind.INCIDENT_RESPONSE:
        points, said = checkups.answered(asked.kind, checkups.blank(listed), given)
    else:
        points, said = tuple(given), judge_points(asked.kind, listed, given)
    lawful(said)
    clean = asked.kind != CheckKind.INCIDENT_RESPONSE and all(point.result == PointResult.OK for point in points)
    row = Checkup(
        kind=asked.kind,
        subject=subject,
        alarm_id=asked.alarm,
        points=_text(points),
        note=asked.note,
        begun_us=work.now_us,
        begun_by_id=work.viewer.id,
        ended_us=work.now_us if clean else None,
        ended_by_id=work.viewer.id if clean else None,
    )
    work.session.add(row)
    work.session.flush()
    faults = [point.point for point in points if point.result == PointResult.FAULT]
    work.ledger("checkup_recorded", checkup=row.id, of=row.kind, station=subject, alarm=asked.alarm, faults=faults)
    if asked.kind in FULFILS:
        duties.fulfil(work, FULFILS[asked.kind], subject, f"checkup {row.id}")
    return checkup_views(work, [row])[0]


def answer_points(work: Writing, number: int, asked: Answers) -> CheckupView:
    """Answer points of a check-up that is still open."""
    row = _stored(work, number)
    if row.ended_us is not None:
        lawful(judge_close(CheckKind(row.kind), (), "-", is_over=True))
    given = [Point(one.point, one.result, one.note) for one in asked.points]
    points, said = checkups.answered(CheckKind(row.kind), points_of(row), given)
    lawful(said)
    row.points = _text(points)
    work.session.add(row)
    work.ledger("checkup_answered", checkup=row.id, points=[[p.point, p.result, p.note] for p in given])
    return checkup_views(work, [row])[0]


def close(work: Writing, number: int, conclusion: str) -> CheckupView:
    """Close a check-up with what was done about its faults, or how the incident ended."""
    row = _stored(work, number)
    lawful(judge_close(CheckKind(row.kind), points_of(row), conclusion, is_over=row.ended_us is not None))
    row.ended_us, row.ended_by_id, row.conclusion = work.now_us, work.viewer.id, conclusion
    work.session.add(row)
    work.ledger("checkup_closed", checkup=row.id, conclusion=conclusion)
    return checkup_views(work, [row])[0]


def list_checkups(
    look: Reading, kind: str | None, open_only: bool, before: int | None, limit: int
) -> Page[CheckupView]:
    """List check-ups, the newest first."""
    query = select(Checkup).order_by(col(Checkup.id).desc()).limit(limit + 1)
    if kind is not None:
        query = query.where(Checkup.kind == kind)
    if open_only:
        query = query.where(col(Checkup.ended_us).is_(None))
    if before is not None:
        query = query.where(col(Checkup.id) < before)
    return paged(look.session.exec(query), limit, lambda rows: checkup_views(look, rows))


def get_checkup(look: Reading, number: int) -> CheckupView:
    """Show one check-up."""
    return checkup_views(look, [_stored(look, number)])[0]


def checkup_views(look: Reading, rows: Sequence[Checkup]) -> list[CheckupView]:
    """Give check-ups as they are shown."""
    people = usernames(look.session, (n for row in rows for n in (row.begun_by_id, row.ended_by_id)))
    return [
        CheckupView(
            id=known(row.id),
            kind=row.kind,
            rule=RULES[CheckKind(row.kind)],
            station=row.subject,
            alarm=row.alarm_id,
            state="open" if row.ended_us is None else "closed",
            points=[PointView(point=p.point, result=p.result, note=p.note) for p in points_of(row)],
            faults=sum(point.result == PointResult.FAULT for point in points_of(row)),
            note=row.note,
            begun_at=moment(row.begun_us, look.zone),
            begun_by=people.get(row.begun_by_id, ""),
            ended_at=moment_or_none(row.ended_us, look.zone),
            ended_by=people.get(row.ended_by_id),
            conclusion=row.conclusion,
        )
        for row in rows
    ]


def points_of(row: Checkup) -> tuple[Point, ...]:
    """Give a check-up's points as the rules see them."""
    return tuple(Point(one["point"], PointResult(one["result"]), one["note"]) for one in json.loads(row.points))


def _subject(work: Writing, asked: NewCheckup) -> str:
    """Give what it is about, and see that it is there."""
    if asked.alarm is not None:
        alarm_within_reach(work, asked.alarm)
    wants_station = asked.kind in FULFILS and PER[FULFILS[asked.kind]] == Per.CABINET
    if wants_station and asked.station is None:
        raise InvalidError("station_missing", "station: name the cabinet that was inspected")
    if asked.station is None:
        return ""
    name = station_named(work.session, asked.station).name
    if asked.kind in FULFILS and not wants_station:
        raise InvalidError("station_given", f"station: a {asked.kind} is about the whole company; leave it out")
    return name


def _text(points: Sequence[Point]) -> str:
    return json.dumps([{"point": p.point, "result": p.result, "note": p.note} for p in points], ensure_ascii=False)


def _stored(look: Reading, number: int) -> Checkup:
    row = look.session.get(Checkup, number)
    if row is None:
        raise NotFoundError("checkup", number)
    return row
