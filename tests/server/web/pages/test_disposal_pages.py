"""From the end of an item's retention to the register, and from a count's differences to their signing, by forms."""

from datetime import date

import pytest

from server.service.disposal import retention
from server.service.disposal.retention import NewRetention
from server.service.inputs import NewStocktake
from server.service.stocktaking import stocktakes
from server.sweep.retention import Retention

from .conftest import Reader
from .markup import faults, read
from .office import Office, code_of


def whole(reader: Reader, path: str, *texts: str) -> str:
    """Look at a page that must be there, well made and say these."""
    status, html = reader.get(path)
    assert status == 200, path
    assert faults(read(html)) == []
    assert [text for text in texts if text not in html] == []
    return html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_goes_all_its_way_by_forms(office: Office, language: str) -> None:
    code = code_of(1)
    asked = NewRetention(period="D10", begun=date(2001, 5, 20))
    office.do("chen", lambda work: retention.set_retention(work, code, asked))
    Retention(office.database, office.deps.policy).turn(office.clock.wall_us())
    chen, qian, zhao = (Reader(office, name, language) for name in ("chen", "qian", "zhao"))
    assert qian.post("/disposal/appraisals/1", outcome="")[0] == 422
    assert chen.post("/disposal/appraisals/1", outcome="destroy")[0] == 403
    whole(qian, "/disposal?show=appraisals", code)
    assert qian.post("/disposal/appraisals/1", outcome="destroy", note="ok") == (303, "/disposal?show=appraisals")
    whole(chen, "/disposal", f"{code}</textarea>")
    assert chen.post("/disposal/lists", items=f"{code}\nNOBODY", title="清册", why="期满")[0] == 404
    assert chen.post("/disposal/lists", items=code, title="清册", why="期满") == (303, "/disposal?show=lists")
    path = "/disposal/lists/1"
    assert "R52" in chen.post(f"{path}/decide", say="approve")[1]
    whole(zhao, path, "R52")
    assert zhao.post(f"{path}/decide", say="approve", note="") == (303, path)
    assert "R53" in zhao.post(f"{path}/witnesses", witnesses="chen")[1]
    assert zhao.post(f"{path}/witnesses", witnesses="wang") == (303, path)
    office.visit("chen", "a/1", taken=(1,))
    wang = Reader(office, "wang", language)
    whole(wang, path, code)
    for reader in (chen, wang):
        assert reader.post(f"{path}/confirm", code=code) == (303, path)
    assert chen.post(f"{path}/carry-out", method="")[0] == 422
    assert chen.post(f"{path}/carry-out", method="shredding") == (303, path)
    whole(zhao, path)
    whole(zhao, "/disposal?show=register", code)
    whole(chen, f"/items/{code}", "不再保管" if language == "zh" else "No longer kept")


def test_holds_are_placed_and_lifted_by_forms(office: Office) -> None:
    qian = Reader(office, "qian")
    assert qian.post("/disposal/holds", items=code_of(2), why="")[0] == 422
    assert qian.post("/disposal/holds", items=code_of(2), why="涉诉 7") == (303, "/disposal?show=holds")
    whole(qian, "/disposal?show=holds", "涉诉 7")
    assert qian.post("/disposal/holds/1/lift", why="结案")[0] == 303
    assert "涉诉 7" not in whole(qian, "/disposal?show=holds")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_differences_are_explained_signed_and_counted_again_by_forms(office: Office, language: str) -> None:
    chen, zhao = Reader(office, "chen", language), Reader(office, "zhao", language)
    opened = office.do("chen", lambda work: stocktakes.open_stocktake(work, NewStocktake(stations=["b"])))
    path = f"/stocktakes/{opened.id}"
    item = opened.lines[0].item or ""
    assert chen.post(f"{path}/condition", item=item, condition="")[0] == 422
    assert chen.post(f"{path}/condition", item=item, condition="worn")[0] == 303
    whole(chen, path)
    assert chen.post(f"{path}/close")[0] == 303
    whole(chen, path)
    assert "R50" in zhao.post(f"{path}/sign")[1]
    for number in range(1, len(opened.lines) + 1):
        assert chen.post(f"{path}/differences/{number}", explanation="已查明")[0] == 303
    status, place = chen.post(f"{path}/recount")
    assert status == 303
    whole(chen, place)
    assert chen.post(f"{place}/close")[0] == 303
    whole(zhao, path)
    assert zhao.post(f"{path}/sign") == (303, path)
    whole(zhao, path, "已签认" if language == "zh" else "Signed off")


def test_a_backup_is_taken_by_hand(office: Office) -> None:
    chen = Reader(office, "chen")
    whole(chen, "/backups")
    assert chen.post("/backups") == (303, "/backups")
    whole(chen, "/backups", "手动")
