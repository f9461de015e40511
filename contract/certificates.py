"""Certificates of who speaks to the broker: an authority, a request, what it signs and what it revokes. PEM in and out.

The common name of a certificate is the name under which its holder speaks. Nothing here reads a clock or a file.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
DAYS = 825
PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
EARLIER = timedelta(hours=1)
"""So much before it was made a certificate is valid: the clocks of a site differ."""


class CertificateError(ValueError):
    """A key, request or certificate cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs for one site."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Give its certificate, which everybody may know."""
        return pem_of(self.certificate)


def new_key() -> PrivateKey:
    """Make a key for TLS."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: PrivateKey) -> str:
    """Write a private key."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def read_key(pem: str, what: str = "key") -> PrivateKey:
    """Read a private key (CertificateError: it is not one on an elliptic curve)."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{what}: no private key in PEM ({error})") from None
    if not isinstance(key, PrivateKey):
        raise CertificateError(f"{what}: no elliptic-curve key; remove it to have one made")
    return key


def read_certificate(pem: str, what: str = "certificate") -> x509.Certificate:
    """Read a certificate (CertificateError: it is none)."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise CertificateError(f"{what}: no certificate in PEM ({error})") from None


def pem_of(certificate: x509.Certificate) -> str:
    """Write a certificate."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def name_of(certificate: x509.Certificate) -> str:
    """Give the common name."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def signer_of(certificate: x509.Certificate) -> str:
    """Give the identifier (hex) of the key that signed a certificate; "" when it does not say."""
    try:
        said = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return ""
    return (said or b"").hex()


def signs_as(authority: Authority) -> str:
    """Give the identifier (hex) of an authority's key, as `signer_of` does."""
    return x509.SubjectKeyIdentifier.from_public_key(authority.key.public_key()).digest.hex()


def make_authority(key: PrivateKey, name: str, now: datetime) -> Authority:
    """Make an authority that signs its own certificate."""
    subject = _named(f"{name} CA")
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def issue(
    authority: Authority, name: str, key: PublicKey, now: datetime, hosts: Sequence[str] = ()
) -> x509.Certificate:
    """Sign a certificate; `hosts` are what a server is reached by, a station has none."""
    purpose = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        x509.CertificateBuilder(authority.certificate.subject, _named(name), key, x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purpose), critical=False)
        .add_extension(issuer, critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def request(key: PrivateKey) -> str:
    """Ask for a certificate; under which name is for the authority to say."""
    asked = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    return asked.public_bytes(serialization.Encoding.PEM).decode()


def requested_key(pem: str) -> PublicKey:
    """Give the key of a request, of which nothing else is believed (CertificateError: not signed by that very key)."""
    try:
        asked = x509.load_pem_x509_csr(pem.encode())
        key, proven = asked.public_key(), asked.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise CertificateError(f"certificate request: not one in PEM ({error})") from None
    if not proven or not isinstance(key, PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateError("certificate request: needs a P-256 key, and its signature")
    return key


def ends_us(certificate: x509.Certificate) -> int:
    """Give the moment a certificate ends, in microseconds since 1970."""
    return round(certificate.not_valid_after_utc.timestamp() * 1_000_000)


def revocation_list(authority: Authority, serials: Iterable[int], now: datetime) -> str:
    """Write what was revoked; it lasts as long as the authority, for with an old list a broker refuses everybody."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - EARLIER)
        .next_update(authority.certificate.not_valid_after_utc.astimezone(UTC))
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - EARLIER).build()
        builder = builder.add_revoked_certificate(revoked)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def revoked_in(pem: str, what: str = "revocation list") -> set[int]:
    """Give the serial numbers of a revocation list (CertificateError: it is none)."""
    try:
        return {entry.serial_number for entry in x509.load_pem_x509_crl(pem.encode())}
    except ValueError as error:
        raise CertificateError(f"{what}: no revocation list in PEM ({error})") from None


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


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
