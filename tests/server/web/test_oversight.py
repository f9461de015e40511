"""Oversight as people meet it: lists and statistics that are due, inspections, drills, feedback, evaluation."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from server.domain.merkle import MerkleTree
from server.service.reporting.unreturned import SHORT
from server.store.anchors import anchor
from server.store.tables import KeptReport
from server.sweep.duties import Duties
from server.sweep.lists import MonthlyList
from server.verify import open_ledger
from tests.server.company import KEYS
from tests.server.web.house import SALES, Caller, House

DATABASES = ("sqlite", "postgres")

DAY = 86_400
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what asks nothing of the database that another test does not ask of both."""


def sweep(house: House) -> None:
    """Let the clock's jobs of oversight have a turn."""
    now = house.clock.wall_us()
    Duties(house.database, house.policy, house.zone).turn(now)
    MonthlyList(house.database, house.policy, house.zone).turn(now)


def go_to(house: House, month: int, day: int, hour: int = 9) -> None:
    """Go on to the next such day."""
    now = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone)
    then = now.replace(month=month, day=day, hour=hour, minute=0, second=0, microsecond=0)
    if then <= now:
        then = then.replace(year=then.year + 1)
    house.shift((then - now) / timedelta(seconds=1))


def cells(report: dict[str, Any], table: int = 0) -> list[list[Any]]:
    rows: list[list[Any]] = report["tables"][table]["rows"]
    return rows


def overdue(house: House) -> set[tuple[str, str]]:
    rows = house.shen.get("/duties?overdue=true&limit=500")["rows"]
    return {(row["kind"], row["subject"]) for row in rows}


def notices(caller: Caller, kind: str) -> list[str]:
    return [row["text"] for row in caller.get("/notices?limit=500")["rows"] if row["kind"] == kind]


def points(house: House, kind: str, **faults: str) -> list[dict[str, str]]:
    """Answer every point of the sheet: in order, or at fault by its first word in Chinese."""
    listed = next(points for name, points in house.policy.oversight.checklists.items() if name == kind)
    return [
        {"point": point, "result": "fault" if (said := faults.get(f"n{n}")) else "ok", "note": said or ""}
        for n, point in enumerate(listed)
    ]


# ------------------------------------------------------------ R15, R62, R64


def test_r15_not_later_than_the_5th_the_general_manager_has_the_list_of_what_is_out(house: House) -> None:
    go_to(house, 3, 10)
    sweep(house)
    house.approved("F1")
    house.visit("wang", taken=[1])
    go_to(house, 4, 1)
    sweep(house)
    assert notices(house.gao, "unreturned_list") == []
    go_to(house, 4, 5)
    for _ in range(2):
        sweep(house)
    (told,) = notices(house.gao, "unreturned_list")
    number = re.findall(r"of=(\d+)", told)[0]
    report = house.gao.get(f"/reports/unreturned?of={number}")
    (row,) = cells(report)
    assert row[2:6] == ["题名1", "file", "ordinary", "Wang"]
    assert row[6] == SALES
    assert row[-1] == "overdue"
    assert ("unreturned_list", "") not in overdue(house)
    made = [entry["body"] for entry in house.shen.get("/ledger?limit=500")["rows"] if entry["kind"] == "report_made"]
    assert [(entry["by"], entry["name"]) for entry in made] == [("clock", "unreturned")]


def test_r15_the_list_stays_as_it_was_made_and_a_missed_one_is_flagged(house: House) -> None:
    sweep(house)
    house.approved("F1")
    house.visit("wang", taken=[1])
    made = house.ma.post("/reports/unreturned")
    house.visit("wang", put=[1])
    assert len(cells(house.gao.get(f"/reports/unreturned?of={made['id']}"))) == 1
    assert cells(house.gao.get("/reports/unreturned")) == cells(house.gao.get(f"/reports/unreturned?of={made['id']}"))
    assert "anchor" not in str(house.gao.get("/reports/unreturned")["facts"])  # there was none yet
    covered = anchor(house.database, KEYS.signing, 5)
    again = house.ma.post("/reports/unreturned")
    (said,) = [
        fact["value"] for fact in house.gao.get("/reports/unreturned")["facts"] if fact["name"] == "Ledger anchor"
    ]
    with open_ledger(None, house.database.url) as (entries, _):
        size, _, root = said.partition(":")
        assert (int(size), len(root)) == (covered, SHORT)
        tree = MerkleTree().extend(entry.hash for entry in entries if entry.id <= covered)
    assert tree.root().startswith(root)
    assert cells(house.gao.get(f"/reports/unreturned?of={again['id']}")) == []
    assert len(notices(house.gao, "unreturned_list")) == 2
    go_to(house, 6, 6)
    Duties(house.database, house.policy, house.zone).turn(house.clock.wall_us())
    assert ("unreturned_list", "") in overdue(house)
    assert any("未归还清单" in text for text in notices(house.ma, "duty_overdue"))
    sweep(house)
    assert ("unreturned_list", "") not in overdue(house)


@on_sqlite
def test_r15_a_secret_title_is_for_those_who_may_know_it(house: House) -> None:
    number = house.li.post("/requests", {"items": ["F3"], "mode": "loan", "purpose": "x", "for": "wang"})["id"]
    house.sun.post(f"/requests/{number}/approve")
    house.visit("wang", taken=[3])
    house.ma.post("/reports/unreturned")
    assert cells(house.gao.get("/reports/unreturned"))[0][2] == "题名3"
    for outsider in (house.guest, house.wang, house.sys):
        outsider.get("/reports/unreturned", expect=403)


def lived(house: House) -> None:
    """Two loans, one late; a stocktake with a difference; an alarm closed after a while."""
    house.approved("F1", "F2")
    house.visit("wang", taken=[1, 2])
    house.visit("wang", put=[1])
    house.shift(3 * DAY)
    house.visit("wang", put=[2])
    number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
    scans = [{"place": "a/1", "code": f"F{n}"} for n in (1, 2, 3, 5)] + [{"place": "a/2", "code": "F6"}]
    house.ke.post(f"/stocktakes/{number}/scans", {"scans": scans})
    house.chen.post(f"/stocktakes/{number}/close")


def measured(house: House, caller: str = "shen") -> dict[str, str]:
    return {row[0]: row[1] for row in cells(getattr(house, caller).get("/reports/evaluation"))}


def test_r62_statistics_are_due_in_july_and_january_and_count_what_happened(house: House) -> None:
    sweep(house)
    lived(house)
    period = "-H1" if datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone).month <= 6 else "-H2"
    year = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone).year
    report = house.ma.post("/reports/half_yearly", {"period": f"{year}{period}"})
    shown = house.gao.get(f"/reports/half_yearly?of={report['id']}")
    totals = {row[0].strip(): row[1] for row in cells(shown)}
    assert (totals["Kept (items)"], totals["Taken"], totals["Overdue"], totals["Differences"]) == (6, 2, 1, 1)
    assert [SALES, 0, 2, 1, 0, 0] in cells(shown, 1)
    assert {chart["kind"] for chart in shown["charts"]} == {"bar", "line"}
    go_to(house, 1, 2)
    sweep(house)
    assert notices(house.chen, "duty_begun")
    go_to(house, 2, 1)
    sweep(house)
    assert ("yearly_statistics", "") in overdue(house)
    house.ma.post("/reports/yearly")
    assert ("yearly_statistics", "") not in overdue(house)
    go_to(house, 8, 1)
    sweep(house)
    assert ("half_yearly_statistics", "") in overdue(house)
    house.ma.post("/reports/half_yearly")
    assert ("half_yearly_statistics", "") not in overdue(house)
    before = cells(house.gao.get("/reports/half_yearly"), -1)
    assert [row[0] for row in before][:1] == [f"{year}{period}"]


@on_sqlite
def test_r62_a_closed_period_is_kept_as_it_was_made(house: House) -> None:
    lived(house)
    year = datetime.fromtimestamp(house.clock.wall_us() / 1e6, house.zone).year
    house.ma.post("/reports/evaluation", {"period": str(year)})
    first = house.gao.get("/reports/evaluation")
    house.approved("F1")
    house.visit("wang", taken=[1])
    assert house.gao.get("/reports/evaluation") == first
    with house.database.read() as session:
        assert len(list(session.exec(select(KeptReport)))) == 1
    for period in ("2026-13", "2999", "2026-03"):
        assert house.ma.post("/reports/half_yearly", {"period": period}, expect=422)["code"] == "no_such_period"


def test_r64_evaluation_measures_the_rules_and_records_lessons(house: House) -> None:
    sweep(house)
    lived(house)
    alarm = house.chen.get("/alarms?state=all")["rows"]
    house.shift(3600)
    for one in alarm:
        house.chen.post(f"/alarms/{one['id']}/close", {"conclusion": "已查明"})
    house.ma.post("/lessons", {"text": "下班前一小时提醒", "measure": "五点提醒"})
    house.ma.post("/reports/evaluation")
    found = measured(house)
    assert found["Returned in time"] == "50 %"
    assert found["Accuracy of stocktakes"] == "83.3 %"
    assert found["Time to approve (median)"] == "0 h"
    report = house.gao.get("/reports/evaluation")
    assert cells(report, 1)[0][1:3] == ["下班前一小时提醒", "五点提醒"]
    assert [row["text"] for row in house.shen.get("/lessons")["rows"]] == ["下班前一小时提醒"]
    house.guest.post("/lessons", {"text": "x"}, expect=403)


# ------------------------------------------------------------ R23, R24


def test_r23_cabinets_and_store_are_inspected_at_set_intervals_and_an_overdue_inspection_is_flagged(
    house: House,
) -> None:
    sweep(house)
    go_to(house, 2, 1)
    house.shift(40 * DAY)
    sweep(house)
    assert {("cabinet_inspection", "a"), ("cabinet_inspection", "b"), ("environment_inspection", "")} <= overdue(house)
    body = {"kind": "cabinet_inspection", "station": "a", "points": points(house, "cabinet_inspection")}
    done = house.ke.post("/checkups", body, expect=201)
    assert (done["state"], done["rule"], done["begun_by"]) == ("closed", "R23", "ke")
    assert ("cabinet_inspection", "a") not in overdue(house)
    assert ("cabinet_inspection", "b") in overdue(house)
    house.chen.post("/checkups", {"kind": "environment_inspection", "points": points(house, "environment_inspection")})
    assert ("environment_inspection", "") not in overdue(house)


@on_sqlite
def test_r23_every_point_is_answered_and_a_fault_stays_open_until_it_is_put_right(house: House) -> None:
    base = {"kind": "cabinet_inspection", "station": "a"}
    assert house.ke.rules("/checkups", base) == {("R23", "points_open")}
    listed = points(house, "cabinet_inspection", n1=" ")
    odd = {"point": "no such point", "result": "ok"}
    assert house.ke.rules("/checkups", {**base, "points": [*listed, listed[0], odd]}) == {
        ("R23", "fault_unsaid"),
        ("R23", "point_twice"),
        ("R23", "point_unknown"),
    }
    made = house.ke.post("/checkups", {**base, "points": points(house, "cabinet_inspection", n1="门锁松动")})
    assert (made["state"], made["faults"]) == ("open", 1)
    assert [row["id"] for row in house.shen.get("/checkups?state=open")["rows"]] == [made["id"]]
    path = f"/checkups/{made['id']}/close"
    assert house.ke.post(path, {"conclusion": "已更换门锁"})["state"] == "closed"
    assert house.ke.rules(path, {"conclusion": "x"}) == {("R23", "checkup_over")}
    house.ke.post("/checkups", {"kind": "cabinet_inspection"}, expect=422)
    house.wang.post("/checkups", base, expect=403)
    house.guest.post("/checkups", base, expect=403)


def test_r24_risks_are_assessed_and_drills_held_and_overdue_ones_flagged(house: House) -> None:
    sweep(house)
    house.shift(400 * DAY)
    sweep(house)
    assert {("risk_review", ""), ("emergency_drill", "")} <= overdue(house)
    assert [text for text in notices(house.ma, "duty_overdue") if "应急演练" in text]
    house.ma.post("/checkups", {"kind": "risk_review", "points": points(house, "risk_review")})
    house.zhao.post(
        "/checkups", {"kind": "emergency_drill", "points": points(house, "emergency_drill"), "note": "全员参加"}
    )
    assert not {("risk_review", ""), ("emergency_drill", "")} & overdue(house)


@on_sqlite
def test_r24_an_incident_opens_a_response_checklist_that_is_worked_off(house: House) -> None:
    house.intake.take(house.station.closes(None, cause="forced", taken=[1]))
    alarm = house.chen.get("/alarms")["rows"][0]["id"]
    opened = house.chen.post("/checkups", {"kind": "incident_response", "alarm": alarm, "station": "a"})
    assert (opened["state"], opened["alarm"], {p["result"] for p in opened["points"]}) == ("open", alarm, {"open"})
    path = f"/checkups/{opened['id']}"
    assert house.chen.rules(f"{path}/close", {"conclusion": "结束"}) == {("R24", "points_open")}
    house.chen.post(f"{path}/answers", {"points": points(house, "incident_response")[:3]})
    house.ma.post(f"{path}/answers", {"points": points(house, "incident_response", n5="锁舌老化")[3:]})
    closed = house.ma.post(f"{path}/close", {"conclusion": "更换全部锁具"})
    assert (closed["state"], closed["faults"]) == ("closed", 1)
    kinds = [row["kind"] for row in house.shen.get("/ledger?limit=500")["rows"]]
    assert [kind for kind in kinds if kind.startswith("checkup_")] == [
        "checkup_recorded",
        "checkup_answered",
        "checkup_answered",
        "checkup_closed",
    ]
    house.chen.post("/checkups", {"kind": "incident_response", "alarm": 999}, expect=404)


# ------------------------------------------------------------ R63


def test_r63_feedback_is_taken_in_assigned_and_closed_with_an_answer(house: House) -> None:
    given = house.wang.post("/feedback", {"text": "借阅等待太久"}, expect=201)
    assert notices(house.ma, "feedback_given")
    path = f"/feedback/{given['id']}"
    assert house.chen.rules(f"{path}/assign", {"to": "ke"}) == {("R63", "feedback_answered_by")}
    assert house.ma.post(f"{path}/assign", {"to": "qian"})["state"] == "assigned"
    assert house.wang.rules(f"{path}/answer", {"answer": "好"}) == {("R63", "feedback_answered_by")}
    assert house.qian.rules(f"{path}/answer", {"answer": " "}) == {("R63", "answer_missing")}
    closed = house.qian.post(f"{path}/answer", {"answer": "增加一个窗口"})
    assert (closed["state"], closed["closed_by"], closed["answer"]) == ("closed", "qian", "增加一个窗口")
    assert notices(house.wang, "feedback_closed")
    assert house.ma.rules(f"{path}/assign", {"to": "ke"}) == {("R63", "feedback_closed")}
    assert house.wang.get("/feedback")["rows"] == [closed]
    house.guest.post("/feedback", {"text": "x"}, expect=403)


def test_r63_a_customers_feedback_that_nobody_answers_is_flagged(house: House) -> None:
    given = house.li.post("/feedback", {"text": "材料不全", "source": "customer", "customer": "长风机械"})
    assert house.wang.get("/feedback")["rows"] == []
    house.wang.post(f"/feedback/{given['id']}/answer", {"answer": "x"}, expect=404)
    house.shift((house.policy.oversight.answer_days + 1) * DAY)
    sweep(house)
    assert ("feedback_answer", str(given["id"])) in overdue(house)
    assert house.shen.get("/feedback")["rows"][0]["overdue"] is True
    house.ma.post(f"/feedback/{given['id']}/answer", {"answer": "已补齐"})
    assert ("feedback_answer", str(given["id"])) not in overdue(house)


# ------------------------------------------------------------ R60


@on_sqlite
def test_r60_every_act_of_oversight_is_in_the_trail(house: House) -> None:
    sweep(house)
    house.ma.post("/reports/unreturned")
    house.wang.post("/feedback", {"text": "x"})
    house.ke.post(
        "/checkups", {"kind": "cabinet_inspection", "station": "a", "points": points(house, "cabinet_inspection")}
    )
    house.ma.post("/lessons", {"text": "x"})
    file = house.client.get("/api/v1/exports/loans?format=csv", headers={"Authorization": f"Bearer {house.chen.token}"})
    assert file.status_code == 200
    kinds = {row["kind"] for row in house.shen.get("/ledger?limit=500")["rows"]}
    assert {
        "report_made",
        "feedback_given",
        "checkup_recorded",
        "duty_fulfilled",
        "lesson_recorded",
        "record_exported",
    } <= kinds


@on_sqlite
@pytest.mark.parametrize("path", ["/reports/nothing", "/reports/stocktake_report?of=99", "/reports/folder_cover?of=NO"])
def test_what_is_not_there_is_said(house: House, path: str) -> None:
    assert house.shen.get(path, expect=404)["code"] == "not_found"
