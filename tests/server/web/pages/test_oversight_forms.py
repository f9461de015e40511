"""Oversight by hand: the forms of check-ups, feedback, lessons and reports, with what they refuse said beside them."""

import re

from server.service.oversight.duties import MADE_BY_THE_CLOCK
from server.sweep.duties import Duties

from .conftest import Reader
from .markup import faults, read
from .office import ZONE, Office


def points(html: str, result: str = "ok") -> dict[str, str]:
    """Answer every point that a form asks for."""
    return dict.fromkeys(re.findall(r'name="(r\d+)"', html), result)


def test_a_cabinet_is_inspected_on_the_page_and_a_fault_put_right(office: Office) -> None:
    keeper = Reader(office, "zheng", "en")
    _, form = keeper.get("/checkups?new=cabinet_inspection")
    status, said = keeper.post("/checkups", kind="cabinet_inspection", station="a")
    assert status == 403
    assert "R23" in said
    assert faults(read(said)) == []
    filled = points(form) | {"r1": "fault"}
    status, said = keeper.post("/checkups", kind="cabinet_inspection", station="a", **filled)
    assert "what is at fault is not said" in said
    status, where = keeper.post("/checkups", kind="cabinet_inspection", station="a", **filled, n1="锁松动")
    assert (status, where) == (303, "/checkups/1")
    assert "锁松动" in keeper.get(where)[1]
    assert keeper.post(f"{where}/close", conclusion="")[0] == 403
    assert keeper.post(f"{where}/close", conclusion="已修") == (303, where)
    assert 'data-word="fulfilled"' in keeper.get(where)[1]
    assert Reader(office, "guest").post("/checkups", kind="cabinet_inspection")[0] == 403


def test_a_response_is_worked_off_on_the_page(office: Office) -> None:
    chen = Reader(office, "chen", "en")
    assert chen.post("/checkups", kind="incident_response", alarm="77")[0] == 404
    assert chen.post("/checkups", kind="incident_response", alarm="x")[0] == 422
    status, where = chen.post("/checkups", kind="incident_response", station="b")
    assert status == 303
    _, page = chen.get(where)
    assert chen.post(f"{where}/answers")[0] == 422
    assert chen.post(f"{where}/close", conclusion="over")[0] == 403
    assert chen.post(f"{where}/answers", **points(page)) == (303, where)
    assert chen.post(f"{where}/close", conclusion="over") == (303, where)
    assert chen.post(f"{where}/answers", **points(page))[0] == 403


def test_feedback_goes_from_who_gives_it_to_its_answer(office: Office) -> None:
    wang, qian, li = (Reader(office, name, "en") for name in ("wang", "qian", "li"))
    assert wang.post("/feedback", text=" ")[0] == 422
    assert wang.post("/feedback", text="等太久", customer="长风机械") == (303, "/feedback")
    assert qian.post("/feedback/1/assign", to="nobody")[0] == 404
    assert qian.post("/feedback/1/assign", to="")[0] == 422
    assert qian.post("/feedback/1/assign", to="li")[0] == 303
    assert wang.post("/feedback/1/answer", answer="x")[0] == 403
    assert "长风机械" in li.get("/feedback")[1]
    assert li.post("/feedback/1/answer", answer="增开窗口")[0] == 303
    assert "增开窗口" in wang.get("/feedback?show=all")[1]
    assert "等太久" not in wang.get("/feedback")[1]


def test_a_report_is_made_kept_and_taken_away(office: Office) -> None:
    qian = Reader(office, "qian", "en")
    assert qian.get("/reports/unreturned")[0] == 404
    _, index = qian.get("/reports")
    assert index.count("not made yet") == 4
    links = {e.attributes.get("href", "") for e in read(index).all("a")}
    reports = [link for link in links if link.startswith("/reports/")]
    assert reports
    assert [link for link in reports if qian.get(link)[0] != 200] == []
    status, where = qian.post("/reports/unreturned")
    assert (status, where) == (303, "/reports/unreturned?of=1")
    _, page = qian.get(where)
    assert faults(read(page)) == []
    (file,) = [link for link in re.findall(r'href="(/api/v1/reports/[^"]+)"', page) if "pdf" in link]
    assert qian.client.get(file.replace("&amp;", "&")).content.startswith(b"%PDF")
    assert qian.post("/reports/half_yearly", period="2026-03")[0] == 422
    assert qian.post("/reports/half_yearly", period="2026-H1")[0] == 303
    assert "<svg" in qian.get("/reports/half_yearly")[1]
    assert qian.post("/lessons", text="")[0] == 422
    assert qian.post("/lessons", text="提醒", measure="五点")[0] == 303
    _, index = qian.get("/reports")
    assert "提醒" in index
    assert index.count("not made yet") == 2
    assert "/api/v1/exports/loans?format=xlsx" in index
    assert "/api/v1/exports" not in Reader(office, "feng").get("/checkups")[1]


def test_duties_are_shown_as_a_calendar_of_the_company(office: Office) -> None:
    Duties(office.database, office.deps.policy, ZONE).turn(office.clock.wall_us())
    office.pass_time(60 * 24 * 50)
    Duties(office.database, office.deps.policy, ZONE).turn(office.clock.wall_us())
    _, page = Reader(office, "chen", "en").get("/duties?show=overdue")
    assert "Inspection of a cabinet" in page
    assert {str(kind) for kind in MADE_BY_THE_CLOCK} == {"unreturned_list"}


def test_the_ledger_page_marks_what_fits_and_says_what_does_not(office: Office) -> None:
    _, page = Reader(office, "feng", "en").get("/ledger")
    assert "Every hash shown here fits the entry before it." in page
    with office.database.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.exec_driver_sql("UPDATE ledger SET body = body || ' ' WHERE id = (SELECT max(id) - 3 FROM ledger)")
        connection.commit()
    _, page = Reader(office, "feng", "en").get("/ledger")
    assert "does not fit its hash" in page
    assert "Every hash shown here fits" not in page
    assert page.count("altered") >= 1
