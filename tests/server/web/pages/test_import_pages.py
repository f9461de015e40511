"""The pages of imports: a sheet is tried, goes in, and its labels are printed, and nobody waits for any of it."""

import asyncio

import pytest

from server.service.imports import lists
from server.service.records.printing import draw_sheet
from server.store.tables import Item
from tests.server.web.test_imports import ITEMS, as_csv, item_rows, readings

from .conftest import Reader
from .office import Office


def test_nobody_waits_while_a_sheet_is_read_or_its_labels_are_drawn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, drawn = readings(office.database, monkeypatch), list[int]()

    def drawing(items: list[Item]) -> bytes:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        drawn.append(len(items))
        return draw_sheet(items)

    monkeypatch.setattr(lists, "draw_sheet", drawing)
    chen = Reader(office, "chen", "en")
    sheet = as_csv(ITEMS[:-1], [row[:-1] for row in item_rows(3)])  # without codes: each gets one of ours
    status, place = chen.hand_in("/imports", {"file": ("x.csv", sheet)}, kind="items")
    assert (status, read) == (303, ["nobody waits"] * 2)  # to be taken, and to be tried
    assert "客户合同 102" in chen.get(place)[1]
    assert chen.post(place, dry_run="no")[0] == 303
    assert read == ["nobody waits"] * 3
    assert "客户合同 102" not in chen.get(place)[1]
    answer = chen.client.post(f"{place}/labels", data={"csrf": chen.csrf})
    assert answer.content.startswith(b"%PDF")
    assert drawn == [3]
