"""Backups of a whole site (R39): the database as it was at one moment, and the data folder (keys, attachments).

    <place>/guiwei-<UTC>/manifest.json     every file with its SHA-256, and the ledger's last entry
    <place>/guiwei-<UTC>/database.sqlite   (SQLite's online backup) or database.dump (pg_dump, custom format)
    <place>/guiwei-<UTC>/data/…
    <second place>/anchors.txt             what the ledger was sworn to with every backup, a line each, only added to

Law 1: it is written beside its name and renamed when it is whole: what has the name is complete.
Law 2: what is restored is compared with the manifest first; nothing that is there already is overwritten.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from server.domain.ledger import GENESIS

MANIFEST: Final = "manifest.json"
ANCHORS: Final = "anchors.txt"
SQLITE: Final = "database.sqlite"
DUMP: Final = "database.dump"
SKIPPED: Final = ("backups", "*.sqlite", "*.sqlite-wal", "*.sqlite-shm", "*.partial")
_HEAD: Final = "SELECT id, hash FROM ledger ORDER BY id DESC LIMIT 1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = 3600


class BackupError(RuntimeError):
    """A backup was not made or not restored; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; `head` is the hash of the ledger's last of `entries` entries."""

    made_at: str
    database: str
    entries: int
    head: str
    files: dict[str, str]


def take(url: str, data: Path, place: Path, now_us: int) -> tuple[Path, Manifest]:
    """Back everything up into a new folder of `place`; gives the folder and what it holds."""
    made = _EPOCH + timedelta(microseconds=now_us)
    folder = place / f"guiwei-{made:%Y%m%dT%H%M%S.%fZ}"
    partial = folder.with_suffix(folder.suffix + ".partial")
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.mkdir(mode=0o700)
        kept, entries, head = _copy_database(url, partial)
        if data.is_dir():
            shutil.copytree(data, partial / "data", ignore=_besides(place))
        manifest = Manifest(made.isoformat(), kept, entries, head, _hashes(partial))
        (partial / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        _settle(partial)
        partial.rename(folder)
    except (OSError, sqlite3.Error, shutil.Error, SQLAlchemyError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BackupError(f"{folder}: {error}") from error
    except BackupError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder, manifest


def copy(folder: Path, second: Path) -> Path:
    """Copy a backup to a second place, whole or not at all; gives the copy."""
    there = second / folder.name
    partial = second / f"{folder.name}.partial"
    try:
        second.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(folder, partial)
        read(partial)
        _settle(partial)
        partial.rename(there)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BackupError(f"{there}: {error}") from error
    return there


def note(second: Path, anchor: str, now_us: int) -> None:
    """Add the ledger's newest anchor, SIZE:ROOT, and the moment to the file that lies beside the backups."""
    if not anchor:
        return
    file = second / ANCHORS
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, f"{anchor} {(_EPOCH + timedelta(microseconds=now_us)).isoformat()}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise BackupError(f"{file}: {error}") from error


def newest(place: Path) -> Path:
    """Find the newest whole backup of a place, or the place itself when it is one; raises BackupError."""
    found = sorted(path.parent for path in place.glob(f"guiwei-*Z/{MANIFEST}"))
    if (place / MANIFEST).is_file():
        return place
    if not found:
        raise BackupError(f"{place}: there is no backup here")
    return found[-1]


def read(folder: Path) -> Manifest:
    """Read a backup's manifest and compare every file with it; raises BackupError naming the first that differs."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder / MANIFEST}: not a manifest: {error}") from None
    there = _hashes(folder)
    for name in sorted({*manifest.files, *there}):
        if manifest.files.get(name) != there.get(name):
            what = (
                "missing" if name not in there else "not in the manifest" if name not in manifest.files else "changed"
            )
            raise BackupError(f"{folder / name}: {what}")
    return manifest


def restore(folder: Path, into: Path, url: str = "") -> Manifest:
    """Restore a backup into an empty folder; a PostgreSQL one also needs the URL of an empty database."""
    manifest = read(folder)
    if into.exists() and any(into.iterdir()):
        raise BackupError(f"{into}: is not empty; nothing is overwritten, name a new folder")
    if manifest.database == DUMP and not url:
        raise BackupError("this backup is of PostgreSQL: name an empty database with --database URL")
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / "data").is_dir():
            shutil.copytree(folder / "data", into / "data")
        if manifest.database == SQLITE:
            shutil.copy2(folder / SQLITE, into / "guiwei.sqlite")
    except (OSError, shutil.Error) as error:
        raise BackupError(f"{into}: {error}") from error
    if manifest.database == DUMP:
        if _has_tables(url):
            raise BackupError("the database has tables already; nothing is overwritten, make a new one")
        _run("pg_restore", url, "--exit-on-error", "--no-owner", "--no-acl", str(folder / DUMP))
    return manifest


@contextmanager
def restored(folder: Path, url: str) -> Iterator[tuple[Manifest, str]]:
    """Restore a backup into a temporary place; gives its manifest and the URL of the database there."""
    with tempfile.TemporaryDirectory(prefix="guiwei-check-") as name:
        into = Path(name) / "site"
        if read(folder).database == SQLITE:
            yield restore(folder, into), f"sqlite:///{into / 'guiwei.sqlite'}"
            return
        with _scratch_database(url) as scratch:
            yield restore(folder, into, scratch), scratch


@contextmanager
def _scratch_database(url: str) -> Iterator[str]:
    """Make a database beside the site's own, and drop it again; its account must be allowed to."""
    name = f"guiwei_check_{os.getpid()}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    except SQLAlchemyError as error:
        raise BackupError(f"cannot try the restore in a database of its own: {error}") from error
    finally:
        engine.dispose()


def _besides(place: Path) -> Callable[[str, list[str]], set[str]]:
    """Leave out the backups themselves, wherever they lie, and databases: those are not copied as files."""
    skipped = shutil.ignore_patterns(*SKIPPED)

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {
            *skipped(folder, names),
            *(name for name in names if (Path(folder) / name).resolve() == place.resolve()),
        }

    return ignored


def _copy_database(url: str, folder: Path) -> tuple[str, int, str]:
    """Copy the database as it is at one moment; gives the file's name and that moment's last ledger entry."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return DUMP, *_dump(url, folder / DUMP)
    source = Path(parsed.database or "")
    if not source.is_file():
        raise BackupError(f"{source}: there is no such database")
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(folder / SQLITE)) as kept,
    ):
        live.backup(kept)  # in one step: writers go on in the write-ahead log
        kept.execute("PRAGMA journal_mode=DELETE")
        return SQLITE, *(kept.execute(_HEAD).fetchone() or (0, GENESIS))


def _dump(url: str, file: Path) -> tuple[int, str]:
    """Have pg_dump see exactly what this transaction sees."""
    engine = create_engine(url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            head = connection.execute(text(_HEAD)).first()
            words = ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}", "-f", str(file)]
            _run("pg_dump", url, *words)
            return (head.id, head.hash) if head else (0, GENESIS)
    finally:
        engine.dispose()


def _has_tables(url: str) -> bool:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one()
        return bool(found)
    except SQLAlchemyError as error:
        raise BackupError(f"the database does not answer: {error}") from error
    finally:
        engine.dispose()


def _run(program: str, url: str, *words: str) -> None:
    """Run one of PostgreSQL's programs on a database; its password goes by the environment, which nobody else sees."""
    parsed = make_url(url)
    address = parsed.set(drivername="postgresql", password=None).render_as_string()
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PGPASSWORD": parsed.password or ""}
    command = [program, "--dbname", address, *words]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except FileNotFoundError:
        raise BackupError(f"{program} is not installed; `guiwei doctor` says how to get it") from None
    except subprocess.TimeoutExpired:
        raise BackupError(f"{program} did not end within {_SECONDS} s") from None
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")


def _hashes(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _settle(folder: Path) -> None:
    """Let nobody else read it, and have everything on the disk before it gets its name."""
    paths: list[Any] = [*folder.rglob("*"), folder]
    for path in paths:
        path.chmod(0o700 if path.is_dir() else 0o600)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
