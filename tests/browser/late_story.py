"""What is left when the rest is over: old papers due and destroyed, a form from an agreement, a list changed, looks."""

from sqlalchemy import select

from agreements.intake import comparing, form_actions
from agreements.intake.import_record import import_of_id
from agreements.kernel import access_log
from agreements.kernel.access_log import SensitiveKind
from agreements.kernel.money import Money
from agreements.parties.actions import tenant_of_key
from agreements.parties.industries import add_industry, industry_of_code, rename_industry, retire_industry
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.retention.certificate_paper import seal_certificate
from compliance.retention.clocks import certificates_of
from compliance.retention.models import PurgeProposal
from compliance.retention.planning import plan_of
from compliance.retention.purging import approve
from compliance.retention.rules import RetentionClass
from tests.browser.parties import HAITANG, HEHUAN, JINGUI, YULAN
from tests.browser.story import APPROVER, FINANCE, OFFICER
from tests.builders import a_person, at

ADMIN = a_person("admin", name="钱管理", person_id=1)
DEPARTING = 16


def what_is_left(story):
    """On the afternoon of the contract side, after everything else."""
    a_form_from_an_agreement(story)
    industries_of_our_own(story)
    old_papers(story)
    looks(story)


def a_form_from_an_agreement(story):
    with story.acting() as (session, now):
        imported = import_of_id(session, DEPARTING)
        version = comparing.draft_form_of(
            session, imported, key="used-car-2026", name="二手车行业协议", actor=OFFICER, now=now
        )
        form_actions.approve(session, version, actor=APPROVER, now=now)
        form_actions.put_in_force(session, version, actor=APPROVER, now=now)


def industries_of_our_own(story):
    with story.acting() as (session, now):
        added = add_industry(
            session,
            "used_cars",
            name_zh="二手车交易",
            name_en="Used cars",
            documents=["business_licence", "business_description"],
            reason="二手车交易服务客户增多，单列管理",
            actor=ADMIN,
            now=now,
        )
        rename_industry(
            session,
            added,
            name_zh="二手车交易与评估",
            name_en="Trade in and valuation of used cars",
            reason="评估业务一并归入",
            actor=ADMIN,
            now=now,
        )
        retire_industry(session, industry_of_code(session, "games"), reason="不再承接该行业客户", actor=ADMIN, now=now)


def old_papers(story):
    """Three orders of years ago: one destroyed, one approved by one of two, one whose clock still runs."""
    for party, paid in (
        (JINGUI, "Tue 2019-12-31 09:00"),
        (YULAN, "Wed 2020-07-01 09:00"),
        (HEHUAN, "Wed 2021-12-01 09:00"),
    ):
        story.register(party)
        with story.acting() as (session, now):
            agreement = agreement_of_order(session, party.order_no)
            confirm_payment(
                session,
                agreement,
                amount=Money(agreement.paid_amount_fen),
                paid_at=at(paid),
                reference=f"PAY-{paid[4:8]}-{party.number:04}",
                actor=FINANCE,
                now=now,
            )
    story.run_jobs()
    for party, people in ((JINGUI, (APPROVER, ADMIN)), (YULAN, (ADMIN,))):
        for person in people:
            say_yes(story, party, person)
    story.run_jobs()
    with story.acting() as (session, now):
        agreement = agreement_of_order(session, JINGUI.order_no)
        certificate = certificates_of(session, agreement.id)[RetentionClass.CONTRACTS]
        seal_certificate(session, certificate, actor=APPROVER, now=now)


def say_yes(story, party, person):
    """Of the other classes nothing is kept, and nobody is asked."""
    with story.acting() as (session, now):
        agreement = agreement_of_order(session, party.order_no)
        proposal = session.scalars(
            select(PurgeProposal).where(
                PurgeProposal.agreement_id == agreement.id, PurgeProposal.retention_class == RetentionClass.CONTRACTS
            )
        ).one()
        seen = plan_of(session, agreement, RetentionClass.CONTRACTS).sha256
        approve(session, proposal, seen=seen, reason="保存期限已满，无未了事项", actor=person, now=now)


def looks(story):
    """As pages and gateways write them down."""
    with story.acting() as (session, now):
        agreement = agreement_of_order(session, HAITANG.order_no)
        tenant = tenant_of_key(session, HAITANG.key)
        for kind, subject, reason in (
            (SensitiveKind.FILE, "agreement.download:1", None),
            (SensitiveKind.NOTICE_TEXT, "notices.show:7", None),
            (SensitiveKind.CONTRACT_TEXT, "intake.review:1", None),
            (SensitiveKind.FILE, "papers.download:1", None),
            (SensitiveKind.CONTACT_DATA, "contact:1", "核对送达地址确认书的签收人"),
        ):
            access_log.note(
                session,
                actor=OFFICER,
                kind=kind,
                subject=subject,
                tenant_id=tenant.id,
                agreement_id=agreement.id,
                reason=reason,
                now=now,
            )
