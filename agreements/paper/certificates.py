"""With which certificate we sign: the one the configuration names, else a development one made on first use.

The development certificate lies in `instance/signing/`, readable by the owner only. It vouches for nobody: every page
signed with it says so, and no check trusts it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from agreements.kernel import clock
from agreements.kernel.errors import N_, MissingData
from agreements.kernel.settings import Settings

DEVELOPMENT_NAME = "履约 开发测试证书 DEVELOPMENT ONLY"
DEVELOPMENT_CALENDAR_DAYS = 3650
OLD_ENOUGH = timedelta(days=3650)
"""A rehearsal's clock may stand years back; the development certificate covers it."""


@dataclass(frozen=True)
class SigningIdentity:
    """Key and certificates at hand. sha256: fingerprint of the signing certificate; name: as it names its holder."""

    signer: SimpleSigner
    sha256: str
    name: str
    is_trial: bool


def identity(settings: Settings, folder: Path) -> SigningIdentity:
    """Return what we sign with. folder: where the development certificate lies or is made.

    A PKCS#12 file that the configuration names and that can't be opened raises MissingData; nothing else takes its
    place.
    """
    if settings.signing_pkcs12:
        path = Path(settings.signing_pkcs12)
        try:
            return _opened(path.read_bytes(), settings.signing_passphrase.encode() or None, is_trial=False)
        except (OSError, ValueError) as error:
            raise MissingData(
                N_("The signing certificate can't be opened."),
                code="SIGNING_CERTIFICATE",
                remedy=N_("Check signing_pkcs12 and signing_passphrase in the configuration."),
            ) from error
    path = folder / "development.p12"
    if not path.exists():
        _make_development(path)
    return _opened(path.read_bytes(), None, is_trial=True)


@lru_cache(maxsize=4)
def _opened(content: bytes, passphrase: bytes | None, *, is_trial: bool) -> SigningIdentity:
    held = pkcs12.load_pkcs12(content, passphrase)
    if held.key is None or held.cert is None:
        raise ValueError("the file holds no key with its certificate")
    certificate = held.cert.certificate
    encoded = held.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([_asn1(each.certificate) for each in held.additional_certs])
    signer = SimpleSigner(
        signing_cert=_asn1(certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(encoded),
        cert_registry=store,
    )
    return SigningIdentity(signer, certificate.fingerprint(hashes.SHA256()).hex(), _name(certificate), is_trial)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _make_development(path: Path) -> None:
    """Make a key and a certificate that nobody vouches for; two processes starting at once agree on one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVELOPMENT_NAME)])
    from_at = clock.wall() - OLD_ENOUGH
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(from_at)
        .not_valid_after(clock.wall() + timedelta(days=DEVELOPMENT_CALENDAR_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .sign(key, hashes.SHA256())
    )
    content = pkcs12.serialize_key_and_certificates(
        b"development", key, certificate, None, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    with suppress(FileExistsError):  # another process was first; its file counts
        os.link(fresh, path)
    fresh.unlink()


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
