"""Searching the audit trail: what was asked, the rows, the pages their subjects stand on. Nothing is changed here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import ActorKind
from agreements.kernel.audit import AuditEvent
from agreements.kernel.instants import end_of, parse_date, start_of
from agreements.parties.models import Tenant
from agreements.register.models import Agreement

SORTS = {"seq": AuditEvent.seq, "act": AuditEvent.act, "actor": AuditEvent.actor_name, "as_of": AuditEvent.as_of}
PAGES = {"case": "/cases/{}", "notice": "/notices/{}", "policy": "/admin/policies/{}", "job": "/admin/jobs/{}"}
"""Where the subject of an act is shown, by the word before its colon."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a reader asks; an empty text asks nothing.

    actor       part of a name; `kind` one of the actor kinds
    act         a dotted act, or the word before its dot for all of that kind
    subject     such as "case:12", or its first word
    order_no, tenant_key  of the agreement or tenant
    since, until  Shanghai days on which it was recorded, both inclusive
    sort        key of `SORTS`, with "-" before it for descending; the newest first where empty
    """

    actor: str = ""
    kind: str = ""
    act: str = ""
    subject: str = ""
    order_no: str = ""
    tenant_key: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = "-seq"

    @property
    def is_empty(self) -> bool:
        return self == Search(sort=self.sort)


def read_search(args: Mapping[str, str]) -> Search:
    """Read a search from an address; a day that is none raises InvalidInput. An unknown sort is the usual one."""
    word = {
        name: args.get(name, "").strip()[:120] for name in ("actor", "kind", "act", "subject", "order_no", "tenant_key")
    }
    day = {name: parse_date(args[name], name) if args.get(name) else None for name in ("since", "until")}
    sort = args.get("sort", "-seq")
    return Search(**word, **day, sort=sort if sort.removeprefix("-") in SORTS else "-seq")  # type: ignore[arg-type]


def matching(search: Search) -> Select[AuditEvent]:
    """Return the statement of a search, in its order."""
    statement = select(AuditEvent)
    if search.actor:
        statement = statement.where(AuditEvent.actor_name.icontains(search.actor, autoescape=True))
    if search.kind in {kind.value for kind in ActorKind}:
        statement = statement.where(AuditEvent.actor_kind == ActorKind(search.kind))
    if search.act:
        of_a_kind = AuditEvent.act.startswith(f"{search.act}.", autoescape=True)
        statement = statement.where(or_(AuditEvent.act == search.act, of_a_kind))
    if search.subject:
        of_a_kind = AuditEvent.subject.startswith(f"{search.subject}:", autoescape=True)
        statement = statement.where(or_(AuditEvent.subject == search.subject, of_a_kind))
    if search.order_no:
        wanted = select(Agreement.id).where(Agreement.order_no == search.order_no)
        statement = statement.where(AuditEvent.agreement_id.in_(wanted))
    if search.tenant_key:
        tenants = select(Tenant.id).where(Tenant.tenant_key == search.tenant_key)
        theirs = select(Agreement.id).where(Agreement.tenant_id.in_(tenants))
        statement = statement.where(or_(AuditEvent.tenant_id.in_(tenants), AuditEvent.agreement_id.in_(theirs)))
    if search.since:
        statement = statement.where(AuditEvent.recorded_at >= start_of(search.since))
    if search.until:
        statement = statement.where(AuditEvent.recorded_at < end_of(search.until))
    column = SORTS[search.sort.removeprefix("-")]
    descending = search.sort.startswith("-")
    return statement.order_by(column.desc() if descending else column.asc(), AuditEvent.seq.desc())


def acts(session: Session) -> list[str]:
    """Return every act that the trail holds, by name."""
    return list(session.scalars(select(AuditEvent.act).distinct().order_by(AuditEvent.act)))


@dataclass(frozen=True, slots=True)
class Named:
    """What the numbers of a page's rows stand for: order numbers and tenant keys by id."""

    orders: dict[int, str]
    tenants: dict[int, str]


def named(session: Session, events: Iterable[AuditEvent]) -> Named:
    known = list(events)
    agreements = {event.agreement_id for event in known if event.agreement_id is not None}
    tenants = {event.tenant_id for event in known if event.tenant_id is not None}
    orders = select(Agreement.id, Agreement.order_no).where(Agreement.id.in_(sorted(agreements)))
    keys = select(Tenant.id, Tenant.tenant_key).where(Tenant.id.in_(sorted(tenants)))
    return Named(
        orders=dict(row for row in session.execute(orders)),
        tenants=dict(row for row in session.execute(keys)),
    )


def page_of_subject(subject: str) -> str | None:
    """Return where a subject is shown, None where nowhere."""
    kind, _, number = subject.partition(":")
    return PAGES[kind].format(number) if kind in PAGES and number else None


def count(session: Session, statement: Select[AuditEvent]) -> int:
    return session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
