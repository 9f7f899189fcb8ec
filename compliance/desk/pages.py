"""What the desk's views share: where a next act is done and rendering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import render_template, request, url_for

from agreements.kernel.web.navigation import exists
from compliance.desk import rules
from compliance.desk.rules import NextAct, NextStep


def step_address(step: NextStep, order_no: str, tenant_key: str) -> str:
    """Return the page on which a next act is done."""
    if step.act in (NextAct.CONFIRM_PAYMENT, NextAct.ACTIVATE):
        return f"{agreement_address(order_no)}#next"
    if step.act is NextAct.COMPLETE_ONBOARDING:
        return f"{tenant_address(tenant_key)}#onboarding"
    if step.act is NextAct.RECORD_CHANGE_NOTICE:
        return url_for("change_intake.form", tenant=tenant_key, by="notice")
    if step.case_id is not None:
        address = case_address(step.case_id)
        if address:
            return address
    if step.page is not None and exists(step.page):
        return step.page
    return agreement_address(order_no)


def agreement_address(order_no: str) -> str:
    """Return an agreement's page; lists ask for hundreds, so it is written instead of routed."""
    return f"{request.script_root}/agreements/{quote(order_no, safe='')}"


def tenant_address(tenant_key: str) -> str:
    return f"{request.script_root}/tenants/{quote(tenant_key, safe='')}"


def case_address(case_id: int | None) -> str | None:
    """Return the page of a case, or None as long as no room shows cases."""
    return f"/cases/{case_id}" if case_id and exists("/cases/1") else None


def notice_address(notice_id: int | None) -> str | None:
    """Return the page of a notice, or None as long as no room shows notices."""
    return f"/notices/{notice_id}" if notice_id and exists("/notices/1") else None


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A day that a count passed, as pages show it; `name` of the holiday, a catalogue entry."""

    day: date
    kind: str
    is_counted: bool
    name: str


def trace_lines(trace: Mapping[str, Any]) -> list[TraceLine]:
    """Return the days that an obligation's stored count passed, in the order of counting."""
    return [
        TraceLine(date.fromisoformat(day["day"]), day["kind"], day["counted"], day["name"])
        for day in trace.get("days", ())
    ]


def render_desk(template: str, **values: Any) -> str:
    return render_template(
        f"desk/{template}",
        step_address=step_address,
        case_address=case_address,
        notice_address=notice_address,
        needs=rules.NEEDS,
        trace_lines=trace_lines,
        **values,
    )
