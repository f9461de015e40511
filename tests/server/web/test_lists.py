"""Lists taken away as files, and the labels of a whole list."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.server.web.house import Caller, House
from tests.server.web.test_imports import ITEMS, as_csv, hand_in, item_rows

DATABASES = ("sqlite", "postgres")


def taken(who: Caller, path: str, expect: int = 200) -> bytes:
    answer = who.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {who.token}"})
    assert answer.status_code == expect, answer.text
    return answer.content


def test_items_are_taken_away_as_a_file_that_an_import_understands(house: House) -> None:
    lines = list(csv.reader(io.StringIO(taken(house.chen, "/lists/items?format=csv").decode("utf-8-sig"))))
    heading = next(n for n, line in enumerate(lines) if "题名" in line)
    assert {"F1", "F6"} <= {line[0] for line in lines[heading + 1 :] if line}
    again = hand_in(house.chen, "items", as_csv(lines[heading], [line for line in lines[heading + 1 :] if line]))
    told = house.chen.get(f"/imports/{again['id']}")
    assert {fault["code"] for fault in told["faults"]} == {"taken"}
    assert told["failed"] == 6
    assert [entry["body"]["what"] for entry in _ledger(house, "record_exported")] == ["items"]


def test_people_are_taken_away_as_a_workbook(house: House) -> None:
    page = load_workbook(io.BytesIO(taken(house.ma, "/lists/people?format=xlsx"))).worksheets[0]
    cells = {str(cell.value) for line in page.iter_rows() for cell in line}
    assert {"wang", "li", "chen"} <= cells


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_r22_only_those_whose_duty_it_is_take_lists_away(house: House) -> None:
    for path in ("/lists/items", "/lists/people"):
        for who in (house.wang, house.sys, house.guest):
            taken(who, path, 403)


def test_the_labels_of_an_import_are_printed_in_parts(house: House) -> None:
    begun = hand_in(house.chen, "items", as_csv(ITEMS[:-1], [row[:-1] for row in item_rows(5)]))
    sent = {"Authorization": f"Bearer {house.chen.token}"}
    codes: list[str] = []
    after: str | None = None
    for _ in range(3):
        body = {"import": begun["id"], "limit": 2, "after": None if after is None else int(after)}
        answer = house.client.post("/api/v1/lists/labels", json=body, headers=sent)
        assert (answer.status_code, answer.content[:4]) == (200, b"%PDF"), answer.text
        after = answer.headers.get("X-Next")
    assert after is None
    for entry in _ledger(house, "labels_printed"):
        codes += entry["body"]["items"]
    assert len(codes) == len(set(codes)) == 5
    assert {house.chen.get(f"/items/{code}")["title"] for code in codes} == {row[0] for row in item_rows(5)}
    house.chen.post("/lists/labels", {"q": "nothing is called so"}, expect=422)


def _ledger(house: House, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in house.shen.get("/ledger?limit=500")["rows"] if entry["kind"] == kind]
