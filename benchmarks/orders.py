"""Taking in 10,000 marketplace orders: time, memory, and what the same list costs a second time.

    python -m benchmarks.orders [--orders N] [--format csv|xlsx] [--rounds N]

Each round is a process of its own on a scratch database, once with a tenth of the orders and once with all of them, so
that peaks of memory can be compared: flat means that ten times the orders need about the same. The reference in the
same round is the bare reading of the file by its library. Then a page of rows is registered, as a person would.
"""

import argparse
import csv
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADS = (
    "订单编号",
    "甲方",
    "商品名称",
    "规格名称",
    "数量",
    "付费方式",
    "订单原价",
    "实付金额",
    "服务开始时间",
    "服务结束时间",
)


def row(number: int) -> tuple:
    name = f"海棠企业管理{number % 2000}（武汉）有限公司"
    return (f"2026{number:011}", name, "身份二要素核验", "1200元/3万次", 1 + number % 3, "按次购买",
            1200 * (1 + number % 3), 800, "2026-03-01", "2027-02-28")  # fmt: skip


def a_list(count: int, kind: str) -> bytes:
    if kind == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([HEADS, *(row(number) for number in range(count))])
        return out.getvalue().encode()
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in (HEADS, *(row(number) for number in range(count))):
        sheet.append(line)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def bare(content: bytes, kind: str) -> float:
    began = time.perf_counter()
    if kind == "csv":
        sum(1 for _ in csv.reader(io.StringIO(content.decode())))
    else:
        from openpyxl import load_workbook

        sum(1 for _ in load_workbook(io.BytesIO(content), read_only=True).active.iter_rows(values_only=True))
    return time.perf_counter() - began


def one_round(count: int, kind: str) -> dict[str, float]:
    """Take a list in as the scheduler's job does, piece by piece, then again, then register one page of it."""
    from flask_migrate import stamp
    from sqlalchemy import select

    from agreements.intake.batch_models import IntakeItem, ItemState
    from agreements.intake.batch_reading import ROWS_A_RUN, work_on
    from agreements.intake.batches import open_order_batch, row_of
    from agreements.intake.order_review import confirm_orders, seen_mark
    from agreements.kernel import clock
    from agreements.kernel.access.rules import OPERATOR
    from agreements.kernel.db import Base, db, unit_of_work
    from agreements.parties.actions import Upload
    from app import create_app

    content = a_list(count, kind)
    figures = {"file_kb": len(content) / 1024, "bare_s": bare(content, kind)}
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(instance_path=folder)
        with app.app_context():
            Base.metadata.create_all(db.engine)
            stamp()
            figures["start_mb"] = peak_mb()
            for again in ("read_s", "again_s"):
                began = time.perf_counter()
                with unit_of_work() as session:
                    upload = Upload(f"orders.{kind}", "application/octet-stream", content)
                    batch_id = open_order_batch(session, upload, actor=OPERATOR, now=clock.now(session)).id
                runs = 0
                while work_on(batch_id, most=ROWS_A_RUN):
                    runs += 1
                    db.session.remove()
                figures[again] = time.perf_counter() - began
                figures["runs"] = runs
            figures["peak_mb"] = peak_mb()
            with unit_of_work() as session:
                waiting = select(IntakeItem).where(IntakeItem.state == ItemState.UNDER_REVIEW).limit(50)
                seen = {item.id: seen_mark(row_of(session, item), item) for item in session.scalars(waiting)}
                began = time.perf_counter()
                confirm_orders(session, seen, product_code="id2-verify", actor=OPERATOR, now=clock.now(session))
                figures["register_50_s"] = time.perf_counter() - began
            db.session.remove()
            db.engine.dispose()
    return figures


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--format", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", action="store_true", help="run one round here and print JSON")
    wanted = parser.parse_args()
    if wanted.one:
        print(json.dumps(one_round(wanted.orders, wanted.format)))
        return
    counts = (wanted.orders // 10, wanted.orders)
    rounds = {count: [] for count in counts}
    for _ in range(wanted.rounds):
        for count in counts:
            rounds[count].append(in_a_process(count, wanted.format))
    print(
        f"{'orders':>8}{'file kB':>9}{'bare s':>8}{'read s':>8}{'per s':>8}{'again s':>9}{'runs':>6}{'peak MB':>9}{'50 registered s':>17}"
    )
    for count in counts:
        of = {name: statistics.median(each[name] for each in rounds[count]) for name in rounds[count][0]}
        print(
            f"{count:>8,}{of['file_kb']:>9.0f}{of['bare_s']:>8.2f}{of['read_s']:>8.2f}{count / of['read_s']:>8.0f}"
            f"{of['again_s']:>9.2f}{of['runs']:>6.0f}{of['peak_mb']:>9.0f}{of['register_50_s']:>17.2f}"
        )


def in_a_process(count: int, kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.orders", "--one", "--orders", str(count), "--format", kind]
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
