"""The list of industries (clause 3.3 a): policy data, kept in versions; each has a checklist among the policies.

Nine are shipped. Staff with the right to change policies add others, rename and retire them; nothing is deleted, for
tenants and the trail go on naming them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel import audit, policies
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.db import Base, UTCDateTime
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.parties.models import Tenant
from agreements.parties.rules import GENERAL, checklist_policy

CODE = re.compile(r"[a-z][a-z0-9_]{1,29}")
LONGEST_NAME = 40


class IndustryVersion(Base):
    """How an industry is named from `recorded_at` on, and whether it may still be chosen. Append-only."""

    __tablename__ = "industry_version"
    __table_args__ = (
        CheckConstraint("length(name_zh) > 0 AND length(name_en) > 0", name="names"),
        CheckConstraint("version >= 1", name="version"),
        UniqueConstraint("code", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(LONGEST_NAME))
    name_en: Mapped[str] = mapped_column(String(LONGEST_NAME))
    is_retired: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_retired"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))


@dataclass(frozen=True, slots=True)
class Industry:
    """An industry as it stands. version: 0 as shipped, then counted up by each change."""

    code: str
    name_zh: str
    name_en: str
    is_retired: bool = False
    version: int = 0

    @property
    def policy(self) -> str:
        return checklist_policy(self.code)

    def name(self, locale: str) -> str:
        return self.name_en if locale == "en" else self.name_zh


SHIPPED = {
    each.code: each
    for each in (
        Industry(GENERAL, "一般企业", "General"),
        Industry("banking_payment", "银行与支付", "Banks and payment"),
        Industry("lending_guarantee", "小额贷款与融资担保", "Lending and guarantees"),
        Industry("insurance", "保险", "Insurance"),
        Industry("internet_service", "互联网信息服务", "Internet services"),
        Industry("human_resources", "人力资源服务", "Human resources"),
        Industry("healthcare", "医疗健康", "Health care"),
        Industry("transport", "交通运输", "Transport"),
        Industry("games", "网络游戏", "Games"),
    )
}


def industries(session: Session) -> dict[str, Industry]:
    """Return every industry by its code as it stands now: the shipped ones, then the others as they were added."""
    found = dict(SHIPPED)
    for row in session.scalars(select(IndustryVersion).order_by(IndustryVersion.id)):
        found[row.code] = Industry(row.code, row.name_zh, row.name_en, row.is_retired, row.version)
    return found


def choosable(session: Session, *, also: str | None = None) -> list[Industry]:
    """Return those that a tenant may be given; also: a code that it has already, retired or not."""
    return [each for each in industries(session).values() if not each.is_retired or each.code == also]


def industry_of_code(session: Session, code: str) -> Industry:
    found = industries(session).get(code)
    if found is None:
        raise NotFound(N_("There is no industry “%(code)s”."), field="industry", code=code)
    return found


def versions_of(session: Session, code: str) -> list[IndustryVersion]:
    """Return an industry's changes, newest first."""
    return list(
        session.scalars(select(IndustryVersion).where(IndustryVersion.code == code).order_by(IndustryVersion.id.desc()))
    )


def tenants_by_industry(session: Session) -> Mapping[str, int]:
    """Return how many tenants are of each industry that has any."""
    statement = select(Tenant.industry, func.count(Tenant.id)).group_by(Tenant.industry)
    return {row[0]: row[1] for row in session.execute(statement)}


def add_industry(
    session: Session,
    code: str,
    *,
    name_zh: str,
    name_en: str,
    documents: list[str],
    reason: str,
    actor: Actor,
    now: datetime,
) -> Industry:
    """Add an industry with its checklist, which is a policy of its own from then on.

    code  lower-case word that never changes, 2 to 30 characters
    """
    require(actor, Permission.MANAGE_POLICIES)
    code = code.strip()
    if not CODE.fullmatch(code):
        raise InvalidInput(
            N_("“%(code)s” can't be a code."),
            field="code",
            remedy=N_("Two to thirty lower-case letters, digits and underscores, a letter first."),
            code=code,
        )
    known = industries(session)
    if code in known:
        raise Conflict(N_("There is an industry “%(name)s” already."), code="INDUSTRY_EXISTS", field="code", name=code)
    fresh = _named(Industry(code, "", "", version=0), name_zh, name_en, known)
    reason = _reason(reason)
    policies.begin_checklist(session, code, documents, reason=reason, actor=actor, now=now)
    return _write(session, fresh, "industry.added", reason=reason, actor=actor, now=now)


def rename_industry(
    session: Session, industry: Industry, *, name_zh: str, name_en: str, reason: str, actor: Actor, now: datetime
) -> Industry:
    """Give it other names; its code, its tenants and its checklist stay."""
    require(actor, Permission.MANAGE_POLICIES)
    renamed = _named(industry, name_zh, name_en, industries(session))
    if renamed == industry:
        raise InvalidInput(N_("These are its names already."), field="name_zh")
    return _write(session, renamed, "industry.renamed", reason=_reason(reason), actor=actor, now=now)


def retire_industry(session: Session, industry: Industry, *, reason: str, actor: Actor, now: datetime) -> Industry:
    """Offer it no more. Tenants of it stay of it, with its checklist, until they are given another."""
    require(actor, Permission.MANAGE_POLICIES)
    if industry.code == GENERAL:
        raise Conflict(N_("The general industry is every new tenant's and can't be retired."), code="INDUSTRY_NEEDED")
    if industry.is_retired:
        raise Conflict(N_("This industry is retired already."), code="INDUSTRY_RETIRED")
    fresh = replace(industry, is_retired=True)
    return _write(session, fresh, "industry.retired", reason=_reason(reason), actor=actor, now=now)


def restore_industry(session: Session, industry: Industry, *, reason: str, actor: Actor, now: datetime) -> Industry:
    """Offer a retired one again."""
    require(actor, Permission.MANAGE_POLICIES)
    if not industry.is_retired:
        raise Conflict(N_("This industry is not retired."), code="INDUSTRY_IN_USE")
    fresh = replace(industry, is_retired=False)
    return _write(session, fresh, "industry.restored", reason=_reason(reason), actor=actor, now=now)


def _named(industry: Industry, name_zh: str, name_en: str, known: Mapping[str, Industry]) -> Industry:
    for field, written in (("name_zh", name_zh), ("name_en", name_en)):
        if not written.strip():
            raise InvalidInput(N_("This is missing."), field=field, remedy=N_("Fill it in."))
        if len(written.strip()) > LONGEST_NAME:
            raise InvalidInput(N_("At most %(longest)s characters fit."), field=field, longest=LONGEST_NAME)
        taken = (getattr(each, field).casefold() for each in known.values() if each.code != industry.code)
        if written.strip().casefold() in taken:
            raise InvalidInput(N_("Another industry has this name."), field=field)
    return replace(industry, name_zh=name_zh.strip(), name_en=name_en.strip())


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput(N_("A policy change needs a reason."), field="reason")
    return reason.strip()


def _write(session: Session, industry: Industry, act: str, *, reason: str, actor: Actor, now: datetime) -> Industry:
    fresh = replace(industry, version=industry.version + 1)
    event = audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"industry:{fresh.code}",
        clause="3.3",
        now=now,
        reason=reason,
        details={"name_zh": fresh.name_zh, "name_en": fresh.name_en, "version": fresh.version},
    )
    session.add(
        IndustryVersion(
            code=fresh.code,
            version=fresh.version,
            name_zh=fresh.name_zh,
            name_en=fresh.name_en,
            is_retired=fresh.is_retired,
            recorded_at=now,
            audit_seq=event.seq,
        )
    )
    session.flush()  # the next look at the list sees it
    return fresh
