"""`doctor`: everything about an installation that can be wrong without anybody seeing it, asked one by one."""

import platform
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import pysqlite3.dbapi2
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.kernel import audit, clock
from agreements.kernel.access.models import Person, PersonRole
from agreements.kernel.access.rules import Role
from agreements.kernel.clock import Installation
from agreements.kernel.crypto import Keyring
from agreements.kernel.errors import IntegrityBroken
from agreements.kernel.files import FileStore, StoredFile
from agreements.kernel.instants import legal_date
from agreements.kernel.journal import SendJournal
from agreements.kernel.pausing import open_pause
from agreements.kernel.settings import Settings
from agreements.kernel.sweeps import attempt, describe
from agreements.kernel.web.sessions import LOOPBACK
from compliance.notices.dispatch import address_of
from compliance.notices.held import is_behind
from compliance.notices.models import Outbox
from compliance.notices.smtp import transport_of
from compliance.operations.metrics import program_version
from compliance.operations.readiness import (
    clock_trusted,
    due_work_in_time,
    migrations_current,
    nothing_parked,
    scheduler_on_time,
)

LEAST_DISK_BYTES = 1024**3
YEAR_WANTED_FROM_MONTH = 12
SHOWN = 5


class Grade(StrEnum):
    """`finding` makes the command exit 1; `note` is worth knowing and wrong in production only."""

    GOOD = "good"
    NOTE = "note"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Result:
    """One question. `says` is a value where all is well, else what is wrong; `remedy` what to do about it."""

    name: str
    grade: Grade
    says: str
    remedy: str = ""


def good(says: str) -> tuple[Grade, str, str]:
    return Grade.GOOD, says, ""


def finding(says: str, remedy: str) -> tuple[Grade, str, str]:
    return Grade.FINDING, says, remedy


def note(says: str, remedy: str) -> tuple[Grade, str, str]:
    return Grade.NOTE, says, remedy


def examine(session: Session, *, asks_smtp: bool = False) -> list[Result]:
    """Ask everything, in order; a question that breaks is a finding itself. Changes nothing."""
    questions = {**QUESTIONS, "mail_server": mail_server} if asks_smtp else QUESTIONS
    results = []
    for name, ask in questions.items():
        outcome = attempt(lambda ask=ask: ask(session))  # type: ignore[misc]
        session.rollback()
        if isinstance(outcome, Exception):
            results.append(Result(name, Grade.FINDING, f"could not be asked: {describe(outcome)}"))
        else:
            results.append(Result(name, *outcome))
    return results


def versions(session: Session) -> tuple[Grade, str, str]:
    dialect = session.get_bind().dialect.name
    server = session.scalar(text("SHOW server_version")) if dialect == "postgresql" else None
    engine = f"PostgreSQL {server}" if server else f"SQLite {pysqlite3.dbapi2.sqlite_version}"
    return good(f"Lüyue {program_version()}, Python {platform.python_version()}, {engine}")


def settings_sane(session: Session) -> tuple[Grade, str, str]:
    settings: Settings = session.info["settings"]
    address = urlsplit(settings.public_url)
    wrong = []
    if not current_app.config["SESSION_COOKIE_SECURE"] or not current_app.config.get("TRUSTED_HOSTS"):
        wrong.append("cookies are not Secure or any host name is answered")
    if address.hostname is None or address.scheme not in ("http", "https"):
        wrong.append("public_url is no address")
    elif address.scheme == "http" and address.hostname not in LOOPBACK:
        wrong.append("public_url is http: nobody can sign in there")
    if address.scheme == "https" and settings.trusted_proxies == 0:
        wrong.append("public_url is https but trusted_proxies is 0: we would not see that a request came by https")
    if wrong:
        return finding("; ".join(wrong), "See “settings” and “behind a proxy” in the README.")
    if address.hostname in LOOPBACK:
        return note(
            f"public_url is {settings.public_url}: links in notices open on this machine only", "Set public_url."
        )
    return good(f"public_url {settings.public_url}, {settings.trusted_proxies} trusted proxies")


def mail_settings(session: Session) -> tuple[Grade, str, str]:
    settings: Settings = session.info["settings"]
    transport_of(settings)  # an unknown security raises
    if settings.smtp_security == "none" and settings.smtp_host not in LOOPBACK:
        return finding("mail leaves this machine in clear", "Set smtp_security to starttls or tls.")
    if settings.smtp_from.endswith("@localhost"):
        return note(f"notices are sent from {settings.smtp_from}", "Set smtp_from.")
    return good(f"{settings.smtp_host}:{settings.smtp_port}, {settings.smtp_security}")


def keys_open(session: Session) -> tuple[Grade, str, str]:
    """Open the newest sealed value there is."""
    ring: Keyring = session.info["keyring"]
    path = Path(current_app.instance_path) / "keys.toml"
    if not path.is_file():
        return finding("keys.toml is gone from the instance folder", "Put it back before anything is restarted.")
    if path.stat().st_mode & 0o077:
        return finding("keys.toml can be read by others", "chmod 600 keys.toml")
    newest = session.scalars(select(Outbox).order_by(Outbox.id.desc()).limit(1)).first()
    if newest is None:
        return good(f"{len(ring.keys)} keys, nothing sealed yet")
    try:
        address_of(session, newest)
    except IntegrityBroken:
        return finding("the key ring does not open what is sealed", "Put the original keys.toml back.")
    return good(f"{len(ring.keys)} keys, the newest sealed value opens")


def files_whole(session: Session) -> tuple[Grade, str, str]:
    """Compare the store with the rows: missing, altered, and files that no row knows."""
    store: FileStore = session.info["files"]
    known = set(session.scalars(select(StoredFile.sha256).where(StoredFile.purged_at.is_(None))))
    given_up = set(session.scalars(select(StoredFile.sha256).where(StoredFile.purged_at.is_not(None))))
    there = {path.name for path in store.root.glob("??/*") if path.is_file()} if store.root.is_dir() else set()
    missing = sorted(known - there)
    altered = [sha256 for sha256 in sorted(known & there) if not _reads(store, sha256)]
    orphaned = sorted(there - known - given_up)
    if missing or altered:
        return finding(
            f"{len(missing)} missing, {len(altered)} altered: {', '.join((missing + altered)[:SHOWN])}",
            "Take them from a backup: they are known by their SHA-256.",
        )
    if orphaned:
        return note(f"{len(known)} whole; {len(orphaned)} that no row knows", "Left by acts that were rolled back.")
    return good(f"{len(known)} whole")


def _reads(store: FileStore, sha256: str) -> bool:
    try:
        store.read(sha256)
    except IntegrityBroken:
        return False
    return True


def trail_unbroken(session: Session) -> tuple[Grade, str, str]:
    count, head = audit.verify(session)
    return good(f"{count} acts, last hash {head[:16]}…")


def schema(session: Session) -> tuple[Grade, str, str]:
    wrong = migrations_current(session)
    return finding(wrong, "flask --app app prepare") if wrong else good("current")


def marked(session: Session) -> tuple[Grade, str, str]:
    row = session.get(Installation, 1)
    if row is None:
        return finding("the database was never set up", "flask --app app prepare")
    return note("a rehearsal with its own clock", "Never use it for real.") if row.is_rehearsal else good("normal")


def calendar_covers(session: Session) -> tuple[Grade, str, str]:
    """From December on the next year must be known, or its dates stay provisional."""
    today = legal_date(clock.now(session))
    calendar = working_calendar(session)
    wanted = [today.year] + ([today.year + 1] if today.month == YEAR_WANTED_FROM_MONTH else [])
    lacking = [year for year in wanted if year not in calendar.published_years]
    if lacking:
        return finding(f"no working days for {', '.join(map(str, lacking))}", "flask --app app calendar load FILE")
    return good(f"through {max(calendar.published_years)}")


def clock_right(session: Session) -> tuple[Grade, str, str]:
    wrong = clock_trusted(session)
    return finding(wrong, "Check the machine's time service.") if wrong else good("not behind any heartbeat")


def punctual(session: Session) -> tuple[Grade, str, str]:
    wrong = "; ".join(filter(None, (scheduler_on_time(session), due_work_in_time(session))))
    return finding(wrong, "flask --app app jobs run") if wrong else good("every job within three cadences")


def nothing_stuck(session: Session) -> tuple[Grade, str, str]:
    wrong = nothing_parked(session)
    return finding(wrong, "Admin → Jobs names the items and their errors.") if wrong else good("nothing needs a person")


def sending(session: Session) -> tuple[Grade, str, str]:
    pause = open_pause(session)
    if pause is not None:
        return finding(
            f"paused since {pause.paused_at.isoformat(timespec='seconds')} ({pause.cause})",
            "Look through the held notices, then release it: restore --release.",
        )
    journal: SendJournal = session.info["journal"]
    if is_behind(session, journal):
        return finding("the send journal is ahead of the database", "Was an older copy put in place by hand?")
    return good("not paused")


def people(session: Session) -> tuple[Grade, str, str]:
    """Somebody must be able to approve, and an account without a role is an account nobody thinks of."""
    live = Person.disabled_at.is_(None)
    held = set(session.scalars(select(PersonRole.role).join(Person).where(live)))
    without = session.scalar(select(func.count()).select_from(Person).where(live, ~Person.role_rows.any())) or 0
    lacking = [role.value for role in (Role.ADMIN, Role.LEGAL_OFFICER, Role.LEGAL_APPROVER) if role not in held]
    wrong = ([f"nobody is {', '.join(lacking)}"] if lacking else []) + (
        [f"{without} people without a role"] if without else []
    )
    return finding("; ".join(wrong), "Admin → People") if wrong else good("every needed role is held")


def disk(session: Session) -> tuple[Grade, str, str]:  # noqa: ARG001 - every question is asked alike
    free = shutil.disk_usage(current_app.instance_path).free
    says = f"{free / LEAST_DISK_BYTES:.1f} GiB free"
    return finding(says, "Less than 1 GiB: writes will soon fail.") if free < LEAST_DISK_BYTES else good(says)


def mail_server(session: Session) -> tuple[Grade, str, str]:
    """Connect to the mail server and hang up; nothing is sent."""
    settings: Settings = session.info["settings"]
    session.rollback()
    try:
        with socket.create_connection((settings.smtp_host, settings.smtp_port), timeout=5):
            return good(f"{settings.smtp_host}:{settings.smtp_port} answers")
    except OSError as error:
        where = f"{settings.smtp_host}:{settings.smtp_port}"
        return finding(f"{where} can't be reached ({type(error).__name__})", "Check smtp_host and the network.")


QUESTIONS: dict[str, Callable[[Session], tuple[Grade, str, str]]] = {
    "versions": versions,
    "installation": marked,
    "migrations": schema,
    "settings": settings_sane,
    "mail": mail_settings,
    "keys": keys_open,
    "files": files_whole,
    "audit_trail": trail_unbroken,
    "calendar": calendar_covers,
    "clock": clock_right,
    "scheduler": punctual,
    "parked": nothing_stuck,
    "sending": sending,
    "people": people,
    "disk": disk,
}
