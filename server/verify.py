"""Verify a ledger with no server running: `guiwei ledger verify FILE`, or `--database URL`.

FILE is a SQLite database or an export (JSON lines). Every link and hash is computed anew; the first bad entry is named.
Every anchor's root is computed anew over the entries it covers, and with `--key` its signature is checked; a receipt's
anchor that a station keeps can be given as `--witness SIZE:ROOT`. Every closing and every decision is judged again, by
its own facts and the sheet then in force. Exit 0 all well, 1 something is wrong, 2 wrong use.
"""

import binascii
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from contract.errors import ContractError
from contract.signing import check_signature, public_key
from server.domain.ledger import GENESIS, Entry, verify
from server.domain.merkle import MerkleTree
from server.service.cabinet.rejudging import Rejudge
from server.store.anchors import signed_text

app = typer.Typer(name="ledger", no_args_is_help=True, add_completion=False)

_SQLITE = "sqlite:///"
_ENTRIES = "SELECT id, kind, at_us, body, previous, hash FROM ledger ORDER BY id"
_ANCHORS = "SELECT size, root, at_us, signature FROM anchor ORDER BY size"


class LedgerFileError(ValueError):
    """The file or database is not a ledger; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A root over the first `size` entries; who only witnessed it has no signature."""

    size: int
    root: str
    at_us: int = 0
    signature: str | None = None


Ledger = tuple[Iterator[Entry], list[Anchored]]


@dataclass(slots=True)
class Report:
    """What was found: `wrong` is empty when all is well."""

    entries: int = 0
    anchors: int = 0
    judged: int = 0
    head: str = GENESIS
    wrong: str = ""


def check(entries: Iterable[Entry], anchors: Iterable[Anchored], key: str = "") -> Report:
    """Walk the chain once, comparing every anchor's root and judging every decision again; stop at the first fault."""
    report, tree, again = Report(), MerkleTree(), Rejudge()
    waiting = sorted(anchors, key=lambda anchor: anchor.size)
    for anchor in waiting:
        report.wrong = report.wrong or _signature_fault(anchor, key)
    for entry in entries:
        broken = verify([entry], report.head, report.entries + 1)
        if broken is not None:
            report.wrong = f"entry {broken.id}: {broken.why}"
        elif not report.wrong:
            fault = again.fault(json.loads(entry.body))
            report.wrong = f"entry {entry.id}: {fault}" if fault else ""
        if report.wrong:
            return report
        report.judged = again.judged
        report.entries, report.head = entry.id, entry.hash
        tree = tree.append(entry.hash)
        while waiting and waiting[0].size <= report.entries:
            anchor = waiting.pop(0)
            report.anchors += 1
            if anchor.size == report.entries and anchor.root != tree.root():
                report.wrong = f"entry {entry.id} or one before it: not what the anchor over {anchor.size} entries says"
    if waiting and not report.wrong:
        report.wrong = f"entry {report.entries + 1}: missing; an anchor covers {waiting[0].size} entries"
    return report


def _signature_fault(anchor: Anchored, key: str) -> str:
    if not key or anchor.signature is None:
        return ""
    try:
        signed = signed_text(anchor.size, anchor.root, anchor.at_us)
        check_signature(public_key(key), binascii.unhexlify(anchor.signature), signed)
    except (ContractError, binascii.Error):
        return f"anchor over {anchor.size} entries: its signature is not by the key given"
    return ""


@contextmanager
def read_url(url: str) -> Iterator[Ledger]:
    """Open a database by its URL."""
    engine = create_engine(url, execution_options={"stream_results": True})
    try:
        with engine.connect() as connection:
            anchors = [Anchored(*row) for row in connection.execute(text(_ANCHORS))]
            with closing(connection.execute(text(_ENTRIES))) as rows:
                yield (Entry(*row) for row in rows), anchors
    finally:
        engine.dispose()


@contextmanager
def read_lines(path: Path) -> Iterator[Ledger]:
    """Read an export: one JSON object a line, an entry (with its body as text) or an anchor (with a root)."""
    with path.open(encoding="utf-8") as file:
        lines = [_line(number, written) for number, written in enumerate(file, 1) if written.strip()]
    anchors = [Anchored(**line) for line in lines if "root" in line]
    yield (Entry(**line) for line in lines if "root" not in line), anchors


def _line(number: int, written: str) -> dict[str, Any]:
    try:
        line = json.loads(written)
        if set(line) not in (
            {"id", "kind", "at_us", "body", "previous", "hash"},
            {"size", "root", "at_us", "signature"},
        ):
            raise ValueError("neither an entry nor an anchor")
    except (ValueError, TypeError) as error:
        raise LedgerFileError(f"line {number}: {error}") from None
    return dict(line)


def open_ledger(file: Path | None, url: str) -> AbstractContextManager[Ledger]:
    """Open whatever was named, for reading only."""
    if file is None and not url.startswith(_SQLITE):
        return read_url(url)
    file = file or Path(url.removeprefix(_SQLITE))
    if not file.is_file():
        raise LedgerFileError(f"there is no file {file}")
    with file.open("rb") as handle:
        is_database = handle.read(16) == b"SQLite format 3\0"
    return read_url(f"sqlite:///file:{file}?mode=ro&uri=true") if is_database else read_lines(file)


@app.callback()
def ledger() -> None:
    """Verify the ledger."""


@app.command("verify")
def verify_command(
    file: Annotated[Path | None, typer.Argument(help="A SQLite database or an export (JSON lines).")] = None,
    database: Annotated[str, typer.Option(help="The URL of a database instead.")] = "",
    key: Annotated[str, typer.Option(help="The server's public key (64 hex digits): check anchors' signatures.")] = "",
    witness: Annotated[list[str] | None, typer.Option(help="An anchor that a station keeps, as SIZE:ROOT.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Walk the whole chain; name the first entry that is wrong."""
    if (file is None) == (database == ""):
        typer.echo("name a FILE, or a database with --database URL (one of them)", err=True)
        raise typer.Exit(2)
    try:
        witnessed = [Anchored(int(size), root) for size, _, root in (one.partition(":") for one in witness or ())]
        with open_ledger(file, database) as (entries, anchors):
            report = check(entries, [*anchors, *witnessed], key)
        if not report.entries and not report.wrong:
            raise LedgerFileError("it holds no entry")
    except (ValueError, SQLAlchemyError) as error:
        typer.echo(f"{file or 'database'}: not a ledger that can be read: {error}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        said = {
            "entries": report.entries,
            "anchors": report.anchors,
            "judged": report.judged,
            "head": report.head,
            "wrong": report.wrong,
        }
        typer.echo(json.dumps(said))
    elif report.wrong:
        typer.echo(report.wrong)
    else:
        typer.echo(
            f"{report.entries} entries and {report.anchors} anchors verify, {report.judged} closings and decisions"
            f" judged again come out the same; the last hash is {report.head}"
        )
    raise typer.Exit(1 if report.wrong else 0)
