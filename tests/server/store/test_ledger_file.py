"""The ledger as it is kept: it refuses changes, and what is changed behind its back is found by name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from server.domain.ledger import GENESIS, entry_body, entry_hash
from server.domain.merkle import MerkleTree
from server.domain.policy import load_policy
from server.store.anchors import anchor, signed_text, unanchored
from server.store.unit_of_work import Database
from server.verify import Anchored, app, check, open_ledger
from tests.server.company import KEYS, POLICY

PUBLIC = KEYS.signing.public_key().public_bytes_raw().hex()


def fill(database: Database, entries: int) -> None:
    with database.begin() as uow:
        for number in range(entries):
            uow.ledger("noted", 1000 + number, {"n": number, "what": "合同"})


def wrong(database: Database) -> str:
    with open_ledger(None, database.url) as (entries, anchors):
        return check(entries, anchors, PUBLIC).wrong


def behind_its_back(database: Database, statement: str) -> None:
    """Change the ledger as somebody would who has the database itself: the triggers are gone."""
    with database.engine.connect() as connection, connection.begin():
        if database.is_sqlite:
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS ledger_no_{act}"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", ["UPDATE ledger SET body = '{}'", "DELETE FROM ledger"])
@pytest.mark.parametrize("table", ["ledger", "anchor"])
def test_rows_cannot_be_changed(database: Database, statement: str, table: str) -> None:
    fill(database, 2)
    anchor(database, KEYS.signing, 5)
    statement = statement.replace("ledger", table).replace("body", "body" if table == "ledger" else "root")
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as uow:
        uow.connection.execute(text(statement))
    assert wrong(database) == ""


def test_a_row_cannot_be_replaced_by_another(database: Database) -> None:
    fill(database, 3)
    anchor(database, KEYS.signing, 5)
    columns = "id, kind, at_us, body, previous, hash"
    entry = f"INTO ledger ({columns}) SELECT id, kind, at_us, '{{}}', previous, hash FROM ledger WHERE id = 2"
    replacing = f"INSERT OR REPLACE {entry}" if database.is_sqlite else f"INSERT {entry}"
    with pytest.raises(DBAPIError), database.begin() as uow:
        uow.connection.execute(text(replacing))
    assert wrong(database) == ""


@pytest.mark.parametrize("signature", ["", "00", "no hex"])
def test_an_anchor_must_be_signed_when_the_key_is_known(signature: str) -> None:
    assert check([], [Anchored(1, "0" * 64, 1, signature)], PUBLIC).wrong == "anchor 1: its signature is none"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger SET body = REPLACE(body, '\"n\":3', '\"n\":4') WHERE id = 4", "entry 4: its hash"),
        ("UPDATE ledger SET kind = 'x' WHERE id = 6", "entry 6: its kind"),
        ("DELETE FROM ledger WHERE id = 5", "entry 6: entry 5 should stand here"),
        ("DELETE FROM ledger WHERE id > 8", "entry 9: missing"),
        ("UPDATE anchor SET root = 'AA' WHERE size = 10", ""),
    ],
)
def test_tampering_is_named(database: Database, statement: str, found: str) -> None:
    fill(database, 10)
    assert anchor(database, KEYS.signing, 5) == 10
    assert wrong(database) == ""
    if not found:
        with pytest.raises(DBAPIError):
            behind_its_back(database, statement)
        return
    behind_its_back(database, statement)
    assert wrong(database).startswith(found)


def test_an_anchor_of_others_finds_a_ledger_hashed_anew(database: Database) -> None:
    fill(database, 4)
    anchor(database, KEYS.signing, 5)
    with open_ledger(None, database.url) as (_, anchors):
        witness = anchors[0]
    fill(database, 3)
    assert unanchored_of(database) == 3
    anchor(database, KEYS.signing, 6)
    with open_ledger(None, database.url) as (entries, anchors):
        report = check(entries, anchors, PUBLIC)
    assert (report.entries, report.anchors, report.wrong) == (7, 2, "")
    other = Path(database.url.removeprefix("sqlite:///")) if database.is_sqlite else None
    if other is not None:
        told = CliRunner().invoke(app, ["verify", str(other), "--witness", f"{witness.size}:{'0' * 64}"])
        assert (told.exit_code, "entry 4" in told.stdout) == (1, True)


def unanchored_of(database: Database) -> int:
    with database.engine.connect() as connection:
        return unanchored(connection)


def test_an_export_verifies_and_a_changed_line_is_named(tmp_path: Path, database: Database) -> None:
    fill(database, 5)
    with open_ledger(None, database.url) as (entries, _):
        lines = [
            json.dumps({name: getattr(entry, name) for name in ("id", "kind", "at_us", "body", "previous", "hash")})
            for entry in entries
        ]
    file = tmp_path / "ledger.jsonl"
    file.write_text("\n".join(lines) + "\n")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 0
    file.write_text("\n".join([*lines[:2], lines[2].replace("1002", "1003"), *lines[3:]]))
    told = CliRunner().invoke(app, ["verify", str(file), "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["wrong"].startswith("entry 3")
    file.write_text("nonsense")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2


def chained(*bodies: str) -> list[dict[str, Any]]:
    """Make an export of these bodies, hashed as a forger can hash them."""
    lines: list[dict[str, Any]] = []
    for number, body in enumerate(bodies, 1):
        previous = lines[-1]["hash"] if lines else GENESIS
        told = {"id": number, "kind": re.findall('"kind":"([a-z_]*)"', body)[-1], "at_us": 1, "body": body}
        lines.append({**told, "previous": previous, "hash": entry_hash(previous, body)})
    return lines


def anchor_over(lines: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    """Make the anchor over all of an export as the server would, and change it."""
    tree = MerkleTree().extend(line["hash"] for line in lines)
    signature = KEYS.signing.sign(signed_text(tree.size, tree.root(), 9)).hex()
    return {"size": tree.size, "root": tree.root(), "at_us": 9, "signature": signature, **changed}


def told_of(file: Path, lines: list[dict[str, Any]], *words: str) -> tuple[int, str]:
    """Have an export verified; gives the exit code and what was said."""
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    answer = CliRunner().invoke(app, ["verify", str(file), *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


NOTED = '{"at_us":1,"kind":"noted","n":%d}'


def test_a_ledger_hashed_anew_does_not_pass_without_a_signature(tmp_path: Path) -> None:
    file, true, forged = tmp_path / "l", chained(NOTED % 1, NOTED % 2), chained(NOTED % 7, NOTED % 8)
    assert told_of(file, [*true, anchor_over(true)], "--key", PUBLIC)[0] == 0
    for words in ([], ["--key", PUBLIC]):
        code, said = told_of(file, [*forged, anchor_over(forged, signature=None)], *words)
        assert (code, said.startswith("anchor 2: ")) == (1, True), said
    code, said = told_of(file, [*forged, anchor_over(forged, signature="00" * 64)], "--key", PUBLIC)
    assert (code, said) == (1, "anchor 2: its signature is not by the key given\n")
    code, said = told_of(file, forged, "--key", PUBLIC)
    assert (code, said.startswith("no signed anchor covers any of the 2 entries")) == (1, True), said
    code, said = told_of(file, forged)
    assert (code, "that needs --key" in said) == (0, True)


def test_what_others_keep_finds_a_ledger_hashed_anew(tmp_path: Path) -> None:
    file, true, forged = tmp_path / "l", chained(NOTED % 1, NOTED % 2), chained(NOTED % 7, NOTED % 8)
    root = anchor_over(true)["root"]
    kept = tmp_path / "kept"
    for said in (f"2:{root}", f"2:{root[:16]}"):
        kept.write_text(f"{said} 2026-01-02T03:04:05+08:00\n\n")
        for words in (["--witness", said], ["--witnesses", str(kept)]):
            assert told_of(file, true, *words)[0] == 0
            assert told_of(file, forged, *words)[1].startswith("entry 2 or one before it: ")
            assert told_of(file, true[:1], *words)[1] == "entry 2: missing; an anchor covers 2 entries\n"
    for wrong in ("", "2", f"0:{root}", f"2:{root[:15]}", f"2:{root}0", f"-2:{root}", f"2:{'x' * 64}"):
        code, said = told_of(file, true, "--witness", wrong)
        assert (code, "SIZE:ROOT" in said) == (2, True), said
    assert told_of(file, true, "--witnesses", str(tmp_path / "nowhere"))[0] == 2
    assert told_of(file, true, "--key", "ab")[0] == 2


DEEP = '{"at_us":1,"kind":"%s","policy":"p","sheet":' + "[" * 200_000 + "]" * 200_000 + "}"
NESTED = '{"at_us":1,"facts":' + "[" * 800 + "]" * 800 + ',"kind":"door_closed","policy":%s}'
SHEET = load_policy(POLICY.read_text(encoding="utf-8"))


def sheet_set(**changed: object) -> str:
    """Write the body of an entry that holds the sheet."""
    facts = {"sheet": POLICY.read_text(encoding="utf-8"), "policy": SHEET.digest, **changed}
    return entry_body("policy_set", 1, {name: value for name, value in facts.items() if value is not None})


def closed(**changed: object) -> str:
    """Write the body of a closing at which nothing moved."""
    settled = {"station": "s", "door": 1, "cause": "session", "occurred_us": 1}
    facts = {"facts": settled, "policy": SHEET.digest, "verdicts": [], **changed}
    return entry_body("door_closed", 1, {name: value for name, value in facts.items() if value is not None})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (closed(policy=None), "judged by the sheet None"),
        (closed(policy=5), "judged by the sheet 5"),
        (closed(policy=[]), "judged by the sheet []"),
        (closed(facts=5), "not whole"),
        (closed(facts={}), "not whole"),
        (sheet_set(sheet=None), "holds no policy sheet"),
        (sheet_set(sheet=7), "holds no policy sheet"),
        (sheet_set(sheet="a = " + "[" * 5000), "entry 2: "),
        (sheet_set(policy=None), "not the one its digest names"),
        (sheet_set(policy="x"), "not the one its digest names"),
        (DEEP % "policy_set", "nested too deeply"),
        (DEEP % "noted", "nested too deeply"),
        (NESTED % f'"{SHEET.digest}"', "entry 2: "),
        ('{"at_us":1,"kind":"policy_set","policy":"\\ud800","sheet":"x = 1"}', "cannot be used"),
        ('{"at_us":1,"facts":{},"kind":"door_closed","policy":"\\ud800"}', "judged by the sheet"),
        ('[{"kind":"noted"}]', "not a JSON object"),
    ],
)
def test_a_forged_body_is_named_whatever_it_lacks(tmp_path: Path, body: str, why: str) -> None:
    code, said = told_of(tmp_path / "l", chained(sheet_set(), body))
    assert (code, said[:9], why in said) == (1, "entry 2: ", True), said[:300]
    assert json.loads(told_of(tmp_path / "l", chained(sheet_set(), body), "--json")[1])["wrong"][:9] == "entry 2: "


@pytest.mark.parametrize("verdicts", [None, 5, [5], [{}], [{"epc": "E1"}]])
def test_a_closing_without_its_verdicts_is_named(tmp_path: Path, verdicts: object) -> None:
    assert told_of(tmp_path / "l", chained(sheet_set(), closed()))[0] == 0
    code, said = told_of(tmp_path / "l", chained(sheet_set(), closed(verdicts=verdicts)))
    assert (code, said) == (1, "entry 2: it lists no verdicts that can be read\n")


@pytest.mark.parametrize("name", ["id", "kind", "at_us", "body", "previous", "hash"])
@pytest.mark.parametrize("value", [None, 5, [], {}, "\ud800", 1e400])
def test_a_field_of_any_kind_is_named(tmp_path: Path, name: str, value: object) -> None:
    lines = chained(NOTED % 1, NOTED % 2)
    lines[1][name] = value
    code, said = told_of(tmp_path / "l", lines)
    assert (code, said[:8]) == (1, "entry 5:" if (name, value) == ("id", 5) else "entry 2:"), said


@pytest.mark.parametrize("name", ["size", "root", "at_us", "signature"])
@pytest.mark.parametrize("value", [None, 0, -1, 2.0, True, [], {}, "", "\ud800", "00", 1e400])
def test_an_anchor_with_anything_in_a_field_is_named(tmp_path: Path, name: str, value: object) -> None:
    lines = chained(NOTED % 1, NOTED % 2)
    code, said = told_of(tmp_path / "l", [*lines, anchor_over(lines, **{name: value})], "--key", PUBLIC)
    wanted = "an anchor does not say" if name == "size" else "anchor 2: "
    assert (code, said.startswith(wanted)) == (1, True), said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL keeps no such text
@pytest.mark.parametrize("column", ["body", "kind", "previous", "hash"])
def test_bytes_that_are_no_text_are_named(database: Database, column: str) -> None:
    fill(database, 3)
    behind_its_back(database, f"UPDATE ledger SET {column} = CAST(x'7bff' AS TEXT) WHERE id = 2")
    said = CliRunner().invoke(app, ["verify", database.url.removeprefix("sqlite:///")])
    assert (said.exit_code, said.output.startswith("entry 2: ")) == (1, True), said.output


def test_nothing_is_not_a_ledger_that_verifies(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.jsonl", tmp_path / "missing.sqlite"
    empty.touch()
    for named in ([str(empty)], ["--database", f"sqlite:///{missing}"]):
        answer = CliRunner().invoke(app, ["verify", *named])
        assert answer.exit_code == 2
    assert not missing.exists()
