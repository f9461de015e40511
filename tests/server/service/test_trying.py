"""History tried under another sheet: what differs is named with its reasons; the sheet in force differs in nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.policy_cli import app
from server.service.oversight.sheets import note_sheet
from server.store.unit_of_work import Database
from server.verify import open_ledger
from tests.server.company import POLICY
from tests.server.web.house import House

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LISTED = POLICY.with_name("listed_company.toml")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A company whose ledger holds the sheet it works by."""
    house = House(database, tmp_path)
    note_sheet(database, house.policy, POLICY.read_text(encoding="utf-8"), house.clock.wall_us())
    return house


def tried(house: House, sheet: Path, *options: str) -> tuple[int, dict[str, Any]]:
    told = CliRunner().invoke(app, ["try", str(sheet), "--on", house.database.url, "--json", *options])
    return told.exit_code, json.loads(told.stdout)


def differences(house: House, sheet: Path = LISTED) -> list[tuple[str, str, str, str, set[str]]]:
    code, said = tried(house, sheet)
    assert code == (1 if said["differences"] else 0)
    return [
        (one["what"], one["item"], one["then"], one["now"], {reason["code"] for reason in one["reasons"]})
        for one in said["differences"]
    ]


def changed(folder: Path, old: str, new: str) -> Path:
    text = POLICY.read_text(encoding="utf-8")
    assert old in text
    file = folder / "changed.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def a_busy_day(house: House) -> None:
    """A loan as approved and back, a taking without approval, a refusal, a registration, an order."""
    house.approved("F1")
    house.visit("wang", taken=[1, 2])
    house.visit("wang", put=[1])
    refused = house.li.post("/requests", {"items": ["F6"], "mode": "loan", "purpose": "核对", "for": "wang"})["id"]
    house.zhao.post(f"/requests/{refused}/refuse", {"note": "否"})
    house.chen.post("/registrations", {"person": "dong", "items": ["F6"], "mode": "loan", "purpose": "查阅"})
    house.chen.post("/orders", {"person": "ke", "items": ["F6"], "task": "repair", "purpose": "修补"})


def test_under_the_sheet_in_force_nothing_differs(house: House) -> None:
    a_busy_day(house)
    code, said = tried(house, POLICY)
    assert (code, said["differences"], said["without_facts"]) == (0, [], {})
    assert said["tried"] == {
        "request_filed": 2,
        "request_approved": 1,
        "request_refused": 1,
        "registered": 1,
        "ordered": 1,
        "door_closed": 2,
    }


@on_one_database
def test_a_stricter_sheet_would_not_have_let_it_be_asked_registered_or_ordered(house: House) -> None:
    house.wang.post("/requests", {"items": ["F5"], "mode": "seal_use", "purpose": "盖章"})
    house.wang.post("/requests", {"items": ["F3"], "mode": "photocopy", "purpose": "核对"})
    house.chen.post("/registrations", {"person": "dong", "items": ["F6"], "mode": "loan", "purpose": "查阅"})
    house.chen.post("/orders", {"person": "ke", "items": ["F6"], "task": "repair", "purpose": "修补"})
    no = ("allowed", "not_allowed")
    assert differences(house) == [
        ("request_filed", "F5", *no, {"seal_documents_missing", "seal_impressions_missing", "training_missing"}),
        ("request_filed", "F3", *no, {"secrecy_not_in_mode", "pages_missing"}),
        ("registered", "F6", *no, {"registered_by", "registered_post", "registered_mode", "role_may_not"}),
        ("ordered", "F6", *no, {"order_giver", "role_may_not", "training_missing"}),
    ]


@on_one_database
def test_who_could_not_have_approved_gave_nothing_to_take_by(house: House, tmp_path: Path) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    sheet = changed(tmp_path, 'approvers = ["head_of_office"]', 'approvers = ["director"]')
    assert differences(house, sheet) == [
        ("request_approved", "F1", "allowed", "not_allowed", {"approver_post"}),
        ("door_closed", "F1", "as_approved", "without_approval (taken_without_approval)", {"no_authority"}),
    ]


@on_one_database
def test_what_could_not_have_been_filed_was_never_approved(house: House, tmp_path: Path) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    sheet = changed(tmp_path, 'for_department = ["department_manager"]', "for_department = []")
    assert [(what, now) for what, _, _, now, _ in differences(house, sheet)] == [
        ("request_filed", "not_allowed"),
        ("door_closed", "without_approval (taken_without_approval)"),
    ]


@on_one_database
def test_an_earlier_close_of_business_is_told_for_what_was_taken(house: House) -> None:
    house.approved("F1")
    house.visit("wang", taken=[1])
    ((what, item, then, now, _),) = differences(house)
    assert (what, item) == ("due", "F1")
    assert (then[11:16], now[11:16]) == ("17:30", "17:00")
    assert then.endswith("+08:00 (R05)")
    assert now.endswith("+08:00 (R05)")


@on_one_database
def test_an_alarm_the_sheet_adds_is_told(house: House, tmp_path: Path) -> None:
    house.approved("F1", "F2")
    house.visit("wang", taken=[1])
    sheet = changed(tmp_path, "not_taken = false", "not_taken = true")
    assert differences(house, sheet) == [
        ("door_closed", "F2", "not_taken", "not_taken (approved_but_not_taken)", {"left_behind"})
    ]


def test_an_export_says_the_same_and_nobody_is_named_in_it(house: House, tmp_path: Path) -> None:
    a_busy_day(house)
    with open_ledger(None, house.database.url) as (entries, _):
        rows = list(entries)
    names = ("id", "kind", "at_us", "body", "previous", "hash")
    file = tmp_path / "ledger.jsonl"
    file.write_text("\n".join(json.dumps({name: getattr(row, name) for name in names}) for row in rows))
    told = CliRunner().invoke(app, ["try", str(LISTED), "--on", str(file), "--json"])
    assert json.loads(told.stdout) == tried(house, LISTED)[1]
    facts = [json.dumps(json.loads(row.body)["facts"]) for row in rows if '"facts"' in row.body]
    assert len(facts) == 8
    assert not [text for text in facts for name in ("wang", "Wang", "zhao", "chen", "题名") if name in text]


@on_one_database
def test_it_reads_in_the_readers_language_and_says_what_it_could_not_try(house: House) -> None:
    house.wang.post("/requests", {"items": ["F5"], "mode": "seal_use", "purpose": "盖章"})
    with house.database.begin() as uow:
        uow.ledger("request_filed", 1, {"request": 99})
    told = CliRunner().invoke(app, ["try", str(LISTED), "--on", house.database.url, "--language", "zh"])
    assert told.exit_code == 1
    assert "F5: allowed -> not_allowed" in told.stdout
    assert "R17 没有" in told.stdout
    assert "tried 1 request_filed; 1 decided differently" in told.stdout
    assert "carry no facts: 1 request_filed" in told.stdout


@on_one_database
def test_facts_that_are_not_whole_are_named_by_their_entry(house: House) -> None:
    with house.database.begin() as uow:
        entry = uow.ledger("ordered", 1, {"facts": {"task": "repair"}})
    told = CliRunner().invoke(app, ["try", str(LISTED), "--on", house.database.url])
    assert told.exit_code == 2
    assert f"entry {entry} (ordered)" in told.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--on", "nowhere.jsonl"], "no file nowhere.jsonl"),
        (["--on", "sqlite:///nowhere/x.sqlite"], "not a history"),
        (["--on", "nowhere.jsonl", "--zone", "Mars/Base"], "--zone Mars/Base"),
        (["--on", "nowhere.jsonl", "--language", "fr"], "use zh or en"),
    ],
)
def test_wrong_use_is_told(options: list[str], says: str) -> None:
    told = CliRunner().invoke(app, ["try", str(LISTED), *options])
    assert (told.exit_code, says in told.stderr) == (2, True), told.output
