"""How a state looks: a colour and an icon for every word, so that no page relies on colour alone."""

LOOKS: dict[str, tuple[str, str]] = {
    # agreement
    "agreement_state.draft": ("secondary", "edit"),
    "agreement_state.pending_payment": ("yellow", "cash"),
    "agreement_state.cancelled": ("secondary", "x"),
    "agreement_state.effective": ("azure", "signature"),
    "agreement_state.in_service": ("green", "player-play"),
    "agreement_state.expired": ("secondary", "calendar-event"),
    "agreement_state.ended_by_agreement": ("secondary", "checks"),
    "agreement_state.ended_provider_cause": ("orange", "arrow-back-up"),
    "agreement_state.ended_for_breach": ("red", "ban"),
    "agreement_state.closed": ("secondary", "archive"),
    # imports
    "import_state.under_review": ("azure", "checklist"),
    "import_state.registered": ("green", "file-check"),
    "import_state.discarded": ("secondary", "archive"),
    # service switch and standing
    "service_state.not_activated": ("secondary", "circle-dashed"),
    "service_state.open": ("green", "plug-connected"),
    "service_state.suspension_pending": ("orange", "clock-pause"),
    "service_state.suspended": ("red", "ban"),
    "service_state.frozen": ("azure", "lock"),
    "service_state.closed": ("secondary", "archive"),
    "standing.good": ("green", "circle-check"),
    "standing.watch": ("yellow", "eye"),
    "standing.rectifying": ("orange", "refresh"),
    "standing.suspended": ("red", "ban"),
    "standing.barred": ("red", "lock"),
    # alarms
    "severity.danger": ("red", "alert-triangle"),
    "severity.warning": ("yellow", "bell"),
    # obligations
    "obligation_state.open": ("azure", "clock"),
    "obligation_state.performed_on_time": ("green", "circle-check"),
    "obligation_state.overdue": ("red", "alert-triangle"),
    "obligation_state.performed_late": ("orange", "history"),
    "obligation_state.fm_claimed": ("purple", "shield"),
    "obligation_state.excused": ("secondary", "shield-check"),
    "obligation_state.void": ("secondary", "x"),
    # changes that a tenant announced
    "announced_state.announced": ("azure", "calendar-event"),
    "announced_state.took_effect": ("green", "circle-check"),
    "announced_state.dropped": ("secondary", "x"),
    # breach cases
    "case_state.suspected": ("yellow", "eye"),
    "case_state.dismissed": ("secondary", "x"),
    "case_state.confirmed": ("orange", "alert-triangle"),
    "case_state.rectification_demanded": ("orange", "mail-forward"),
    "case_state.not_rectified": ("red", "exclamation-circle"),
    "case_state.rectified": ("green", "circle-check"),
    "case_state.suspension_decided": ("red", "gavel"),
    "case_state.suspended": ("red", "ban"),
    "case_state.termination_decided": ("red", "gavel"),
    "case_state.terminated": ("red", "lock"),
    "case_state.closed": ("secondary", "archive"),
    # notices
    "notice_state.draft": ("secondary", "edit"),
    "notice_state.approved": ("azure", "check"),
    "notice_state.queued": ("azure", "clock"),
    "notice_state.sent": ("blue", "send"),
    "notice_state.bounced": ("red", "alert-circle"),
    "notice_state.arrived": ("green", "mail-check"),
    "notice_state.acknowledged": ("green", "checks"),
    "notice_state.cancelled": ("secondary", "x"),
    "notice_state.withdrawn": ("secondary", "arrow-back-up"),
    "notice_state.corrected": ("secondary", "edit"),
    # sending
    "outbox_state.pending": ("azure", "clock"),
    "outbox_state.claimed": ("azure", "send"),
    "outbox_state.held": ("orange", "help"),
    "outbox_state.accepted": ("blue", "check"),
    "outbox_state.undeliverable": ("red", "alert-circle"),
    "outbox_state.cancelled": ("secondary", "x"),
    "attempt_outcome.accepted": ("blue", "check"),
    "attempt_outcome.refused": ("red", "alert-circle"),
    "attempt_outcome.temporary": ("yellow", "refresh"),
    "attempt_outcome.unknown": ("orange", "help"),
    # people and keys
    "person_state.active": ("green", "user-check"),
    "person_state.disabled": ("secondary", "ban"),
    "key_state.live": ("green", "key"),
    "key_state.revoked": ("secondary", "ban"),
    # kinds of day
    "day_kind.working_day": ("secondary", "briefcase"),
    "day_kind.adjusted_working_day": ("orange", "switch-horizontal"),
    "day_kind.weekend": ("secondary", "minus"),
    "day_kind.holiday": ("red", "calendar"),
    "day_kind.unpublished": ("yellow", "help"),
}
UNKNOWN = ("secondary", "circle-dashed")


def look_of(kind: str, value: object) -> tuple[str, str]:
    """Return (colour, icon) of a state."""
    return LOOKS.get(f"{kind}.{value}", UNKNOWN)
