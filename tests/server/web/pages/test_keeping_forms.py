"""The forms of an item's record, of the registers, and of customers, as a browser without scripts sends them."""

import io

import pytest
from PIL import Image
from sqlmodel import select

from server.store.tables import Record, RecordNumber
from server.sweep.duties import Duties

from .conftest import Reader
from .office import ZONE, Office


def text(reader: Reader, path: str) -> str:
    """Read a page that must be there."""
    status, html = reader.get(path)
    assert status == 200, path
    return html


def test_a_record_is_changed_and_a_stale_form_is_told_so(office: Office) -> None:
    chen = Reader(office, "chen", "en")
    form = {"version": 1, "title": "新题名", "file_type": "contract", "secrecy": "ordinary", "reason": "更正"}
    assert chen.post("/items/T0000/record", **form) == (303, "/items/T0000/record")
    shown = text(chen, "/items/T0000/record")
    assert "新题名" in shown
    assert "10 documents missing" in shown
    status, html = chen.post("/items/T0000/record", **form, category="基本信息")
    assert (status, "version 2" in html) == (412, True)
    assert Reader(office, "wang").post("/items/T0000/record", **form)[0] == 403


def test_contents_filing_and_review_by_form(office: Office) -> None:
    chen = Reader(office, "chen", "en")
    assert chen.post("/items/T0000/contents", title="合同", kind="contract", original="no")[0] == 303
    assert "copy, not the original" in text(chen, "/items/T0000/record")
    assert chen.post("/items/T0000/contents", title="x", kind="selfie")[0] == 403
    assert chen.post("/items/T0000/contents/1/remove", reason="")[0] == 422
    assert chen.post("/items/T0000/contents/1/remove", reason="移走")[0] == 303
    assert chen.post("/items/T0000/filing", kind="contract")[0] == 303
    assert "Handed over to the records office" in text(chen, "/keeping")
    status, html = chen.post("/items/T0000/filing", event="filed")
    assert (status, "R32" in html) == (403, True)
    assert chen.post("/items/T0000/filing", event="handed_over")[0] == 303
    assert chen.post("/items/T0000/filing", event="filed")[0] == 303
    assert "Formal file" in text(chen, "/items/T0000/record")
    assert chen.post("/items/T0000/review", accurate="no", note="缺页")[0] == 303
    with office.database.read() as session:
        assert session.exec(select(Record.reviewed_us).where(Record.item_id == 1)).one() is None
    assert chen.post("/items/T0000/review", accurate="yes")[0] == 303


@pytest.mark.parametrize("sound", [True, False])
def test_a_file_is_attached_by_form(office: Office, sound: bool) -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    data = out.getvalue() if sound else b"\x89PNG\r\n\x1a\n not at all"
    chen = Reader(office, "chen", "zh")
    answer = chen.client.post(
        "/attachments", data={"csrf": chen.csrf, "of": "T0000"}, files={"file": ("印章.png", data, "image/png")}
    )
    assert answer.status_code == (303 if sound else 403)
    shown = text(chen, "/items/T0000/record")
    assert ("印章.png" in shown) == sound
    assert sound or "不是可读的图片" in answer.text
    assert chen.post("/attachments", of="T0000")[0] == 422


def test_a_department_hands_in_and_sees_only_its_own(office: Office) -> None:
    office.pass_time(33 * 24 * 60)
    Duties(office.database, office.deps.policy, ZONE).turn(office.clock.wall_us())
    li = Reader(office, "li", "en")
    assert "销售部" in text(li, "/keeping?show=collections")
    form = {"kind": "quarterly_collection", "documents": "会议纪要"}
    assert li.post("/keeping/arrivals", **form, department="销售部") == (303, "/keeping?show=collections")
    assert li.post("/keeping/arrivals", **form, department="运营部")[0] == 403
    assert li.post("/keeping/arrivals", kind="quarterly_collection", department="销售部")[0] == 422
    assert "会议纪要" in text(Reader(office, "qian"), "/keeping?show=collections")
    assert "会议纪要" not in text(Reader(office, "sun"), "/keeping?show=collections")


def test_a_grade_is_asked_for_approved_and_set_by_form(office: Office) -> None:
    chen, zhao = Reader(office, "chen", "en"), Reader(office, "zhao", "en")
    given = {"name": "长风机械", "region": "华东", "sealed.contact": "138 0000"}
    assert chen.post("/customers", **given) == (303, "/customers/1")
    assert chen.post("/customers", region="华东")[0] == 422
    status, html = chen.post("/customers/1", version=2, grade="A")
    assert (status, "R37" in html) == (403, True)
    assert chen.post("/customers/1/ask", what="change", purpose="评级") == (303, "/customers/1")
    assert "评级" in text(zhao, "/credit-requests")
    assert zhao.post("/credit-requests/1/decide", said="approve") == (303, "/credit-requests")
    assert zhao.post("/credit-requests/1/decide", said="approve")[0] == 403
    assert chen.post("/customers/1", version=2, grade="A") == (303, "/customers/1")
    assert "长风机械" in text(chen, "/customers?region=华东")


def test_a_sensitive_field_is_shown_once_to_whose_duty_it_is(office: Office) -> None:
    chen, wang = Reader(office, "chen", "en"), Reader(office, "wang", "en")
    chen.post("/customers", **{"name": "长风机械", "sealed.contact": "138 0000"})
    assert "138 0000" not in text(chen, "/customers/1")
    status, html = chen.post("/customers/1/unmask", field="contact", purpose="回访")
    assert (status, "138 0000" in html) == (200, True)
    assert "138 0000" not in text(chen, "/customers/1")
    status, html = wang.post("/customers/1/unmask", field="contact", purpose="回访")
    assert (status, "138 0000" in html, "R38" in html) == (403, False, True)


def test_the_register_of_numbers_shows_what_was_cancelled(office: Office) -> None:
    chen = Reader(office, "chen", "en")
    form = {"version": 1, "record_number": "HT·2026-900", "reason": "重新编号"}
    assert chen.post("/items/T0000/record", **form)[0] == 303
    shown = text(chen, "/keeping?show=numbers")
    assert "HT·2025-018" in shown
    assert "重新编号" in shown
    with office.database.read() as session:
        assert session.get_one(RecordNumber, "HT·2025-018").cancelled_us is not None
