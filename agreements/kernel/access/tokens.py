"""Random secrets and their hashes. 256 bits of the system's generator need no slow hash."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits as URL-safe text, 43 characters."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
