"""Sheets handed in: what is taken, what is refused and why, and that nothing is ever taken twice."""

import asyncio
import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import select

from server.exchange import sheets
from server.exchange.sheets import write_sheet
from server.service.errors import ConflictError
from server.service.imports.import_run import SLICE, Importer
from server.service.people.rights import Viewer
from server.service.people.sign_in import viewer_of
from server.store.tables import ImportJob, Item, Person
from server.store.unit_of_work import Database
from tests.server.web.house import Caller, House

ITEMS = ["题名", "档号", "密级", "门类", "页数", "存放位置", "标签EPC", "编码"]


def item_rows(count: int, first: int = 100) -> list[list[str]]:
    return [
        [f"客户合同 {n}", f"HT·2026-{n:03d}", "普通", "合同", "12", "a/1", f"E280{n:020d}", f"N{n}"]
        for n in range(first, first + count)
    ]


def as_csv(headings: list[str], rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode(encoding)


def hand_in(who: Caller, kind: str, data: bytes, expect: int = 201, **form: Any) -> Any:
    sent = {"Authorization": f"Bearer {who.token}", "Accept-Language": who.language}
    answer = who.client.post(
        "/api/v1/imports", data={"kind": kind, **form}, files={"file": ("list.csv", data)}, headers=sent
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


def fetched(who: Caller, path: str) -> bytes:
    answer = who.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {who.token}", "Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_r30_a_list_of_files_comes_in_with_its_record_numbers_whatever_its_encoding(
    house: House, encoding: str
) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(3), encoding))
    done = house.chen.get(f"/imports/{begun['id']}")
    assert (done["state"], done["done"], done["failed"], done["total"]) == ("done", 3, 0, 3)
    found = house.chen.get("/items/N101")
    assert (found["title"], found["record_number"], found["secrecy"], found["pages"]) == (
        "客户合同 101",
        "HT·2026-101",
        "ordinary",
        12,
    )
    kinds = [entry["kind"] for entry in house.shen.get("/ledger?limit=500")["rows"]]
    assert kinds.count("item_added") == 6 + 3
    assert [kind for kind in kinds if kind.startswith("import")] == ["import_begun", "import_rows", "import_done"]


def test_r30_every_fault_of_every_row_is_told_with_what_to_do_and_a_corrected_file_goes_in(house: House) -> None:
    rows = item_rows(4)
    rows[1][2:6] = ["很秘密", "合同", "十二", "z/9"]  # three cells wrong in one row, one only the database knows
    rows[2][1] = rows[0][1]
    rows[3][5] = "z/9"
    begun = hand_in(house.chen, "items", as_csv(ITEMS, rows))
    told = house.chen.get(f"/imports/{begun['id']}")
    assert (told["done"], told["failed"]) == (1, 3)
    faults = {(fault["row"], fault["column"], fault["code"]) for fault in told["faults"]}
    assert faults == {
        (3, "密级", "not_a_choice"),
        (3, "页数", "not_a_number"),
        (4, "档号", "twice_in_file"),
        (5, "存放位置", "no_such_place"),
    }
    assert all(fault["what"] and fault["fix"] for fault in told["faults"])

    back = list(csv.reader(io.StringIO(fetched(house.chen, f"/imports/{begun['id']}/errors").decode("utf-8-sig"))))
    assert back[0] == [*ITEMS, "Row", "What is wrong", "What to do"]
    assert [line[-3] for line in back[1:]] == ["3", "4", "5"]
    back[1][2:6] = ["秘密", "合同", "12", "a/1"]
    back[2][1] = "HT·2026-900"
    back[3][5] = "a/2"
    again = hand_in(house.chen, "items", as_csv(back[0], back[1:]))
    assert house.chen.get(f"/imports/{again['id']}")["done"] == 3


def test_a_dry_run_says_everything_and_keeps_nothing_and_then_goes_in_for_real(house: House) -> None:
    rows = item_rows(3)
    rows[1][5] = "q/1"
    begun = hand_in(house.chen, "items", as_csv(ITEMS, rows), dry_run="true")
    tried = house.chen.get(f"/imports/{begun['id']}")
    assert (tried["state"], tried["dry_run"], tried["done"], tried["failed"]) == ("done", True, 2, 1)
    house.chen.get("/items/N100", expect=404)
    house.chen.post(f"/imports/{begun['id']}/resume")
    assert house.chen.get(f"/imports/{begun['id']}")["done"] == 2
    assert house.chen.get("/items/N100")["code"] == "N100"
    house.chen.post(f"/imports/{begun['id']}/resume", expect=409)


class PowerCutError(Exception):
    """The process ends here."""


def test_r35_an_import_that_was_cut_off_goes_on_where_it_stopped_and_takes_no_row_twice(house: House) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(2 * SLICE + 7)), dry_run="true")
    importer, chen = _importer(house), _viewer(house, "chen")
    with house.database.begin() as uow:
        job = uow.session.get_one(ImportJob, begun["id"])
        job.state, job.dry_run, job.next_row, job.done = "running", False, 0, 0

    def cut(behind: int, total: int) -> None:
        if behind >= SLICE:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        importer.run(chen, begun["id"], cut)
    assert house.chen.get(f"/imports/{begun['id']}")["handled"] == SLICE
    told = {"title": "编码", "secrecy": "密级", "place": "存放位置", "code": "题名"}
    refused = house.chen.post(f"/imports/{begun['id']}/resume", {"mapping": told}, expect=409)
    assert refused["code"] == "import_begun"
    house.chen.post(f"/imports/{begun['id']}/resume")
    done = house.chen.get(f"/imports/{begun['id']}")
    assert (done["state"], done["done"], done["failed"]) == ("done", 2 * SLICE + 7, 0)
    with house.database.read() as session:
        assert len(session.exec(select(Item.id)).all()) == 6 + 2 * SLICE + 7


def test_r39_a_backup_is_taken_before_an_import_changes_anything(house: House) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(2)), dry_run="true")
    taken: list[int] = []

    def backup(reason: str) -> str:
        with house.database.read() as session:
            taken.append(len(session.exec(select(Item.id)).all()))
        return "copy-1"

    with house.database.begin() as uow:
        job = uow.session.get_one(ImportJob, begun["id"])
        job.state, job.dry_run, job.next_row, job.done = "running", False, 0, 0
    replace(_importer(house), backup=backup).run(_viewer(house, "chen"), begun["id"])
    assert taken == [6]
    assert house.chen.get(f"/imports/{begun['id']}")["backup"] == "copy-1"


def test_r39_without_a_backup_nothing_is_changed_and_the_import_says_why(house: House) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(2)), dry_run="true")
    with house.database.begin() as uow:
        job = uow.session.get_one(ImportJob, begun["id"])
        job.state, job.dry_run, job.next_row, job.done = "running", False, 0, 0

    def backup(reason: str) -> str:
        raise ConflictError("backup_failed", "the disk is full")

    replace(_importer(house), backup=backup).run(_viewer(house, "chen"), begun["id"])
    told = house.chen.get(f"/imports/{begun['id']}")
    assert (told["state"], told["done"]) == ("stopped", 0)
    assert "the disk is full" in told["faults"][0]["what"]
    house.chen.get("/items/N100", expect=404)
    house.chen.post(f"/imports/{begun['id']}/resume")
    assert house.chen.get(f"/imports/{begun['id']}")["done"] == 2


def test_hostile_cells_stay_texts_in_and_out(house: House) -> None:
    rows = item_rows(2)
    rows[0][0] = '=HYPERLINK("http://evil","点我")'
    rows[1][0] = "<script>alert(1)</script>{value}"
    rows[1][2] = "=cmd|'/C calc'!A0"
    begun = hand_in(house.chen, "items", write_sheet("xlsx", ITEMS, rows))
    told = house.chen.get(f"/imports/{begun['id']}")
    assert (told["form"], told["done"], told["failed"]) == ("xlsx", 1, 1)
    assert house.chen.get("/items/N100")["title"] == rows[0][0]
    page = load_workbook(io.BytesIO(fetched(house.chen, f"/imports/{begun['id']}/errors"))).worksheets[0]
    cells = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert rows[1][2] in {cell.value for cell in cells}


def test_people_cabinets_and_loans_in_progress_come_in_and_everybody_answers_for_what_they_hold(house: House) -> None:
    people = as_csv(
        ["工号", "姓名", "所属部门", "职务", "门禁卡号"], [["hu.min", "胡敏", "销售部", "员工", "0F00AB12CD"]]
    )
    assert hand_in(house.sec, "people", people)["total"] == 1
    assert house.sec.get("/people")["rows"]
    places = as_csv(
        ["柜号", "柜名", "门数", "门号", "层", "存放内容"],
        [["c", "三号柜", "2", "1", "上层", "合同"], ["c", "", "", "1", "下层", "证照"]],
    )
    assert house.sys.get(f"/imports/{hand_in(house.sys, 'places', places)['id']}")["done"] == 2
    loans = as_csv(
        ["档案编码", "借阅人", "借阅日期", "应还日期", "借阅事由"],
        [["F1", "胡敏", "2026-01-05", "2026/1/6", "客户复核"], ["F4", "wang", "2026-01-05", "", ""]],
    )
    told = house.chen.get(f"/imports/{hand_in(house.chen, 'loans', loans)['id']}")
    assert (told["done"], [fault["code"] for fault in told["faults"]]) == (1, ["never_lent"])
    assert house.chen.get("/items/F1")["custody"]["person"] == "hu.min"
    (loan,) = house.chen.get("/loans")["rows"]
    assert (loan["item"], loan["person"], loan["overdue"]) == ("F1", "hu.min", True)
    history = house.chen.get("/items/F1/history")
    assert history["rows"] == []  # it came through no door
    assert house.chen.get("/overview")["out"] == 1


def test_columns_that_are_not_found_are_named_and_can_be_told(house: House) -> None:
    data = as_csv(["甲", "乙", "密级", "存放位置", "编码"], [["合同一", "x", "普通", "a/1", "N1"]])
    begun = hand_in(house.chen, "items", data)
    assert begun["state"] == "new"
    said = house.chen.post(f"/imports/{begun['id']}/resume", {"dry_run": False}, expect=422)
    assert (said["code"], "题名" in said["detail"]) == ("mapping_incomplete", True)
    house.chen.post(f"/imports/{begun['id']}/resume", {"mapping": {"title": "没有的列"}}, expect=422)
    told = {"title": "甲", "secrecy": "密级", "place": "存放位置", "code": "编码"}
    house.chen.post(f"/imports/{begun['id']}/resume", {"mapping": told})
    assert house.chen.get("/items/N1")["title"] == "合同一"


def test_who_may_not_enter_one_may_not_import_many(house: House) -> None:
    assert hand_in(house.chen, "people", b"a,b\n1,2\n", 403)["code"] == "not_your_role"
    assert hand_in(house.sec, "items", b"a,b\n1,2\n", 403)["code"] == "not_your_role"
    assert hand_in(house.wang, "items", b"a,b\n1,2\n", 403)["code"] == "not_your_role"
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(1)))
    house.sec.get(f"/imports/{begun['id']}", expect=404)
    assert house.sec.get("/imports")["rows"] == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\x00\x01\x02\xff\xfe\xfd", "not_text"),
        (b"\xd0\xcf\x11\xe0 old office", "file_not_a_sheet"),
        (b"PK\x03\x04 broken", "file_broken"),
        ('题名,档号\n"没有关上,1\n'.encode(), "file_broken"),
        ("题名,题名\n1,2\n".encode(), "heading_twice"),
        (("题名\n" + "x" * 5000 + "\n").encode(), "cell_too_long"),
        ((",".join(f"c{n}" for n in range(101)) + "\n" + "1\n").encode(), "too_many_columns"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_whole(house: House, data: bytes, code: str) -> None:
    assert hand_in(house.chen, "items", data, 422)["code"] == code


def test_an_empty_sheet_to_fill_in_is_one_that_can_be_imported(house: House) -> None:
    book = load_workbook(io.BytesIO(fetched(house.chen, "/imports/template?kind=items&format=xlsx")))
    page = book.worksheets[0]
    headings = [str(cell.value) for cell in next(page.iter_rows())]
    filled = Workbook()
    sheet = filled.worksheets[0]
    sheet.append(headings)
    values = {"title": "合同", "secrecy": "ordinary", "place": "a/1", "record number": 20260001, "pages": 3.0}
    sheet.append([values.get(heading) for heading in headings])
    out = io.BytesIO()
    filled.save(out)
    begun = hand_in(house.chen, "items", out.getvalue(), mapping=json.dumps({}))
    assert house.chen.get(f"/imports/{begun['id']}")["done"] == 1
    (found,) = house.chen.get("/items?q=20260001")["rows"]
    assert found["code"].startswith("GW")


def readings(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a station's commit be tried whenever a sheet is read, and say each time whether a page was kept waiting."""
    understand, seen = sheets._sheet, list[str]()

    def look(form: sheets.Form, lines: Any) -> sheets.Sheet:
        with closing(sqlite3.connect(str(database.engine.url.database), timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
        try:
            asyncio.get_running_loop()
            seen.append("every page waits")
        except RuntimeError:
            seen.append("nobody waits")
        return understand(form, lines)

    monkeypatch.setattr(sheets, "_sheet", look)
    return seen


def test_nobody_waits_while_a_sheet_is_read_and_to_be_looked_at_it_is_not_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = readings(house.database, monkeypatch)
    rows = item_rows(7)
    rows[1][5] = "q/1"
    begun = hand_in(
        house.chen, "items", as_csv([*ITEMS, "", "备注"], [[*row, "不显示", "x"] for row in rows]), dry_run="true"
    )
    assert read == ["nobody waits"] * 2  # to be taken, and to be tried
    told = house.chen.get(f"/imports/{begun['id']}")
    assert told["headings"] == [*ITEMS, "备注"]
    assert told["preview"] == [[*row, "x"] for row in rows[:5]]
    assert house.chen.get("/imports")["rows"][0]["total"] == 7
    assert len(read) == 2
    house.chen.post(f"/imports/{begun['id']}/resume", {"mapping": {"title": "没有的列"}}, expect=422)
    assert len(read) == 2
    house.chen.post(
        f"/imports/{begun['id']}/resume",
        {"mapping": {one["name"]: one["heading"] for one in told["fields"] if one["heading"]}},
    )
    assert read == ["nobody waits"] * 3
    fetched(house.chen, f"/imports/{begun['id']}/errors")
    assert read == ["nobody waits"] * 4


def test_of_a_sheet_that_is_in_whole_nothing_is_kept(house: House) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS, item_rows(2)))
    with house.database.read() as session:
        job = session.get_one(ImportJob, begun["id"])
        assert (job.state, job.file, job.headings, job.preview) == ("done", b"", "[]", "[]")


def _importer(house: House) -> Importer:
    return Importer(house.database, house.clock, house.policy, house.zone, "test", house.app.state.deps.vault)


def _viewer(house: House, username: str) -> Viewer:
    with house.database.read() as session:
        return viewer_of(session.exec(select(Person).where(Person.username == username)).one())
