"""A stocktake from opening to its report, with sweeps ordered, answered and awaited."""

from collections import Counter

from sqlmodel import select

from contract.codec import open_command
from contract.messages import CodeScanned, Sighting, Sweep, SweepDone
from server.store.tables import Outgoing, Station
from tests.server.company import KEYS, epc
from tests.server.web.house import House

DATABASES = ("sqlite", "postgres")


def answer(house: House, door: int, *items: int, unknown: str = "", passes: int = 40) -> None:
    """Let the cabinet answer the sweep that was ordered last."""
    with house.database.read() as session:
        payload = session.exec(select(Outgoing).order_by(Outgoing.created_us.desc())).first()  # type: ignore[attr-defined]
    assert payload is not None
    command = open_command(KEYS.signing.public_key(), payload.payload)
    assert isinstance(command, Sweep)
    seen = [Sighting(epc=epc(n), reads=3) for n in items] + ([Sighting(epc=unknown, reads=1)] if unknown else [])
    house.intake.take(
        house.station.send(SweepDone, door=door, purpose="stocktake", command=command.command, seen=seen, passes=passes)
    )


def test_one_missing_one_misplaced_one_unknown_one_on_loan(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    opened = house.chen.post("/stocktakes", {"stations": ["a"], "title": "年中盘点"})
    number = opened["id"]
    assert (opened["expected"], Counter(line["result"] for line in opened["lines"])) == (6, {"unread": 5, "on_loan": 1})
    assert house.ke.post(f"/stocktakes/{number}/sweep")["awaited"] == ["a"]
    assert house.chen.post(f"/stocktakes/{number}/close", expect=409)["code"] == "sweep_awaited"
    answer(house, 1, 2, 3, 6, unknown="E2FFFFFF")
    assert house.chen.post(f"/stocktakes/{number}/close", expect=409)["code"] == "sweep_awaited"
    answer(house, 2)
    house.ke.post(f"/stocktakes/{number}/scans", {"scans": [{"place": "a/1", "code": "F5"}]})
    closed = house.chen.post(f"/stocktakes/{number}/close")
    results = {line["item"] or line["mark"]: line["result"] for line in closed["lines"]}
    assert results == {
        "F1": "on_loan",
        "F2": "found",
        "F3": "found",
        "F4": "missing",
        "F5": "found",
        "F6": "misplaced",
        "E2FFFFFF": "unknown",
    }
    counts = {(row["station"], row["category"], row["state"]): row["n"] for row in closed["counts"]}
    assert counts["a", "合同", "found"] == 3
    assert counts["a", "", "unknown"] == 1
    assert closed["passes"] == {"a/1": 40, "a/2": 40}
    assert house.shen.get(f"/stocktakes/{number}") == closed
    entry = [row for row in house.shen.get("/ledger?limit=500")["rows"] if row["kind"] == "stocktake_closed"][-1]
    assert entry["body"]["results"] == {"found": 3, "missing": 1, "misplaced": 1, "on_loan": 1, "unknown": 1}


def test_a_stocktake_is_frozen_not_doubled_and_closed_once(house: House) -> None:
    number = house.chen.post("/stocktakes", {"stations": ["a", "b"]})["id"]
    assert house.chen.post("/stocktakes", {"stations": ["b"]}, expect=409)["code"] == "stocktake_open"
    house.chen.post("/items", {"code": "F9", "kind": "file", "title": "新", "secrecy": "ordinary", "place": "a/2"})
    assert house.chen.get(f"/stocktakes/{number}")["expected"] == 6
    house.chen.post(f"/stocktakes/{number}/close")
    assert house.chen.post(f"/stocktakes/{number}/close", expect=409)["code"] == "stocktake_closed"
    scan = {"scans": [{"place": "a/1", "code": "F1"}]}
    assert house.chen.post(f"/stocktakes/{number}/scans", scan, expect=409)["code"] == "stocktake_closed"
    house.wang.get(f"/stocktakes/{number}", expect=403)


def test_scans_count_once_and_bad_ones_are_refused(house: House) -> None:
    number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
    path = f"/stocktakes/{number}/scans"
    scans = [{"place": "a/1", "code": "F1"}, {"place": "a/1", "epc": epc(1)}, {"place": "a/2", "code": "nobody's"}]
    assert house.ke.post(path, {"scans": scans}) == {"saved": 3, "already": 0, "unknown": 1}
    assert house.ke.post(path, {"scans": scans}) == {"saved": 0, "already": 3, "unknown": 1}
    both = {"place": "a/1", "code": "F1", "epc": epc(1)}
    assert house.ke.post(path, {"scans": [both]}, expect=422)["code"] == "code_or_epc"
    assert house.ke.post(path, {"scans": [{"place": "b/1", "code": "F1"}]}, expect=422)["code"] == "not_in_stocktake"
    results = {
        line["item"] or line["mark"]: line["result"] for line in house.chen.get(f"/stocktakes/{number}")["lines"]
    }
    assert (results["F1"], results["nobody's"], results["F2"]) == ("found", "unknown", "missing")


def test_a_cabinets_own_scanner_does_not_make_a_duplicate(house: House) -> None:
    number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
    house.intake.take(house.station.send(CodeScanned, code="F6"))
    house.ke.post(f"/stocktakes/{number}/scans", {"scans": [{"place": "a/1", "code": "F6"}]})
    (line,) = (line for line in house.chen.get(f"/stocktakes/{number}")["lines"] if line["item"] == "F6")
    assert (line["result"], line["seen_at"]) == ("misplaced", ["a/1"])


def test_a_blind_count_does_not_say_what_is_expected(house: House) -> None:
    opened = house.chen.post("/stocktakes", {"stations": ["a"], "blind": True})
    assert (opened["lines"], opened["expected"], opened["counts"]) == ([], 0, [])
    assert len(house.chen.post(f"/stocktakes/{opened['id']}/close")["lines"]) == 6


def test_a_cabinet_that_fell_silent_keeps_no_stocktake_open(house: House) -> None:
    house.visit("wang")
    number = house.chen.post("/stocktakes", {"stations": ["a"]})["id"]
    house.ke.post(f"/stocktakes/{number}/sweep")
    with house.database.begin() as uow:
        uow.session.get_one(Station, "a").online = False
    closed = house.chen.post(f"/stocktakes/{number}/close")
    assert (closed["state"], {line["result"] for line in closed["lines"]}) == ("closed", {"unread"})
    with house.database.read() as session:
        assert [sent.awaits for sent in session.exec(select(Outgoing))] == [0]
    answer(house, 1, 2, 3, 6)
    assert house.chen.get(f"/stocktakes/{number}")["lines"] == closed["lines"]
