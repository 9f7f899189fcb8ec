"""The Register page at 100,000 agreements, beside the bare SQL of the same page.

    python -m benchmarks.register [--agreements N] [--database URL] [--rounds N]

Seeds a scratch database by bulk insert (tenants with several agreements each, products, payments, holds none), signs a
legal officer in, and asks for the same page in turns: through the whole application, and as the statements that the
page issues, replayed in one transaction on the same driver with their results fetched. Each request stands alone, as
at a server: its own transaction and session. Prints medians and their ratio, on the clock and by CPU time, and how many
questions a page asks. Of PostgreSQL only the clock tells: the CPU time is this process's, and the server's is not in it.
"""

import argparse
import gc
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask_migrate import stamp
from sqlalchemy import Engine, event, insert

from agreements.kernel import clock
from agreements.kernel.db import Base, db, unit_of_work
from agreements.kernel.files import StoredFile
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.parties.search_models import PartySearch
from agreements.parties.spelling import FORMS_VERSION, spellings_of
from agreements.products.models import Product, Sensitivity
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState, SpecKind
from app import create_app
from compliance.service.models import ServiceActivation
from tests.builders_access import signed_in_client

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
CITIES = "武汉 北京 上海 杭州 重庆 长沙 西安 广州 深圳 成都 南京 苏州 厦门 青岛 大连 宁波 合肥 郑州 天津 昆明".split()
TREES = "海棠 银杏 云杉 青松 白桦 丹枫 紫荆 石榴 梧桐 香樟 红豆 水杉 木棉 丁香 月桂 冬青 雪松 玉兰 合欢 金桂".split()
TRADES = "企业管理 供应链管理 信息科技 网络技术 数据服务 物业服务 在线教育 融资租赁 人力资源 商贸 物流 医疗科技".split()
FORMS = ("有限公司", "有限责任公司", "股份有限公司")
CHUNK = 5_000

PAGES = {
    "first page": "/agreements",
    "deep page (middle)": "/agreements?page=1000",
    "last page": "/agreements?page=2000",
    "by tenant, page 1": "/agreements?sort=tenant",
    "by tenant, page 1000": "/agreements?sort=tenant&page=1000",
    "by quota, page 1000": "/agreements?sort=-quota&page=1000",
    "in service, by end": "/agreements?state=in_service&sort=ends",
    "not activated": "/agreements?service=not_activated",
    "name, few": "/agreements?q=%E6%B5%B7%E6%A3%A0+%E4%BC%81%E4%B8%9A%E7%AE%A1%E7%90%86+17",
    "name, many": "/agreements?q=%E6%B5%B7%E6%A3%A0",
    "pinyin initials": "/agreements?q=htqygl",
    "order prefix": "/agreements?q=2026000012",
    "nothing fits": "/agreements?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA",
}


def seed(count: int) -> None:
    """Fill an empty database: a tenant for every five agreements, 40 products, three orders of four paid."""
    chance = random.Random(20261120)
    tenants = max(1, count // 5)
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
        session.execute(
            insert(StoredFile),
            [{"sha256": "0" * 64, "size": 0, "name": "agreement.md", "media_type": "text/markdown", "stored_at": NOW}],
        )
        names = [
            f"{chance.choice(TREES)}{chance.choice(TRADES)}{number}（{chance.choice(CITIES)}）{chance.choice(FORMS)}"
            for number in range(1, tenants + 1)
        ]
        bulk(session, Party, [{"name": n, "normalised_name": normalised_name(n), "recorded_at": NOW} for n in names])
        bulk(
            session,
            Tenant,
            [{"party_id": i, "tenant_key": f"t-{i:08}", "recorded_at": NOW} for i in range(1, tenants + 1)],
        )
        bulk(
            session,
            PartySearch,
            [
                {
                    "party_id": i,
                    "spellings": spellings_of((n, f"t-{i:08}")),
                    "indexed_name": n,
                    "forms_version": FORMS_VERSION,
                }
                for i, n in enumerate(names, 1)
            ],
        )
        bulk(
            session,
            Product,
            [
                {
                    "code": f"check-{i}",
                    "name": f"核验服务{i}",
                    "data_sensitivity": Sensitivity.STRICT,
                    "recorded_at": NOW,
                }
                for i in range(1, 41)
            ],
        )
        rows = [an_agreement(i, tenants, names, chance) for i in range(1, count + 1)]
        bulk(session, Agreement, rows)
        bulk(
            session,
            ServiceActivation,
            [
                {"agreement_id": i, "activated_at": row["effective_at"], "activated_by": "benchmark"}
                for i, row in enumerate(rows, 1)
                if row["effective_at"] and i % 3
            ],
        )


def an_agreement(number: int, tenants: int, names: list[str], chance: random.Random) -> dict:
    tenant = chance.randint(1, tenants)
    start = datetime.combine(date(2025, 1, 1) + timedelta(days=chance.randint(0, 690)), datetime.min.time(), UTC)
    start -= timedelta(hours=8)
    is_paid = number % 4 != 0
    return {
        "order_no": f"2026{number:011}",
        "tenant_id": tenant,
        "product_id": chance.randint(1, 40),
        "state": AgreementState.EFFECTIVE if is_paid else AgreementState.PENDING_PAYMENT,
        "party_a_name": names[tenant - 1],
        "product_name": "身份二要素核验",
        "spec_text": "1200元/3万次",
        "spec_kind": SpecKind.PACK,
        "quantity": 1,
        "payment_mode": "按次购买",
        "list_price_fen": 120000,
        "paid_amount_fen": 80000,
        "quota_total": chance.choice((10000, 30000, 100000, 500000)),
        "quota_unlimited": False,
        "service_start_at": start,
        "service_end_exclusive_at": start + timedelta(days=366),
        "effective_at": start if is_paid else None,
        "document_id": 1,
        "registered_at": NOW - timedelta(minutes=number),
    }


def bulk(session, model, rows: list[dict]) -> None:
    for first in range(0, len(rows), CHUNK):
        session.execute(insert(model), rows[first : first + CHUNK])


class Listening:
    """What an engine is asked while a page is made: statement and parameters, with the BEGIN that we say ourselves."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __enter__(self) -> list[tuple]:
        self.asked: list[tuple] = []
        event.listen(self.engine, "before_cursor_execute", self._hear)
        return self.asked

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection, _cursor, statement, parameters, _context, _executemany) -> None:
        self.asked.append((statement, parameters))


@dataclass
class Times:
    """Seconds of each round: on the clock, and of this process's CPU (other work on the machine is not in it)."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, act: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)


def replay(raw, asked: list[tuple]) -> None:
    """Ask the same in one transaction, as the page does, and fetch every row."""
    cursor = raw.cursor()
    for statement, parameters in asked:
        cursor.execute(statement, parameters)
        if cursor.description:
            cursor.fetchall()
    cursor.close()
    raw.rollback()


def measure(client, engine: Engine, address: str, rounds: int) -> tuple[Times, Times, int]:
    """Time the page and its bare statements in turns; also return how many questions the page asks."""
    client.get("/agreements")  # the write by which a session is noted as seen is behind us for a minute
    with Listening(engine) as asked:
        assert client.get(address).status_code == 200
    assert all(statement.startswith(("BEGIN", "SELECT", "WITH")) for statement, _ in asked), "a page writes nothing"
    raw = engine.raw_connection()
    page, bare = Times(), Times()
    try:
        for _ in range(rounds):
            page.add(lambda: client.get(address))
            bare.add(lambda: replay(raw, asked))
    finally:
        raw.close()
    return page, bare, sum(not statement.startswith("BEGIN") for statement, _ in asked)


def print_figures(client, engine: Engine, rounds: int) -> None:
    """Medians in milliseconds and page by bare, on the clock and by CPU time."""
    heads = ("page", "bare", "ratio", "page cpu", "bare cpu", "ratio", "queries")
    print(f"{'':<24}" + "".join(f"{head:>10}" for head in heads))
    for name, address in PAGES.items():
        page, bare, queries = measure(client, engine, address, rounds)
        figures = f"{name:<24}"
        for kind in ("wall", "cpu"):
            whole, part = (1000 * statistics.median(getattr(times, kind)) for times in (page, bare))
            figures += f"{whole:>10.1f}{part:>10.1f}{whole / part:>10.2f}"
        print(f"{figures}{queries:>10}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agreements", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", help="an empty scratch database; SQLite in a temporary folder by default")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if wanted.database:
            Path(folder, "config.toml").write_text(f'database_url = "{wanted.database}"\n', encoding="utf-8")
        app = create_app(instance_path=folder)
        with app.app_context():
            engine = db.engine
            Base.metadata.create_all(engine)
            stamp()
            began = time.perf_counter()
            seed(wanted.agreements)
            with engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
            print(f"{wanted.agreements:,} agreements in {time.perf_counter() - began:.0f} s on {engine.name}")
            client = signed_in_client(app, "legal_officer")
        gc.collect()
        gc.set_threshold(10_000, 20, 20)  # this and the next as deploy/web.py does before its workers start
        gc.freeze()
        print_figures(client, engine, wanted.rounds)
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
