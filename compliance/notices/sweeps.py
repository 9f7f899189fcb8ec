"""What the scheduler runs for notices."""

from datetime import datetime

from agreements.kernel.db import db, unit_of_work
from compliance.notices.sender import SendCounts, send_due
from compliance.notices.smtp import transport_of


def send_due_notices(now: datetime) -> SendCounts:
    """Put on the wire what is due by now; run at any time, by any number of processes, it sends each message once."""
    return send_due(unit_of_work, transport_of(db.session().info["settings"]), now=now)
