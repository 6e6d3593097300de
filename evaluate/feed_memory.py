"""Memory of `chitieu tag` over many articles: of the parent and of each worker, as the run goes.

    python evaluate/feed_memory.py --articles 100000 --workers 2

Short made-up articles, no two alike; the shipped model. Memory is resident memory from /proc (Linux), read once a
second. Flat means: between a fifth of the way, when caches have filled, and the end it grows by less than a tenth.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

SUBJECTS = ("toàn tỉnh", "huyện", "Liên minh HTX tỉnh", "xã", "quỹ tín dụng", "công ty", "hội nông dân", "sở")
VERBS = ("thành lập mới", "kết nạp", "trồng mới", "giải ngân", "thu hút", "hỗ trợ", "đào tạo nghề cho", "xây dựng")
OBJECTS = ("HTX", "thành viên", "ha rừng", "tỷ đồng", "dự án", "hộ nghèo", "lao động", "km đường", "tấn lúa", "lồng cá")
FILLER = (
    *(
        "hội nghị",
        "nông thôn",
        "mùa vụ",
        "kế hoạch",
        "đơn vị",
        "người dân",
        "sản xuất",
        "thị trường",
        "bà con",
        "vốn vay",
    ),
    *("chất lượng", "liên kết", "giống mới", "thủy lợi", "tập huấn", "chuyển đổi", "bền vững", "tiêu thụ", "chăn nuôi"),
)


def write_articles(path: Path, number: int) -> None:
    """Articles of three or four sentences, of words drawn at random."""
    chosen = random.Random(7)  # noqa: S311 - the same articles every time
    with path.open("w", encoding="utf-8") as file:
        for index in range(number):
            year = chosen.randrange(2012, 2027)
            words = " ".join(chosen.choice(FILLER) for _ in range(chosen.randrange(15, 60)))
            verb, subject = chosen.choice(VERBS), chosen.choice(SUBJECTS)
            done = f"{subject} {verb} {chosen.randrange(1, 3000)} {chosen.choice(OBJECTS)}"
            planned = f"phấn đấu {chosen.choice(VERBS)} {chosen.randrange(1, 900)} {chosen.choice(OBJECTS)}"
            text = f"Năm {year}, {done}. {words.capitalize()}. Năm {year + 1}, {planned}."
            record = {"id": f"a{index}", "text": text, "published": f"{year}-12-15"}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def resident(pid: int) -> float:
    """Resident memory of a process in MB; 0 for one that has gone."""
    with suppress(OSError):
        match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
        return int(match.group(1)) / 1024 if match else 0.0
    return 0.0


def workers_of(pid: int) -> list[int]:
    """Worker processes of a parent; not the tracker that multiprocessing keeps beside them."""
    found = []
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def measure(articles: int, workers: int) -> dict[str, Any]:
    """Run once; memory in MB at each tenth of the way by time."""
    with tempfile.TemporaryDirectory() as folder:
        news, to = Path(folder) / "news.jsonl", Path(folder) / "facts.db"
        write_articles(news, articles)
        arguments = ["tag", str(news), "--to", str(to), "--workers", str(workers), "--json", "--quiet"]
        command = [sys.executable, "-c", "from chitieu.cli import main; main()", *arguments]
        samples: list[tuple[float, list[float]]] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:

            def watch() -> None:
                while process.poll() is None:
                    samples.append((resident(process.pid), [resident(pid) for pid in workers_of(process.pid)]))
                    time.sleep(1)

            watcher = threading.Thread(target=watch, daemon=True)
            watcher.start()
            assert process.stdout is not None
            summary = json.loads(process.stdout.read())
        watcher.join()
        size = to.stat().st_size / 2**20
    whole = [sample for sample in samples if len(sample[1]) == workers and min(sample[1]) > 0]
    tenths = [whole[min(len(whole) - 1, round(tenth * (len(whole) - 1) / 10))] for tenth in range(1, 11)]
    parent = [round(sample[0]) for sample in tenths]
    worker = [round(max(sample[1])) for sample in tenths]
    return {
        "articles": summary["articles"],
        "facts": summary["facts"],
        "workers": workers,
        "database_mb": round(size, 1),
        "parent_mb": parent,
        "largest_worker_mb": worker,
        "peak_parent_mb": round(max(sample[0] for sample in whole)),
        "peak_worker_mb": round(max(max(sample[1]) for sample in whole)),
        "parent_growth": round(parent[-1] / parent[1], 3),
        "worker_growth": round(worker[-1] / worker[1], 3),
    }


def main() -> int:
    """Measure, print, and write it down where asked to; 1 where memory is not flat."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write the measurement to this JSON file")
    chosen = parser.parse_args()
    measured = measure(chosen.articles, chosen.workers)
    print(json.dumps(measured, indent=1))
    if chosen.output:
        chosen.output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    flat = max(measured["parent_growth"], measured["worker_growth"]) < 1.1
    print("memory is flat" if flat else "MEMORY GROWS")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
