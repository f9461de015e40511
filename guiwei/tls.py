"""`guiwei tls`: make a certificate authority for one site, and certificates for its broker, servers and stations.

The common name of a certificate is the name under which its holder speaks to the broker. Keys are written with mode
0600 and never replaced; a certificate that exists is renewed only on request.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firmware_config.mosquitto import replace_file

CA_DAYS = 3650
DAYS = 825

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Make a certificate authority and certificates.")


def make_authority(folder: Path, now: datetime, name: str = "Guiwei") -> None:
    """Make ca.key and ca.crt in the folder unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "ca.crt").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _save(folder / "ca", key, certificate)


def issue(folder: Path, name: str, now: datetime, hosts: Sequence[str] = ()) -> None:
    """Make name.key and name.crt, signed by the folder's authority; `hosts` are what a server is reached by."""
    key_file = folder / f"{name}.key"
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    authority_key = _load_key(folder / "ca.key")
    key = _load_key(key_file) if key_file.exists() else ec.generate_private_key(ec.SECP256R1())
    purpose = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(authority.subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purpose), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    _save(folder / name, key, builder.sign(authority_key, hashes.SHA256()))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no elliptic-curve key; remove it to have one made")
    return key


def _save(stem: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    if not (key_file := stem.with_name(f"{stem.name}.key")).exists():
        replace_file(key_file, pem.decode(), mode=0o600)
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    replace_file(stem.with_name(f"{stem.name}.crt"), text, mode=0o644)


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
