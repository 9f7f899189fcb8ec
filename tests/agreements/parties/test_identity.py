"""Who a party is: the credit code's check digit, former names, two spellings of one name (E-50, E-51)."""

import pytest
from sqlalchemy import select

from agreements.kernel.errors import Conflict, InvalidInput
from agreements.parties.actions import ContactDetails, contact_details, end_contact, ensure_tenant, record_contact
from agreements.parties.identity import DIGITS, CodeFault, PartyKind, check_sign, fault_of_code, written_code
from agreements.parties.models import Contact, Party
from agreements.parties.naming import name_on, rename_party, set_identity
from agreements.parties.rules import ContactRole
from tests.builders import at, day
from tests.builders_register import OFFICER, a_paid_agreement

NOW = at("Thu 2024-09-12 15:00")
BODY = "91420100MA4KX0000"
CODE = BODY + check_sign(BODY)


def test_the_check_digit_of_a_published_example_fits():
    assert fault_of_code("91350100M000100Y43", PartyKind.LEGAL_PERSON) is None  # the example of the standard itself


@pytest.mark.parametrize(
    ("code", "kind", "fault"),
    [
        (CODE, PartyKind.LEGAL_PERSON, None),
        (CODE[:-1], PartyKind.LEGAL_PERSON, CodeFault.LENGTH),
        (CODE.replace("K", "I"), PartyKind.LEGAL_PERSON, CodeFault.SIGNS),
        (CODE[:2] + "42O100" + CODE[8:], PartyKind.LEGAL_PERSON, CodeFault.SIGNS),
        (CODE[:8] + "MB" + CODE[10:], PartyKind.LEGAL_PERSON, CodeFault.CHECK_DIGIT),
        (CODE, PartyKind.SOLE_TRADER, CodeFault.KIND),
        ("92" + BODY[2:] + check_sign("92" + BODY[2:]), PartyKind.SOLE_TRADER, None),
        ("92" + BODY[2:] + check_sign("92" + BODY[2:]), PartyKind.LEGAL_PERSON, CodeFault.KIND),
    ],
)
def test_a_credit_code_is_judged_sign_by_sign(code, kind, fault):
    assert fault_of_code(code, kind) is fault


def test_one_mistyped_sign_never_passes():
    for place in range(17):
        for sign in DIGITS:
            if sign != CODE[place]:
                assert fault_of_code(CODE[:place] + sign + CODE[place + 1 :], PartyKind.LEGAL_PERSON) is not None


def test_a_code_is_kept_in_its_written_form_and_belongs_to_one_party(session):
    first = a_paid_agreement(session).tenant
    other = a_paid_agreement(session, order_no="1002", tenant_name="白鹭信息技术（成都）有限公司").tenant
    wide = "９１４２０１００ ma4kx0000" + CODE[-1].lower()
    set_identity(
        session,
        first,
        kind=PartyKind.LEGAL_PERSON,
        credit_code=wide,
        name_en="Haitang  Consulting",
        actor=OFFICER,
        now=NOW,
    )
    assert (first.party.credit_code, first.party.name_en) == (CODE, "Haitang Consulting")
    assert written_code(wide) == CODE
    with pytest.raises(Conflict, match="has this code"):
        set_identity(
            session,
            other,
            kind=PartyKind.LEGAL_PERSON,
            credit_code=CODE,
            name_en=None,
            actor=OFFICER,
            now=NOW,
        )
    with pytest.raises(InvalidInput, match="check digit"):
        set_identity(
            session,
            other,
            kind=PartyKind.LEGAL_PERSON,
            credit_code=CODE[:8] + "MB" + CODE[10:],
            name_en=None,
            actor=OFFICER,
            now=NOW,
        )


def test_e_50_two_spellings_are_one_tenant_and_the_first_is_kept_as_written(session):
    first = ensure_tenant(session, "海棠企业管理（武汉）有限公司", tenant_key=None, actor=OFFICER, now=NOW)
    second = ensure_tenant(session, " 海棠企业管理(武汉) 有限公司　", tenant_key=None, actor=OFFICER, now=NOW)
    assert second.id == first.id
    assert session.scalars(select(Party.name)).all() == ["海棠企业管理（武汉）有限公司"]


def rename(session, tenant, name, took_effect):
    return rename_party(
        session, tenant, name, took_effect_on=day(took_effect), cause="change:1", actor=OFFICER, now=NOW
    )


def test_e_51_a_renamed_tenant_is_found_by_its_old_name_and_had_it_until_that_day(session):
    tenant = a_paid_agreement(session).tenant
    rename(session, tenant, "海棠数字科技（武汉）有限公司", "Mon 2024-09-02")
    rename(session, tenant, "海棠数科集团有限公司", "Mon 2024-09-09")

    assert name_on(tenant.party, day("Sun 2024-09-01")) == "海棠企业管理（武汉）有限公司"
    assert name_on(tenant.party, day("Mon 2024-09-02")) == "海棠数字科技（武汉）有限公司"
    assert name_on(tenant.party, day("Mon 2024-09-09")) == "海棠数科集团有限公司"
    again = ensure_tenant(session, "海棠企业管理（武汉）有限公司", tenant_key=None, actor=OFFICER, now=NOW)
    assert again.id == tenant.id


def test_a_new_name_can_t_be_another_party_s_the_same_or_from_tomorrow_on(session):
    tenant = a_paid_agreement(session).tenant
    a_paid_agreement(session, order_no="1002", tenant_name="白鹭信息技术（成都）有限公司")
    with pytest.raises(Conflict, match="Another party"):
        rename(session, tenant, "白鹭信息技术(成都)有限公司", "Mon 2024-09-02")
    with pytest.raises(InvalidInput, match="same name"):
        rename(session, tenant, "海棠企业管理 (武汉) 有限公司", "Mon 2024-09-02")
    with pytest.raises(InvalidInput, match="future"):
        rename(session, tenant, "海棠数科集团有限公司", "Fri 2024-09-13")
    rename(session, tenant, "海棠数科集团有限公司", "Mon 2024-09-09")
    with pytest.raises(InvalidInput, match="took effect"):
        rename(session, tenant, "海棠科技有限公司", "Mon 2024-09-02")


def test_a_name_that_two_parties_had_names_nobody(session):
    first = a_paid_agreement(session).tenant
    rename(session, first, "海棠数科集团有限公司", "Mon 2024-09-02")
    second = ensure_tenant(session, "白鹭有限公司", tenant_key=None, actor=OFFICER, now=NOW)
    rename(session, second, "海棠企业管理（武汉）有限公司", "Mon 2024-09-02")
    rename(session, second, "苍杉有限公司", "Mon 2024-09-09")
    third = ensure_tenant(session, "海棠企业管理（武汉）有限公司", tenant_key=None, actor=OFFICER, now=NOW)
    assert third.id not in (first.id, second.id)


def test_a_contact_is_kept_encrypted_with_its_role_until_it_is_ended(session):
    tenant = a_paid_agreement(session).tenant
    given = ContactDetails("顾某某", "13900000001", None, "gu@tenant.example")
    contact = record_contact(session, tenant, ContactRole.LEGAL, given, actor=OFFICER, now=NOW)
    assert contact_details(session, contact) == given
    assert "顾某某" not in contact.name_sealed
    end_contact(session, contact, actor=OFFICER, now=NOW)
    assert (contact.ended_at, contact.ended_by) == (NOW, "张法务")
    with pytest.raises(Conflict):
        end_contact(session, contact, actor=OFFICER, now=NOW)
    with pytest.raises(InvalidInput, match="telephone"):
        record_contact(session, tenant, ContactRole.LEGAL, ContactDetails("顾某某", None, None), actor=OFFICER, now=NOW)


def test_a_contact_that_is_the_company_itself_is_flagged(session):
    tenant = a_paid_agreement(session).tenant
    [header] = session.scalars(select(Contact).where(Contact.tenant_id == tenant.id))
    assert not header.is_company_name
    given = ContactDetails("海棠企业管理(武汉)有限公司", "13900000001", None)
    assert record_contact(session, tenant, ContactRole.BUSINESS, given, actor=OFFICER, now=NOW).is_company_name
