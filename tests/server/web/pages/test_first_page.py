"""The first page says what its links open for this reader, and what is not open to them."""

import re

from .conftest import Reader
from .markup import Element, read
from .office import Office

ROWS = 50


def tiles(office: Office, who: str, language: str = "zh") -> list[Element]:
    """Give the four tiles as somebody sees them."""
    page = read(Reader(office, who, language).get("/")[1])
    return [one for one in page.elements if "tile" in one.attributes.get("class", "").split()]


def test_a_borrowers_tile_counts_what_it_opens(busy: Office) -> None:
    for who in ("wang", "sun", "li"):
        reader = Reader(busy, who)
        for tile in tiles(busy, who)[:2]:
            (n,) = re.findall(r"\d+", tile.text)
            listed = read(reader.get(tile.attributes["href"])[1])
            rows = [row for row in listed.all("tr") if any(outer.tag == "tbody" for outer in row.inside)]
            assert len(rows) == int(n) < ROWS, (who, tile.attributes["href"])


def test_a_number_without_a_list_behind_it_says_whose_it_is(busy: Office) -> None:
    out, late, alarms, _ = tiles(busy, "wang")
    assert "我借出的" in out.text
    assert "我逾期的" in late.text
    assert ("href" in alarms.attributes, "全公司" in alarms.text) == (False, True)
    out, late, alarms, _ = tiles(busy, "sys", "en")
    assert all("href" not in one.attributes and "whole company" in one.text for one in (out, late))
    assert ("href" in alarms.attributes, "whole company" in alarms.text) == (True, False)


def test_what_just_happened_is_not_called_nothing_where_it_is_not_open(busy: Office) -> None:
    page = Reader(busy, "sys").get("/")[1]
    assert ("不对您开放" in page, "还没有发生任何事" in page) == (True, False)
