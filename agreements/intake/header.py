"""Who the parties are (header) and what they signed (signature block)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agreements.intake.dates import dates_in
from agreements.intake.document import Document, Field
from agreements.intake.label_words import ORDER_KEYS
from agreements.intake.labels import Label

DETAILS = frozenset({"address", "contact", "phone"})
PARTIES = ("party_a", "party_b")
SIGNED = re.compile(r"盖章|签章|签字|签名|签署|公章")
TRAILING_NOTE = re.compile(
    r"\s*\((?:(?:以下|下)?(?:统一)?(?:简称|称)|盖章|签章|签字|公章|最终用户|服务商)[^()]{0,30}\)?\s*$"
)
REFERENCE = re.compile(r"同(?:上|前|甲方|乙方|左)|见(?:上|前|附件).{0,6}|如上")
ONE_PHONE = (
    r"(?:\+?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|1[3-9]\d[\d*]{8}"
    r"|\(?0\d{2,3}\)?[- ]?\d{7,8}(?:[- ]?\d{1,5})?|[48]00[- ]?\d{3,4}[- ]?\d{3,4})"
)
PHONE = re.compile(rf"{ONE_PHONE}(?:(?:转|ext\.?)\s?\d{{1,6}})?")
PHONE_ALONE = re.compile(r"[\d+\-() *转/、,; ]{5,60}")
PHONE_WORD = re.compile(r"(?:联系)?(?:电话|手机|手机号|TEL)$", re.IGNORECASE)
EMPTY_BRACKETS = re.compile(r"[(（]\s?(?:(?:联系)?(?:电话|手机|手机号|TEL))?\s?[:：]?\s?[)）]", re.IGNORECASE)
COMPANY = re.compile(r"(?:公司|集团|企业|事务所|中心|工作室|合作社|经营部|商行)(?:\([^()]{1,20}\))?$")


@dataclass(frozen=True, slots=True)
class PartyFields:
    name: Field[str]
    address: Field[str]
    contact: Field[str]
    phone: Field[str]


@dataclass(frozen=True, slots=True)
class SigningFields:
    party_a_date: Field[date]
    party_b_date: Field[date]
    party_a_signature_name: Field[str]


@dataclass(frozen=True, slots=True)
class PartyBlocks:
    """The labels of the header, party by party, and those of the signature block in order."""

    header: dict[str, list[Label]]
    signature: list[Label]


def is_company_name(name: str) -> bool:
    return COMPANY.search(name) is not None


def party_blocks(document: Document, labels: Sequence[Label]) -> PartyBlocks:
    """Tell header and signature block apart by what stands in them, not by where they stand."""
    blocks = _blocks(document, labels)
    with_parties = [block for block in blocks if any(label.key == "party" or label.party for label in block)]
    signed = [block for block in with_parties if _is_signed(document, block)]
    signature = signed[-1] if signed else []
    if signature and len(with_parties) > 1:
        header_blocks = [block for block in blocks if block is not signature]
    else:
        header_blocks = blocks
    header: dict[str, list[Label]] = {party: [] for party in PARTIES}
    for block in header_blocks:
        current: str | None = None
        for label in block:
            if label.key == "party":
                current = label.party
            elif label.key in ORDER_KEYS:
                current = None
            party = label.party or current
            if party and (label.key in DETAILS or label.key in {"party", "name"}):
                header[party].append(label)
    return PartyBlocks(header, signature)


def _blocks(document: Document, labels: Sequence[Label]) -> list[list[Label]]:
    """Group labels that nothing but short notes or blank lines separates."""
    blocks: list[list[Label]] = []
    for label in labels:
        before = blocks[-1][-1] if blocks else None
        between = document.lines[before.line + 1 : label.line] if before else []
        apart = [line for line in between if before and line.start >= before.value_end]
        if blocks and all(len(line.text) <= 20 or line.text.startswith("(") for line in apart):
            blocks[-1].append(label)
        else:
            blocks.append([label])
    return blocks


def _is_signed(document: Document, block: Sequence[Label]) -> bool:
    if any(label.key in {"date", "seal"} for label in block):
        return True
    lines = document.lines[block[0].line : block[-1].line + 5]
    return any(SIGNED.search(line.text) for line in lines if len(line.text) <= 40 and "。" not in line.text)


def read_party(document: Document, party: str, labels: Sequence[Label]) -> PartyFields:
    """Header: the fields of one party; a blank label stays None and never takes its neighbour's value."""
    named = [label for label in labels if label.key == "party"] + [label for label in labels if label.key == "name"]
    contact_label = _first_filled(labels, "contact")
    contact = _text(document, contact_label)
    phone = _read_phone(document, party, _first_filled(labels, "phone"))
    if contact_label and contact.value and PHONE.search(contact.value):
        if phone.value is None:
            phone = _read_phone(document, party, contact_label)
        contact = Field(_without_phone(contact.value) or None, contact.evidence)
    if contact.value and REFERENCE.fullmatch(contact.value):
        contact = Field(None, contact.evidence, (f"{party}_contact_unclear:{contact.value}",))
    return PartyFields(
        name=_read_name(document, next((label for label in named if not label.is_blank), None)),
        address=_text(document, _first_filled(labels, "address")),
        contact=contact,
        phone=phone,
    )


def _without_phone(contact: str) -> str:
    """Return who is named beside a number; brackets stay in pairs, as in a name with its office."""
    rest = EMPTY_BRACKETS.sub("", PHONE.sub("", contact))
    rest = PHONE_WORD.sub("", rest.strip(" ,;、/，；:：")).strip(" ,;、/，；:：")
    for opening, closing in ("()", "（）"):
        if rest.count(opening) != rest.count(closing):
            rest = rest.strip(opening + closing)
    return rest


def _first_filled(labels: Sequence[Label], key: str) -> Label | None:
    return next((label for label in labels if label.key == key and not label.is_blank), None)


def _text(document: Document, label: Label | None) -> Field[str]:
    if label is None:
        return Field()
    value = document.printed(label.value_start, label.value_end)
    return Field(value, document.evidence(label.value_start, label.value_end, label.sure))


def _read_name(document: Document, label: Label | None) -> Field[str]:
    """Read a party's name without the note that shortens it (以下简称…)."""
    if label is None:
        return Field()
    text = document.text[label.value_start : label.value_end]
    end = label.value_end
    if note := TRAILING_NOTE.search(text):
        end = label.value_start + note.start()
    value = document.printed(label.value_start, end).strip('"“”')
    return Field(value or None, document.evidence(label.value_start, end, label.sure) if value else None)


def _read_phone(document: Document, party: str, label: Label | None) -> Field[str]:
    """Read a number or several as printed; text that holds no number is not a phone."""
    if label is None:
        return Field()
    text = document.text[label.value_start : label.value_end].replace("\x1f", " ").strip()
    start = label.value_start
    phones = list(PHONE.finditer(text))
    evidence = document.evidence(start, label.value_end, label.sure)
    warnings = (f"{party}_has_several_phones",) if len(phones) > 1 else ()
    if PHONE_ALONE.fullmatch(text) and sum(character.isdigit() for character in text) >= 5:
        return Field(" ".join(text.split()), evidence, warnings)
    if phones:
        first, last = phones[0].start(), phones[-1].end()
        return Field(text[first:last], document.evidence(start + first, start + last, 0.85), warnings)
    return Field(None, evidence, (f"{party}_phone_unclear",))


def read_signing(document: Document, blocks: PartyBlocks, labels: Sequence[Label]) -> SigningFields:
    """Signature block: the dates go to the party they stand with, or in order where both parties come first."""
    block = blocks.signature
    given, unclear = _dates_by_party(block)
    agreed = next((label for label in labels if label.key == "agreement_date" and not label.is_blank), None)
    if agreed is not None and not given and not unclear:
        given = dict.fromkeys(PARTIES, agreed)
    a, b = (_read_date(document, given.get(party), party) for party in PARTIES)
    if unclear:
        a = Field(None, None, ("signing_date_party_unclear",))
    names = [label for label in block if label.key == "party" and label.party == "party_a" and not label.is_blank]
    return SigningFields(a, b, _read_name(document, names[-1] if names else None))


def _dates_by_party(block: Sequence[Label]) -> tuple[dict[str, Label], bool]:
    """Return the date label of each party, and whether dates are there that can't be told apart."""
    given = {label.party: label for label in block if label.key == "date" and label.party}
    loose = [label for label in block if label.key == "date" and not label.party]
    mentions = [
        label for label in block if label.key in {"party", "date"} and (label.key == "party" or not label.party)
    ]
    parties = list(dict.fromkeys(label.party for label in mentions if label.key == "party" and label.party))
    if not loose:
        return given, False
    after: dict[str, list[Label]] = {party: [] for party in parties}
    current = None
    for label in mentions:
        if label.key == "party":
            current = label.party or current
        elif current is not None:
            after[current].append(label)
    counts = [len(dates) for dates in after.values()]
    if len(parties) == 2 and counts == [0, 2] and parties:
        return given | dict(zip(parties, loose, strict=True)), False
    last_takes_all = len(parties) == 2 and counts[0] == 0
    if parties and max(counts) == 1 and not last_takes_all:
        return given | {party: dates[0] for party, dates in after.items() if dates}, False
    return given, True


def _read_date(document: Document, label: Label | None, party: str) -> Field[date]:
    if label is None or label.is_blank:
        return Field()
    found = dates_in(document.text[label.value_start : label.value_end])
    evidence = document.evidence(label.value_start, label.value_end, label.sure)
    if not found or found[0] is None:
        return Field(None, evidence, (f"{party}_sign_date_unclear",))
    return Field(found[0].on, evidence)
