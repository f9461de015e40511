"""A PostgreSQL cluster of a world: made by initdb in a folder, reached by its socket only, stopped when done."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guiwei.drill.process import ProcessError, wait_until

_ACCOUNT = "postgres"  # PostgreSQL refuses to run as root


@contextmanager
def postgres_cluster(*, durable: bool = True) -> Iterator[str]:
    """Run a cluster; gives the URL of its first database. Not `durable`: it need not outlive a power cut (tests)."""
    programs = _programs()
    user = _ACCOUNT if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gwpg-"))
    try:
        if user is not None:
            shutil.chown(folder, user, user)
        owner = user or pwd.getpwuid(os.getuid()).pw_name
        made = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            owner,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ]
        _run(made, user)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on",
            "max_connections": "40",
            "shared_buffers": "128MB",
        }
        command = [str(programs / "postgres"), "-D", str(folder / "data")]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen(command, stdout=log, stderr=log, **_as(user))
        try:
            wait_until("PostgreSQL listening", 30, lambda: _ready(programs, folder, child, owner))
            yield f"postgresql+psycopg://{owner}@/postgres?host={folder}"
        finally:
            # "fast" ends sessions and keeps the data whole; "immediate" leaves what nobody will read again as it is
            child.send_signal(signal.SIGINT if durable else signal.SIGQUIT)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise ProcessError("PostgreSQL is not installed; `guiwei doctor` says how to get it")
    return found[-1].parent


def _as(user: str | None) -> dict[str, Any]:
    return {"cwd": "/"} if user is None else {"cwd": "/", "user": user, "group": user, "extra_groups": []}


def _run(command: list[object], user: str | None) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **_as(user))
    if done.returncode:
        raise ProcessError(f"{command[0]} failed:\n{done.stderr[-2000:]}")


def _ready(programs: Path, folder: Path, child: subprocess.Popen[bytes], owner: str) -> bool:
    if child.poll() is not None:
        raise ProcessError(f"PostgreSQL did not start:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
    asked = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", owner]
    return subprocess.run(asked, check=False).returncode == 0
