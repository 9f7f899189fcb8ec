"""The list of evidence of a case or an agreement: what it would name now, and issuing it."""

from typing import Any

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.paper.rules import FIRST_ROLES, PaperKind, seal_kind_for
from agreements.paper.sealing import may_use, seal_in_use
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement
from compliance.breaches import evidence
from compliance.breaches.actions import case_of_id
from compliance.breaches.models import BreachCase

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")


@blueprint.app_context_processor
def parts() -> dict[str, object]:
    return {"evidence_of": evidence_of}


def evidence_of(subject: BreachCase | Agreement) -> dict[str, Any]:
    """Return for a page what a cover would list now, the covers made before, and where one is made."""
    session = db.session()
    if isinstance(subject, BreachCase):
        exhibits = evidence.exhibits_of_case(session, subject)
        address = url_for("evidence.of_case", case_id=subject.id)
    else:
        exhibits = evidence.exhibits_of_agreement(session, subject)
        address = url_for("evidence.of_agreement", order_no=subject.order_no)
    return {
        "exhibits": exhibits,
        "covers": evidence.covers_for(session, subject),
        "may": _may_seal(session),
        "address": address,
    }


def _may_seal(session: Session) -> bool:
    seal = seal_in_use(session, seal_kind_for(PaperKind.EVIDENCE_COVER))
    return may_use(seal, g.actor) if seal is not None else not g.actor.roles.isdisjoint(FIRST_ROLES)


@blueprint.post("/cases/<int:case_id>")
def of_case(case_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    with unit_of_work() as session:
        document = evidence.issue_cover(session, case_of_id(session, case_id), actor=g.actor, now=clock.now(session))
        address = url_for("papers.show", document_id=document.id)
    flash(gettext("The list of evidence is sealed and kept."), "success")
    return redirect(address)


@blueprint.post("/agreements/<order_no>")
def of_agreement(order_no: str) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    with unit_of_work() as session:
        agreement = agreement_of_order(session, order_no)
        document = evidence.issue_cover(session, agreement, actor=g.actor, now=clock.now(session))
        address = url_for("papers.show", document_id=document.id)
    flash(gettext("The list of evidence is sealed and kept."), "success")
    return redirect(address)
