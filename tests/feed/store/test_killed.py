"""Kill it anywhere and start it again: the result is that of a run that was left alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from chitieu.errors import ChitieuError

STUB = Path(__file__).parent / "stub"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from chitieu.cli import main, tag
tag.LOADER = "stub_tagger:load"
main()
"""
WIRE = (
    "Chiều nay tại hội trường huyện, ban chủ nhiệm các hợp tác xã trong vùng đã họp bàn việc gom hàng cho vụ tới, chia "
    "nhau phần đất còn trống và hẹn ngày ký với bên mua; nhiều hộ xin góp thêm công, số khác muốn đợi giá. "
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def start(model, to, *sources, workers=2, limit=None):
    arguments = ["tag", *map(str, sources), "--to", str(to), "--model", str(model), "--workers", str(workers)]
    command = [sys.executable, "-c", PROGRAM, str(STUB), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit)


def finish(process, timeout=60):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out.decode(), err.decode()


def children(pid):
    """Worker processes of a parent."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            status = (path / "status").read_text()
            command = (path / "cmdline").read_bytes()
            if f"PPid:\t{pid}\n" in status and b"spawn_main" in command and b"resource_tracker" not in command:
                found.append(int(path.name))
    return found


@pytest.fixture
def news(tmp_path, made_up, write_jsonl, article):
    """Two files: articles, wire copies in both, broken lines, one that fails."""
    articles = made_up(240)
    for place in range(0, 240, 12):
        articles.insert(place, article(f"w{place}", f"{WIRE} Có {place // 48} kho{'.' * (place % 5)}"))
    articles[100] = article("bad", "Hỏng 3 lần")
    first = write_jsonl(tmp_path / "first.jsonl", [*articles[:130], '{"id": '])
    return first, write_jsonl(tmp_path / "second.jsonl", articles[130:])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds workers in /proc")
@pytest.mark.parametrize(("kind", "times"), [("sqlite", 20), ("postgresql", 8)])
def test_killed_at_random_points(tmp_path, model, news, dump, kind, times, request):
    """The parent or a worker, so many times in all, until a run comes to its end."""
    (model / ".pause").write_text("0.01")
    left_alone = tmp_path / "left_alone.db"
    assert finish(start(model, left_alone, *news))[0] == 1
    expected = dump(left_alone)
    assert sum('"table": "duplicates"' in line for line in expected) > 5

    chosen = random.Random(20250131)
    server = request.getfixturevalue("postgres") if kind == "postgresql" else None
    kills = {"parent": 0, "worker": 0}
    rounds = 0
    while sum(kills.values()) < times:
        rounds += 1
        to = server.new_database() if server else tmp_path / f"killed{rounds}.db"
        for _ in range(30):
            process = start(model, to, *news)
            # From before the first line is read to nearly the end of what is left.
            time.sleep(chosen.uniform(0.3, 2.2))
            workers = children(process.pid)
            if process.poll() is None and sum(kills.values()) < times:
                if chosen.random() < 0.5 and workers:
                    with suppress(ProcessLookupError):
                        os.kill(chosen.choice(workers), signal.SIGKILL)
                        kills["worker"] += 1
                else:
                    process.kill()
                    kills["parent"] += 1
            code, _, err = finish(process)
            assert code in (-signal.SIGKILL, 1), err
            if code == 1:
                break
        assert code == 1
        assert dump(to) == expected
    assert min(kills.values()) >= times // 4


def test_a_killed_parent_takes_its_workers_along(tmp_path, model, news):
    (model / ".pause").write_text("0.05")
    process = start(model, tmp_path / "facts.db", *news)
    deadline = time.monotonic() + 20
    workers = []
    while len(workers) < 2 and time.monotonic() < deadline:
        workers = children(process.pid)
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    finish(process)
    while any(map(running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) == 2
    assert not any(map(running, workers))


def running(pid):
    with suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_cleanly(tmp_path, model, news, dump, stop, code):
    (model / ".pause").write_text("0.02")
    to = tmp_path / "facts.jsonl"
    process = start(model, to, *news)
    deadline = time.monotonic() + 20
    while not (tmp_path / "facts.jsonl.db").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(stop)
    ended, _, err = finish(process)
    assert ended == code
    assert "Traceback" not in err
    assert "interrupted after" in err
    assert not to.exists()
    from chitieu.feed.runs import read_runs

    (run,) = read_runs(str(tmp_path / "facts.jsonl.db"))
    assert (run["state"], run["message"]) == ("interrupted", "stopped by a signal")
    assert f" s: {run['articles']:,} article" in err, "what is told is what is on record"
    assert f" {run['facts']:,} fact" in err
    (model / ".pause").write_text("0")
    assert finish(start(model, to, *news))[0] == 1
    assert finish(start(model, tmp_path / "whole.jsonl", *news))[0] == 1
    assert to.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    (second, _) = read_runs(str(tmp_path / "facts.jsonl.db"))
    assert second["continues"] == run["run"]
    assert second["unchanged"] + second["articles"] + second["copies"] > 200


@pytest.mark.slow
@pytest.mark.parametrize("size", [150_000, 400_000])
def test_a_disk_that_is_full(tmp_path, model, news, dump, size):
    """As far as files may grow: SQLite gets an error from a write, as it does when the disk is full."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    to = tmp_path / "facts.db"
    code, _, err = finish(start(model, to, *news, limit=limit))
    assert code == 75, err
    assert sum("[C435]" in line or "[C434]" in line for line in err.splitlines()) == 1
    assert "Traceback" not in err
    assert finish(start(model, to, *news))[0] == 1
    assert finish(start(model, tmp_path / "whole.db", *news))[0] == 1
    assert dump(to) == dump(tmp_path / "whole.db")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_small_disk_that_is_full(tmp_path, model, news, dump):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("may not mount here")
    try:
        to = disk / "facts.db"
        code, _, err = finish(start(model, to, *news))
        assert code == 75, err
        assert "[C435]" in err
        assert "Traceback" not in err
        subprocess.run(["mount", "-o", "remount,size=60m", str(disk)], check=True)
        assert finish(start(model, to, *news))[0] == 1
        assert finish(start(model, tmp_path / "whole.db", *news))[0] == 1
        assert dump(to) == dump(tmp_path / "whole.db")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# -- connections that are lost ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_server_that_drops_its_connections(tmp_path, model, news, dump, postgres):
    """Three times in a run: it connects again, and nothing is written twice."""
    (model / ".pause").write_text("0.015")
    to = postgres.new_database()
    process = start(model, to, *news)
    dropped = 0
    while dropped < 3 and process.poll() is None:
        time.sleep(0.6)
        others = "datname = current_database() and pid <> pg_backend_pid()"
        query = f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"
        dropped += bool(postgres.execute(query, database=f"d{postgres.number}"))
    code, _, err = finish(process)
    assert code == 1, err
    assert dropped == 3
    (model / ".pause").write_text("0")
    assert finish(start(model, tmp_path / "whole.db", *news))[0] == 1
    assert dump(to) == dump(tmp_path / "whole.db")


def wait_until_begun(to):
    """Until a run is on record, and a moment more, so that it is in the middle of things."""
    from chitieu.feed.runs import read_runs

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(ChitieuError):  # its tables are still to be made
            if read_runs(to):
                break
        time.sleep(0.1)
    time.sleep(0.5)


@pytest.mark.slow
def test_a_server_that_goes_away(tmp_path, model, news, dump, postgres):
    """A restart is waited for; a server that stays away stops the run, which goes on later."""
    (model / ".pause").write_text("0.015")
    to = postgres.new_database()
    process = start(model, to, *news)
    wait_until_begun(to)
    postgres.stop()
    time.sleep(1)
    postgres.start()
    code, _, err = finish(process)
    assert code == 1, err

    other = postgres.new_database()
    process = start(model, other, *news)
    wait_until_begun(other)
    postgres.stop()
    try:
        code, _, err = finish(process)
        assert code == 75, err
        assert "[C436]" in err
        assert "Traceback" not in err
        assert finish(start(model, other, *news))[0] == 75
    finally:
        postgres.start()
    (model / ".pause").write_text("0")
    assert finish(start(model, other, *news))[0] == 1
    assert dump(to) == dump(other)
