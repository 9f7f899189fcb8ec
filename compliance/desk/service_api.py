"""`/api/v1/agreements/…`: confirming an order's payment and opening its service."""

from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from agreements.kernel.money import parse_yuan
from agreements.kernel.web.rest import RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import Moment, StrictSchema, Text
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.desk.api_schemas import AgreementShown
from compliance.desk.cli import agreement_at
from compliance.service.actions import activate_service

room = RestRoom(
    "service",
    __name__,
    path="/agreements/<order_no>",
    description="An order becomes effective by its payment; its service opens once onboarding is complete.",
)


class PaymentBody(StrictSchema):
    amount = Text(longest=20, required=True, metadata={"example": "800.00", "description": "Paid, in yuan."})
    paid_at = Moment(required=True, metadata={"description": "When the platform says that payment completed."})
    reference = Text(longest=120, required=True, metadata={"description": "The platform's payment number."})


class ActivationBody(StrictSchema):
    """The address says it all."""


@room.acts("/payment", takes=PaymentBody, answers=AgreementShown)
def pay(
    session: Session, *, now: datetime, order_no: str, amount: str, paid_at: datetime, reference: str
) -> dict[str, Any]:
    """Confirm that the order is paid, as finance: the agreement is effective from that instant (main 三 1)."""
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    money = parse_yuan(amount, "amount")
    confirm_payment(session, agreement, amount=money, paid_at=paid_at, reference=reference, actor=g.actor, now=now)
    session.flush()  # what is told is read again
    return agreement_at(session, agreement, at=now)


@room.acts("/activation", takes=ActivationBody, answers=AgreementShown)
def activate(session: Session, *, now: datetime, order_no: str) -> dict[str, Any]:
    """Open the service; while onboarding is incomplete this is a conflict that names what is missing (3.3 a)."""
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    activate_service(session, agreement, actor=g.actor, now=now)
    session.flush()  # what is told is read again
    return agreement_at(session, agreement, at=now)
