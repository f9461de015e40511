"""The pages about cabinets' keys: a code is shown once, a key is taken away, and only to whom that is given."""

import re

from .conftest import Reader
from .office import Office


def test_a_cabinet_is_taken_in_gets_a_code_and_loses_its_key(office: Office) -> None:
    sys = Reader(office, "sys", "en")
    assert sys.post("/stations", name="c", title="Cabinet C", doors="4") == (303, "/stations/c")
    assert "No key yet" in sys.get("/stations/c")[1]
    assert "Not enrolled" in sys.get("/stations")[1]
    status, page = sys.post("/stations/c/codes")
    code = re.search(r"guiwei edge provision http://testserver (\d+(?:-[0-9A-Z]{4}){4})<", page)
    assert (status, bool(code)) == (200, True)
    assert code
    again = sys.get("/stations/c")[1]
    assert "A code waits" in again
    assert code[1] not in again
    assert sys.post("/stations/a/revoke", reason="stolen") == (303, "/stations/a")
    assert "stolen" in sys.get("/stations/a")[1]
    assert sys.post("/stations/a/revoke", reason="again")[0] == 409
    assert (office.deps.settings.secure, sys.post("/stations/c/revoke", reason=" ")[0]) == (False, 422)


def test_what_is_wrong_in_the_form_is_said(office: Office) -> None:
    sys = Reader(office, "sys", "en")
    assert sys.post("/stations", name="A b", doors="4")[0] == 422
    assert sys.post("/stations", name="a", doors="2")[0] == 409
    assert sys.post("/stations/nobody/codes")[0] == 404


def test_keys_are_for_the_system_administrator(office: Office) -> None:
    for name in ("chen", "sec", "aud", "wu"):
        reader = Reader(office, name)
        assert reader.get("/stations/a")[0] == 403
        assert [reader.post(path, reason="x")[0] for path in ("/stations/a/codes", "/stations/a/revoke")] == [403, 403]
        assert "/stations/a" not in re.findall(r'href="([^"]*)"', reader.get("/stations")[1])
