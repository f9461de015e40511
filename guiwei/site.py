"""`guiwei site FOLDER`: make everything a new site needs that must not be in a repository or have a default.

    compose.env                  who owns these files, for docker-compose.yml
    tls/                         the authority, and a certificate per server, station and for the broker
    server/                      the server's signing key, the key PINs are sealed to, the authority it enrols by
    secrets/                     database_password, database_url
    stations/NAME/               station.toml and its key
    company.json                 the stations and one administrator; add people and items, then `guiwei server init`

What exists is kept: running it again adds only what is missing. Keys and passwords are random; the administrator's
password is shown once.
"""

import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contract.signing import public_hex
from contract.topics import STATION_NAME
from edge_agent.settings import load_settings
from firmware_config import mosquitto
from guiwei import tls
from guiwei.firmware import DENIED, REVOKED, SERVERS

CHECKOUT = Path(__file__).resolve().parent.parent

app = typer.Typer(add_completion=False, help="Make the keys, certificates and settings of a new site.")


class Site:
    """One site's folder and names; `keep` writes a file unless it is there."""

    def __init__(self, folder: Path, name: str, now: datetime) -> None:
        self.folder, self.name, self.now = folder, name, now

    def keep(self, path: str, make: Callable[[], str], mode: int = 0o600) -> str:
        """Return a file's text, made first if it is missing."""
        file = self.folder / path
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            mosquitto.replace_file(file, make(), mode=mode)
        return file.read_text("utf-8")

    def certificate(self, name: str, hosts: tuple[str, ...] = ()) -> None:
        """Issue a certificate unless there is one."""
        if not (self.folder / "tls" / f"{name}.crt").exists():
            tls.issue(self.folder / "tls", name, self.now, hosts)

    def authority(self) -> None:
        """Hand the server what it signs for stations with, and begin what it revokes."""
        for name, mode in (("ca.key", 0o600), ("ca.crt", 0o644)):
            self.keep(f"server/authority/{name}", (self.folder / "tls" / name).read_text, mode)
        self.keep(f"server/authority/lists/{DENIED}", str, 0o644)
        if not (self.folder / "server/authority/lists" / REVOKED).exists():
            tls.revoke(self.folder / "server/authority", (), self.now)

    def server_keys(self) -> tuple[str, str]:
        """Make the server's two keys; return their public halves."""
        signing = self.keep("server/server.key", lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        sealing = self.keep("server/pin.key", lambda: X25519PrivateKey.generate().private_bytes_raw().hex())
        pin_key = X25519PrivateKey.from_private_bytes(bytes.fromhex(sealing))
        return _public(signing), pin_key.public_key().public_bytes_raw().hex()

    def station(self, name: str, doors: int, server_key: str, pin_key: str) -> dict[str, object]:
        """Make a station's key, certificate and settings; return its row of company.json."""
        self.certificate(name)
        key = self.keep(f"stations/{name}/station.key", lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        lines = STATION.format(name=name, site=self.name, server_key=server_key, pin_key=pin_key)
        lines += "".join(DOOR.format(door=door, contact=12 + door) for door in range(1, doors + 1))
        self.keep(f"stations/{name}/station.toml", lambda: lines, 0o644)
        return {"name": name, "title": name, "doors": doors, "public_key": _public(key)}


STATION = """\
[station]
name = "{name}"
site = "{site}"
data = "/var/lib/guiwei/data"
state = "/var/lib/guiwei/state.json"
key_file = "/etc/guiwei/station/station.key"
server_key = "{server_key}"
server_pin_key = "{pin_key}"

[broker]
host = "broker"
port = 8883
username = "{name}"
ca_file = "/etc/guiwei/tls/ca.crt"
cert_file = "/etc/guiwei/tls/{name}.crt"
cert_key_file = "/etc/guiwei/tls/{name}.key"

[[devices]]
name = "lock"
family = "lock8a"
port = "/var/lib/guiwei/devices/lock"
settings = {{ channels = 24 }}

[[devices]]
name = "badge"
family = "rdm6300"
port = "/var/lib/guiwei/devices/badge"

[[devices]]
name = "scanner"
family = "barcode_serial"
port = "/var/lib/guiwei/devices/scanner"

[[devices]]
name = "keypad"
family = "barcode_serial"
port = "/var/lib/guiwei/devices/keypad"
role = "keypad"
"""

DOOR = """
[[devices]]
name = "reader{door}"
family = "m100"
port = "/var/lib/guiwei/devices/reader{door}"

[[doors]]
door = {door}
lock = {{ device = "lock", channel = {door} }}
contact = {{ device = "lock", channel = {contact} }}
readers = ["reader{door}"]
"""


def _public(key: str) -> str:
    return public_hex(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))


def make_site(site: Site, stations: list[str], doors: int, hosts: tuple[str, ...]) -> str | None:
    """Make all of a site; return the administrator's password when it was made now."""
    tls.make_authority(site.folder / "tls", site.now, site.name)
    site.certificate("broker", ("broker", "localhost", *hosts))
    site.authority()
    for name in (*SERVERS, mosquitto.CANARY):
        site.certificate(name)
    server_key, pin_key = site.server_keys()
    password = site.keep("secrets/database_password", lambda: secrets.token_urlsafe(24))
    site.keep("secrets/database_url", lambda: f"postgresql+psycopg://guiwei:{password}@database/guiwei")
    rows = [site.station(name, doors, server_key, pin_key) for name in stations]
    owner = f"GUIWEI_UID={os.getuid()}\nGUIWEI_GID={os.getgid()}\nGUIWEI_FOLDER={site.folder.resolve()}\n"
    site.keep("compose.env", lambda: owner + f"GUIWEI_SITE={site.name}\n", 0o644)
    first = None if (site.folder / "company.json").exists() else secrets.token_urlsafe(12)
    administrator: dict[str, object] = {
        "username": "admin", "name": "系统管理员", "role": "system_admin", "department": "信息部",
        "password": first, "badges": [],
    }  # fmt: skip
    company = {"people": [administrator], "stations": rows, "items": []}
    site.keep("company.json", lambda: json.dumps(company, ensure_ascii=False, indent=2) + "\n")
    return first


def unlisted(folder: Path, stations: list[str]) -> list[dict[str, object]]:
    """Find the stations that a kept company.json does not have; returns what each is registered with."""
    company = json.loads((folder / "company.json").read_text("utf-8"))
    listed = {row["name"] for row in company["stations"]}
    found = []
    for name in (each for each in stations if each not in listed):
        key = (folder / f"stations/{name}/station.key").read_text("utf-8")
        doors = load_settings(folder / f"stations/{name}/station.toml").doors
        found.append({"name": name, "title": name, "doors": len(doors), "public_key": _public(key)})
    return found


@app.command()
def site(
    folder: Annotated[Path, typer.Argument(help="A folder outside the repository; keep a copy of it offline.")],
    name: Annotated[str, typer.Option(help="The site's name; badges are pseudonymised with it.")] = "guiwei",
    station: Annotated[list[str] | None, typer.Option(help="A station's name; repeat. Without: a and b.")] = None,
    doors: Annotated[int, typer.Option(min=1, max=12, help="Doors of each station.")] = 2,
    host: Annotated[list[str] | None, typer.Option(help="A name or address stations reach the broker by.")] = None,
) -> None:
    """Make the keys, certificates and settings of a new site; what exists is kept."""
    stations = station or ["a", "b"]
    for each in stations:
        if not STATION_NAME.fullmatch(each):
            raise typer.BadParameter(f"station {each!r}: 1-32 of a-z 0-9 _ -, beginning with a-z 0-9")
    if (CHECKOUT / ".git").exists() and folder.resolve().is_relative_to(CHECKOUT):
        raise typer.BadParameter(f"{folder} is inside the repository, where secrets must not be; name another folder")
    now = datetime.now(UTC)  # noqa: TID251 - certificates begin at the real moment
    password = make_site(Site(folder, name, now), stations, doors, tuple(host or ()))
    if password is not None:
        typer.echo(f"Administrator: admin, password {password} (shown once; also in company.json until you remove it)")
    for row in unlisted(folder, stations):
        typer.echo(f"Not in the company.json that was there; register it (POST /api/v1/stations): {json.dumps(row)}")
    typer.echo(f"Next: docker compose --env-file {folder}/compose.env run --rm init, then … up -d")
