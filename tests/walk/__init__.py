"""One agreement through its whole life: read, watched, breached, suspended, reinstated; what a source changed; its end.

`make demo` prints it and `tests/test_scenarios.py` asserts it. Everything is real but time: a rehearsal database with its
own clock, the example agreement, an SMTP server on the loopback, the commands and addresses that people use.
"""

from collections.abc import Callable
from pathlib import Path

from flask_migrate import upgrade

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from tests.builders import at
from tests.builders_notices import a_mail_server
from tests.walk.ground import DESIGNATED_ADDRESS, ORDER_NO, PRODUCT, ROOT, TENANT_KEY, example_agreement
from tests.walk.own_duty import OwnDuty
from tests.walk.tenant_duty import TenantDuty


class Walk(TenantDuty, OwnDuty):
    def run(self) -> None:
        self.take(
            [
                self.read,
                self.register,
                self.activate,
                self.change,
                self.overdue,
                self.demand,
                self.suspend,
                self.reinstate,
                self.announce,
                self.tell_in_time,
                self.answer,
                self.tell_late,
                self.warn,
                self.end,
            ]
        )


def walk(folder: Path, say: Callable[[str], None]) -> None:
    """Take the walk in a folder of its own."""
    with a_mail_server() as mail_server:
        app = create_app(
            {
                "smtp_host": "127.0.0.1",
                "smtp_port": mail_server.port,
                "smtp_from": "notices@qingrong.example",
                "public_url": "https://localhost",
            },
            instance_path=str(folder / "instance"),
        )
        with app.app_context():
            upgrade()
            with unit_of_work() as session:
                clock.install(session, rehearsal_at=at("Sun 2024-07-28 09:00"))
        Walk(app, folder, mail_server, say).run()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


__all__ = ["DESIGNATED_ADDRESS", "ORDER_NO", "PRODUCT", "ROOT", "TENANT_KEY", "example_agreement", "walk"]
