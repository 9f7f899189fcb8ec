"""Settings: the environment wins over `instance/config.toml`, which wins over the defaults.

Policies ([P] values that counsel signs off) are not settings: they live in the database with their history.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides about one installation.

    database_url       postgresql://user:password@host/database; empty means the SQLite file luyue.db in the instance
                       folder
    public_url         how people and tenants reach us, without a slash at the end; links in notices start with it; the
                       default follows PORT
    provider_name      our company as it signs notices
    provider_reply_to  where tenants send answers and proof, as a letter names it; empty names nothing
    smtp_host, _port   mail server for notices; smtp_security is none, starttls or tls
    smtp_timeout_seconds  bound of one whole delivery; a claim of the outbox lasts half as long again
    smtp_from          sender's address of notices
    default_locale     zh or en, for people who have not chosen
    signing_pkcs12     key, certificate and chain that sign our documents; empty: a development certificate, marked so
    signing_timestamp_url  authority (RFC 3161, http or https) that stamps our documents after they are issued; empty:
                       none
    signing_trust      certificates (PEM) whose signatures on official copies are trusted; empty trusts none
    trusted_proxies    how many proxies before us set X-Forwarded-For and -Proto; 0 believes none of them
    """

    database_url: str = field(default="", repr=False)  # it may hold a password
    public_url: str = "http://127.0.0.1:8000"
    provider_name: str = ""
    provider_reply_to: str = ""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_security: str = "none"
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_timeout_seconds: int = 30
    smtp_from: str = "notices@localhost"
    default_locale: str = "zh"
    signing_pkcs12: str = ""
    signing_passphrase: str = field(default="", repr=False)
    signing_timestamp_url: str = ""
    signing_trust: str = ""
    max_upload_bytes: int = 20 * 1024 * 1024
    trusted_proxies: int = 0


def load_settings(instance_path: str, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings; an unknown name or a wrong type raises ValueError naming it.

    Environment names are LUYUE_ and the field in capitals; DATABASE_URL is read too.
    """
    known = {known.name: known.type for known in fields(Settings)}
    values: dict[str, object] = {}
    if "PORT" in os.environ:
        values["public_url"] = f"http://127.0.0.1:{int(os.environ['PORT'])}"
    path = Path(instance_path) / "config.toml"
    if path.exists():
        values.update(tomllib.loads(path.read_text(encoding="utf-8")))
    if "DATABASE_URL" in os.environ:
        values["database_url"] = os.environ["DATABASE_URL"]
    values.update(
        {name: os.environ[f"LUYUE_{name.upper()}"] for name in known if f"LUYUE_{name.upper()}" in os.environ}
    )
    values.update(overrides or {})
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"unknown setting {name!r} in {path} or the environment")
        if known[name] is int and isinstance(value, str):
            values[name] = int(value)
        elif not isinstance(value, known[name]):  # type: ignore[arg-type]
            raise ValueError(f"setting {name!r} must be {known[name]}, not {type(value).__name__}")
    return Settings(**values)  # type: ignore[arg-type]
