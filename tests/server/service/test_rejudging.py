"""History judged again: the verdicts stand only as long as facts, sheet and verdict agree."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import server
from server.domain.custody import ItemFacts, in_place
from server.domain.ledger import canonical
from server.domain.movements import Seen, SettleFacts, settle
from server.domain.policy import load_policy
from server.domain.words import Cause, ItemKind, Secrecy
from server.service.rejudging import Rejudge
from server.service.sheets import note_sheet
from server.store.unit_of_work import Database

SHEET = (Path(server.__file__).parent / "policies/default.toml").read_text(encoding="utf-8")
POLICY = load_policy(SHEET)


def closing() -> dict[str, Any]:
    """Give the body of an entry about a file taken by somebody without any approval."""
    item = ItemFacts(1, "GW-1", ItemKind.FILE, Secrecy.ORDINARY, ("a", 1), in_place("a", 1, 5))
    facts = SettleFacts("a", 1, Cause.SESSION, 9, person_id=3, session="s", taken=(Seen("E1", item),))
    verdicts = [{"epc": one.epc, "verdict": one.verdict} for one in settle(POLICY, facts)]
    body = {"kind": "door_closed", "policy": POLICY.digest, "facts": asdict(facts), "verdicts": verdicts}
    found: dict[str, Any] = json.loads(canonical(body))
    return found


def after(body: dict[str, Any], sheet: str = SHEET) -> str:
    again = Rejudge()
    assert again.fault({"kind": "policy_set", "policy": load_policy(sheet).digest, "sheet": sheet}) == ""
    return again.fault(body)


def test_an_honest_verdict_comes_out_the_same() -> None:
    assert closing()["verdicts"] == [{"epc": "E1", "verdict": "without_approval"}]
    assert after(closing()) == ""


def test_a_verdict_made_kinder_is_found() -> None:
    body = closing()
    body["verdicts"][0]["verdict"] = "as_approved"
    assert "judged again" in after(body)


@pytest.mark.parametrize("lost", ["taken", "station"])
def test_facts_that_were_thinned_are_found(lost: str) -> None:
    body = closing()
    del body["facts"][lost]
    assert after(body) != ""


def test_a_sheet_nobody_entered_is_found() -> None:
    assert "which no entry before it holds" in Rejudge().fault(closing())
    assert "which no entry before it holds" in after(closing(), SHEET + "\n# another company's sheet\n")


def test_a_sheet_is_entered_once_until_it_changes(database: Database) -> None:
    other = load_policy(SHEET + "\n# changed\n")
    assert [
        note_sheet(database, POLICY, SHEET, 1),
        note_sheet(database, POLICY, SHEET, 2),
        note_sheet(database, other, SHEET + "\n# changed\n", 3),
        note_sheet(database, POLICY, SHEET, 4),
    ] == [True, False, True, True]
