"""A certificate that vouches for itself, for a server of the tests."""

import datetime
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """The certificate and its key, in files."""

    cert: Path
    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What `maquette serve` is told."""
        return ("--tls-cert", str(self.cert), "--tls-key", str(self.key))

    def trusted(self) -> ssl.SSLContext:
        """The TLS of a client that trusts it alone."""
        return ssl.create_default_context(cafile=str(self.cert))


def certified(folder: Path) -> Certificate:
    """One for 127.0.0.1, kept in that folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maquette")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pair = Certificate(folder / "cert.pem", folder / "key.pem")
    pair.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pair
