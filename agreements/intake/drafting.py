"""From a contract text to a draft: the readers in order, then what follows from them and what a person must look at."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from agreements.intake.clauses import MOST_SENTENCES, Sentence, annex_of, sentences_of
from agreements.intake.derived import derive, judge_effectiveness
from agreements.intake.document import Evidence, Field, uniform_document
from agreements.intake.draft import SURE, Derived, Draft, Marketplace, Order, Party, PriceCheck, Signing
from agreements.intake.header import (
    PartyFields,
    SigningFields,
    is_company_name,
    party_blocks,
    read_party,
    read_signing,
)
from agreements.intake.labels import find_labels
from agreements.intake.loading import SourceText
from agreements.intake.merged_labels import merged_labels, prose_labels
from agreements.intake.order import MarketplaceFields, OrderFields, read_marketplace, read_order
from agreements.intake.spec import METERED, Spec, parse_spec
from agreements.intake.standard_form import StandardForm
from agreements.intake.terms import AgreementTerms, read_terms
from agreements.kernel.errors import N_, InvalidInput
from agreements.parties.rules import normalised_name
from agreements.register.rules import SpecKind

POSTPAID = re.compile(r"后付|先用后付|先使用后付|月结|账期|按月结算|事后结算")
SAYS_UNPAID = re.compile(r"尚未(?:完成)?(?:支付|付款|缴费)|未完成(?:支付|付款)")
ROLES_REVERSED = re.compile(
    r"甲方\s?\((?:服务商|卖方|供方)\)|(?:服务商|卖方|供方)\s?\(甲方\)|甲方\s?[:]?[^\n]{2,60}\n?\s{0,3}\((?:以下|下)?简?称[^()]{0,3}(?:服务商|卖方)"
)
CONDITIONAL = re.compile(r"如|若|倘|的情况|未支付的|的,")

ORDER_FIELDS = ("order_no", "product_name", "spec_text", "quantity", "payment_mode", "list_price", "paid_amount")

IsWorkingDay = Callable[[date], bool | None]
"""Whether a date is a working day; None where the calendar of its year is not known."""


def read_source(source: SourceText, *, is_working_day: IsWorkingDay, form: StandardForm | None = None) -> Draft:
    """Read a loaded contract file; raises InvalidInput NOT_AN_AGREEMENT where it is not such an agreement at all.

    form  the standard form to compare with; the built-in one unless given
    """
    document = uniform_document(source.text)
    labels = find_labels(document)
    labelled = frozenset(label.line for label in labels)
    annex = annex_of(document)
    labels = [*merged_labels(document), *labels]
    labels += prose_labels(document, labels, annex)
    blocks = party_blocks(document, labels)
    party_a, party_b = (read_party(document, party, blocks.header[party]) for party in ("party_a", "party_b"))
    order = read_order(document, labels)
    marketplace = read_marketplace(document, labels, annex)
    signing = read_signing(document, blocks, labels)
    sentences = sentences_of(document, labelled)
    terms = read_terms(document, sentences, form)
    _require_agreement(party_a, party_b, order, terms)
    spec = parse_spec(order.spec_text.value or "", order.payment_mode.value)
    effectiveness = judge_effectiveness(
        order,
        terms.terms["effective_on"].value,
        is_postpaid=_is_postpaid(order, spec, sentences),
        says_unpaid=any(_says_unpaid(sentence) for sentence in sentences),
    )
    derived = derive(order, spec, effectiveness)
    parties = {"party_a": party_a, "party_b": party_b}
    matched = _marketplace(marketplace, party_a, party_b)
    warnings = [
        *source.warnings,
        *_reading_warnings(document.text, sentences),
        *_party_warnings(parties, matched, marketplace),
        *_order_warnings(order, spec, derived),
        *effectiveness.warnings,
        *_signing_warnings(signing, party_a, is_working_day),
        *terms.warnings,
    ]
    return Draft(
        source_file=source.name,
        party_a=_party("end_user", party_a),
        party_b=_party("provider", party_b),
        marketplace=matched,
        order=_order(order),
        spec=spec,
        derived=derived,
        signing=Signing(signing.party_a_date.value, signing.party_b_date.value, signing.party_a_signature_name.value),
        terms=terms.terms,
        changed_terms=terms.changed,
        extra_terms=terms.extra,
        warnings=tuple(dict.fromkeys(warnings)),
        evidence={
            name: _placed(evidence, source)
            for name, evidence in _evidence(
                parties=parties, marketplace=marketplace, order=order, spec=spec, signing=signing, terms=terms
            )
        },
    )


def _placed(evidence: Evidence, source: SourceText) -> Evidence:
    """Add the page; nobody can be surer of a value than its characters were seen, least of all with a page unread."""
    return replace(
        evidence,
        page=source.page_of(evidence.start),
        confidence=min(
            evidence.confidence,
            source.confidence_of(evidence.start, evidence.end),
            SURE if source.is_partly_unread else 1.0,
        ),
    )


def _require_agreement(party_a: PartyFields, party_b: PartyFields, order: OrderFields, terms: AgreementTerms) -> None:
    """Refuse a text that only speaks of such agreements: one names a party, or an order with what it cost or covers."""
    has_amount_or_period = any(field.value is not None for field in (order.period, order.list_price, order.paid_amount))
    has_order = has_amount_or_period or any(
        field.value is not None for field in (order.order_no, order.product_name, order.spec_text)
    )
    has_parties = party_a.name.value is not None or party_b.name.value is not None
    stated = sum(term.is_stated for term in terms.terms.values())
    if has_parties and (has_order or stated >= 3):
        return
    if order.order_no.value is not None and has_amount_or_period:
        return
    raise InvalidInput(
        N_("This text is not a marketplace sale agreement: no parties and no order were found in it."),
        code="NOT_AN_AGREEMENT",
        field="file",
        remedy=N_("Choose the file of the agreement, with 甲方, 乙方 and the order in it."),
    )


def _party(role: str, fields: PartyFields) -> Party:
    return Party(role, fields.name.value, fields.address.value, fields.contact.value, fields.phone.value)


def _same(one: str | None, other: str | None) -> bool | None:
    """Compare two names by their normalised form (E-50); None where one is missing."""
    return None if one is None or other is None else normalised_name(one) == normalised_name(other)


def _marketplace(fields: MarketplaceFields, party_a: PartyFields, party_b: PartyFields) -> Marketplace:
    return Marketplace(
        fields.host.value,
        fields.purchaser_account.value,
        fields.seller_account.value,
        _same(fields.purchaser_account.value, party_a.name.value),
        _same(fields.seller_account.value, party_b.name.value),
    )


def _order(fields: OrderFields) -> Order:
    period = fields.period.value
    return Order(
        order_no=fields.order_no.value,
        product_name=fields.product_name.value,
        spec_text=fields.spec_text.value,
        quantity=fields.quantity.value,
        payment_mode=fields.payment_mode.value,
        service_start=period.starts_on if period else None,
        service_end=period.ends_on if period else None,
        list_price=fields.list_price.value,
        paid_amount=fields.paid_amount.value,
        currency=fields.currency,
    )


def _is_postpaid(order: OrderFields, spec: Spec, sentences: Sequence[Sentence]) -> bool:
    """Use by the meter is paid for afterwards, unless an amount was paid with the order."""
    mode = (order.payment_mode.value or "") + (order.spec_text.value or "")
    metered = spec.kind is SpecKind.PAY_AS_YOU_GO or METERED.search(mode) is not None
    if metered and not order.paid_amount.value:
        return True
    return POSTPAID.search(mode) is not None or any(
        re.search(r"后付费|先用后付|先使用后付", sentence.text) for sentence in sentences if not sentence.in_annex
    )


def _says_unpaid(sentence: Sentence) -> bool:
    return (
        not sentence.in_annex
        and SAYS_UNPAID.search(sentence.text) is not None
        and CONDITIONAL.search(sentence.text) is None
    )


def _reading_warnings(text: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    """Say what makes the whole reading doubtful: roles the other way round, or a text too long to be read out."""
    if ROLES_REVERSED.search(text):
        yield "party_roles_reversed"
    if len(sentences) >= MOST_SENTENCES:
        yield "text_not_read_to_its_end"


def _party_warnings(parties: dict[str, PartyFields], matched: Marketplace, fields: MarketplaceFields) -> Iterator[str]:
    if matched.purchaser_account_matches_party_a is False:
        yield "purchaser_account_mismatch"
    if matched.seller_account_matches_party_b is False:
        yield "seller_account_mismatch"
    for party, read in parties.items():
        for name in ("name", "address", "contact", "phone"):
            field: Field[str] = getattr(read, name)
            yield from field.warnings
            if field.value is None:
                yield f"{party}_{name}_missing"
    contact, name_a = parties["party_a"].contact.value, parties["party_a"].name.value
    if contact is not None and (_same(contact, name_a) or is_company_name(contact)):
        yield "party_a_contact_is_company_name"
    for name in ("host", "purchaser_account", "seller_account"):
        if getattr(fields, name).value is None:
            yield f"{name}_missing" if "account" in name else "marketplace_host_missing"


def _order_warnings(order: OrderFields, spec: Spec, derived: Derived) -> Iterator[str]:
    for name in ORDER_FIELDS:
        field: Field[object] = getattr(order, name)
        yield from field.warnings
        if field.value is None and not field.warnings and not (name == "paid_amount" and order.paid_nothing):
            yield f"{name}_missing"
    yield from order.period.warnings
    if order.period.value is None and not order.period.warnings:
        yield "service_period_missing"
    if order.spec_text.value is not None:
        yield from spec.warnings
    if derived.price_check is PriceCheck.MISMATCH:
        yield "price_check_mismatch"
    if derived.discount_amount is not None and derived.discount_amount < 0:
        yield "paid_more_than_list_price"
    if order.currency != "CNY":
        yield f"currency_not_cny:{order.currency}"


def _signing_warnings(signing: SigningFields, party_a: PartyFields, is_working_day: IsWorkingDay) -> Iterator[str]:
    fields = {"party_a": signing.party_a_date, "party_b": signing.party_b_date}
    for party, field in fields.items():
        yield from field.warnings
        if field.value is None:
            yield f"{party}_sign_date_missing"
    days = [field.value for field in fields.values() if field.value is not None]
    if len(set(days)) > 1:
        yield "signing_dates_differ"
    worked = {day: is_working_day(day) for day in days}
    if False in worked.values():
        yield "signed_on_non_working_day"
    for day, known in worked.items():
        if known is None:
            yield f"signing_day_not_checked:{day.isoformat()}"
    if _same(signing.party_a_signature_name.value, party_a.name.value) is False:
        yield "party_a_signature_name_differs"


def _evidence(
    *,
    parties: dict[str, PartyFields],
    marketplace: MarketplaceFields,
    order: OrderFields,
    spec: Spec,
    signing: SigningFields,
    terms: AgreementTerms,
) -> Iterator[tuple[str, Evidence]]:
    """Yield dotted field name and evidence, in the order of the draft; parts of the spec point into its text."""
    groups: list[tuple[str, object, tuple[str, ...]]] = [
        *((f"parties.{party}", read, ("name", "address", "contact", "phone")) for party, read in parties.items()),
        ("marketplace", marketplace, ("host", "purchaser_account", "seller_account")),
        ("order", order, ORDER_FIELDS),
        ("signing", signing, ("party_a_date", "party_b_date", "party_a_signature_name")),
    ]
    for prefix, fields, names in groups:
        for name in names:
            field: Field[object] = getattr(fields, name)
            if field.evidence is not None:
                yield f"{prefix}.{name}", field.evidence
    if order.period.evidence is not None:
        yield "order.service_start", order.period.evidence
        yield "order.service_end", order.period.evidence
    if order.spec_text.evidence is not None:
        whole = order.spec_text.evidence
        for name, (start, end) in spec.spans.items():
            yield (
                f"spec.{name}",
                _part(whole, start, end) if len(whole.text) == len(order.spec_text.value or "") else whole,
            )
    for key, term in terms.terms.items():
        if term.evidence is not None:
            yield f"terms.{key}", term.evidence
    for key, extra in terms.extra.items():
        yield f"extra_terms.{key}", extra.evidence


def _part(whole: Evidence, start: int, end: int) -> Evidence:
    return Evidence(whole.start + start, whole.start + end, whole.text[start:end], whole.confidence)
