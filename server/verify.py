"""Verify a ledger with no server running: `guiwei ledger verify FILE`, or `--database URL`.

FILE is a SQLite database or an export (JSON lines). Every link and hash is computed anew; the first bad entry is named.
Every anchor's root is computed anew over the entries it covers; with `--key` its signature is checked, and at least one
there must be. What others keep of the anchors (a station, a second place, a printed list) can be given as `--witness
SIZE:ROOT`, many as `--witnesses FILE`. Every closing and every decision is judged again, by its own facts and the sheet
then in force. Exit 0 all well, 1 something is wrong, 2 wrong use.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from contract.errors import ContractError
from contract.signing import check_signature, public_key
from server.domain.ledger import GENESIS, Entry, read_body, verify
from server.domain.merkle import MerkleTree
from server.service.cabinet.rejudging import Rejudge
from server.store.anchors import signed_text

app = typer.Typer(name="ledger", no_args_is_help=True, add_completion=False)

_SQLITE = "sqlite:///"
_ENTRIES = "SELECT id, kind, at_us, body, previous, hash FROM ledger ORDER BY id"
_ANCHORS = "SELECT size, root, at_us, signature FROM anchor ORDER BY size"


_ROOT: Final = re.compile(r"[0-9a-f]{64}")
_WITNESSED: Final = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{16,64})")


class LedgerFileError(ValueError):
    """The file or database is not a ledger; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A root over the first `size` entries as somebody outside keeps it: whole, or its first digits as printed."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Anchored(Witness):
    """A root as the ledger keeps it or an export brings it: signed."""

    at_us: int
    signature: str


Ledger = tuple[Iterator[Entry], list[Anchored]]


@dataclass(slots=True)
class Report:
    """What was found: `wrong` is empty when all is well."""

    entries: int = 0
    anchors: int = 0
    anchored: int = 0
    """So many entries the newest anchor covers."""
    judged: int = 0
    head: str = GENESIS
    wrong: str = ""


def check(
    entries: Iterable[Entry], anchors: Iterable[Anchored], key: str = "", witnesses: Iterable[Witness] = ()
) -> Report:
    """Walk the chain once, comparing every anchor's root and judging every decision again; stop at the first fault.

    With the server's key every anchor must be signed by it, and at least one must cover some of the entries.
    """
    report, tree, again = Report(), MerkleTree(), Rejudge()
    signer = public_key(key) if key else None
    stored = list(anchors)
    report.wrong = next(filter(None, (_anchor_fault(anchor, signer) for anchor in stored)), "")
    if report.wrong:
        return report
    waiting = sorted([*stored, *witnesses], key=lambda anchor: anchor.size)
    for entry in entries:
        fault = _entry_fault(entry, report, again)
        if fault:
            report.wrong = f"entry {entry.id if type(entry.id) is int else report.entries + 1}: {fault}"
            return report
        report.judged = again.judged
        report.entries, report.head = entry.id, entry.hash
        tree = tree.append(entry.hash)
        while waiting and waiting[0].size == report.entries:
            anchor = waiting.pop(0)
            report.anchors, report.anchored = report.anchors + 1, anchor.size
            if not tree.root().startswith(anchor.root):
                report.wrong = f"entry {entry.id} or one before it: not what the anchor over {anchor.size} entries says"
                return report
    if waiting:
        report.wrong = f"entry {report.entries + 1}: missing; an anchor covers {waiting[0].size} entries"
    elif signer and report.entries and not stored:
        report.wrong = (
            f"no signed anchor covers any of the {report.entries} entries: hashed anew from end to end they would look"
            " the same"
        )
    return report


def _entry_fault(entry: Entry, report: Report, again: Rejudge) -> str:
    """Say what is wrong with an entry: with its place in the chain, or with what it decided."""
    try:
        broken = verify([entry], report.head, report.entries + 1)
        return broken.why if broken else again.fault(read_body(entry.body))
    except Exception as error:  # a forged entry may break whatever reads it, and is to be named all the same
        return f"it cannot be judged again: {type(error).__name__}: {error}"


def _anchor_fault(anchor: Anchored, signer: Ed25519PublicKey | None) -> str:
    """Say what is wrong with an anchor by itself."""
    if type(anchor.size) is not int or anchor.size < 1:
        return "an anchor does not say how many entries it covers"
    given = (anchor.root, anchor.at_us, anchor.signature)
    if tuple(map(type, given)) != (str, int, str) or not _ROOT.fullmatch(anchor.root):
        return f"anchor {anchor.size}: not a root, a moment and a signature"
    try:
        signature = bytes.fromhex(anchor.signature)
    except ValueError:
        signature = b""
    if len(signature) != 64:
        return f"anchor {anchor.size}: its signature is none"
    try:
        if signer is not None:
            check_signature(signer, signature, signed_text(anchor.size, anchor.root, anchor.at_us))
    except ContractError:
        return f"anchor {anchor.size}: its signature is not by the key given"
    return ""


@contextmanager
def read_url(url: str) -> Iterator[Ledger]:
    """Open a database by its URL."""
    engine = create_engine(url, execution_options={"stream_results": True})
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":  # which keeps any bytes as a text: they are to be named, not to stop it
                driven: Any = connection.connection.driver_connection
                driven.text_factory = lambda kept: kept.decode("utf-8", "surrogateescape")
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
    except (ValueError, TypeError, RecursionError) as error:
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


def _witness(said: str) -> Witness:
    """Read SIZE:ROOT; what follows after a blank is for people."""
    found = _WITNESSED.fullmatch((said.split() or [""])[0].lower())
    if found is None:
        raise ValueError(
            f"{said.strip()[:100]!r}: give SIZE:ROOT, a root of 64 hex digits or the first 16 or more of it"
        )
    return Witness(int(found[1]), found[2])


def _witnesses(given: list[str], files: list[Path]) -> list[Witness]:
    """Read what was given as witnesses, one by one and as files of a line each."""
    try:
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_witness(said) for said in [*given, *lines]]
    except (OSError, ValueError) as error:
        raise _wrong_use(f"witness: {error}") from None


def _wrong_use(why: str) -> typer.Exit:
    typer.echo(why.encode(errors="backslashreplace").decode(), err=True)
    return typer.Exit(2)


@app.callback()
def ledger() -> None:
    """Verify the ledger."""


@app.command("verify")
def verify_command(
    file: Annotated[Path | None, typer.Argument(help="A SQLite database or an export (JSON lines).")] = None,
    database: Annotated[str, typer.Option(help="The URL of a database instead.")] = "",
    key: Annotated[str, typer.Option(help="The server's public key (64 hex digits): check anchors' signatures.")] = "",
    witness: Annotated[list[str] | None, typer.Option(help="An anchor that a station keeps, as SIZE:ROOT.")] = None,
    witnesses: Annotated[list[Path] | None, typer.Option(help="A file of such anchors, one a line.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Walk the whole chain; name the first entry that is wrong."""
    if (file is None) == (database == ""):
        raise _wrong_use("name a FILE, or a database with --database URL (one of them)")
    if key and not _ROOT.fullmatch(key):
        raise _wrong_use("--key: give the server's public key, 64 hex digits in small letters")
    witnessed = _witnesses(witness or [], witnesses or [])
    try:
        with open_ledger(file, database) as (entries, anchors):
            report = check(entries, anchors, key, witnessed)
        if not report.entries and not report.wrong:
            raise LedgerFileError("it holds no entry")
    except (ValueError, SQLAlchemyError) as error:
        raise _wrong_use(f"{file or 'database'}: not a ledger that can be read: {error}") from None
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        typer.echo(_told(report, bool(key)).encode(errors="backslashreplace").decode())
    raise typer.Exit(1 if report.wrong else 0)


def _told(report: Report, signed: bool) -> str:
    """Word a report."""
    if report.wrong:
        return report.wrong
    unsigned = "" if signed else "; no anchor's signature was checked, that needs --key"
    return (
        f"{report.entries} entries and {report.anchors} anchors verify, the newest covers the first {report.anchored};"
        f" {report.judged} closings and decisions judged again come out the same; the last hash is {report.head}"
        f"{unsigned}"
    )
