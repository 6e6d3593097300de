"""`chitieu tag --engine ray` on a cluster of two nodes says what one process says, whoever is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from chitieu.cli.tag import Engine
from chitieu.errors import ModelError, OutputError, StoppedError

STUB = Path(__file__).parent / "stub"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from chitieu.cli import main, tag
tag.LOADER = "stub_tagger:load"
main()
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds actors in /proc"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes, one processor each; this process is connected to it."""
    pytest.importorskip("ray", reason="ray is not installed: pip install 'chitieu[ray]'")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(STUB), os.environ.get("PYTHONPATH")))))
    import ray
    from ray.cluster_utils import Cluster

    size = 100 * 2**20
    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": size}
    started = Cluster(initialize_head=True, head_node_args=head)
    started.add_node(num_cpus=1, object_store_memory=size)
    ray.init(started.address, log_to_driver=False, logging_level="ERROR")
    yield started.address
    ray.shutdown()
    started.shutdown()
    patch.undo()


@pytest.fixture
def on_ray(cluster: str, tag_into: Callable[..., Any]) -> Callable[..., Any]:
    """Tag with two actors on the cluster."""

    def run(to: Path | str, *sources: Path, shard: int = 8) -> Any:
        return tag_into(to, *sources, engine=Engine.RAY, address=cluster, workers=2, shard=shard)

    return run


def actors() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"ShardTagger" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


def shards_in(folder: Path) -> list[Path]:
    return sorted((folder / "articles").glob("*.parquet")) if folder.is_dir() else []


def rows(path: Path, table: str | None = None) -> list[str]:
    """Rows of a file or table, in an order of their own; without the key that only piles hold."""
    from pyarrow import parquet

    read = parquet.read_table(path / table if table else path).to_pylist()
    return sorted(json.dumps({**row, "key": None}, default=str, sort_keys=True) for row in read)


@pytest.fixture
def piles(tmp_path: Path, made_up: Any, write_jsonl: Any, article: Any) -> list[Path]:
    """JSON Lines, Parquet and a folder; in them what is broken in every way, and a copy."""
    import pyarrow as pa
    from pyarrow import parquet

    articles = made_up(60)
    articles[5] = article("bad", "Hỏng 3 lần")
    articles[11] = article("deadly", "Chết luôn 4 lần")
    articles[17] = article("zero", "Có 5 xã \0 và 6 thôn")
    articles[23] = article("a3", "Một bài khác dưới cùng mã, có 7 xã")
    articles[29] = articles[2]
    lines = write_jsonl(tmp_path / "news.jsonl", [*articles[:40], '{"id": '])
    table = tmp_path / "more.parquet"
    parquet.write_table(pa.Table.from_pylist([{**one, "id": f"p-{one['id']}"} for one in articles[40:]]), table)
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, one in enumerate(made_up(12, seed=2)):
        (folder / f"bài-{number:02}.txt").write_text(one["text"], encoding="utf-8")
    (folder / "trống.txt").write_text("  ", encoding="utf-8")
    write_jsonl(folder / "z.jsonl", [{**one, "id": f"z-{one['id']}"} for one in articles[:10]])  # copies
    return [lines, table, folder, tmp_path / "missing.jsonl"]


def test_a_cluster_that_is_not_there():
    pytest.importorskip("ray", reason="ray is not installed: pip install 'chitieu[ray]'")
    from chitieu.feed.cluster import connected

    with pytest.raises(StoppedError, match=r"C451.*ray start --head"), connected("127.0.0.1:1", 1, print):
        pass


def test_a_database_like_that_of_one_process(tmp_path, on_ray, tag_into, piles, dump, model):
    (model / ".loads").touch()
    one = tag_into(tmp_path / "one.db", *piles)
    (model / ".loads").write_text("")
    two = on_ray(tmp_path / "two.db", *piles)
    loads = (model / ".loads").read_text().split()
    assert dump(tmp_path / "two.db") == dump(tmp_path / "one.db")
    assert two.counts == one.counts
    codes = sorted(failure.code for failure in two.failures)
    assert codes == sorted(failure.code for failure in one.failures)
    assert {"C101", "C104", "C108", "C440", "C441", "C442", "C443"} <= set(codes)
    assert one.counts["copies"] > 0
    # Once for each actor, and for each worker that an article killed: it dies twice in each pile.
    assert len(loads) <= 2 + two.deaths
    assert two.deaths == one.deaths


def test_a_folder_with_an_actor_killed(tmp_path, on_ray, tag_into, piles, write_jsonl, made_up, model):
    local = tmp_path / "one.parquet"
    lines = [*piles[:1], write_jsonl(tmp_path / "long.jsonl", made_up(80, seed=3))]
    one = tag_into(local, *lines)
    (model / ".pause").write_text("0.02")
    (model / ".loads").touch()
    to = tmp_path / "facts"
    killed: list[int] = []

    def kill() -> None:
        """The first whose worker has loaded the model: with one shard done, it has others before it."""
        deadline = time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            time.sleep(0.05)
            if shards_in(to):
                worker = (model / ".loads").read_text().split()[0]
                with suppress(OSError):
                    status = Path(f"/proc/{worker}/status").read_text()
                    killed.append(int(status.split("PPid:")[1].split()[0]))
                    os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    two = on_ray(to, *lines)
    killer.join()
    assert any("died" in line for line in two.said)
    assert rows(to, "facts") == rows(local)
    assert two.counts == one.counts
    assert two.deaths > one.deaths
    assert not list(to.glob("*/.*"))

    # What the sources lost, the folder loses; what is unchanged is not tagged again.
    (model / ".pause").unlink()
    kept = lines[1].read_text(encoding="utf-8").splitlines()[:64]
    write_jsonl(lines[1], kept)
    again = on_ray(to, *lines)
    tag_into(tmp_path / "less.parquet", *lines)
    assert rows(to, "facts") == rows(tmp_path / "less.parquet")
    assert again.counts["unchanged"] >= 64
    with pytest.raises(OutputError, match="C452"):
        on_ray(to, lines[1])


def test_the_command_killed_and_started_again(tmp_path, cluster, on_ray, tag_into, write_jsonl, made_up, dump, model):
    lines = write_jsonl(tmp_path / "news.jsonl", made_up(120))
    tag_into(tmp_path / "one.db", lines)
    (model / ".pause").write_text("0.1")
    to, shards = tmp_path / "two.db", tmp_path / "two.db.shards"
    arguments = ["tag", lines, "--to", to, "--model", model, "--engine", "ray", "--address", cluster]
    options = ["--workers", "2", "--shard", "8"]
    command = [sys.executable, "-c", PROGRAM, STUB, *arguments, *options]
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while len(shards_in(shards)) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    assert process.communicate()[1].count(b"Traceback") == 0
    assert process.returncode == -signal.SIGKILL
    while actors() and time.monotonic() < deadline:  # nobody is left that writes
        time.sleep(0.1)
    before = {path: path.stat().st_mtime_ns for path in shards_in(shards)}
    assert 3 <= len(before) < 15
    torn = shards_in(shards)[0]  # as a power cut leaves it
    torn.write_bytes(torn.read_bytes()[:100])
    del before[torn]
    (model / ".pause").unlink()
    on_ray(to, lines)
    assert dump(to) == dump(tmp_path / "one.db")
    assert len(shards_in(shards)) == 15
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_model_that_can_not_be_loaded(tmp_path, on_ray, piles, model):
    (model / "broken").touch()
    with pytest.raises(ModelError, match="C304"):
        on_ray(tmp_path / "facts", piles[0])
    assert json.loads((tmp_path / "facts" / "manifest.json").read_text())["state"] == "stopped"


def test_the_shipped_model(tmp_path, root, cluster):
    from chitieu.cli import tag as command
    from chitieu.pipeline import load, tag
    from chitieu.reading import read_articles

    news = tmp_path / "news.jsonl"
    with (root / "annotations" / "test.jsonl").open(encoding="utf-8") as corpus:
        bare = [
            {key: json.loads(line)[key] for key in ("id", "text", "title", "published")} for line in islice(corpus, 12)
        ]
    news.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in bare), encoding="utf-8")
    nlp = load()
    articles = list(read_articles([news], on_error=pytest.fail))
    expected = [fact.to_dict() for article in articles for fact in next(tag(nlp, [article])).facts]
    order = command.Order(
        [str(news)], str(tmp_path / "facts.jsonl"), workers=2, engine=Engine.RAY, address=cluster, shard=3
    )
    tally = command.Tally()
    command.tag(order, tally)
    facts = [json.loads(line) for line in (tmp_path / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    position = {article.id: number for number, article in enumerate(articles)}
    assert sorted(facts, key=lambda fact: position[fact["article_id"]]) == expected
    assert tally.counts["facts"] == len(expected) > 0
