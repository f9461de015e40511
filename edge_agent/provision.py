"""`guiwei edge provision URL CODE`: make this station's keys here, have the server know them, write keys and settings.

1. Private keys are made here and never leave. The code goes by HTTPS, or not further than this machine.
2. Nothing that exists is overwritten unless told so, and the code is not used before it is known that all can be kept.
3. Every file appears whole and with its final rights: keys 0600, the rest 0640; the settings last.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import ssl
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract import certificates
from contract.codec import encode
from contract.enrolment import MAX_BODY, PATH, Enrolment, EnrolmentRequest, decode_enrolment
from contract.errors import ContractError
from contract.signing import public_hex
from edge_agent.devices.base import DeviceError, ProtocolError, SettingsError, UnreachableError
from edge_agent.settings import load_settings
from firmware_config.mosquitto import replace_file

WRONG_USE = 2
TIMEOUT = 20.0
PRIVATE, SHARED = 0o600, 0o640
HERE = ("127.0.0.1", "::1", "localhost")
ACCOUNT = "guiwei"
OURS = ("station", "broker")
"""The tables of the settings that enrolling writes; the others are the installer's and are kept."""
TABLE = re.compile(r"^\s*\[+\s*([\w-]+)")

SETTINGS = """\
[station]
name = {name}
site = {site}
data = {data}
state = {state}
key_file = {key}
server_key = {server_key}
server_pin_key = {server_pin_key}
{more}
[broker]
host = {host}
port = {port}
username = {name}
ca_file = {ca}
cert_file = {certificate}
cert_key_file = {tls_key}

"""
FIRST = "# The server knows {doors} doors here. Add [[devices]] and [[doors]]; then: guiwei edge check\n"


@dataclass(frozen=True, slots=True)
class Files:
    """Where a station's files are: beside its settings, under the same name."""

    settings: Path
    data: Path | None = None
    """Where the station keeps what it writes, when that is not the usual place."""

    @property
    def key(self) -> Path:
        """Give where the key of its events is."""
        return self.settings.with_suffix(".key")

    @property
    def tls_key(self) -> Path:
        """Give where the key of its certificate is."""
        return self.settings.with_suffix(".tls.key")

    @property
    def certificate(self) -> Path:
        """Give where its certificate is."""
        return self.settings.with_suffix(".crt")

    @property
    def authority(self) -> Path:
        """Give where the certificate of the site's authority is."""
        return self.settings.with_suffix(".ca.crt")

    def all(self) -> tuple[Path, ...]:
        """Give every file in the order they are written."""
        return self.key, self.tls_key, self.certificate, self.authority, self.settings


def provision(
    url: Annotated[str, typer.Argument(help="The server's address, such as https://guiwei.example")],
    code: Annotated[str, typer.Argument(help="The one-time code from the server's page of cabinets")],
    settings: Annotated[Path, typer.Option(help="The settings file to write; keys go beside it")] = Path(
        "/etc/guiwei/station.toml"
    ),
    ca: Annotated[Path | None, typer.Option(help="Who vouches for the server, if not the system")] = None,
    data: Annotated[Path | None, typer.Option(help="Where it keeps what it writes; else /var/lib/guiwei/NAME")] = None,
    owner: Annotated[str, typer.Option(help="The account that runs the station; as root: guiwei")] = "",
    force: Annotated[bool, typer.Option(help="Replace keys and settings; devices and doors stay")] = False,
) -> None:
    """Enrol this station with a one-time code: make its keys, get its certificate, write its settings."""
    try:
        known = enrol(url, code, Files(settings, data), ca=ca, owner=owner or _usual_owner(), force=force)
    except DeviceError as error:
        typer.echo(f"guiwei edge provision: {error}", err=True)
        raise typer.Exit(WRONG_USE) from None
    typer.echo(f"{settings}: station {known.station} of {known.site}, broker {known.broker_host}:{known.broker_port}")


def _usual_owner() -> str | None:
    """Give the account whose the files must be when root enrols: the one that the unit runs the station as."""
    try:
        return pwd.getpwnam(ACCOUNT).pw_name if os.geteuid() == 0 else None
    except KeyError:
        return None


def enrol(url: str, code: str, files: Files, *, ca: Path | None, owner: str | None, force: bool) -> Enrolment:
    """Enrol, and write every file; raises a DeviceError that says what to do."""
    address, trust = _address(url), _trust(ca)
    before = _may_write(files, force)
    key, tls_key = Ed25519PrivateKey.generate(), certificates.new_key()
    asked = EnrolmentRequest(
        v=1, code=code.strip(), public_key=public_hex(key), certificate_request=certificates.request(tls_key)
    )
    known = _checked(_post(address, encode(asked), trust), tls_key)
    texts = {
        files.key: key.private_bytes_raw().hex() + "\n",
        files.tls_key: certificates.key_pem(tls_key),
        files.certificate: known.certificate,
        files.authority: known.authority,
        files.settings: _settings(known, files, before),
    }
    try:
        for path in files.all():
            mode = PRIVATE if path in (files.key, files.tls_key) else SHARED
            replace_file(path, texts[path], mode=mode, owner=owner)
    except (OSError, LookupError) as error:
        raise SettingsError(f"{files.settings.parent}: {error}; the code is used up, have a new one made") from None
    load_settings(files.settings)
    return known


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise SettingsError(f"{url}: not an address such as https://guiwei.example")
    if parts.scheme == "http" and parts.hostname not in HERE:
        raise SettingsError(f"{url}: would send the code in clear; use https:// (and --ca for your own authority)")
    return url.rstrip("/") + PATH


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:
        raise SettingsError(f"--ca {ca}: {error}") from None


def _may_write(files: Files, force: bool) -> str:
    """Make sure that all can be written, and give the settings that are there."""
    there = [path for path in files.all() if path.exists()]
    if there and not force:
        names = ", ".join(str(path) for path in there)
        raise SettingsError(f"there already: {names}; --force replaces them, devices and doors stay")
    folder = files.settings.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise SettingsError(f"{folder}: may not be written to by this account")
        before = files.settings.read_text(encoding="utf-8") if files.settings.exists() else ""
        tomllib.loads(before)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{files.settings}: {error}") from None
    return before


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A code is sent to the server that was named, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def _post(address: str, body: bytes, trust: ssl.SSLContext) -> bytes:
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust), _NoRedirect)
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 (_address)
    try:
        with urllib.request.build_opener(*handlers).open(asked, timeout=TIMEOUT) as answer:
            said: bytes = answer.read(MAX_BODY + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise ProtocolError(f"{address}: {error.code}: {_detail(error.read(MAX_BODY))}") from None
    except (OSError, ValueError) as error:
        raise UnreachableError(f"{address}: {getattr(error, 'reason', error)}") from None
    return said


def _detail(body: bytes) -> str:
    """Say what a problem document says."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, LookupError, TypeError):
        return "no answer of a Guiwei server; is the address right?"


def _checked(body: bytes, tls_key: certificates.PrivateKey) -> Enrolment:
    """Read the answer, and make sure that its certificate is for this station's own key and name."""
    try:
        known = decode_enrolment(body)
        certificate = certificates.read_certificate(known.certificate)
        certificates.read_certificate(known.authority, "authority")
    except (ContractError, certificates.CertificateError) as error:
        raise ProtocolError(f"the server's answer: {error}") from None
    if certificate.public_key() != tls_key.public_key() or certificates.name_of(certificate) != known.station:
        raise ProtocolError("the server's answer: the certificate is not this station's")
    return known


def _settings(known: Enrolment, files: Files, before: str) -> str:
    """Write the settings: our tables anew, what the installer wrote as it was."""
    station = tomllib.loads(before).get("station", {})
    name, own = files.settings.stem, files.data
    more = [f"{key} = {json.dumps(station[key])}\n" for key in ("clock_file", "outbox_mb") if key in station]
    values: dict[str, Any] = {
        "name": known.station,
        "site": known.site,
        "data": str(own.absolute()) if own else station.get("data", f"/var/lib/guiwei/{name}"),
        "state": str(own.absolute() / "state.json") if own else station.get("state", f"/run/guiwei/{name}/state.json"),
        "key": str(files.key.absolute()),
        "server_key": known.server_key,
        "server_pin_key": known.server_pin_key,
        "host": known.broker_host,
        "port": known.broker_port,
        "ca": str(files.authority.absolute()),
        "certificate": str(files.certificate.absolute()),
        "tls_key": str(files.tls_key.absolute()),
    }
    written = SETTINGS.format(more="".join(more), **{key: json.dumps(value) for key, value in values.items()})
    return written + (_installers(before) or FIRST.format(doors=known.doors))


def _installers(before: str) -> str:
    """Give the tables of a settings file that are not ours, as they stand there."""
    kept, ours = [], True
    for line in before.splitlines(keepends=True):
        if found := TABLE.match(line):
            ours = found[1] in OURS
        if not ours:
            kept.append(line)
    return "".join(kept)
