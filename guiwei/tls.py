"""`guiwei tls`: make a certificate authority for one site, and certificates for its broker, servers and stations.

The common name of a certificate is the name under which its holder speaks to the broker. Keys are written with mode
0600 and never replaced; a certificate that exists is renewed only on request.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contract import certificates
from firmware_config.mosquitto import replace_file

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Make a certificate authority and certificates.")


def make_authority(folder: Path, now: datetime, name: str = "Guiwei") -> None:
    """Make ca.key and ca.crt in the folder unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ca.crt").exists():
        authority = certificates.make_authority(_key(folder / "ca.key"), name, now)
        replace_file(folder / "ca.crt", authority.pem, mode=0o644)


def issue(folder: Path, name: str, now: datetime, hosts: Sequence[str] = ()) -> None:
    """Make name.key and name.crt, signed by the folder's authority; `hosts` are what a server is reached by."""
    issued = certificates.issue(_authority(folder), name, _key(folder / f"{name}.key").public_key(), now, hosts)
    replace_file(folder / f"{name}.crt", certificates.pem_of(issued), mode=0o644)


def revoke(folder: Path, serials: Iterable[int], now: datetime) -> Path:
    """Add certificates to the authority's revocation list, made if there is none; gives where it is."""
    authority, path = _authority(folder), folder / "lists" / "revoked.pem"
    path.parent.mkdir(exist_ok=True)
    before = certificates.revoked_in(path.read_text("ascii"), str(path)) if path.exists() else set()
    text = certificates.revocation_list(authority, sorted(before | set(serials)), now)
    replace_file(path, text, mode=0o644)
    return path


def _authority(folder: Path) -> certificates.Authority:
    crt = folder / "ca.crt"
    return certificates.Authority(_key(folder / "ca.key"), certificates.read_certificate(crt.read_text(), str(crt)))


def _key(path: Path) -> certificates.PrivateKey:
    """Read a key, made first if it is missing."""
    if not path.exists():
        replace_file(path, certificates.key_pem(certificates.new_key()), mode=0o600)
    return certificates.read_key(path.read_text(), str(path))


@app.command("authority")
def authority_command(folder: Annotated[Path, typer.Argument(help="Where the authority is kept, offline.")]) -> None:
    """Make the site's certificate authority (ca.key, ca.crt) unless it exists."""
    make_authority(folder, datetime.now(UTC))  # noqa: TID251 - a certificate begins at the real moment
    typer.echo(f"{folder}/ca.crt")


@app.command("issue")
def issue_command(
    folder: Annotated[Path, typer.Argument(help="The folder of the authority.")],
    names: Annotated[list[str], typer.Argument(help="Names of stations, servers or the broker.")],
    host: Annotated[
        list[str] | None, typer.Option(help="A host name or address; for the broker and web servers.")
    ] = None,
) -> None:
    """Issue a certificate per name, or renew the one that is there."""
    if not (folder / "ca.crt").exists():
        raise typer.BadParameter(f"there is no ca.crt in {folder}; make it: guiwei tls authority {folder}")
    for name in names:
        issue(folder, name, datetime.now(UTC), host or ())  # noqa: TID251 - as above
        typer.echo(f"{folder}/{name}.crt")


@app.command("revoke")
def revoke_command(
    folder: Annotated[Path, typer.Argument(help="The server's authority: GUIWEI_DATA/authority.")],
    files: Annotated[list[Path], typer.Argument(metavar="CERTIFICATE...", help="The certificates, as files.")],
) -> None:
    """Revoke certificates that were issued by hand; stations are revoked on their page, with their key."""
    try:
        serials = [certificates.read_certificate(path.read_text(), str(path)).serial_number for path in files]
        path = revoke(folder, serials, datetime.now(UTC))  # noqa: TID251 - as above
    except (OSError, certificates.CertificateError) as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(f"{path}: a broker started by `guiwei firmware broker --run` follows; another one must be reloaded")
