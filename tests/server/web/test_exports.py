"""Every list and every report as a file: what is in it, who may take it away, and that it is recorded."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from server.domain.words import Role
from server.service.people.rights import RIGHTS
from server.service.reporting.kinds import REPORTS
from server.service.reporting.list_words import FIELDS, LISTS
from server.service.reporting.listing import columns_of
from server.web.auth import EXPORTS
from server.web.lists import lists
from tests.server.web.house import Caller, House

BIG = "=cmd|' /C calc'!A0"


def fetch(house: House, caller: Caller, path: str, language: str = "zh") -> Any:
    headers = {"Authorization": f"Bearer {caller.token}", "Accept-Language": language}
    return house.client.get(f"/api/v1{path}", headers=headers)


def table(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def exported(house: House) -> list[dict[str, Any]]:
    rows = house.shen.get("/ledger?limit=500")["rows"]
    return [row["body"] for row in rows if row["kind"] == "record_exported"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_list_of_the_api_is_worded_and_can_be_taken_away(house: House) -> None:
    known = lists()
    assert {"items", "people", "loans", "requests", "movements", "alarms", "ledger", "duties", "stocktakes"} <= set(
        known
    )
    assert set(LISTS) <= set(known)
    fields = {part for name in LISTS for column in columns_of(known[name].model) for part in column.split(".")}
    assert len(fields & set(FIELDS)) > 0.9 * len(fields)
    for name, one in known.items():
        answer = fetch(house, house.ma, f"/exports/{name}?format=csv")
        assert (answer.status_code == 200) == (Role.RECORDS_MANAGER in RIGHTS[one.act]), (name, answer.text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_is_exported_whole_with_the_readers_words_and_never_as_a_formula(house: House) -> None:
    for n in range(12, 20):
        house.chen.post(
            "/items",
            {"code": f"N{n}", "kind": "file", "title": BIG, "secrecy": "ordinary", "place": "a/1"},
        )
    rows = table(fetch(house, house.chen, "/exports/items?format=csv"))
    assert len(rows) == 1 + 6 + 8
    title, secrecy = rows[0].index("题名"), rows[0].index("密级")
    assert [row[title] for row in rows[-8:]] == [f"'{BIG}"] * 8
    assert {row[secrecy] for row in rows[1:]} == {"普通", "秘密", "绝密"}
    answer = fetch(house, house.chen, "/exports/items?format=xlsx&q=N1", "en")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    found = list(sheet.iter_rows(values_only=True))
    assert found[0][1] == "Code"
    assert [row[1] for row in found[1:]] == [f"N{n}" for n in range(12, 20)]
    assert answer.headers["content-disposition"].endswith('.xlsx"')


def test_every_export_is_recorded_with_its_rows_and_digest(house: House) -> None:
    fetch(house, house.chen, "/exports/people?format=csv")
    house.ma.post("/reports/unreturned")
    fetch(house, house.gao, "/reports/unreturned/file?format=xlsx")
    first, second = exported(house)
    assert (first["what"], first["format"], first["rows"], len(first["digest"])) == ("people", "csv", 15, 64)
    assert (second["what"], second["format"], second["rows"]) == ("unreturned", "xlsx", 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r22_every_way_to_take_records_away_leaves_one_entry_and_one_look(house: House) -> None:
    """The entry says what was taken, and is what an alarm of too many would show."""
    house.ma.post("/reports/unreturned")
    named = {"/exports/{name}": "/exports/loans", "/reports/{name}/file": "/reports/unreturned/file"}
    for path, methods in house.app.openapi()["paths"].items():
        if any(operation.get(EXPORTS) for operation in methods.values()):
            asked = path.removeprefix("/api/v1")
            before = house.shen.get("/ledger?limit=500")["rows"][-1]["id"]
            assert fetch(house, house.ma, named.get(asked, asked)).status_code == 200, path
            (entry,) = house.shen.get(f"/ledger?after={before}")["rows"]
            assert (entry["kind"], entry["body"]["about"].split()[0]) == ("record_exported", entry["body"]["what"]), (
                path
            )
    looks = [row["about"] for row in house.shen.get("/looks?person=ma")["rows"]]
    assert sorted(looks) == ["items", "ledger", "loans", "people", "unreturned"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_may_not_take_a_list_away_does_not_get_it(house: House) -> None:
    assert fetch(house, house.wang, "/exports/loans").status_code == 403
    assert fetch(house, house.guest, "/exports/items").status_code == 403
    assert fetch(house, house.chen, "/exports/ledger").status_code == 403
    assert fetch(house, house.chen, "/exports/nothing").status_code == 404
    assert fetch(house, house.chen, "/exports/items?format=pdf").status_code == 422
    assert fetch(house, house.chen, "/exports/loans?state=lost_in_space").status_code == 422
    assert exported(house) == []


def reported(house: House) -> dict[str, str]:
    """Let something happen that reports are about; gives each kind and what it is asked about."""
    house.approved("F1", "F2")
    house.visit("wang", taken=[1, 2])
    house.visit("wang", put=[2])
    number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
    house.chen.post(f"/stocktakes/{number}/close")
    for name in ("unreturned", "half_yearly", "yearly", "evaluation"):
        house.ma.post(f"/reports/{name}")
    subjects = {"item": "F1", "stocktake": str(number)}
    return {kind.name: subjects.get(kind.about, "") for kind in REPORTS.values() if kind.about != "destruction"}


def test_every_report_answers_in_both_languages(house: House) -> None:
    for name, of in reported(house).items():
        for language in ("zh", "en"):
            shown = fetch(house, house.ma, f"/reports/{name}?of={of}", language)
            assert shown.status_code == 200, (name, shown.text)
    assert [row["name"] for row in house.ma.get("/reports")["rows"]] == list(REPORTS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_report_comes_in_three_kinds_of_file(house: House) -> None:
    drawn = ("half_yearly", "loan_register", "folder_cover")
    for name, of in reported(house).items():
        for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
            if form == "pdf" and name not in drawn:
                continue  # the same writer, and half a second each
            answer = fetch(house, house.ma, f"/reports/{name}/file?of={of}&format={form}")
            assert answer.status_code == 200, (name, form, answer.text)
            assert answer.content.startswith(start)


def test_the_register_of_loans_has_the_fields_of_the_form(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    house.visit("wang", put=[1])
    loan = house.chen.get("/loans")["rows"][0]["id"]
    house.chen.post(f"/loans/{loan}/check", {"complete": True, "parts": 2, "pages": 0})
    rows = table(fetch(house, house.chen, "/reports/loan_register/file?format=csv"))
    head = next(row for row in rows if row[:1] == ["序号"])
    assert head == [
        "序号", "借阅人", "部门", "联系方式", "借阅日期", "档号/题名", "密级", "存放位置", "借阅事由",
        "审批人/意见", "期限", "实际归还日期", "是否完好", "备注",
    ]  # fmt: skip
    line = dict(zip(head, rows[rows.index(head) + 1], strict=True))
    assert (line["借阅人"], line["密级"], line["借阅事由"], line["是否完好"]) == ("Wang", "普通", "客户复核", "完好")
    assert line["审批人/意见"].startswith("Zhao")
    assert line["实际归还日期"]
