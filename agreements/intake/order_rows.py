"""One row of a list of orders: its cells read strictly, its arithmetic, and how it differs from a known order."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from agreements.intake.spec import Spec, parse_spec
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import SHANGHAI, start_of
from agreements.kernel.money import LARGEST_YUAN, Money
from agreements.register.rules import SpecKind

LONGEST_CELL = 300
LONGEST_ORDER_NO = 60
MOST_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; an order number beyond that has lost its last ones."""
MOST_UNITS = 1_000_000
ORDER_NO = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]*")
AS_POWER = re.compile(r"[0-9.]+[eE]\+?[0-9]+")
DAY = r"(\d{4})\s?(?:年|[-/.])\s?(\d{1,2})\s?(?:月|[-/.])\s?(\d{1,2})\s?日?"
TIME = r"(?:[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?)?)?"
MOMENT = re.compile(rf"{DAY}{TIME}")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
PERIOD = re.compile(rf"({DAY}{TIME})\s?(?:至|到|~|-|—|–|to)+\s?({DAY}{TIME})")
AMOUNT = re.compile(r"[¥￥]?\s?(-?[0-9,]+(?:\.[0-9]+)?)\s?(?:元|CNY|RMB)?", re.IGNORECASE)
YUAN = frozenset({"", "CNY", "RMB", "人民币", "元", "¥"})
AS_WRITTEN = frozenset({"tenant_name", "product_name", "provider_name", "spec_text"})
"""Names and wordings keep their width: they are registered as the marketplace prints them."""
NOT_BOUGHT = re.compile(r"取消|关闭|退款|作废|失败|cancel|refund|closed|fail", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The values of a row, as they would be registered: amounts in yuan, instants as ISO text, None where absent."""

    order_no: str
    tenant_name: str
    product_name: str
    product_code: str | None
    spec_text: str
    quantity: int
    payment_mode: str
    list_price: str
    paid_amount: str
    service_start_at: str
    service_end_exclusive_at: str
    paid_at: str | None = None
    payment_reference: str | None = None
    purchaser_account: str | None = None
    seller_account: str | None = None
    provider_name: str | None = None

    @property
    def spec(self) -> Spec:
        return parse_spec(self.spec_text, self.payment_mode or None)

    @property
    def starts_at(self) -> datetime:
        return datetime.fromisoformat(self.service_start_at)

    @property
    def ends_at(self) -> datetime:
        return datetime.fromisoformat(self.service_end_exclusive_at)

    @property
    def paid_at_instant(self) -> datetime | None:
        return datetime.fromisoformat(self.paid_at) if self.paid_at else None

    @property
    def states_payment(self) -> bool:
        return self.paid_at is not None and self.payment_reference is not None

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def row_from_json(text: str) -> OrderRow:
    values: dict[str, Any] = json.loads(text)
    return OrderRow(**values)


def read_row(cells: Mapping[str, object]) -> OrderRow:
    """Read the cells of a row, keyed by field; raises InvalidInput naming field, value and remedy."""
    status = _text(cells, "status")
    if status and NOT_BOUGHT.search(status):
        raise InvalidInput(
            N_("The marketplace calls this order “%(text)s”."),
            code="ORDER_NOT_BOUGHT",
            field="status",
            remedy=N_("Nothing is to be registered. If the order is known here, end it on its agreement."),
            text=status,
        )
    currency = (_text(cells, "currency") or "").upper()
    if currency not in YUAN:
        raise _refused("currency", currency, N_("Only orders in yuan are taken; import its contract file instead."))
    start, end = _period(cells)
    row = OrderRow(
        order_no=_order_no(cells),
        tenant_name=_required(cells, "tenant_name"),
        product_name=_required(cells, "product_name"),
        product_code=_text(cells, "product_code") or None,
        spec_text=_required(cells, "spec_text"),
        quantity=_quantity(cells),
        payment_mode=_text(cells, "payment_mode") or "",
        list_price=str(_amount(cells, "list_price")),
        paid_amount=str(_amount(cells, "paid_amount")),
        service_start_at=start.isoformat(),
        service_end_exclusive_at=end.isoformat(),
        paid_at=_paid_at(cells),
        payment_reference=_text(cells, "payment_reference") or None,
        purchaser_account=_text(cells, "purchaser_account") or None,
        seller_account=_text(cells, "seller_account") or None,
        provider_name=_text(cells, "provider_name") or None,
    )
    spec = row.spec
    if spec.kind is None or (spec.kind in (SpecKind.PACK, SpecKind.PER_CALL) and spec.pack_calls is None):
        remedy = N_("Write it as 1200元/3万次, 0.01元/次, 包年 or 按量; or import the contract file.")
        raise _refused("spec_text", row.spec_text, remedy)
    return row


def order_no_of(cells: Mapping[str, object]) -> str | None:
    """Return the order number of a row that is refused for something else, None where it is the trouble."""
    try:
        return _order_no(cells)
    except InvalidInput:
        return None


def _text(cells: Mapping[str, object], field: str) -> str:
    """Return a cell's words: half width, one line, without what exports put around numbers (=\"…\", ', tab)."""
    cell = cells.get(field)
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    written = str(cell) if field in AS_WRITTEN else unicodedata.normalize("NFKC", str(cell))
    text = " ".join(written.replace("\0", "").split())
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    text = text.removeprefix("'").removesuffix("`").strip()
    if len(text) > LONGEST_CELL:
        raise _refused(field, text[:40] + "…", N_("Write at most 300 characters."))
    return "" if text in ("-", "--", "/", "无", "N/A") else text


def _required(cells: Mapping[str, object], field: str) -> str:
    text = _text(cells, field)
    if not text:
        raise InvalidInput(
            N_("The cell is empty."), code="CELL_EMPTY", field=field, remedy=N_("Fill it in and upload the list again.")
        )
    return text


def _order_no(cells: Mapping[str, object]) -> str:
    cell = cells.get("order_no")
    text = _required(cells, "order_no")
    lost = isinstance(cell, int | float) and len(text) > MOST_DIGITS
    if lost or AS_POWER.fullmatch(text):
        remedy = N_("The spreadsheet kept it as a number and lost digits: export it again with the column as text.")
        raise _refused("order_no", text, remedy)
    if len(text) > LONGEST_ORDER_NO or not ORDER_NO.fullmatch(text):
        raise _refused("order_no", text, N_("Take it from the marketplace: letters, digits and hyphens."))
    return text


def _quantity(cells: Mapping[str, object]) -> int:
    text = _required(cells, "quantity").replace(",", "")
    text = re.sub(r"\s?[个份套包件次]$", "", text)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MOST_UNITS or len(text) > 7:
        raise _refused("quantity", text, N_("Write a whole number of at least 1."))
    return int(text)


def _amount(cells: Mapping[str, object], field: str) -> Money:
    text = _required(cells, field)
    match = AMOUNT.fullmatch(text)
    remedy = N_("Write yuan with at most two digits after the point, such as 1200.00.")
    if match is None:
        raise _refused(field, text, remedy)
    try:
        yuan = Decimal(match[1].replace(",", ""))
    except InvalidOperation:
        raise _refused(field, text, remedy) from None
    if not 0 <= yuan <= LARGEST_YUAN or yuan != round(yuan, 2):
        raise _refused(field, text, remedy)
    return _money(str(yuan))


def _money(yuan: str) -> Money:
    return Money(int(Decimal(yuan).scaleb(2)))


def _period(cells: Mapping[str, object]) -> tuple[datetime, datetime]:
    """Return the first instant of service and the first after it; a last day named is served to 24:00 (E-01)."""
    start_cell, end_cell = cells.get("service_start"), cells.get("service_end")
    if not str(start_cell or "").strip() and not str(end_cell or "").strip():
        text = _required(cells, "service_period")
        match = PERIOD.fullmatch(text)
        if match is None:
            raise _refused("service_period", text, N_("Write it as 2025-03-01 至 2026-02-28."))
        start_cell, end_cell = match[1], match[8]
    start, _ = _moment(start_cell, "service_start")
    end, has_time = _moment(end_cell, "service_end")
    if not has_time:
        end += timedelta(days=1)
    elif (end.hour, end.minute, end.second) in ((23, 59, 59), (23, 59, 0)):
        end = end.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    if end <= start:
        raise _refused("service_end", str(end_cell), N_("Service ends before it starts: check both dates."))
    return start, end


def _moment(cell: object, field: str) -> tuple[datetime, bool]:
    """Return an instant and whether a time of day was written. A spreadsheet's date at midnight is a date."""
    remedy = N_("Write it as 2025-03-01 or 2025-03-01 10:00:00.")
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=SHANGHAI, microsecond=0), (cell.hour, cell.minute, cell.second) != (0, 0, 0)
    if isinstance(cell, date):
        return start_of(cell).astimezone(SHANGHAI), False
    text = _required({field: cell}, field)
    match = MOMENT.fullmatch(text) or COMPACT.fullmatch(text)
    if match is None:
        raise _refused(field, text, remedy)
    numbers = [int(part) if part else 0 for part in match.groups()]
    try:
        moment = datetime(*numbers[:3], *numbers[3:], tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]
    except ValueError:
        raise _refused(field, text, remedy) from None
    return moment, len(match.groups()) > 3 and match.group(4) is not None


def _paid_at(cells: Mapping[str, object]) -> str | None:
    if not str(cells.get("paid_at") or "").strip() or _text(cells, "paid_at") == "":
        return None
    return _moment(cells["paid_at"], "paid_at")[0].isoformat()


def _refused(field: str, text: str, remedy: str) -> InvalidInput:
    return InvalidInput(N_("“%(text)s” can't be taken."), code="CELL_NOT_TAKEN", field=field, remedy=remedy, text=text)
