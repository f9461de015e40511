"""`guiwei doctor`: name what this machine lacks, why it is wanted and how to get it.

System packages are those of the root's packages.apt, the list that `run` and the Dockerfile install
from; each is probed by what it brings (a program, a shared library, a font), so that an equivalent
on another system counts as well.
"""

import ctypes.util
import importlib.util
import json
import shutil
import sysconfig
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"))

LASTS = timedelta(days=30)
Probe = Callable[[], bool]

app = typer.Typer(add_completion=False, help="Name what this machine lacks, and how to get it.")


class Finding(NamedTuple):
    """One thing looked for: present or not, why it is wanted, what to do when it is absent."""

    name: str
    present: bool
    why: str
    remedy: str


def find_program(name: str) -> str | None:
    """Return the path of a program, also where Debian keeps servers out of an ordinary user's PATH."""
    debian_servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [Path("/usr/sbin"), Path("/usr/local/sbin"), *debian_servers]
    return shutil.which(name) or shutil.which(name, path=":".join(map(str, places)))


def program(*names: str) -> Probe:
    """Probe for any one of some programs."""
    return lambda: any(find_program(name) for name in names)


def font(pattern: str) -> Probe:
    """Probe for an installed font file."""
    return lambda: any(found for folder in FONTS for found in folder.rglob(pattern))


def has_time_zones() -> bool:
    """Tell whether the zone of the default policy can be loaded."""
    return "Asia/Shanghai" in zoneinfo.available_timezones()


# What each system package brings. A package of packages.apt without a row here fails a test.
PROBES: dict[str, Probe] = {
    "ca-certificates": Path("/etc/ssl/certs/ca-certificates.crt").exists,
    "git": program("git"),
    "libzbar0": lambda: ctypes.util.find_library("zbar") is not None,
    "fonts-wqy-zenhei": font("wqy-zenhei*"),
    "systemd": program("systemd-analyze"),
    "tzdata": has_time_zones,
    "mosquitto": program("mosquitto"),
    "mosquitto-clients": program("mosquitto_sub"),
    "postgresql": program("initdb"),
    "postgresql-client": program("pg_dump"),
    "poppler-utils": program("pdftoppm"),
    "chromium": program("chromium", "chromium-browser", "google-chrome"),
    "libatomic1": lambda: ctypes.util.find_library("atomic") is not None,
    "pcscd": program("pcscd"),
    "vsmartcard-vpcd": lambda: any(Path("/usr/lib/pcsc/drivers/serial").glob("libifdvpcd.so*")),
    "gcc": program("gcc", "cc"),
    "swig": program("swig"),
    "libpcsclite-dev": Path("/usr/include/PCSC/winscard.h").exists,
    "python3-dev": lambda: (Path(sysconfig.get_path("include")) / "Python.h").exists(),
}

# One module that tells whether an extra is installed, and what the extra is for.
EXTRAS: dict[str, tuple[str, str]] = {
    "edge": ("paho", "a station"),
    "pcsc": ("smartcard", "badge readers with PC/SC"),
    "osdp": ("osdp", "badge readers with OSDP"),
    "camera-headless": ("cv2", "reading codes with a camera (or the extra `camera`)"),
    "screen": ("starlette", "the screen at a cabinet"),
    "labels": ("barcode", "printing labels"),
    "server": ("fastapi", "the server"),
    "postgres": ("psycopg", "PostgreSQL as the database"),
}


def wanted_packages(listing: Path = ROOT / "packages.apt") -> dict[str, str]:
    """Return package -> reason, as listed."""
    lines = (line.partition("#") for line in listing.read_text("utf-8").splitlines())
    return {name.strip(): why.replace("[image]", "").strip() for name, _, why in lines if name.strip()}


def certificates_below(places: list[Path]) -> list[Finding]:
    """Look at every certificate (*.crt) of these files and folders: it must last for 30 days more."""
    from contract.certificates import CertificateError, read_certificate

    now = datetime.now(UTC)  # noqa: TID251 - certificates end in real time
    findings = []
    for path in sorted(file for place in places for file in ([place] if place.is_file() else place.rglob("*.crt"))):
        try:
            ends = read_certificate(path.read_text("utf-8"), str(path)).not_valid_after_utc
            why, good = f"ends on {ends:%Y-%m-%d}", ends - now > LASTS
        except (OSError, ValueError, CertificateError) as error:
            why, good = str(error), False
        remedy = f"a station renews its own while it is heard; else guiwei tls issue {path.parent} {path.stem}"
        findings.append(Finding(str(path), good, why, remedy))
    return findings


def examine() -> list[Finding]:
    """Look for every system package and every extra."""
    packages = [
        Finding(name, PROBES[name](), why, f"apt-get install {name}") for name, why in wanted_packages().items()
    ]
    extras = [
        Finding(f"extra {name}", importlib.util.find_spec(module) is not None, why, f"uv sync --locked --extra {name}")
        for name, (module, why) in EXTRAS.items()
    ]
    return packages + extras


@app.command()
def doctor(
    certificates: Annotated[
        list[Path] | None, typer.Option(help="A certificate, or a folder of them, to look at instead; repeat.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list instead of a table.")] = False,
) -> None:
    """Name what this machine lacks, or which certificates end within 30 days; exit 1 when there is something."""
    findings = certificates_below(certificates) if certificates else examine()
    missing = [finding for finding in findings if not finding.present]
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], ensure_ascii=False, indent=2))
    else:
        bad = "ending" if certificates else "missing"
        table = Table("", "what", "why", "how to get it")
        for finding in findings:
            mark = "[green]ok[/]" if finding.present else f"[bold red]{bad}[/]"
            table.add_row(mark, finding.name, finding.why, "" if finding.present else finding.remedy)
        Console().print(table)
        typer.echo(f"{len(missing)} of {len(findings)} {bad}" if missing else f"Nothing is {bad}.")
    raise typer.Exit(1 if missing else 0)
