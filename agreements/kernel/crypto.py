"""Field encryption: AES-256-GCM, with the key's id, table, column and row bound as associated data.

A stored value reads `v1.<key id>.<nonce>.<ciphertext>` (URL-safe base64). Moved to another row, column or table it does
not decrypt. Keys live in `instance/keys.toml`, made on first start, readable by the owner only, never in the database.
"""

import base64
import hashlib
import hmac
import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agreements.kernel.errors import N_, IntegrityBroken

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value belongs; `row` is the row's own random key, known before it is inserted."""

    table: str
    column: str
    row: str


@dataclass(frozen=True)
class Keyring:
    """Keys by id, 32 bytes each; `current` encrypts, all decrypt. `index_key` is for keyed look-up hashes only."""

    keys: dict[str, bytes]
    current: str
    index_key: bytes

    def encrypt(self, text: str, place: Place) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), _associated(self.current, place))
        return ".".join(("v1", self.current, _encode(nonce), _encode(sealed)))

    def decrypt(self, stored: str, place: Place) -> str:
        """Return the text, an empty one of a value whose retention is over; altered or moved raises IntegrityBroken."""
        if not stored:
            return ""
        try:
            version, key_id, nonce, sealed = stored.split(".")
            if version != "v1":
                raise ValueError(version)
            plain = AESGCM(self.keys[key_id]).decrypt(_decode(nonce), _decode(sealed), _associated(key_id, place))
        except (ValueError, KeyError, InvalidTag):
            raise IntegrityBroken(
                N_("The encrypted value at %(table)s.%(column)s can't be read with the keys at hand."),
                code="DECRYPTION_FAILED",
                table=place.table,
                column=place.column,
            ) from None
        return plain.decode()

    def lookup_hash(self, text: str) -> str:
        """Return a keyed HMAC-SHA-256, by which an encrypted value can be found but not guessed."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).hexdigest()


def _associated(key_id: str, place: Place) -> bytes:
    return f"{key_id}\x1f{place.table}\x1f{place.column}\x1f{place.row}".encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def load_keyring(path: Path) -> Keyring:
    """Read the key file, or make it (mode 0600) where there is none; two processes starting at once agree on one."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("# Losing this file loses every encrypted value. Back it up apart from the database.\n")
            file.write(f'current = "k1"\nindex_key = "{os.urandom(32).hex()}"\n\n')
            file.write(f'[keys]\nk1 = "{os.urandom(32).hex()}"\n')
        with suppress(FileExistsError):  # another process was first; its file counts
            os.link(fresh, path)
        fresh.unlink()
    values = tomllib.loads(path.read_text())
    keys = {key_id: bytes.fromhex(key) for key_id, key in values["keys"].items()}
    return Keyring(keys=keys, current=values["current"], index_key=bytes.fromhex(values["index_key"]))
