"""From an uploaded contract file to a registered agreement (main agreement 一, E-49, E-50)."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from agreements.intake.actions import acknowledge_warning, confirm_amount, correct_field, discard
from agreements.intake.import_record import correction_values, review_of, text_of
from agreements.intake.models import Amount, ContractImport, ImportState
from agreements.intake.registering import missing_fields
from agreements.kernel import audit
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import start_of
from agreements.register.actions import terms_in_force
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState, SpecKind
from tests.builders import day
from tests.builders_imports import ORDER_NO, TAKEN_IN, WARNINGS, accepted, agreement_text, an_import, registered
from tests.builders_register import APPROVER, FINANCE, OFFICER, OPS

UNPAID_ROW = {"| 实付金额 | 800.00 |": "| 实付金额 |  |"}
METERED = {"1200元/3万次": "按量付费", "| 付费方式 | 按次购买 |": "| 付费方式 | 按量付费 |"}


def correct(session, imported, field, value, *, reason="协议原文", version=None, actor=OFFICER):
    version = imported.version if version is None else version
    return correct_field(session, imported, field, value, reason=reason, version=version, actor=actor, now=TAKEN_IN)


def codes(imported):
    return [warning.code for warning in imported.warnings]


def rows(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_a_file_is_kept_with_its_text_evidence_and_warnings(session):
    imported = an_import(session)

    review, text = review_of(session, imported), text_of(session, imported)
    assert codes(imported) == WARNINGS
    assert imported.state is ImportState.UNDER_REVIEW
    for name in ("order.order_no", "order.paid_amount", "parties.party_a.phone", "terms.change_notification"):
        span = review.read["evidence"][name]
        assert text[span["start"] : span["end"]] == span["text"]


def test_the_same_content_again_is_the_same_review_and_writes_nothing(session):
    first = an_import(session)
    trail = audit.verify(session)

    again = an_import(session, name="copy of the agreement.md")

    assert again.id == first.id
    assert audit.verify(session) == trail
    assert rows(session, ContractImport) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "INVALID_INPUT"), ("%PDF-1.7 …", "FILE_DAMAGED"), ("一份购物清单：牛奶、面包。", "NOT_AN_AGREEMENT")],
)
def test_a_file_that_is_no_agreement_is_refused_and_writes_nothing(session, content, code):
    with pytest.raises(InvalidInput) as refused:
        an_import(session, text=content)

    assert (refused.value.code, refused.value.field) == (code, "file")
    assert [rows(session, table) for table in (ContractImport, StoredFile, AuditEvent)] == [0, 0, 0]


def test_contact_data_is_not_readable_in_the_database(session):
    imported = an_import(session)
    correct(session, imported, "parties.party_a.phone", "13900000009")

    tables = ("contract_import", "import_correction", "import_warning", "audit_event")
    stored = " ".join(str(row) for table in tables for row in session.execute(text(f"SELECT * FROM {table}")))
    assert "13900000001" not in stored
    assert "13900000009" not in stored


def test_an_unacknowledged_warning_keeps_the_agreement_out(session):
    imported = an_import(session)
    for warning in imported.warnings[1:]:
        acknowledge_warning(session, imported, warning.id, actor=OFFICER, now=TAKEN_IN)

    with pytest.raises(Conflict) as refused:
        registered(session, imported)

    assert refused.value.code == "WARNINGS_NOT_ACKNOWLEDGED"
    assert WARNINGS[0] in str(refused.value)
    assert rows(session, Agreement) == 0


def test_a_warning_is_acknowledged_once_with_its_note(session):
    imported = an_import(session)
    warning = imported.warnings[0]

    first = acknowledge_warning(session, imported, warning.id, note=" 授权书 已取得 ", actor=OFFICER, now=TAKEN_IN)
    again = acknowledge_warning(session, imported, warning.id, note="别的", actor=OFFICER, now=TAKEN_IN)

    session.refresh(warning)
    assert (first, again) == (True, False)
    assert (warning.acknowledged_by, warning.note) == (OFFICER.name, "授权书 已取得")


def test_an_unconfirmed_amount_keeps_the_agreement_out(session):
    imported = an_import(session)
    for warning in imported.warnings:
        acknowledge_warning(session, imported, warning.id, actor=OFFICER, now=TAKEN_IN)
    confirm_amount(session, imported, Amount.LIST_PRICE, "1200.00", actor=OFFICER, now=TAKEN_IN)

    with pytest.raises(Conflict) as refused:
        registered(session, imported)

    assert (refused.value.code, refused.value.field) == ("AMOUNTS_NOT_CONFIRMED", "paid_amount")


def test_an_amount_is_confirmed_as_the_person_saw_it(session):
    imported = an_import(session)

    with pytest.raises(Stale):
        confirm_amount(session, imported, Amount.PAID_AMOUNT, "8000.00", actor=OFFICER, now=TAKEN_IN)


def test_a_corrected_amount_must_be_confirmed_again(session):
    imported = accepted(session, an_import(session))
    correct(session, imported, "order.paid_amount", "780")

    with pytest.raises(Conflict) as refused:
        registered(session, imported)

    assert refused.value.field == "paid_amount"


def test_what_was_verified_is_registered(session):
    imported = accepted(session, an_import(session))

    registration = registered(session, imported)

    agreement = registration.agreement
    assert registration.created
    assert agreement.state is AgreementState.PENDING_PAYMENT
    assert (agreement.order_no, agreement.tenant.tenant_key, agreement.product.code) == (
        ORDER_NO,
        "haitang",
        "id2-verify",
    )
    assert (agreement.list_price_fen, agreement.paid_amount_fen, agreement.quota_total) == (120000, 80000, 30000)
    assert agreement.service_start_at == start_of(day("Sun 2024-07-28"))
    assert agreement.service_end_exclusive_at == start_of(day("Wed 2025-07-30"))
    assert (imported.state, imported.agreement_id) == (ImportState.REGISTERED, agreement.id)


def test_terms_are_registered_with_clause_and_span_of_the_text(session):
    imported = accepted(session, an_import(session))
    agreement = registered(session, imported).agreement

    terms = terms_in_force(session, agreement.id, at=TAKEN_IN)

    notification = terms["change_notification"]
    assert notification.value["value"] == 5
    assert (notification.value["unit"], notification.clause) == ("working_day", "3.3")
    assert text_of(session, imported)[notification.text_start : notification.text_end] == "五个工作日"
    assert terms["effective_on"].clause == "三 1"


def test_registering_the_same_review_again_changes_nothing(session):
    imported = accepted(session, an_import(session))
    first = registered(session, imported)
    trail = audit.verify(session)

    again = registered(session, imported)

    assert (again.created, again.agreement.id) == (False, first.agreement.id)
    assert audit.verify(session) == trail


def test_the_same_order_in_another_file_changes_nothing(session):
    first = registered(session, accepted(session, an_import(session)))
    other = an_import(session, text=agreement_text(passages={"| 实付金额 | 800.00 |": "| 实付金额 | 700.00 |"}))
    trail = audit.verify(session)

    again = registered(session, other)

    assert (again.created, again.agreement.id) == (False, first.agreement.id)
    assert again.agreement.paid_amount_fen == 80000
    assert audit.verify(session) == trail
    assert other.state is ImportState.UNDER_REVIEW


def test_a_correction_stands_beside_what_was_read(session):
    imported = an_import(session)

    assert correct(session, imported, "order.paid_amount", "780.5", reason="平台订单")

    review = review_of(session, imported)
    [row] = imported.corrections
    assert correction_values(session, row) == ("800.00", "780.50")
    assert (review.value_as_read("order.paid_amount"), review.value("order.paid_amount")) == ("800.00", "780.50")
    assert f"{review.derived.discount_amount}" == "419.50"


def test_the_same_value_again_is_no_correction(session):
    imported = an_import(session)

    assert not correct(session, imported, "order.paid_amount", "800")
    assert imported.corrections == []


def test_a_corrected_spec_is_read_again_with_what_follows(session):
    imported = an_import(session)

    correct(session, imported, "order.spec_text", "1200元/2.5万次")

    review = review_of(session, imported)
    assert (review.spec.kind, review.derived.quota_total) == (SpecKind.PACK, 25000)


def test_a_corrected_end_is_served_to_the_end_of_its_day(session):
    imported = an_import(session)

    correct(session, imported, "order.service_end", "2025-07-27")

    review = review_of(session, imported)
    assert review.derived.service_end_exclusive_at == start_of(day("Mon 2025-07-28"))
    assert review.derived.service_days == 365


def test_a_correction_that_does_not_add_up_gives_a_warning_to_acknowledge(session):
    imported = accepted(session, an_import(session))

    correct(session, imported, "order.list_price", "1300.00")

    assert codes(imported) == [*WARNINGS, "price_check_mismatch"]
    with pytest.raises(Conflict):
        registered(session, imported)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order.paid_amount", "800.005"),
        ("order.paid_amount", "-1"),
        ("order.paid_amount", "八百"),
        ("order.paid_amount", ""),
        ("order.quantity", "1.9"),
        ("order.quantity", "0"),
        ("order.quantity", "１"),
        ("order.service_end", "2025-02-30"),
        ("order.service_end", "2025/07/29"),
        ("order.order_no", "90 00"),
        ("order.currency", "USD"),
        ("spec.kind", "bundle"),
        ("terms.own_platform_only", "maybe"),
        ("terms.change_notification.unit", "week"),
        ("parties.party_a.name", "甲\u202e乙"),
        ("parties.party_a.name", "甲" * 301),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(session, field, value):
    imported = an_import(session)

    with pytest.raises(InvalidInput) as refused:
        correct(session, imported, field, value)

    assert refused.value.field == "value"
    assert imported.corrections == []


@pytest.mark.parametrize("field", ["order", "order.discount", "derived.quota_total", "__class__", ""])
def test_only_known_fields_can_be_corrected(session, field):
    with pytest.raises(InvalidInput) as refused:
        correct(session, an_import(session), field, "1")

    assert refused.value.field == "field"


def test_a_correction_needs_a_reason(session):
    with pytest.raises(InvalidInput) as refused:
        correct(session, an_import(session), "order.quantity", "2", reason="  ")

    assert refused.value.field == "reason"


def test_a_correction_on_an_older_page_is_refused(session):
    imported = an_import(session)
    seen = imported.version
    correct(session, imported, "order.quantity", "2", version=seen)

    with pytest.raises(Stale):
        correct(session, imported, "order.quantity", "3", version=seen)


def test_a_missing_mandatory_field_is_named_and_can_be_corrected(session):
    imported = accepted(session, an_import(session, text=agreement_text(passages=UNPAID_ROW)))
    with pytest.raises(InvalidInput) as refused:
        registered(session, imported)
    assert refused.value.field == "order.paid_amount"

    correct(session, imported, "order.paid_amount", "800.00")
    accepted(session, imported)

    assert registered(session, imported).agreement.paid_amount_fen == 80000


def test_a_metered_agreement_has_no_quota(session):
    imported = accepted(session, an_import(session, text=agreement_text(passages=METERED)))

    agreement = registered(session, imported).agreement

    assert agreement.spec_kind is SpecKind.PAY_AS_YOU_GO
    assert (agreement.quota_total, agreement.quota_unlimited) == (None, False)


def test_a_subscription_is_unlimited_and_never_zero(session):
    imported = accepted(session, an_import(session, text=agreement_text(passages={"1200元/3万次": "1200元/包年"})))

    agreement = registered(session, imported).agreement

    assert (agreement.quota_total, agreement.quota_unlimited) == (None, True)


def test_another_currency_is_never_taken_for_yuan(session):
    amounts = {
        "| 商品价格 | 1200.00 |": "| 商品价格 | 1200.00美元 |",
        "| 实付金额 | 800.00 |": "| 实付金额 | 800.00美元 |",
    }
    imported = accepted(session, an_import(session, text=agreement_text(passages=amounts)))

    with pytest.raises(InvalidInput) as refused:
        registered(session, imported)

    assert refused.value.code == "FIELD_MISSING"
    assert missing_fields(review_of(session, imported)) == ("order.list_price", "order.paid_amount", "order.currency")


def test_a_period_that_was_not_understood_is_never_the_standard_one(session):
    passages = {"五个工作日": "三至五个工作日"}
    imported = accepted(session, an_import(session, text=agreement_text(passages=passages)))

    agreement = registered(session, imported).agreement

    assert terms_in_force(session, agreement.id, at=TAKEN_IN)["change_notification"].value["value"] is None


def test_a_term_is_corrected_part_by_part(session):
    imported = an_import(session)
    correct(session, imported, "terms.change_notification.value", "10")
    correct(session, imported, "terms.change_notification.unit", "calendar_day")

    agreement = registered(session, accepted(session, imported)).agreement

    value = terms_in_force(session, agreement.id, at=TAKEN_IN)["change_notification"].value
    assert (value["value"], value["unit"], value["form"]) == (10, "calendar_day", "written")


def test_a_discarded_review_is_closed_until_the_file_comes_again(session):
    imported = an_import(session)
    discard(session, imported, version=imported.version, actor=OFFICER, now=TAKEN_IN)
    with pytest.raises(Conflict):
        correct(session, imported, "order.quantity", "2")
    with pytest.raises(Conflict):
        registered(session, imported)

    again = an_import(session)

    assert (again.id, again.state) == (imported.id, ImportState.UNDER_REVIEW)


@pytest.mark.parametrize("actor", [APPROVER, FINANCE])
def test_who_may_not_import_takes_nothing_in(session, actor):
    imported = an_import(session)
    with pytest.raises(NotPermitted):
        correct(session, imported, "order.quantity", "2", actor=actor)


def test_operations_may_correct_but_not_acknowledge_or_register(session):
    imported = an_import(session)

    assert correct(session, imported, "order.quantity", "2", actor=OPS)
    with pytest.raises(NotPermitted):
        acknowledge_warning(session, imported, imported.warnings[0].id, actor=OPS, now=TAKEN_IN)
    with pytest.raises(NotPermitted):
        registered(session, imported, actor=OPS)


def test_every_act_of_a_review_is_on_the_audit_trail(session):
    imported = an_import(session)
    correct(session, imported, "order.quantity", "1,000")
    registered(session, accepted(session, imported))

    acts = list(session.scalars(select(AuditEvent.act).where(AuditEvent.subject == f"import:{imported.id}")))
    assert acts[:2] == ["import.taken_in", "import.corrected"]
    assert acts.count("import.warning_acknowledged") == len(imported.warnings)
    assert acts.count("import.amount_confirmed") == 3
    assert acts[-1] == "import.registered"


def test_the_database_ties_registered_to_its_agreement(session):
    imported = an_import(session)

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE contract_import SET state = 'registered'"))
    assert imported.agreement_id is None
