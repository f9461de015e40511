"""What is wrong with a form is said in its reader's language, by the labels that the form shows."""

import pytest

from server.web.guard import MAX_BODY
from server.web.pages import uploads

from .conftest import Reader
from .markup import read
from .office import Office

LONG = "长" * 501
WRONG = (  # by whom, where, what; what it is called in either language
    ("chen", "/items/T0000/record", {"version": 1, "parts": "many"}, "件数", "Parts"),
    (
        "chen",
        "/items/T0000/record",
        {"version": 1, "customer": -1, "title": LONG},
        "客户编号, 题名",
        "Customer's number, Title",
    ),
    ("chen", "/items/T0000/contents", {"title": ""}, "题名", "Title"),
    ("chen", "/items/T0000/contents/1/remove", {"reason": ""}, "事由", "Why"),
    ("chen", "/items/T0000/filing", {"kind": LONG}, "建立临时卷", "Begin a temporary file"),
    (
        "chen",
        "/keeping/arrivals",
        {"kind": "quarterly_collection", "department": "销售部"},
        "移交内容",
        "What was handed in",
    ),
    ("chen", "/customers", {"region": "华东"}, "客户名称", "Customer's name"),
    ("chen", "/customers/1", {"version": 2, "industry": LONG}, "行业", "Industry"),
    ("chen", "/customers/1", {"version": 2, "sealed.contact": LONG * 5}, "联系方式", "contact"),
    ("chen", "/customers/1/ask", {"what": "sell", "purpose": "评级"}, "申请", "Ask to"),
    ("chen", "/customers/1/unmask", {"field": "", "purpose": "回访"}, "查看", "Show"),
    ("sys", "/stations", {"name": "A b", "doors": "four"}, "柜门数, 短名", "Doors, Short name"),
    ("sys", "/stations/a/revoke", {"reason": " "}, "原因", "Reason"),
    ("sec", "/people/wang/scope", {"until": "someday", "cabinets": "A b"}, "有效至, 档案柜", "Cabinets, Until"),
    ("chen", "/people/wang/training", {"subject": "", "expires": "someday"}, "有效期至, 科目", "Counts until, Subject"),
    (
        "chen",
        "/checkups",
        {"kind": "incident_response", "alarm": "x"},
        "相关报警编号（如有）",
        "Number of the alarm, if there is one",
    ),
    ("chen", "/checkups", {"kind": "cabinet_inspection", "station": "a", "r0": "perhaps"}, "要点", "Points"),
    ("chen", "/feedback", {"text": " "}, "意见内容", "What you have to say"),
)


def said(page: str) -> str:
    """Give what a page says against what was sent."""
    return next(e for e in read(page).all("div") if e.attributes.get("role") == "alert").text.strip()


def test_fields_are_named_as_their_form_labels_them(office: Office) -> None:
    Reader(office, "chen").post("/customers", name="长风机械")
    for who, path, form, zh, en in WRONG:
        status, page = Reader(office, who, "zh").post(path, **form)
        assert (status, said(page)) == (422, f"请检查：{zh}"), path
        status, page = Reader(office, who, "en").post(path, **form)
        assert (status, said(page)) == (422, f"Please look again at: {en}"), path


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh", "文件过大：最多可上传 1 MB。"), ("en", "The file is too large: at most 1 MB can be handed in.")],
)
def test_a_file_too_large_is_told_so(
    office: Office, monkeypatch: pytest.MonkeyPatch, language: str, sentence: str
) -> None:
    chen, file = Reader(office, "chen", language), {"file": ("a.pdf", b"%PDF-1.4" + bytes(2 * MAX_BODY))}
    monkeypatch.setattr(uploads, "UPLOAD", MAX_BODY)
    status, page = chen.hand_in("/attachments", file, of="T0000")
    assert (status, said(page)) == (422, sentence)


@pytest.mark.parametrize(
    ("language", "heading"),
    [("zh", "提交的内容过大，无法一次接收"), ("en", "That is more than can be sent at once")],
)
def test_a_form_too_large_is_answered_with_a_page(office: Office, language: str, heading: str) -> None:
    status, page = Reader(office, "chen", language).post("/items/T0000/contents", title="x" * MAX_BODY)
    assert (status, read(page).all("h1")[0].text) == (413, heading)
